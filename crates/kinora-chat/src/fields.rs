//! What is known of assets beside what they show: when, where, by whom, with what, under which licence.

use kinora_types::Asset;

use crate::{Evidence, Field, Places, Sentence};

/// Of more assets than these each value is told once, with all that have it.
const ONE_BY_ONE: usize = 3;
/// Assets of one value whose names are told; of more their number.
const NAMED: usize = 5;

impl Field {
    /// The value in words; `None` if it is not known.
    pub(crate) fn of(self, asset: &Asset, places: &dyn Places) -> Option<String> {
        match self {
            Self::Date => asset.taken_at.map(|at| at.date().to_string()),
            Self::Place => asset.place.map(|point| {
                let degrees = || format!("{:.3}, {:.3}", point.latitude, point.longitude);
                places.name(point).unwrap_or_else(degrees)
            }),
            Self::Author => asset.rights.author.clone(),
            Self::Camera => asset.camera.clone(),
            Self::Licence => asset.rights.licence.clone(),
        }
    }

    /// What is said of one asset whose value is known.
    fn told(self, asset: &Asset, value: &str) -> String {
        let label = asset.label();
        match self {
            Self::Date => {
                let time = asset.taken_at.map(|at| format!(" at {:.5}", at.time().to_string()));
                format!("{label} was taken on {value}{}.", time.unwrap_or_default())
            }
            Self::Place => format!("{label} was taken in {value}."),
            Self::Author => format!("{label} is by {value}."),
            Self::Camera => format!("{label} was taken with {value}."),
            Self::Licence => format!("{label} is under licence {value}."),
        }
    }

    fn unknown(self, label: &str) -> String {
        let what = match self {
            Self::Date => "when it was taken",
            Self::Place => "where it was taken",
            Self::Author => "who made it",
            Self::Camera => "with which camera it was taken",
            Self::Licence => "under which licence it is",
        };
        format!("Of {label} it is not known {what}.")
    }
}

/// What is known of the assets, and whether anything is: of few one by one, of many by value.
pub(crate) fn tell(
    field: Field,
    evidence: &[Evidence],
    places: &dyn Places,
) -> (Vec<Sentence>, bool) {
    let values: Vec<Option<String>> =
        evidence.iter().map(|piece| field.of(&piece.asset, places)).collect();
    let known = values.iter().any(Option::is_some);
    if evidence.len() <= ONE_BY_ONE {
        let sentence = |(piece, value): (&Evidence, &Option<String>)| match value {
            Some(value) => Sentence::supported(field.told(&piece.asset, value), vec![piece.number]),
            None if known => {
                Sentence::supported(field.unknown(&piece.asset.label()), vec![piece.number])
            }
            None => Sentence::refusal(field.unknown(&piece.asset.label()), vec![piece.number]),
        };
        return (evidence.iter().zip(&values).map(sentence).collect(), known);
    }
    let mut groups: Vec<(&str, Vec<&Evidence>)> = Vec::new();
    for (piece, value) in evidence.iter().zip(&values) {
        let Some(value) = value.as_deref() else { continue };
        match groups.iter_mut().find(|(name, _)| *name == value) {
            Some((_, pieces)) => pieces.push(piece),
            None => groups.push((value, vec![piece])),
        }
    }
    let missing = values.iter().filter(|value| value.is_none()).count();
    if !known {
        let text = field.unknown(&format!("these {}", evidence.len()));
        return (vec![Sentence::refusal(text.replace("it was", "they were"), Vec::new())], false);
    }
    let mut sentences: Vec<Sentence> =
        groups.iter().map(|(value, pieces)| group(value, pieces)).collect();
    if missing > 0 {
        sentences.push(Sentence::supported(format!("- not known: {missing}"), Vec::new()));
    }
    (sentences, true)
}

fn group(value: &str, pieces: &[&Evidence]) -> Sentence {
    let names: Vec<String> = pieces.iter().map(|piece| piece.asset.label()).collect();
    let names = if names.len() > NAMED { names.len().to_string() } else { names.join(", ") };
    let cites = pieces.iter().map(|piece| piece.number).collect();
    Sentence::supported(format!("- {value}: {names}"), cites)
}
