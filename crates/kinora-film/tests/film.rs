//! Films end to end through the real ffmpeg: what is in them, and what is left when they fail.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use std::{fs, path::Path};

use kinora_film::{BriefFormat, FilmError, PlanOptions, SourceError, parse, plan};
use kinora_provenance::{SourceFate, read_beside, verify};
use kinora_types::{Brief, Control, Rights, Shown, Storyboard, Transition};
use shelf::{Shelf, decoded, folder, is_missing_glyph, make, names, primaries, spec};

fn brief(text: &str) -> Brief {
    parse(text, BriefFormat::Markdown, 30.0).unwrap()
}

fn board(text: &str, seconds: f64, shelf: &Shelf) -> Storyboard {
    plan(&brief(text), &spec(seconds), &PlanOptions::default(), shelf).unwrap()
}

/// Y, U, V in the middle of a frame.
fn middle(frame: &[u8]) -> [u8; 3] {
    let luma = 320 * 180;
    let chroma = 45 * 160 + 80;
    [frame[90 * 320 + 160], frame[luma + chroma], frame[luma + luma / 4 + chroma]]
}

#[test]
fn a_film_shows_its_shots_in_order_and_keeps_its_trail() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.assets[2].rights =
        Rights { licence: Some("CC BY 4.0".into()), author: Some("B".into()), source: None };
    let text = "# Colours\n- red\n  > Red it is\n- green\n- blue";
    let board = board(text, 14.0, &shelf);
    let film = folder.join("film.mp4");
    let record = make(&board, &shelf, &film, None).unwrap();

    let frames = decoded(&film);
    assert_eq!(frames.len(), 14 * 12);
    let at = |i: usize| {
        let shot = &record.shots[i];
        middle(&frames[(shot.first_frame + shot.frames / 2) as usize])
    };
    // BT.709: red has high V, blue high U, green neither.
    let ([_, _, red_v], [_, green_u, green_v], [_, blue_u, _]) = (at(0), at(1), at(2));
    assert!(red_v > 170 && blue_u > 170 && green_u < 110 && green_v < 110);
    let luma =
        |frame: &[u8]| frame[..320 * 180].iter().map(|&v| u32::from(v)).sum::<u32>() / 57_600;
    assert!(luma(&frames[0]) < luma(&frames[12]), "it comes out of black");
    assert!(luma(&frames[frames.len() - 1]) < 22, "it goes into black");

    assert_eq!(read_beside(&film).unwrap(), record);
    let report = verify(&film, &record, &|_| None, &Control::default()).unwrap();
    assert!(report.master_intact() && report.sources_intact(), "{report}");
    fs::remove_file(folder.join("green.png")).unwrap();
    let report = verify(&film, &record, &|_| None, &Control::default()).unwrap();
    assert_eq!(report.shots[1].sources[0].fate, SourceFate::Vanished);
    assert_eq!(record.credits[0], "blue.png by B, CC BY 4.0");
}

#[test]
fn a_record_and_a_storyboard_tell_only_what_the_film_shows() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    for asset in &mut shelf.assets {
        asset.place = Some(kinora_types::GeoPoint { latitude: 52.5163, longitude: 13.3777 });
        asset.camera = Some("Leica Q2".into());
        asset.caption = Some("my secret home".into());
        asset.keywords = vec!["key under the mat".into()];
    }
    shelf.assets[1].title = Some("A green field".into());
    shelf.rate("red", &[0.9, 0.8, 0.1]);
    let board = board("- red", 4.0, &shelf);
    assert!(!board.shots[0].rejected.is_empty());
    let film = folder.join("film.mp4");
    make(&board, &shelf, &film, None).unwrap();
    let written = fs::read_to_string(film.with_extension("json")).unwrap();
    let page = kinora_film::storyboard_html(&board, &|_, _, _| None);
    for text in [&written, &page] {
        let folder = folder.to_string_lossy();
        for private in [
            &*folder,
            "52.5163",
            "13.3777",
            "Leica",
            "secret",
            "key under",
            "green.png",
            "blue.png",
        ] {
            assert!(!text.contains(private), "{private}: {text}");
        }
        assert!(text.contains("red.png") && text.contains("A green field"), "{text}");
    }
    assert!(written.contains(&shelf.assets[2].id.to_string()), "ids of what was rejected stay");
}

