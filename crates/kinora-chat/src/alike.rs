//! More that looks like what was cited.

use kinora_catalog::Turn;
use kinora_retrieval::{Query, Searcher};
use kinora_types::{Citation, Control, Embedding, Hit};

use crate::{Answer, ChatError, Evidence, Mentions, Method, Plan, Sentence, catalogue};

/// What the last answer that cited anything cited.
pub fn last_cited(history: &[Turn]) -> &[Citation] {
    let mut cited = history.iter().rev().map(|turn| turn.citations.as_slice());
    cited.find(|citations| !citations.is_empty()).unwrap_or_default()
}

/// At most `most` sources that look like the mentioned ones and were not just shown.
pub(crate) fn alike(
    searcher: &Searcher<'_>,
    mentions: &Mentions,
    cited: &[Citation],
    most: usize,
    control: &Control,
) -> Result<Answer, ChatError> {
    let meant = mentions.of(cited)?;
    let like = meant.iter().map(|citation| look(searcher, citation)).collect::<Result<_, _>>()?;
    let exclude = cited.iter().map(|citation| citation.asset).collect();
    let query = Query { like, exclude, limit: most, ..Query::default() };
    let outcome = searcher.search(&query, control)?;
    let evidence: Vec<Evidence> = (1..).zip(&outcome.hits).map(|(n, hit)| piece(n, hit)).collect();
    let names: Vec<&str> = meant.iter().map(|citation| citation.label.as_str()).collect();
    let names = names.join(", ");
    let head = match evidence.as_slice() {
        [] => Sentence::refusal(format!("Nothing else looks like {names}."), Vec::new()),
        _ => Sentence::supported(format!("Most like {names}:"), Vec::new()),
    };
    let mut sentences = vec![head];
    sentences.extend(catalogue::items(&evidence));
    Ok(Answer {
        method: Method::VisualSimilarity,
        sentences,
        answered: !evidence.is_empty(),
        evidence,
        plan: Plan::default(),
        notes: Vec::new(),
        tokens: None,
        sent: None,
    })
}

/// How a cited source looks; of a video the cited stretch.
fn look(searcher: &Searcher<'_>, citation: &Citation) -> Result<Embedding, ChatError> {
    let catalog = searcher.catalog();
    let none = || ChatError::NoPicture(citation.label.clone());
    if let Some(range) = citation.range {
        let row = catalog.find_row(&citation.asset)?.ok_or_else(none)?;
        let frames = catalog.frame_embeddings(row)?;
        let inside =
            frames.iter().filter(|(at, _)| range.start_ms() <= *at && *at <= range.end_ms());
        let parts: Vec<(f32, &Embedding)> = inside.map(|(_, frame)| (1.0, frame)).collect();
        if let Some(mean) = Embedding::mix(&parts).ok().flatten() {
            return Ok(mean);
        }
    }
    catalog.embedding(&citation.asset)?.ok_or_else(none)
}

fn piece(number: u32, hit: &Hit) -> Evidence {
    let range = hit.moments.first().map(|moment| moment.range);
    Evidence { range, ..catalogue::piece(number, &hit.asset) }
}
