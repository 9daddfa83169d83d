//! What a person says of assets; it wins over all machines, now and later.

use std::collections::BTreeMap;

use kinora_catalog::{Catalog, Change, Correction, Description};
use kinora_types::{
    Asset, Origin, Passage, PassageKind, Printable, Rights, TimeRange, WrittenTime,
};
use serde::Deserialize;

use crate::{Details, EngineError, Library, TranscriptFile, details::details};

/// Characters of a tag or keyword, of a title, and of a sentence at most.
const WORD: usize = 100;
const TITLE: usize = 300;
const SENTENCE: usize = 2_000;
/// Sentences near a moment that are told where nobody is heard.
const NEAREST: usize = 3;

/// What a person says of one asset; what is empty stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EditRequest {
    /// Its title.
    pub title: Option<String>,
    /// What it shows; machines' captions are no longer shown.
    pub caption: Option<String>,
    /// Its keywords, all of them.
    pub keywords: Vec<String>,
    /// What it shows besides.
    pub tags: Vec<String>,
    /// What it does not show.
    pub not_tags: Vec<String>,
    /// What is said in it, all of it.
    #[serde(skip)]
    pub transcript: Option<TranscriptFile>,
    /// What is said instead of the sentence that is shown at a moment.
    pub said: Vec<(WrittenTime, String)>,
    /// What is written instead of what a machine read; nothing if the second is empty.
    pub written: Vec<(String, String)>,
    /// Kinds whose corrections are forgotten first.
    pub restore: Vec<PassageKind>,
}

impl EditRequest {
    /// Refuses what no asset can have, before anything is changed.
    fn check(&self, assets: usize) -> Result<(), EngineError> {
        let wrong = |message: String| Err(EngineError::Edit(message));
        if assets == 0 {
            return wrong("there is nothing to edit: no asset was named".into());
        }
        let of_one = [
            ("title", self.title.is_some()),
            ("transcript", self.transcript.is_some()),
            ("sentence that is said", !self.said.is_empty()),
            ("text that is written", !self.written.is_empty()),
        ];
        if let Some((what, _)) = of_one.iter().find(|(_, given)| *given && assets > 1) {
            return wrong(format!("one {what} cannot be that of {assets} assets"));
        }
        let lists = [("keyword", &self.keywords), ("tag", &self.tags), ("tag", &self.not_tags)];
        for (what, text) in
            lists.iter().flat_map(|(what, list)| list.iter().map(move |t| (what, t)))
        {
            checked(what, text, WORD, false)?;
        }
        self.title.iter().try_for_each(|title| checked("title", title, TITLE, false))?;
        self.caption.iter().try_for_each(|text| checked("caption", text, SENTENCE, true))?;
        let said = self.said.iter().map(|(_, words)| words);
        said.clone().try_for_each(|words| checked("sentence", words, SENTENCE, false))?;
        let written = self.written.iter().map(|(_, new)| new).filter(|new| !new.is_empty());
        written.clone().try_for_each(|text| checked("text", text, SENTENCE, true))?;
        let both = self.tags.iter().find(|tag| self.not_tags.iter().any(|not| same(tag, not)));
        match both {
            Some(tag) => wrong(format!("it cannot show `{}` and show none", tag.trim())),
            None => Ok(()),
        }
    }
}