#[test]
fn the_same_inputs_make_the_same_frames_and_the_same_file() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let board = board("# T\n- red\n- green\n  > words", 7.0, &shelf);
    let films = ["a.mp4", "b.mp4"].map(|name| folder.join(name));
    let [a, b] = films.each_ref().map(|film| make(&board, &shelf, film, None).unwrap());
    assert_eq!(a.frames_hash, b.frames_hash);
    assert_eq!(a.master, b.master);
    let hashes = |record: &kinora_types::FilmRecord| -> Vec<_> {
        record.shots.iter().map(|shot| shot.frames_hash).collect()
    };
    assert_eq!(hashes(&a), hashes(&b));
    assert_ne!(a.shots[0].frames_hash, a.shots[1].frames_hash);
}

#[test]
fn cuts_have_no_blended_frame() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let spec = kinora_types::FilmSpec { transition: Transition::Cut, ..spec(4.0) };
    let board = plan(&brief("- red\n- blue"), &spec, &PlanOptions::default(), &shelf).unwrap();
    let film = folder.join("cut.mp4");
    let record = make(&board, &shelf, &film, None).unwrap();
    assert_eq!(record.shots[1].first_frame, 24);
    let frames = decoded(&film);
    assert!(middle(&frames[23])[2] > 170 && middle(&frames[24])[1] > 170);
    assert_eq!(frames.len(), 48);
}

#[test]
fn cancelled_or_failed_nothing_is_left_and_an_older_film_stays() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let board = board("- red\n- blue", 5.0, &shelf);
    let films = folder.join("films");
    fs::create_dir(&films).unwrap();
    let film = films.join("film.mp4");
    for at in [1, 30, 60] {
        let result = make(&board, &shelf, &film, Some(at));
        assert!(matches!(result, Err(FilmError::Cancelled(_))), "{at}: {result:?}");
        assert!(names(&films).is_empty(), "{at}: {:?}", names(&films));
    }
    fs::write(&film, b"older").unwrap();
    assert!(make(&board, &shelf, &film, Some(20)).is_err());
    assert_eq!(fs::read(&film).unwrap(), b"older");
    assert_eq!(names(&films), ["film.mp4"]);
}

#[test]
fn a_source_that_vanished_or_changed_since_the_plan_is_told() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let board = board("- red\n- blue", 5.0, &shelf);
    let film = folder.join("film.mp4");
    fs::write(folder.join("blue.png"), b"something else").unwrap();
    let error = make(&board, &shelf, &film, None).unwrap_err();
    assert!(matches!(error, FilmError::Source(SourceError::Changed { .. })), "{error}");
    fs::remove_file(folder.join("blue.png")).unwrap();
    let error = make(&board, &shelf, &film, None).unwrap_err();
    assert!(matches!(error, FilmError::Source(SourceError::Vanished { .. })), "{error}");
    assert_eq!(names(&folder), ["green.png", "red.png"]);
}

#[test]
fn words_that_cannot_be_shown_are_told_before_anything_is_made() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let film = folder.join("film.mp4");
    let made = |text: &str| make(&board(text, 8.0, &shelf), &shelf, &film, None);
    let error = made("# \u{10FFFD}\n- red").unwrap_err();
    assert!(is_missing_glyph(&error) && error.to_string().starts_with("the title"), "{error}");
    let error = made("- red [name: opening]\n> snow \u{10FFFD}").unwrap_err();
    assert!(error.to_string().contains("`opening`"), "{error}");
    let hostile = format!("# {}\n- red", "'; rm -rf / <b>%s%n \\ \u{202e}drawtext=");
    assert!(made(&hostile).is_ok());
}

#[test]
fn outputs_are_checked_first() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let board = board("- red", 3.0, &shelf);
    fs::write(folder.join("mine.json"), b"{\"precious\": true}").unwrap();
    fs::create_dir(folder.join("dir.mp4")).unwrap();
    for name in ["none/film.mp4", "film.mkv", "film", "dir.mp4", "mine.mp4"] {
        let error = make(&board, &shelf, &folder.join(name), None).unwrap_err();
        assert!(matches!(error, FilmError::Output { .. }), "{name}: {error}");
        assert!(error.hint().is_some());
    }
    assert_eq!(fs::read(folder.join("mine.json")).unwrap(), b"{\"precious\": true}");
    let mut shelf = shelf;
    let source = folder.join("source.mp4");
    fs::copy(folder.join("red.png"), &source).unwrap();
    shelf.assets[0].paths = vec![source.to_string_lossy().into_owned()];
    let again = plan(&brief("- red"), &spec(3.0), &PlanOptions::default(), &shelf).unwrap();
    assert!(matches!(make(&again, &shelf, &source, None), Err(FilmError::Output { .. })));
    assert_eq!(fs::read(&source).unwrap(), fs::read(folder.join("red.png")).unwrap());
}

