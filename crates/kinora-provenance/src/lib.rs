//! Lineage of films: the record beside a film, its check against the files, the tree of sources.
//!
//! Way in: [`write_beside`] and [`read_beside`] for the record, [`verify`] for its check. The record
//! is plain JSON, so that it can be signed inside the film later; nothing here signs.
//!
//! Neither trusts a record that comes from elsewhere: regular files only, of bounded size, and none that a
//! record names by its folder.
//!
//! Memory: a record is held whole (a few hundred bytes a shot), files are hashed as streams.

mod hash;
mod record;
mod tree;
mod verify;

pub use hash::{HashError, hash_file};
pub use record::{
    RECORD_VERSION, RecordError, beside, from_json, read_beside, to_json, write_beside,
};
pub use verify::{
    Lookup, MasterState, ShotVerification, SourceFate, SourceState, SourceVerification,
    VerificationReport, verify,
};

#[cfg(test)]
mod tests;
