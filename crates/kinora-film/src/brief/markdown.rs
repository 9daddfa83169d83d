//! Markdown briefs: `# title`, then a list item or a `## section` a shot.
//!
//! A list item's words are its prompt; indented lines go on with it. A section's heading names what
//! it shows and the text under it says it in full: that text is the prompt, or the heading where
//! there is none. `> words` under either, or `[caption: words]`, is the caption. `[sound: mute]` or `[steady: off]`
//! in a line of its own before the shots is meant for all of them.

use kinora_types::{Brief, ShotBrief, Sound, Stabilisation};

use super::BriefError;

#[derive(Default)]
struct Reader {
    brief: Brief,
    /// Whether the last shot is a section whose heading still is its prompt.
    heading_only: bool,
}

pub(super) fn parse(text: &str) -> Result<Brief, BriefError> {
    let mut reader = Reader::default();
    for (i, line) in text.lines().enumerate() {
        reader.line(line).map_err(|problem| BriefError::Line { line: i + 1, problem })?;
    }
    Ok(reader.brief)
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let words = line.trim();
        if words.is_empty() {
            return Ok(());
        }
        if let Some(title) = words.strip_prefix("# ") {
            return self.title(title.trim());
        }
        match self.of_all(words) {
            Some(("sound", value)) => {
                return once(&mut self.brief.sound, Some(sound(value)?), "sound");
            }
            Some(("steady", value)) => {
                return once(&mut self.brief.stabilisation, Some(stabilisation(value)?), "steady");
            }
            _ => {}
        }
        if let Some(heading) = words.strip_prefix("## ") {
            return self.shot(heading, true);
        }
        if let Some(caption) = words.strip_prefix('>') {
            return self.caption(caption.trim());
        }
        match list_item(words) {
            // An indented bullet under an item would be a shot within a shot.
            Some(_) if line.starts_with("    ") => Err("lists within lists are not shots".into()),
            Some(item) => self.shot(item, false),
            None if words.starts_with('#') => Err("only `#` and `##` headings are used".into()),
            None => self.more(words),
        }
    }

    fn title(&mut self, title: &str) -> Result<(), String> {
        if self.brief.title.is_some() {
            return Err("a film has one title".into());
        }
        if !self.brief.shots.is_empty() {
            return Err("the title comes before the shots".into());
        }
        self.brief.title = Some(title.to_owned());
        Ok(())
    }

    /// What a line before the shots says of all of them: key and value.
    fn of_all<'a>(&self, words: &'a str) -> Option<(&'a str, &'a str)> {
        let inside = words.strip_prefix('[')?.strip_suffix(']')?;
        let (key, value) = inside.split_once(':')?;
        self.brief.shots.is_empty().then(|| (key.trim(), value.trim()))
    }

    fn shot(&mut self, words: &str, section: bool) -> Result<(), String> {
        let mut shot = ShotBrief::default();
        shot.prompt = with_marks(words, &mut shot)?;
        self.brief.shots.push(shot);
        self.heading_only = section;
        Ok(())
    }

    fn last(&mut self) -> Result<&mut ShotBrief, String> {
        let none = "this belongs to no shot: start it with `- ` or put it under a `## section`";
        self.brief.shots.last_mut().ok_or_else(|| none.to_owned())
    }

    fn caption(&mut self, words: &str) -> Result<(), String> {
        let shot = self.last()?;
        match &mut shot.caption {
            Some(caption) => {
                caption.push(' ');
                caption.push_str(words);
            }
            None => shot.caption = Some(words.to_owned()),
        }
        Ok(())
    }

    fn more(&mut self, words: &str) -> Result<(), String> {
        let heading_only = std::mem::replace(&mut self.heading_only, false);
        let shot = self.last()?;
        let words = with_marks(words, shot)?;
        if words.is_empty() {
            self.heading_only = heading_only;
        } else if heading_only {
            shot.prompt = words;
        } else {
            let space = if shot.prompt.is_empty() { "" } else { " " };
            shot.prompt = format!("{}{space}{words}", shot.prompt);
        }
        Ok(())
    }
}

/// The words after `- `, `* `, `+ `, `1. ` or `1) `.
fn list_item(words: &str) -> Option<&str> {
    let bullet = ["- ", "* ", "+ "].iter().find_map(|b| words.strip_prefix(b));
    bullet.or_else(|| {
        let rest = words.trim_start_matches(|c: char| c.is_ascii_digit());
        let numbered = rest.len() < words.len();
        let item = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "));
        item.filter(|_| numbered)
    })
}