/// A folder of the kernel's: nobody may write there, root included.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_is_told() {
    let (_keep, folder) = folder();
    let shelf = primaries(&folder);
    let board = board("- red", 3.0, &shelf);
    let error = make(&board, &shelf, Path::new("/proc/film.mp4"), None).unwrap_err();
    assert!(matches!(error, FilmError::Render(_)), "{error}");
}

#[test]
fn a_video_is_shown_from_its_best_moment_at_its_own_speed() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.put_video(&folder, "colours.mp4");
    shelf.rate("red", &[0.7, 0.2, 0.1, 0.9]);
    let colours = board("- red\n- green\n- blue", 9.0, &shelf);
    let Shown::Clip { cut: clip, .. } = &colours.shots[0].shown else { panic!("no clip") };
    assert_eq!(clip.range.start_ms(), 0);
    let film = folder.join("film.mp4");
    let record = make(&colours, &shelf, &film, None).unwrap();
    let source = &record.shots[0].sources[0];
    assert_eq!((source.label.as_str(), source.range), ("colours.mp4", Some(clip.range)));
    assert_eq!(record.shots[0].generator.as_ref().unwrap().name, "clip");
    let frames = decoded(&film);
    let shown = (record.shots[0].first_frame + record.shots[0].frames / 2) as usize;
    let [_, u, v] = middle(&frames[shown]);
    assert!(v > 200 && u < 120, "red, from the first half of the video: {u} {v}");
    let again = make(&colours, &shelf, &folder.join("again.mp4"), None).unwrap();
    assert_eq!(again.frames_hash, record.frames_hash);
    let report = verify(&film, &record, &|_| None, &Control::default()).unwrap().to_string();
    assert!(report.contains("colours.mp4 00:00.0-"), "{report}");
}

#[test]
fn a_video_that_is_too_short_is_not_stretched() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.put_video(&folder, "colours.mp4");
    shelf.rate("red", &[0.7, 0.2, 0.1, 0.9]);
    let pinned =
        parse("- red [pin: colours.mp4] [seconds: 7]", BriefFormat::Markdown, 10.0).unwrap();
    let options = PlanOptions { length_from_shots: true, ..PlanOptions::default() };
    let error = plan(&pinned, &spec(10.0), &options, &shelf).unwrap_err();
    assert!(matches!(error, FilmError::TooShort { lasts_ms: 6000, .. }), "{error}");

    // A pinned stretch is what is seen; of a picture, or after the video's end, there is none.
    let of = |pin: &str| parse(&format!("- red [pin: {pin}]"), BriefFormat::Markdown, 2.0).unwrap();
    let planned = |pin: &str| plan(&of(pin), &spec(2.0), &PlanOptions::default(), &shelf);
    let stretch = planned("colours.mp4@00:04-0:00:06").unwrap().shots[0].cut().unwrap().range;
    assert!((3_900..=4_500).contains(&stretch.start_ms()), "{stretch}");
    let error = planned("colours.mp4@00:07-00:08").unwrap_err();
    assert!(
        matches!(error, FilmError::Stretch(_)) && error.to_string().contains("00:06.0"),
        "{error}"
    );
    assert!(matches!(planned("red.png@00:01-00:02"), Err(FilmError::Pin(_))));

    // Ten seconds cannot be had from a video of six: the next best picture is shown.
    let long = board("- red [seconds: 10]\n- green\n- blue", 16.0, &shelf);
    let choice = long.shots[0].asset().unwrap();
    assert_eq!(choice.label(), "red.png");
    let too_short =
        long.shots[0].rejected.iter().any(|c| c.rejected == kinora_types::RejectReason::TooShort);
    assert!(too_short);
}