/// Whether two tags are the same word.
fn same(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Refuses what is empty, steers a terminal, or is longer than anybody means.
fn checked(what: &str, text: &str, most: usize, lines: bool) -> Result<(), EngineError> {
    let is_bad = |c: char| Printable::is_unsafe(c) && !(lines && matches!(c, '\n' | '\t'));
    let wrong = if text.trim().is_empty() {
        "is empty".to_owned()
    } else if let Some(c) = text.trim().chars().find(|c| is_bad(*c)) {
        format!("holds a character that cannot be shown: `{}`", Printable(&c.to_string()))
    } else if text.trim().chars().count() > most {
        format!("is longer than {most} characters")
    } else {
        return Ok(());
    };
    Err(EngineError::Edit(format!("the {what} {wrong}")))
}

impl Library {
    /// Takes down what a person says of an asset.
    ///
    /// # Errors
    /// As [`Library::edit_all`].
    pub fn edit(&self, reference: &str, request: &EditRequest) -> Result<Details, EngineError> {
        let one = self.edit_all(&[reference.to_owned()], request)?.pop();
        one.ok_or_else(|| EngineError::Edit("there is nothing to edit".into()))
    }

    /// Takes down what a person says of several assets, in one transaction: of all of them or, where one is not there
    /// or cannot be, of none. Each is edited once, however often it is named. What is known afterwards, in order.
    ///
    /// # Errors
    /// [`EngineError::Edit`] for what no asset can have, or only one; an asset that is not meant by a reference or by
    /// which several are; [`EngineError::NothingThere`] for what shall be corrected and is not there; or if the catalogue
    /// cannot be written.
    pub fn edit_all(
        &self,
        references: &[String],
        request: &EditRequest,
    ) -> Result<Vec<Details>, EngineError> {
        let catalog = &self.catalog;
        let mut assets: Vec<Asset> = Vec::new();
        for reference in references {
            let asset = catalog.resolve(reference)?;
            if assets.iter().all(|known| known.id != asset.id) {
                assets.push(asset);
            }
        }
        request.check(assets.len())?;
        let mut changes = Vec::new();
        for asset in &assets {
            changes.extend(changes_of(catalog, asset, request)?);
        }
        if !changes.is_empty() {
            catalog.commit(&changes)?;
        }
        let now = |asset: Asset| {
            self.named_place(details(catalog, catalog.asset(&asset.id)?.unwrap_or(asset))?)
        };
        assets.into_iter().map(now).collect()
    }
}

/// What changes of one asset.
fn changes_of(
    catalog: &Catalog,
    asset: &Asset,
    request: &EditRequest,
) -> Result<Vec<Change>, EngineError> {
    let before = details(catalog, asset.clone())?;
    let mut edits = Edits::new(catalog, &before)?;
    for kind in &request.restore {
        *edits.of(*kind) = Correction::default();
    }
    edits.tags(request);
    edits.transcript(request)?;
    edits.said(request)?;
    edits.written(request)?;
    if request.caption.is_some() {
        edits.of(PassageKind::Caption).refuse_all = true;
    }
    let mut changes = edits.changes(asset);
    let text = |text: &String| text.trim().to_owned();
    let description = Description {
        title: request.title.as_ref().map(text),
        caption: request.caption.as_ref().map(text),
        keywords: request.keywords.iter().map(text).collect(),
        rights: Rights::default(),
    };
    if description != Description::default() {
        let (asset, index_words, by_hand) = (asset.id, true, true);
        changes.push(Change::Describe { asset, description, index_words, by_hand });
    }
    Ok(changes)
}

/// The stretch of the one sentence that a moment means: that which is shown to begin then, else that which is heard
/// then.
fn heard_at(details: &Details, time: WrittenTime) -> Result<TimeRange, EngineError> {
    let said = details.passages.iter().filter(|p| p.kind == PassageKind::Speech);
    let said = said.filter_map(|p| Some((p.range?, p.text.as_str())));
    let gaps = details.not_understood.iter().map(|range| (*range, "not understood"));
    let mut heard: Vec<(TimeRange, &str)> = said.chain(gaps).collect();
    heard.sort_unstable();
    heard.dedup_by_key(|(range, _)| *range);
    let begins = |(range, _): &&(TimeRange, &str)| time.names(range.start_ms());
    let spans = |(range, _): &&(TimeRange, &str)| {
        range.start_ms() < time.end_ms() && time.ms() < range.end_ms()
    };
    let holds = |(range, _): &&(TimeRange, &str)| range.contains(time.ms());
    let mut found: Vec<_> = heard.iter().filter(begins).collect();
    if found.is_empty() {
        found = heard.iter().filter(holds).collect();
    }
    if found.is_empty() {
        found = heard.iter().filter(spans).collect();
    }
    match found.as_slice() {
        [(range, _)] => Ok(*range),
        [] => Err(EngineError::NothingThere(nobody(&heard, time))),
        many => Err(EngineError::Edit(format!(
            "at {time} {} sentences are heard; give the tenth of a second of one: {}",
            many.len(),
            many.iter().map(|(range, text)| sentence(*range, text)).collect::<Vec<_>>().join(", ")
        ))),
    }
}

/// That nobody is heard then, and when somebody is.
fn nobody(heard: &[(TimeRange, &str)], time: WrittenTime) -> String {
    if heard.is_empty() {
        return format!("nobody is heard at {time}, nor at any other time");
    }
    let away = |range: TimeRange| {
        range.start_ms().saturating_sub(time.ms()).max(time.ms().saturating_sub(range.end_ms()))
    };
    let mut near: Vec<_> = heard.iter().collect();
    near.sort_by_key(|(range, _)| away(*range));
    near.truncate(NEAREST);
    near.sort_unstable();
    let near: Vec<String> = near.iter().map(|(range, text)| sentence(*range, text)).collect();
    format!("nobody is heard at {time}; next to it are {}", near.join(", "))
}

/// `00:02.4 “The dogs are barking.”`, cut where it is long.
fn sentence(range: TimeRange, text: &str) -> String {
    let short: String = text.chars().take(40).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{} “{short}{more}”", shown(range))
}

/// When a stretch begins, to the tenth of a second as it is shown.
fn shown(range: TimeRange) -> String {
    let tenths = (range.start_ms() + 50) / 100;
    format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}

/// Corrections as they were and as they become.
struct Edits<'a> {
    before: &'a Details,
    corrections: BTreeMap<PassageKind, (Correction, Correction)>,
}

