//! Plans: every shot its own source, nothing under the threshold, every frame accounted for.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use kinora_film::{
    BriefFormat, FilmError, PlanOptions, RefusalReason, open_source, parse, plan, storyboard_html,
};
use kinora_types::Control;
use kinora_types::{Brief, RejectReason, Rights, ShotBrief, Storyboard};
use proptest::prelude::*;
use shelf::{Shelf, folder, primaries, spec};

fn brief(text: &str) -> Brief {
    parse(text, BriefFormat::Markdown, 30.0).unwrap()
}

fn never() -> Control {
    Control::default()
}

fn sources(storyboard: &Storyboard) -> Vec<String> {
    let label = |shot: &kinora_types::Shot| shot.asset().map(|a| a.label());
    storyboard.shots.iter().map(|s| label(s).unwrap_or_default()).collect()
}

#[test]
fn two_shots_that_want_the_same_share_out_what_there_is() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    // Taken in order, the first would take red.png and leave the second nothing.
    shelf.rate("warm", &[0.9, 0.8, 0.1]);
    shelf.rate("fire", &[0.7, 0.1, 0.1]);
    let options = PlanOptions::default();
    let board = plan(&brief("- warm\n- fire"), &spec(6.0), &options, &shelf).unwrap();
    assert_eq!(sources(&board), ["green.png", "red.png"]);
    assert_eq!(board.shots[0].source().unwrap().rating.unwrap().rank, 2);
    let used = &board.shots[0].rejected[0];
    // A plan becomes the record of a film, which names no file that the film does not show.
    let red = board.shots[1].asset().unwrap().id.short();
    assert_eq!((used.label(), &used.rejected), (red, &RejectReason::AlreadyUsed));
}

#[test]
fn every_refused_shot_is_told_at_once_with_its_score() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.rate("a submarine", &[0.31, 0.2, 0.1]);
    let text = "- red\n- a submarine\n- red\n- unheard of";
    let options = PlanOptions::default();
    let error = plan(&brief(text), &spec(10.0), &options, &shelf).unwrap_err();
    let FilmError::Refused(refusals) = &error else { panic!("{error}") };
    let names: Vec<&str> = refusals.iter().map(|r| r.shot.as_str()).collect();
    assert_eq!(names, ["shot-2", "shot-3", "shot-4"]);
    assert!(matches!(&refusals[1].reason, RefusalReason::AllUsed { by } if by == &["shot-1"]));
    let told = error.to_string();
    assert!(
        told.contains("`a submarine`") && told.contains("0.310") && told.contains("red.png"),
        "{told}"
    );
    assert!(error.hint().unwrap().contains(kinora_types::advice::LEAVE_OUT));

    let options = PlanOptions { allow_gaps: true, ..PlanOptions::default() };
    let board = plan(&brief(text), &spec(10.0), &options, &shelf).unwrap();
    assert_eq!(sources(&board), ["red.png", "", "", ""]);
    assert_eq!(board.shots[0].frames, 120, "the time goes to what is shown");
    assert!(board.shots[1].gap().unwrap().contains("a submarine"));
    let page = storyboard_html(&board, &|_, asset, side| open_source(asset, side, &never()).ok());
    assert_eq!(page.matches("left out").count(), 3);
}

#[test]
fn near_duplicates_count_as_one_source() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.alike = vec![(0, 1)];
    shelf.rate("warm", &[0.9, 0.8, 0.1]);
    shelf.rate("fire", &[0.8, 0.9, 0.1]);
    let error = plan(&brief("- warm\n- fire"), &spec(6.0), &PlanOptions::default(), &shelf);
    assert!(matches!(error, Err(FilmError::Refused(r)) if r.len() == 1));
}

#[test]
fn pins_are_followed_and_may_repeat_a_source() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let pinned = |shot: &str, asset: &str| PlanOptions {
        pins: vec![(shot.into(), asset.into())],
        ..PlanOptions::default()
    };
    let text = "- red [name: first]\n- blue\n- green [pin: blue.png]";
    let made = |options| plan(&brief(text), &spec(8.0), &options, &shelf);
    let board = made(pinned("2", "blue.png")).unwrap();
    assert_eq!(sources(&board), ["red.png", "blue.png", "blue.png"]);
    assert!(board.shots[2].is_pinned() && !board.shots[0].is_pinned());
    for (shot, asset) in
        [("9", "red.png"), ("nobody", "red.png"), ("0", "red.png"), ("3", "red.png")]
    {
        assert!(matches!(made(pinned(shot, asset)), Err(FilmError::Pin(_))), "{shot}");
    }
    assert!(matches!(made(pinned("first", "none.png")), Err(FilmError::Source(_))));
}

