//! Stabilisation of clips in films. `kinora-video` tests how well it works.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use kinora_film::{BriefFormat, PlanOptions, parse, plan};
use kinora_provenance::read_beside;
use kinora_types::{FilmRecord, FilmSpec, Stabilisation, StabilisationOutcome, Transition};
use shelf::{Shelf, decoded, folder, make, spec};

/// Mean difference of frames that follow each other, in levels.
fn unrest(frames: &[Vec<u8>]) -> f64 {
    let pair = |pair: &[Vec<u8>]| {
        let sum: u64 = pair[0].iter().zip(&pair[1]).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
        sum as f64 / pair[0].len() as f64
    };
    frames.windows(2).map(pair).sum::<f64>() / (frames.len() - 1) as f64
}

#[test]
fn shaky_clips_are_stabilised_unless_the_brief_or_the_caller_says_no() {
    let (_keep, folder) = folder();
    let mut shelf = Shelf::default();
    shelf.put_shaky(&folder, "shaky.mp4");
    shelf.put_clock(&folder, "calm.mp4", (320, 180), 6);
    shelf.put(&folder, "red.png", (640, 400), [160, 20, 20]);
    let film = folder.join("film.mp4");
    let make = |of_film: &str, of_shot: &str, asked: Option<Stabilisation>| -> (FilmRecord, f64) {
        let spec =
            FilmSpec { stabilisation: asked, transition: Transition::Cut, fps: 25, ..spec(6.0) };
        let text = format!(
            "{of_film}- a [pin: shaky.mp4]{of_shot}\n- b [pin: calm.mp4]\n- c [pin: red.png]"
        );
        let brief = parse(&text, BriefFormat::Markdown, spec.seconds).unwrap();
        let board = plan(&brief, &spec, &PlanOptions::default(), &shelf).unwrap();
        let record = make(&board, &shelf, &film, None).unwrap();
        let told = |record: &FilmRecord| {
            record.shots.iter().map(|shot| shot.stabilisation.clone()).collect::<Vec<_>>()
        };
        assert_eq!(told(&read_beside(&film).unwrap()), told(&record));
        // Away from the light that comes up at the film's beginning.
        (record, unrest(&decoded(&film)[15..45]))
    };
    let (held, had) = make("", "", Some(Stabilisation::Off));
    for (of_film, of_shot, asked, stabilised) in [
        ("", "", None, true),
        ("[steady: off]\n", "", None, false),
        ("[steady: off]\n", " [steady: auto]", None, true),
        ("", " [steady: off]", Some(Stabilisation::Auto), false),
        ("", " [steady: auto]", Some(Stabilisation::Off), false),
    ] {
        let what = format!("{of_film}{of_shot} {asked:?}");
        let (record, has) = make(of_film, of_shot, asked);
        let [shaky, calm, picture] = &record.shots[..] else { panic!("three shots") };
        assert_eq!(picture.stabilisation, None);
        assert_eq!(shaky.frames, held.shots[0].frames);
        assert_eq!(shaky.frames_hash != held.shots[0].frames_hash, stabilised, "{what}");
        if stabilised {
            let Some(StabilisationOutcome::Stabilised { shake, residual, margin }) =
                shaky.stabilisation
            else {
                panic!("{what}: {:?}", shaky.stabilisation)
            };
            assert!(residual < 0.2 * shake && margin <= 0.06, "{shake} {residual} {margin}");
            assert!(has < 0.5 * had, "{what}: {has} of {had}");
        } else {
            assert_eq!(shaky.stabilisation, None, "{what}");
        }
        // A grey picture with flashes has nothing to hold on to: it is not touched.
        assert!(
            !matches!(calm.stabilisation, Some(StabilisationOutcome::Stabilised { .. })),
            "{what}"
        );
        assert_eq!(calm.frames_hash, held.shots[1].frames_hash, "{what}");
    }
}
