//! How Kinora opens, makes and hashes files.
//!
//! Way in: [`open`] and [`read`] for files of others, which may have become a pipe, a device or a link to one
//! since they were found; [`hash`] for their identity, [`Stamp`] to see whether it still holds; [`private`] for files
//! and folders of our own, which no other user of the machine may read; [`sync_folder`] for names that survive a crash.
//!
//! Memory: [`read`] holds one file up to its caller's limit, [`hash`] one buffer.

mod hash;
mod open;
pub mod private;
mod stamp;
mod sync;

pub use hash::hash;
pub use open::{TooLarge, open, read};
pub use stamp::Stamp;
pub use sync::sync_folder;