/// Takes every `[key: value]` out of the words and into the shot; `[x](y)` and `[x]` stay words.
fn with_marks(words: &str, shot: &mut ShotBrief) -> Result<String, String> {
    let (mut kept, mut rest) = (String::new(), words);
    while let Some(open) = rest.find('[') {
        let Some(length) = rest[open..].find(']') else {
            break;
        };
        let (inside, after) = (&rest[open + 1..open + length], &rest[open + length + 1..]);
        kept.push_str(&rest[..open]);
        match inside.split_once(':') {
            _ if inside.trim() == "optional" => shot.optional = true,
            Some((key, value)) if !after.starts_with('(') => mark(key.trim(), value.trim(), shot)?,
            _ => kept.push_str(&rest[open..=open + length]),
        }
        rest = after;
    }
    kept.push_str(rest);
    Ok(kept.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Sets what may be given once.
fn once<T>(place: &mut Option<T>, value: Option<T>, key: &str) -> Result<(), String> {
    if place.is_some() {
        return Err(format!("`{key}` is given twice"));
    }
    *place = value;
    Ok(())
}

fn sound(value: &str) -> Result<Sound, String> {
    match value {
        "keep" => Ok(Sound::Keep),
        "mute" => Ok(Sound::Mute),
        _ => Err(format!("sound is `keep` or `mute`, not `{value}`")),
    }
}

fn stabilisation(value: &str) -> Result<Stabilisation, String> {
    match value {
        "auto" => Ok(Stabilisation::Auto),
        "off" => Ok(Stabilisation::Off),
        _ => Err(format!("steady is `auto` or `off`, not `{value}`")),
    }
}

fn mark(key: &str, value: &str, shot: &mut ShotBrief) -> Result<(), String> {
    let twice = || Err(format!("`{key}` is given twice"));
    match key {
        "sound" => once(&mut shot.sound, Some(sound(value)?), key)?,
        "steady" => once(&mut shot.stabilisation, Some(stabilisation(value)?), key)?,
        "pin" if shot.pin.is_none() => shot.pin = Some(value.to_owned()),
        "caption" if shot.caption.is_none() => shot.caption = Some(value.to_owned()),
        "name" if shot.name.is_empty() => shot.name = value.to_owned(),
        "seconds" if shot.seconds.is_none() => {
            let seconds =
                value.parse().map_err(|_| format!("not a number of seconds: `{value}`"))?;
            shot.seconds = Some(seconds);
        }
        "pin" | "caption" | "name" | "seconds" => return twice(),
        _ => return Err(format!("unknown mark `{key}`")),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_items_sections_captions_and_marks() {
        let text = "# Egypt and beyond\n\n- a pyramid [pin: pyramid.jpg] [seconds: 4]\n  in the \
                    desert\n  > Built long ago\n1. a camel [caption: Ships of the desert]\n\n\
                    ## The Nile [optional]\nA wide river at dawn\n> So calm\n> and wide\n## Cairo [1]\n";
        let brief = parse(text).unwrap();
        assert_eq!(brief.title.as_deref(), Some("Egypt and beyond"));
        let shown: Vec<_> = brief
            .shots
            .iter()
            .map(|s| (s.prompt.as_str(), s.caption.as_deref(), s.optional))
            .collect();
        assert_eq!(
            shown,
            [
                ("a pyramid in the desert", Some("Built long ago"), false),
                ("a camel", Some("Ships of the desert"), false),
                ("A wide river at dawn", Some("So calm and wide"), true),
                ("Cairo [1]", None, false),
            ]
        );
        assert_eq!(brief.shots[0].pin.as_deref(), Some("pyramid.jpg"));
        assert_eq!(brief.shots[0].seconds, Some(4.0));
        let brief = parse("# A\n[sound: mute]\n- b\n- c [sound: keep]").unwrap();
        assert_eq!((brief.sound, brief.shots[0].sound), (Some(Sound::Mute), None));
        assert_eq!(brief.shots[1].sound, Some(Sound::Keep));
        let brief = parse("[steady: off]\n- b\n- c [steady: auto]").unwrap();
        assert_eq!(
            (brief.stabilisation, brief.shots[0].stabilisation),
            (Some(Stabilisation::Off), None)
        );
        assert_eq!(brief.shots[1].stabilisation, Some(Stabilisation::Auto));
    }

    #[test]
    fn what_is_not_used_is_an_error_with_its_line() {
        for (text, line) in [
            ("words before any shot", 1),
            ("# a\n# b", 2),
            ("- a\n# late title", 2),
            ("- a [zoom: 3]", 1),
            ("- a [pin: x] [pin: y]", 1),
            ("- a [seconds: long]", 1),
            ("[sound: loud]\n- a", 1),
            ("[steady: on]\n- a", 1),
            ("[sound: mute]\n[sound: keep]", 2),
            ("- a\n- b [sound: keep] [sound: keep]", 2),
            ("- a\n    - b", 2),
            ("### deep", 1),
            ("> caption of nothing", 1),
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(error, BriefError::Line { line: at, .. } if at == line),
                "{text}: {error}"
            );
        }
    }
}
