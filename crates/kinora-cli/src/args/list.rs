//! `kinora list`.

use clap::{Args, ValueEnum};
use kinora_engine::Sort;

use super::{FilterArgs, LibraryArg};

#[derive(Args)]
#[command(
    after_help = "With --json each is an object on a line of its own, for scripts that read line by line.\n\
    Exit code 1 if nothing is listed."
)]
pub(crate) struct ListArgs {
    /// In which order: the newest picture first, by file name, or what was added last first.
    #[arg(long, value_enum, default_value_t = SortArg::Date, value_name = "ORDER")]
    pub sort: SortArg,
    /// Turn the order round.
    #[arg(long)]
    pub reverse: bool,
    /// At most so many [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
    /// Pass over so many.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u32,
    #[command(flatten)]
    pub library: LibraryArg,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum SortArg {
    Date,
    Name,
    Added,
}

impl From<SortArg> for Sort {
    fn from(sort: SortArg) -> Self {
        match sort {
            SortArg::Date => Self::Date,
            SortArg::Name => Self::Name,
            SortArg::Added => Self::Added,
        }
    }
}
