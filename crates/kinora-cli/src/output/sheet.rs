//! A contact sheet: one HTML file with the pictures inside, to be opened offline anywhere.

use base64::{Engine, prelude::BASE64_STANDARD};
use kinora_engine::SearchOutcome;
use kinora_types::{Markup, PAGE_HEAD};

const STYLE: &str = "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;background:#16181d;color:#e8e6e1}
h1{font-size:1.2rem;font-weight:600}main{display:grid;gap:1rem;
grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}figure{margin:0;background:#22252c;
border-radius:.5rem;overflow:hidden}img{display:block;width:100%;height:12rem;object-fit:contain;background:#0d0e11}
figcaption{padding:.6rem .8rem;overflow-wrap:anywhere}small{color:#a9a69e;display:block}.none{color:#f0b35b}";

/// The sheet of a search; `thumbnails` gives the JPEG of each hit, in order, where there is one.
pub(crate) fn html(
    question: &str,
    outcome: &SearchOutcome,
    thumbnails: &[Option<Vec<u8>>],
) -> String {
    let figures = outcome.hits.iter().zip(thumbnails).map(|(hit, thumbnail)| {
        let image = thumbnail.as_deref().map_or(String::new(), |jpeg| {
            format!("<img alt=\"\" src=\"data:image/jpeg;base64,{}\">", BASE64_STANDARD.encode(jpeg))
        });
        let path = hit.asset.paths.first().map_or("", String::as_str);
        let score = hit.scores.dense.map_or(String::new(), |s| format!("{s:.3}"));
        format!(
            "<figure>{image}<figcaption>{}. {}<small dir=\"auto\">{}</small><small>{}{}</small></figcaption></figure>",
            hit.rank,
            Markup(&hit.asset.label()).isolated(),
            Markup(path),
            score,
            super::times(hit)
        )
    });
    let figures: String = figures.collect();
    let none = if outcome.hits.is_empty() {
        "<p class=\"none\">nothing in this library fits</p>"
    } else {
        ""
    };
    let question = Markup(question);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n{PAGE_HEAD}<title>{question}</title>\n\
         <style>{STYLE}</style><h1 dir=\"auto\">{question}</h1>{none}<main>{figures}</main></html>\n"
    )
}
