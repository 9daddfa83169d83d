//! TOML briefs: `title`, `sound` and one `[[shot]]` a shot; an unknown key is an error.

use kinora_types::{Brief, ShotBrief, Sound};
use serde::Deserialize;

use super::BriefError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    title: Option<String>,
    sound: Option<Sound>,
    #[serde(default)]
    shot: Vec<ShotBrief>,
}

pub(super) fn parse(text: &str) -> Result<Brief, BriefError> {
    let table: Table = toml::from_str(text).map_err(|e| BriefError::Toml(e.to_string()))?;
    Ok(Brief { title: table.title, sound: table.sound, shots: table.shot })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_arrives_and_unknown_ones_are_errors() {
        let text = r#"
            title = "Egypt"
            sound = "mute"
            [[shot]]
            prompt = "a pyramid"
            caption = "Built long ago"
            seconds = 4.5
            pin = "pyramid.jpg"
            name = "opening"
            optional = true
            sound = "keep"
        "#;
        let brief = parse(text).unwrap();
        let expected = ShotBrief {
            name: "opening".into(),
            prompt: "a pyramid".into(),
            caption: Some("Built long ago".into()),
            seconds: Some(4.5),
            pin: Some("pyramid.jpg".into()),
            optional: true,
            sound: Some(Sound::Keep),
        };
        assert_eq!(brief.sound, Some(Sound::Mute));
        assert_eq!((brief.title.as_deref(), &brief.shots[..]), (Some("Egypt"), &[expected][..]));
        for bad in [
            "titel = 'x'",
            "[[shot]]\nprompt='a'\nlength=3",
            "title = ",
            "shot = 3",
            "sound = 'loud'",
        ] {
            assert!(matches!(parse(bad), Err(BriefError::Toml(_))), "{bad}");
        }
    }
}
