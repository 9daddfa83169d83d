//! A contact sheet: one HTML file with the pictures inside, to be opened offline anywhere.

use base64::{Engine, prelude::BASE64_STANDARD};
use kinora_types::{Asset, Markup, PAGE_HEAD};

const STYLE: &str = "body{font:15px/1.4 system-ui,sans-serif;margin:2rem;background:#16181d;color:#e8e6e1}
h1{font-size:1.2rem;font-weight:600}main{display:grid;gap:1rem;
grid-template-columns:repeat(auto-fill,minmax(15rem,1fr))}figure{margin:0;background:#22252c;
border-radius:.5rem;overflow:hidden}img{display:block;width:100%;height:12rem;object-fit:contain;background:#0d0e11}
figcaption{padding:.6rem .8rem;overflow-wrap:anywhere}small{color:#a9a69e;display:block}.none{color:#f0b35b}";

/// What a sheet shows of an asset.
pub(crate) struct Figure<'a> {
    /// The asset.
    pub asset: &'a Asset,
    /// A line under its path: score and times, or when it was taken.
    pub note: String,
    /// JPEG, where there is one.
    pub thumbnail: Option<Vec<u8>>,
}

/// The sheet of what was found, in order.
pub(crate) fn html(question: &str, found: &[Figure<'_>]) -> String {
    let figures = (1..).zip(found).map(|(rank, figure)| {
        let image = figure.thumbnail.as_deref().map_or(String::new(), |jpeg| {
            format!("<img alt=\"\" src=\"data:image/jpeg;base64,{}\">", BASE64_STANDARD.encode(jpeg))
        });
        let path = figure.asset.paths.first().map_or("", String::as_str);
        format!(
            "<figure>{image}<figcaption>{}. {}<small dir=\"auto\">{}</small><small>{}</small></figcaption></figure>",
            rank,
            Markup(&figure.asset.label()).isolated(),
            Markup(path),
            Markup(&figure.note)
        )
    });
    let figures: String = figures.collect();
    let none =
        if found.is_empty() { "<p class=\"none\">nothing in this library fits</p>" } else { "" };
    let question = Markup(question);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n{PAGE_HEAD}<title>{question}</title>\n\
         <style>{STYLE}</style><h1 dir=\"auto\">{question}</h1>{none}<main>{figures}</main></html>\n"
    )
}
