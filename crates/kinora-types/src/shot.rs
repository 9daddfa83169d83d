//! One shot of a storyboard: what was asked for, and what is shown of which source.

use serde::{Deserialize, Serialize};

use crate::{Asset, CameraMove, ClipCut, RejectedRecord, Scores, ShotBrief};

/// How a search rated the source that was taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// Its scores.
    pub scores: Scores,
    /// 1-based rank in the search.
    pub rank: usize,
}

/// The source of a shot.
#[derive(Clone, Debug, PartialEq)]
pub struct ShotSource {
    /// The asset.
    pub asset: Asset,
    /// How the search rated it; `None` if the user pinned it.
    pub rating: Option<Rating>,
}

/// What a planned shot shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// A picture, under a moving camera.
    Picture {
        /// The picture.
        source: ShotSource,
        /// How the camera moves.
        camera: CameraMove,
    },
    /// A stretch of a video.
    Clip {
        /// The video.
        source: ShotSource,
        /// Which stretch, and how it is fitted.
        cut: ClipCut,
    },
    /// Frames that a model makes after the source and after clips that are found for the prompt.
    Generated {
        /// The source.
        source: ShotSource,
        /// The stretch of the source, if it is a video.
        cut: Option<ClipCut>,
    },
    /// Nothing: no source fits, and the user allowed that.
    Gap {
        /// Why no source was taken.
        reason: String,
    },
}

/// A planned shot.
///
/// In JSON what it shows is spread over the fields `source`, `scores`, `rank`, `gap`, `pinned`, `camera`, `clip` and
/// `generated`, as storyboards have always been written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "ShotForm", into = "ShotForm")]
pub struct Shot {
    /// What was asked for.
    pub brief: ShotBrief,
    /// What it shows.
    pub shown: Shown,
    /// What else was considered.
    pub rejected: Vec<RejectedRecord>,
    /// Length in frames, the crossfade to what follows included; 0 for a gap.
    pub frames: u32,
}

impl Shot {
    /// The source; `None` for a gap.
    pub fn source(&self) -> Option<&ShotSource> {
        match &self.shown {
            Shown::Picture { source, .. }
            | Shown::Clip { source, .. }
            | Shown::Generated { source, .. } => Some(source),
            Shown::Gap { .. } => None,
        }
    }

    /// The asset of the source; `None` for a gap.
    pub fn asset(&self) -> Option<&Asset> {
        self.source().map(|source| &source.asset)
    }

    /// The stretch of the source; `None` for a picture or a gap.
    pub fn cut(&self) -> Option<ClipCut> {
        match &self.shown {
            Shown::Clip { cut, .. } => Some(*cut),
            Shown::Generated { cut, .. } => *cut,
            Shown::Picture { .. } | Shown::Gap { .. } => None,
        }
    }

    /// Why the shot has no source; `None` if it has one.
    pub fn gap(&self) -> Option<&str> {
        match &self.shown {
            Shown::Gap { reason } => Some(reason),
            Shown::Picture { .. } | Shown::Clip { .. } | Shown::Generated { .. } => None,
        }
    }

    /// Whether the user pinned the source.
    pub fn is_pinned(&self) -> bool {
        self.source().is_some_and(|source| source.rating.is_none())
    }
}

/// A shot as JSON has it.
#[derive(Serialize, Deserialize)]
struct ShotForm {
    brief: ShotBrief,
    source: Option<Asset>,
    scores: Option<Scores>,
    #[serde(default)]
    rank: Option<usize>,
    #[serde(default)]
    gap: Option<String>,
    pinned: bool,
    rejected: Vec<RejectedRecord>,
    frames: u32,
    camera: Option<CameraMove>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<ClipCut>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    generated: bool,
}

impl From<Shot> for ShotForm {
    fn from(shot: Shot) -> Self {
        let (clip, pinned) = (shot.cut(), shot.is_pinned());
        let Shot { brief, shown, rejected, frames } = shot;
        let generated = matches!(shown, Shown::Generated { .. });
        let (source, camera, gap) = match shown {
            Shown::Picture { source, camera } => (Some(source), Some(camera), None),
            Shown::Clip { source, .. } | Shown::Generated { source, .. } => {
                (Some(source), None, None)
            }
            Shown::Gap { reason } => (None, None, Some(reason)),
        };
        let rating = source.as_ref().and_then(|source| source.rating);
        Self {
            brief,
            source: source.map(|source| source.asset),
            scores: rating.map(|rating| rating.scores),
            rank: rating.map(|rating| rating.rank),
            gap,
            pinned,
            rejected,
            frames,
            camera,
            clip,
            generated,
        }
    }
}

