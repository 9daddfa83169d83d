//! `kinora duplicates`.

use clap::Args;

use super::LibraryArg;

#[derive(Args)]
pub(crate) struct DuplicatesArgs {
    #[command(flatten)]
    pub library: LibraryArg,
}
