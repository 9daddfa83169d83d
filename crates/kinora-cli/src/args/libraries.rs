//! `kinora libraries`.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum LibrariesCommand {
    /// Check catalogue, vector index and thumbnails; exit code 1 if something is wrong.
    Check {
        /// The library [default: all].
        name: Option<String>,
        /// Make again what programs and models made; what you wrote stays, and is listed where it may have changed.
        #[arg(long)]
        repair: bool,
    },
    /// Show how much is in a library.
    Show {
        /// The library.
        name: String,
    },
    /// Give a library another name; films made from it are still known.
    Rename {
        /// The library.
        name: String,
        /// Its new name.
        new: String,
    },
    /// Delete a library: all that Kinora knows of your files, never the files.
    Delete {
        /// The library.
        name: String,
        /// Do not ask; needed where there is no terminal.
        #[arg(long)]
        yes: bool,
    },
}
