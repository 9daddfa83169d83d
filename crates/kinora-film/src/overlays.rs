//! Title, captions and end card as overlays, typeset before the first frame is made: text that cannot be shown is an
//! error before any work is done.

use kinora_render::{Overlay, RenderError, Typesetter};
use kinora_types::{Size, Storyboard};

use crate::FilmError;

/// Overlays of a film.
pub(crate) struct Overlays {
    /// The title card's.
    pub title: Option<Overlay>,
    /// A caption for each shot of the storyboard.
    pub captions: Vec<Option<Overlay>>,
    /// Pages of the end card, each with its share of the card's time.
    pub pages: Vec<(Overlay, f64)>,
}

impl Overlays {
    /// Sets the title, the captions and the end card.
    pub(crate) fn set(storyboard: &Storyboard, setter: &mut Typesetter) -> Result<Self, FilmError> {
        let size = storyboard.spec.size;
        let named = |of: String| move |source: RenderError| FilmError::Words { of, source };
        let title = match &storyboard.title {
            Some(title) => Some(setter.title(title, size).map_err(named("the title".into()))?),
            None => None,
        };
        let mut captions = Vec::with_capacity(storyboard.shots.len());
        for shot in &storyboard.shots {
            let words = shot.brief.caption.as_deref().filter(|words| !words.trim().is_empty());
            captions.push(match words {
                Some(words) if shot.frames > 0 => {
                    let of = format!("the caption of shot `{}`", shot.brief.name);
                    Some(setter.caption(words, size).map_err(named(of))?)
                }
                _ => None,
            });
        }
        Ok(Self { title, captions, pages: pages(&storyboard.credits, setter, size)? })
    }
}

fn pages(
    credits: &[String],
    setter: &mut Typesetter,
    size: Size,
) -> Result<Vec<(Overlay, f64)>, FilmError> {
    if credits.is_empty() {
        return Ok(Vec::new());
    }
    let pages = setter
        .credits(credits, size)
        .map_err(|source| FilmError::Words { of: "the attributions".into(), source })?;
    let lines: usize = pages.iter().map(|(_, lines)| lines).sum();
    let share = |lines_here: usize| lines_here as f64 / lines.max(1) as f64;
    Ok(pages.into_iter().map(|(page, here)| (page, share(here))).collect())
}
