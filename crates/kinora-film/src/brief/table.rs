//! TOML briefs: `title`, `sound`, `steady` and one `[[shot]]` a shot; an unknown key is an error.

use kinora_types::{Brief, ShotBrief, Sound, Stabilisation};
use serde::Deserialize;

use super::BriefError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    title: Option<String>,
    sound: Option<Sound>,
    #[serde(rename = "steady")]
    stabilisation: Option<Stabilisation>,
    #[serde(default)]
    shot: Vec<ShotBrief>,
}

pub(super) fn parse(text: &str) -> Result<Brief, BriefError> {
    let table: Table = toml::from_str(text).map_err(|e| BriefError::Toml(e.to_string()))?;
    let Table { title, sound, stabilisation, shot: shots } = table;
    Ok(Brief { title, sound, stabilisation, shots })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_arrives_and_unknown_ones_are_errors() {
        let text = r#"
            title = "Egypt"
            sound = "mute"
            steady = "off"
            [[shot]]
            prompt = "a pyramid"
            caption = "Built long ago"
            seconds = 4.5
            pin = "pyramid.jpg"
            name = "opening"
            optional = true
            sound = "keep"
            steady = "auto"
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
            stabilisation: Some(Stabilisation::Auto),
        };
        assert_eq!(
            (brief.sound, brief.stabilisation),
            (Some(Sound::Mute), Some(Stabilisation::Off))
        );
        assert_eq!((brief.title.as_deref(), &brief.shots[..]), (Some("Egypt"), &[expected][..]));
        for bad in [
            "titel = 'x'",
            "[[shot]]\nprompt='a'\nlength=3",
            "title = ",
            "shot = 3",
            "sound = 'loud'",
            "steady = 'on'",
        ] {
            assert!(matches!(parse(bad), Err(BriefError::Toml(_))), "{bad}");
        }
    }
}