/// Fields of a shot that do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum ShotFault {
    #[error("a shot without a source says why in `gap`")]
    NoReason,
    #[error("a source that was not pinned has `scores` and a `rank`")]
    NotRated,
    #[error("a shot has either a `camera` or a `clip`, or was `generated`")]
    Unclear,
}

impl TryFrom<ShotForm> for Shot {
    type Error = ShotFault;

    fn try_from(form: ShotForm) -> Result<Self, ShotFault> {
        let ShotForm { brief, rejected, frames, camera, clip, generated, .. } = form;
        let rating = match (form.pinned, form.scores, form.rank) {
            (true, ..) => None,
            (false, Some(scores), Some(rank)) => Some(Rating { scores, rank }),
            (false, ..) if form.source.is_some() => return Err(ShotFault::NotRated),
            (false, ..) => None,
        };
        let shown = match (form.source.map(|asset| ShotSource { asset, rating }), camera, clip) {
            (Some(source), None, cut) if generated => Shown::Generated { source, cut },
            (Some(source), Some(camera), None) if !generated => Shown::Picture { source, camera },
            (Some(source), None, Some(cut)) => Shown::Clip { source, cut },
            (Some(_), ..) => return Err(ShotFault::Unclear),
            (None, ..) => Shown::Gap { reason: form.gap.ok_or(ShotFault::NoReason)? },
        };
        Ok(Self { brief, shown, rejected, frames })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{AssetId, ContentHash, Framing, Rect, Rights, ShotSound, Stabilisation, TimeRange};

    fn source(rating: Option<Rating>) -> ShotSource {
        let asset = Asset {
            id: AssetId(ContentHash::of(b"a")),
            size: None,
            bytes: 1,
            format: "png".into(),
            paths: vec!["a.png".into()],
            taken_at: None,
            date_basis: None,
            place: None,
            camera: None,
            title: None,
            caption: None,
            keywords: vec![],
            rights: Rights::default(),
            duration_ms: None,
            added_at: "2026-11-21T12:00:00Z".parse().unwrap(),
        };
        ShotSource { asset, rating }
    }

    fn written(shown: Shown) -> Value {
        let shot = Shot { brief: ShotBrief::default(), shown, rejected: vec![], frames: 24 };
        let value = serde_json::to_value(&shot).unwrap();
        assert_eq!(serde_json::from_value::<Shot>(value.clone()).unwrap(), shot);
        value
    }

    #[test]
    fn every_kind_of_shot_round_trips_under_the_names_that_storyboards_have() {
        let rated = Some(Rating { scores: Scores::default(), rank: 2 });
        let camera = CameraMove { framing: Framing::Crop, from: Rect::FULL, to: Rect::FULL };
        let cut = ClipCut {
            range: TimeRange::new(1000, 2000).unwrap(),
            focus: (0.5, 0.5),
            framing: Framing::Crop,
            sound: ShotSound::Muted,
            stabilisation: Stabilisation::Auto,
        };
        let picture = written(Shown::Picture { source: source(rated), camera });
        assert_eq!((&picture["rank"], &picture["pinned"]), (&json!(2), &json!(false)));
        assert!(picture["camera"].is_object() && picture.get("clip").is_none(), "{picture}");
        let clip = written(Shown::Clip { source: source(None), cut });
        assert_eq!((&clip["pinned"], &clip["scores"]), (&json!(true), &Value::Null));
        assert!(clip["clip"].is_object() && clip.get("generated").is_none(), "{clip}");
        let generated = written(Shown::Generated { source: source(rated), cut: Some(cut) });
        assert_eq!(generated["generated"], json!(true));
        written(Shown::Generated { source: source(None), cut: None });
        let gap = written(Shown::Gap { reason: "nothing".into() });
        assert_eq!((&gap["gap"], &gap["source"]), (&json!("nothing"), &Value::Null));
    }

    #[test]
    fn fields_that_do_not_go_together_are_refused() {
        let good = written(Shown::Clip {
            source: source(None),
            cut: serde_json::from_value(json!({
                "start_ms": 0, "end_ms": 1, "focus": [0.5, 0.5]
            }))
            .unwrap(),
        });
        for (key, value) in [
            ("source", Value::Null),
            ("pinned", json!(false)),
            ("clip", Value::Null),
            ("camera", json!({ "framing": "crop", "from": Rect::FULL, "to": Rect::FULL })),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(serde_json::from_value::<Shot>(bad).is_err(), "{key}");
        }
    }
}
