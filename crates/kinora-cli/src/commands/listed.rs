//! Paths and references from standard input, where `-` stands for them.

use std::{
    ffi::OsString,
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;

use super::usage;

/// The paths that were given, with those of standard input in the place of `-`. `null`: these end in NUL.
///
/// # Errors
/// If standard input cannot be read, or `null` is asked for and nothing comes from there.
pub(crate) fn paths(given: &[PathBuf], null: bool) -> anyhow::Result<Vec<PathBuf>> {
    let stands = |path: &&PathBuf| path.as_path() == Path::new("-");
    match given.iter().filter(stands).count() {
        0 if null => Err(usage("`--null` needs paths from standard input: give `-`".into())),
        0 => Ok(given.to_vec()),
        1 => {
            let mut bytes = Vec::new();
            io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
            let listed = split(&bytes, null);
            let each = given.iter().flat_map(|path| match stands(&path) {
                true => listed.clone(),
                false => vec![path.clone()],
            });
            Ok(each.collect())
        }
        _ => Err(usage("`-` can be given once".into())),
    }
}

/// Names between line breaks or NUL; empty ones are none.
fn split(bytes: &[u8], null: bool) -> Vec<PathBuf> {
    let end = if null { 0 } else { b'\n' };
    let names = bytes.split(|byte| *byte == end).filter(|name| !name.is_empty());
    names.map(|name| name_of(name).into()).collect()
}

#[cfg(unix)]
fn name_of(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn name_of(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes.strip_suffix(b"\r").unwrap_or(bytes)).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_stands_between_their_ends() {
        let names = |bytes: &[u8], null| {
            let names = split(bytes, null).into_iter();
            names.map(|path| path.into_os_string().into_encoded_bytes()).collect::<Vec<_>>()
        };
        assert_eq!(names(b"a b.jpg\n\n -x \nlast", false), [&b"a b.jpg"[..], b" -x ", b"last"]);
        assert_eq!(names(b"a\nb.jpg\0c\0", true), [&b"a\nb.jpg"[..], b"c"]);
        #[cfg(unix)]
        assert_eq!(names(b"\xff.jpg\n", false), [b"\xff.jpg"]);
        assert!(names(b"", false).is_empty() && names(b"\n", false).is_empty());
    }

    #[test]
    fn null_needs_standard_input() {
        assert!(paths(&["a".into()], true).is_err());
        assert!(paths(&["-".into(), "-".into()], false).is_err());
        assert_eq!(paths(&["a".into()], false).unwrap(), [PathBuf::from("a")]);
    }
}