#[test]
fn licences_ask_for_their_lines() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.assets[0].rights = Rights {
        licence: Some("CC BY 2.0".into()),
        author: Some("Ann Other".into()),
        source: None,
    };
    shelf.assets[1].rights.licence = Some("CC0-1.0".into());
    let board =
        plan(&brief("- red\n- green"), &spec(12.0), &PlanOptions::default(), &shelf).unwrap();
    assert_eq!(board.credits[0], "red.png by Ann Other, CC BY 2.0");
    assert_eq!(board.credits.len(), 2, "{:?}", board.credits);
    assert!(board.credits_frames > 0);

    let mut clip = shelf.assets[2].clone();
    clip.rights = Rights { author: Some("C. Lip".into()), ..shelf.assets[0].rights.clone() };
    let followed = [("blue".to_owned(), vec![clip])].into();
    let options = PlanOptions { followed, ..PlanOptions::default() };
    let board = plan(&brief("- red\n- green"), &spec(6.0), &options, &shelf).unwrap();
    assert_eq!(board.credits.len(), 2, "no shot of that prompt: {:?}", board.credits);
    let board = plan(&brief("- red\n- blue"), &spec(6.0), &options, &shelf).unwrap();
    assert!(
        board.credits[1].contains("by C. Lip"),
        "whose motion is followed: {:?}",
        board.credits
    );
}

#[test]
fn ten_thousand_shots_are_refused_before_any_search() {
    struct Deaf;
    impl kinora_film::SourceFinder for Deaf {
        fn find(&self, _: &str, _: usize) -> Result<kinora_film::Found, kinora_film::SourceError> {
            panic!("searched")
        }
        fn pinned(&self, _: &str) -> Result<kinora_types::Asset, kinora_film::SourceError> {
            panic!("resolved")
        }
        fn groups(
            &self,
            _: &[kinora_types::AssetId],
        ) -> Result<Vec<usize>, kinora_film::SourceError> {
            panic!("grouped")
        }
        fn open(
            &self,
            _: &kinora_types::Asset,
            _: u32,
        ) -> Result<kinora_types::Picture, kinora_film::SourceError> {
            panic!("opened")
        }
        fn video(
            &self,
            _: &kinora_types::Asset,
        ) -> Result<kinora_video::VideoFile, kinora_film::SourceError> {
            panic!("opened")
        }
    }
    let lines = "a line of its own\n\n".repeat(10_000);
    let brief = parse(&lines, BriefFormat::Text, 30.0).unwrap();
    for allow_gaps in [false, true] {
        let options = PlanOptions { allow_gaps, ..PlanOptions::default() };
        let error = plan(&brief, &spec(30.0), &options, &Deaf).unwrap_err();
        assert!(matches!(error, FilmError::Timeline(_)), "{error}");
        assert!(error.hint().unwrap().contains(kinora_types::advice::FILM_LENGTH));
    }
}

#[test]
fn hostile_names_stay_text_in_the_page() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    let evil = "<img src=x onerror=alert(1)>\"'</title>";
    shelf.assets[0].title = Some(evil.into());
    shelf.rate(evil, &[0.9, 0.0, 0.0]);
    let shot = ShotBrief {
        name: evil.into(),
        prompt: evil.into(),
        caption: Some(evil.into()),
        ..ShotBrief::default()
    };
    let brief = Brief { title: Some(evil.into()), shots: vec![shot], ..Brief::default() };
    let board = plan(&brief, &spec(6.0), &PlanOptions::default(), &shelf).unwrap();
    let page = storyboard_html(&board, &|_, asset, side| open_source(asset, side, &never()).ok());
    assert!(!page.contains("<img src=x"), "{page}");
    assert_eq!(page.matches("<img ").count(), 1);
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"));
}

fn tables() -> impl Strategy<Value = Vec<Vec<f32>>> {
    (1usize..6, 1usize..7).prop_flat_map(|(shots, assets)| {
        prop::collection::vec(prop::collection::vec(0.0f32..1.0, assets), shots)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_source_comes_twice_and_the_frames_add_up(table in tables(), seconds in 10.0f64..40.0) {
        let (_keep, folder) = folder();
        let mut shelf = Shelf::default();
        for i in 0..table[0].len() {
            shelf.put(&folder, &format!("{i}.png"), (64 + i as u32, 48), [i as u8 * 20; 3]);
        }
        let mut shots = Vec::new();
        for (i, row) in table.iter().enumerate() {
            shelf.rate(&format!("p{i}"), row);
            let prompt = format!("p{i}");
            shots.push(ShotBrief { name: format!("s{i}"), prompt, ..ShotBrief::default() });
        }
        let brief = Brief { title: Some("T".into()), shots, ..Brief::default() };
        let options = PlanOptions { allow_gaps: true, ..PlanOptions::default() };
        match plan(&brief, &spec(seconds), &options, &shelf) {
            Ok(board) => {
                let mut shown: Vec<String> = sources(&board);
                shown.retain(|s| !s.is_empty());
                let count = shown.len();
                shown.sort();
                shown.dedup();
                prop_assert_eq!(shown.len(), count);
                let gross: u32 = board.shots.iter().map(|s| s.frames).sum();
                let total = board.title_frames + gross - 6 * count as u32;
                prop_assert_eq!(total, (seconds * 12.0).round() as u32);
                for rating in board.shots.iter().filter_map(|s| s.source()?.rating) {
                    prop_assert!(rating.scores.dense.unwrap() >= shelf::THRESHOLD);
                }
            }
            Err(error) => prop_assert!(matches!(error, FilmError::Timeline(_)), "{}", error),
        }
    }
}
