//! Pictures between the lines, where the terminal can: kitty's graphics protocol, iTerm2's inline images.

use std::{env, fmt::Write};

use base64::{Engine, prelude::BASE64_STANDARD};
use kinora_engine::CitedPicture;

/// Rows of text that a picture is high.
const ROWS: u32 = 6;
/// Longer side in pixels that is sharp enough for so many rows.
pub(crate) const SIDE: u32 = 256;
/// Letters of base64 in one escape, at most (kitty's graphics protocol, "The transmission medium").
const CHUNK: usize = 4096;

/// How a terminal is told of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// kitty, Ghostty.
    Kitty,
    /// iTerm2, `WezTerm`.
    Iterm,
}

/// Escapes that draw a picture: ours, with numbers and base64 in them.
pub(crate) struct Escapes(pub(super) String);

/// The protocol of the terminal that reads our output; `None` if it is none or knows none.
pub(crate) fn protocol() -> Option<Protocol> {
    super::is_terminal().then(|| known(&|name| env::var(name).unwrap_or_default())).flatten()
}

fn known(variable: &dyn Fn(&str) -> String) -> Option<Protocol> {
    let (term, program) = (variable("TERM"), variable("TERM_PROGRAM"));
    // Multiplexers inherit the variables of the terminal outside and swallow its escapes.
    if term.starts_with("screen") || term.starts_with("tmux") || !variable("TMUX").is_empty() {
        return None;
    }
    match program.as_str() {
        "iTerm.app" | "WezTerm" => Some(Protocol::Iterm),
        _ if term == "xterm-kitty" || term == "xterm-ghostty" => Some(Protocol::Kitty),
        _ => None,
    }
}

/// The escapes that draw a picture at the cursor.
pub(crate) fn drawn(protocol: Protocol, shown: &CitedPicture) -> Escapes {
    Escapes(match protocol {
        Protocol::Iterm => {
            let jpeg = BASE64_STANDARD.encode(&shown.jpeg);
            format!("\x1b]1337;File=inline=1;height={ROWS}:{jpeg}\x07")
        }
        Protocol::Kitty => kitty(shown),
    })
}

fn kitty(shown: &CitedPicture) -> String {
    let (width, height) = (shown.picture.width(), shown.picture.height());
    let pixels = BASE64_STANDARD.encode(shown.picture.rgb());
    let mut out = String::new();
    let mut head = format!("a=T,f=24,s={width},v={height},r={ROWS},");
    let mut rest = pixels.as_str();
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(CHUNK.min(rest.len()));
        let more = u8::from(!after.is_empty());
        // Writing to a string cannot fail.
        let _ = write!(out, "\x1b_G{head}m={more};{chunk}\x1b\\");
        head.clear();
        rest = after;
    }
    out
}

#[cfg(test)]
mod tests {
    use kinora_types::Picture;

    use super::*;

    #[test]
    fn terminals_are_told_apart() {
        for (set, expected) in [
            (&[("TERM", "xterm-kitty")][..], Some(Protocol::Kitty)),
            (&[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")], Some(Protocol::Iterm)),
            (&[("TERM", "tmux-256color"), ("TERM_PROGRAM", "iTerm.app")], None),
            (&[("TERM", "xterm-kitty"), ("TMUX", "/tmp/x")], None),
            (&[("TERM", "xterm-256color")], None),
            (&[], None),
        ] {
            let variable = |name: &str| {
                set.iter().find(|(n, _)| *n == name).map_or(String::new(), |(_, v)| (*v).to_owned())
            };
            assert_eq!(known(&variable), expected, "{set:?}");
        }
    }

    #[test]
    fn kitty_gets_every_pixel_in_chunks() {
        let picture = Picture::filled(100, 40, [1, 2, 3]);
        let shown = CitedPicture { picture: picture.clone(), jpeg: Vec::new() };
        let Escapes(drawn) = drawn(Protocol::Kitty, &shown);
        assert!(drawn.starts_with("\x1b_Ga=T,f=24,s=100,v=40,r=6,m=1;"), "{drawn:.60}");
        let parts: Vec<&str> = drawn.split_terminator("\x1b\\").collect();
        assert!(parts.iter().all(|part| part.len() <= CHUNK + 64));
        let data: String =
            parts.iter().filter_map(|part| part.split_once(';')).map(|p| p.1).collect();
        assert_eq!(BASE64_STANDARD.decode(data).unwrap(), picture.rgb());
        assert_eq!(parts.iter().filter(|part| part.contains("m=0;")).count(), 1);
    }
}
