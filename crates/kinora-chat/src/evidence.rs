//! What an answer may rest on.

use kinora_types::{Asset, Citation, Kind, PassageKind, TimeRange};

/// What a fact of an asset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKind {
    /// A person's title.
    Title,
    /// A person's description, or a machine's.
    Caption,
    /// Keywords and tags.
    Tags,
    /// When it was taken.
    Date,
    /// Who made it, with what, where.
    Origin,
    /// Written in the picture.
    Text,
    /// Said in the sound.
    Speech,
}

impl FactKind {
    /// What stands before the words in a prompt.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Caption => "shows",
            Self::Tags => "tags",
            Self::Date => "taken",
            Self::Origin => "origin",
            Self::Text => "written in it",
            Self::Speech => "said",
        }
    }

    /// Whether the words are quoted: somebody else's, letter by letter.
    pub fn is_verbatim(self) -> bool {
        matches!(self, Self::Text | Self::Speech)
    }
}

impl From<PassageKind> for FactKind {
    fn from(kind: PassageKind) -> Self {
        match kind {
            PassageKind::Speech => Self::Speech,
            PassageKind::Text => Self::Text,
            PassageKind::Caption => Self::Caption,
            PassageKind::Tag => Self::Tags,
        }
    }
}

/// Something that is known of an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What the fact tells.
    pub kind: FactKind,
    /// The fact in words.
    pub text: String,
    /// Stretch of a video or recording that the fact belongs to.
    pub range: Option<TimeRange>,
}

/// An asset, or a moment of one, with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Number of the piece in the answer, from 1.
    pub number: u32,
    /// The asset.
    pub asset: Asset,
    /// Stretch of the asset; `None` for all of it.
    pub range: Option<TimeRange>,
    /// What is known of the asset and this stretch.
    pub facts: Vec<Fact>,
    /// Whether the piece answers by itself ([`kinora_retrieval::Segment::leads`]), and is not only the next best.
    pub fits: bool,
}

impl Evidence {
    /// The citation of the piece: what a reader can go to.
    pub fn citation(&self) -> Citation {
        Citation {
            number: self.number,
            asset: self.asset.id,
            range: self.range,
            label: self.asset.label(),
        }
    }

    /// `picture`, `video` or `recording`.
    pub fn noun(&self) -> &'static str {
        match self.asset.kind() {
            Kind::Picture => "picture",
            Kind::Video => "video",
            Kind::Audio => "recording",
        }
    }

    /// Everything known of the piece in one text, its label too, as that is shown.
    pub fn text(&self) -> String {
        let facts = self.facts.iter().map(|fact| fact.text.as_str());
        let names = [self.noun(), &self.asset.label()].map(str::to_owned);
        names.into_iter().chain(facts.map(str::to_owned)).collect::<Vec<_>>().join("\n")
    }
}