impl<'a> Edits<'a> {
    fn new(catalog: &Catalog, before: &'a Details) -> Result<Self, EngineError> {
        let row = catalog.row(&before.asset.id)?;
        let mut corrections = BTreeMap::new();
        for kind in PassageKind::ALL {
            let known = catalog.correction(row, kind)?;
            corrections.insert(kind, (known.clone(), known));
        }
        Ok(Self { before, corrections })
    }

    fn of(&mut self, kind: PassageKind) -> &mut Correction {
        &mut self.corrections.entry(kind).or_default().1
    }

    fn tags(&mut self, request: &EditRequest) {
        let correction = self.of(PassageKind::Tag);
        for tag in &request.not_tags {
            correction.passages.retain(|own| !same(&own.text, tag));
            correction.refused.insert(tag.trim().to_lowercase());
        }
        for tag in &request.tags {
            correction.refused.retain(|refused| !same(refused, tag));
            if !correction.passages.iter().any(|own| same(&own.text, tag)) {
                correction.passages.push(person(PassageKind::Tag, tag, None));
            }
        }
    }

    fn transcript(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let Some(file) = &request.transcript else {
            return Ok(());
        };
        let passages = file.fitted(&self.before.asset)?;
        *self.of(PassageKind::Speech) =
            Correction { passages, refuse_all: true, ..Correction::default() };
        Ok(())
    }

    /// Takes the place of the sentence that is heard at the moment.
    fn said(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let mut taken = Vec::new();
        for (time, words) in &request.said {
            let range = heard_at(self.before, *time)?;
            if taken.contains(&range) {
                let what = format!("what is said at {} was given twice", shown(range));
                return Err(EngineError::Edit(what));
            }
            taken.push(range);
            let correction = self.of(PassageKind::Speech);
            correction.passages.retain(|own| own.range != Some(range));
            correction.passages.push(person(PassageKind::Speech, words, Some(range)));
        }
        Ok(())
    }

    fn written(&mut self, request: &EditRequest) -> Result<(), EngineError> {
        let before = self.before;
        for (old, new) in &request.written {
            let read = |p: &&Passage| p.kind == PassageKind::Text && p.text.trim() == old.trim();
            let found = before.passages.iter().find(read).ok_or_else(|| {
                EngineError::NothingThere(format!("nothing of it is written there: `{old}`"))
            })?;
            let correction = self.of(PassageKind::Text);
            correction.passages.retain(|own| own.text != found.text);
            if found.origin != Origin::Person {
                correction.refused.insert(old.trim().to_lowercase());
            }
            if !new.trim().is_empty() {
                let own = person(PassageKind::Text, new, found.range);
                correction.passages.push(Passage { region: found.region, ..own });
            }
        }
        Ok(())
    }

    fn changes(self, asset: &Asset) -> Vec<Change> {
        let changed = self.corrections.into_iter().filter(|(_, (was, is))| was != is);
        changed
            .map(|(kind, (_, correction))| Change::Correct { asset: asset.id, kind, correction })
            .collect()
    }
}

fn person(kind: PassageKind, text: &str, range: Option<TimeRange>) -> Passage {
    Passage {
        kind,
        text: text.trim().to_owned(),
        range,
        region: None,
        language: None,
        words: Vec::new(),
        origin: Origin::Person,
    }
}
