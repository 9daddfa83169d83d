//! The storyboard as one HTML page that needs nothing else: to be looked at before a film is made.
//!
//! Everything that comes from outside (names, prompts, captions, licences) goes through [`Markup`]; pictures are
//! inside the page; there is no script and no address that a browser would fetch.

use std::fmt::Write;

use base64::{Engine, prelude::BASE64_STANDARD};
use kinora_image::thumbnail;
use kinora_types::{
    Asset, CameraMove, Framing, Markup, PAGE_HEAD, Picture, Rating, Rect, RejectedRecord, Shot,
    ShotSound, ShotSource, Shown, Stabilisation, Storyboard,
};

const STYLE: &str = include_str!("page.css");
/// Longer side of the pictures in the page, in pixels.
const THUMBNAIL: u32 = 480;

/// Gives the pixels of a shot's source, its shorter side at least so many pixels; of a video the frame in
/// the middle of what is shown.
pub(crate) type Open<'a> = dyn Fn(&Shot, &Asset, u32) -> Option<Picture> + 'a;

/// Writes the page. `open` may fail: a source that cannot be opened is shown as such.
pub fn storyboard_html(storyboard: &Storyboard, open: &Open<'_>) -> String {
    let title = storyboard.title.as_deref().unwrap_or("Storyboard");
    let spec = &storyboard.spec;
    let shown = storyboard.shots.iter().filter(|shot| shot.source().is_some()).count();
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n{PAGE_HEAD}\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<header><h1 dir=\"auto\">{title}</h1>\n\
         <p>{} &middot; {} fps &middot; {} &middot; {shown} of {} shots</p></header>\n<main>\n",
        spec.size,
        spec.fps,
        seconds(spec.seconds),
        storyboard.shots.len(),
        title = Markup(title),
    );
    for (i, shot) in storyboard.shots.iter().enumerate() {
        page.push_str(&card(i, shot, spec.fps, open));
    }
    page.push_str("</main>\n");
    page.push_str(&credits(&storyboard.credits));
    page.push_str("</html>\n");
    page
}

fn card(i: usize, shot: &Shot, fps: u32, open: &Open<'_>) -> String {
    let gap = if shot.gap().is_some() { " gap" } else { "" };
    let mut card = format!(
        "<section class=\"shot{gap}\">\n{}<div class=\"words\"><h2><b>{}</b> {}</h2>\n\
         <p class=\"prompt\" dir=\"auto\">{}</p>\n",
        figure(shot, open),
        i + 1,
        Markup(&shot.brief.name).isolated(),
        Markup(&shot.brief.prompt),
    );
    if let Some(caption) = &shot.brief.caption {
        let _ = writeln!(card, "<p class=\"caption\" dir=\"auto\">{}</p>", Markup(caption));
    }
    card.push_str(&facts(shot, fps));
    if let Some(why) = shot.gap() {
        let _ = writeln!(card, "<p class=\"why\">left out: {}</p>", Markup(why));
    }
    card.push_str(&rejected(&shot.rejected));
    card.push_str("</div>\n</section>\n");
    card
}

fn facts(shot: &Shot, fps: u32) -> String {
    let Some(ShotSource { asset, rating }) = shot.source() else {
        return String::new();
    };
    let rated = match rating {
        None => "pinned".to_owned(),
        Some(Rating { scores, rank }) => match scores.dense {
            Some(dense) => format!("score {dense:.3}, rank {rank}"),
            None => format!("by words, rank {rank}"),
        },
    };
    let length = seconds(f64::from(shot.frames) / f64::from(fps.max(1)));
    let mut facts = format!(
        "<p class=\"facts\">{} <code>{}</code><br>{length} &middot; {rated}",
        Markup(&asset.label()).isolated(),
        asset.id.short(),
    );
    for part in [&asset.rights.author, &asset.rights.licence].into_iter().flatten() {
        let _ = write!(facts, " &middot; {}", Markup(part).isolated());
    }
    if let Some(clip) = shot.cut() {
        let sound = match clip.sound {
            ShotSound::None => "without sound",
            ShotSound::Kept => "with its sound",
            ShotSound::Muted => "muted",
        };
        let held = match clip.stabilisation {
            Stabilisation::Auto => "",
            Stabilisation::Off => ", as it was held",
        };
        let _ = write!(facts, "<br>video, {}, {sound}{held}", clip.range);
    }
    facts.push_str("</p>\n");
    facts
}

/// The picture with the camera's first and last view drawn over it.
fn figure(shot: &Shot, open: &Open<'_>) -> String {
    let picture = shot.asset().and_then(|asset| open(shot, asset, THUMBNAIL / 2));
    let jpeg = picture.as_ref().and_then(|picture| thumbnail(picture, THUMBNAIL).ok());
    let (Some(asset), Some(jpeg)) = (shot.asset(), jpeg) else {
        return "<figure class=\"none\">no picture</figure>\n".into();
    };
    let camera = match shot.shown {
        Shown::Picture { camera, .. } => views(camera),
        Shown::Clip { .. } | Shown::Generated { .. } | Shown::Gap { .. } => String::new(),
    };
    format!(
        "<figure><div class=\"frame\"><img alt=\"{}\" \
         src=\"data:image/jpeg;base64,{}\">{}</div></figure>\n",
        Markup(&asset.label()),
        BASE64_STANDARD.encode(&jpeg),
        camera,
    )
}

fn views(camera: CameraMove) -> String {
    let shape = |view: Rect, class: &str| {
        format!(
            "<rect class=\"{class}\" x=\"{:.4}\" y=\"{:.4}\" width=\"{:.4}\" height=\"{:.4}\"/>",
            view.x, view.y, view.width, view.height
        )
    };
    let (fx, fy) = camera.from.centre();
    let (tx, ty) = camera.to.centre();
    let note = match camera.framing {
        Framing::Crop => "",
        Framing::Matte => "<span>whole, on a blurred ground</span>",
    };
    format!(
        "<svg viewBox=\"0 0 1 1\" preserveAspectRatio=\"none\">{}{}<line x1=\"{fx:.4}\" \
         y1=\"{fy:.4}\" x2=\"{tx:.4}\" y2=\"{ty:.4}\"/></svg>{note}",
        shape(camera.from, "from"),
        shape(camera.to, "to"),
    )
}

fn rejected(candidates: &[RejectedRecord]) -> String {
    if candidates.is_empty() {
        return String::new();
    }
    let mut list = String::from("<details><summary>also considered</summary><ul>\n");
    for candidate in candidates {
        let score = candidate.scores.dense.map(|d| format!(" {d:.3}")).unwrap_or_default();
        let _ = writeln!(
            list,
            "<li>{}{score} <i>{}</i></li>",
            Markup(&candidate.label()).isolated(),
            Markup(&candidate.rejected.to_string()),
        );
    }
    list.push_str("</ul></details>\n");
    list
}

fn credits(lines: &[String]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let item = |line: &String| format!("<li dir=\"auto\">{}</li>\n", Markup(line));
    let items: String = lines.iter().map(item).collect();
    format!("<footer><h2>End card</h2><ul>\n{items}</ul></footer>\n")
}

fn seconds(seconds: f64) -> String {
    format!("{seconds:.1} s")
}
