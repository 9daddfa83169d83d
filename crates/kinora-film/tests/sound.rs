//! The sound of films, measured in the master that the real ffmpeg wrote.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use std::fs;

use kinora_film::{BriefFormat, PlanOptions, parse, plan};
use kinora_provenance::{read_beside, verify};
use kinora_types::{Control, FilmSpec, Framing, ShotSound, Size, Sound, Storyboard, Transition};
use shelf::{Shelf, decoded, folder, light_of, make, names, primaries, sound_of, spec};

fn board(text: &str, spec: &FilmSpec, shelf: &Shelf) -> Storyboard {
    let brief = parse(text, BriefFormat::Markdown, spec.seconds).unwrap();
    plan(&brief, spec, &PlanOptions::default(), shelf).unwrap()
}

/// Loudest sample between two moments in seconds.
fn loudest(sound: &[f32], from: f64, to: f64) -> f32 {
    let at = |seconds: f64| ((seconds * 48_000.0) as usize).min(sound.len());
    sound[at(from)..at(to)].iter().fold(0.0, |most, sample| most.max(sample.abs()))
}

/// Seconds at which something begins that was not there for a while.
fn onsets(on: &[bool], rate: f64, pause: usize) -> Vec<f64> {
    let fresh = |i: usize| on[i.saturating_sub(pause)..i].iter().all(|on| !on);
    (pause..on.len()).filter(|&i| on[i] && fresh(i)).map(|i| i as f64 / rate).collect()
}

#[test]
fn two_minutes_of_clips_stay_together_to_half_a_frame() {
    let (_keep, folder) = folder();
    let mut shelf = Shelf::default();
    shelf.put_clock(&folder, "one.mp4", (64, 36), 70);
    shelf.put_clock(&folder, "two.mp4", (64, 36), 71);
    let size = Size { width: 64, height: 36 };
    let film_spec = FilmSpec { fps: 24, size, ..spec(120.0) };
    let board = board("- a [pin: one.mp4]\n- b [pin: two.mp4]", &film_spec, &shelf);
    let film = folder.join("film.mp4");
    let record = make(&board, &shelf, &film, None).unwrap();
    assert!(record.shots.iter().all(|shot| shot.sound == ShotSound::Kept));
    let white: Vec<bool> = light_of(&film).iter().map(|&light| light > 140).collect();
    let sound = sound_of(&film).unwrap();
    assert!((sound.len() as f64 / 48_000.0 - 120.0).abs() < 0.03, "{}", sound.len());
    let loud: Vec<bool> = sound.iter().map(|sample| sample.abs() > 0.1).collect();
    let (flashes, beeps) = (onsets(&white, 24.0, 6), onsets(&loud, 48_000.0, 12_000));
    let mut worst = 0.0f64;
    let mut pairs = 0;
    for flash in &flashes {
        let offs = beeps.iter().map(|beep| (beep - flash).abs());
        let off = offs.fold(f64::MAX, f64::min);
        // Where two clips cross, one's flash may stand in the other's light.
        let crossing = (59.0..61.0).contains(flash);
        if !crossing {
            assert!(off < 0.5 / 24.0 + 0.002, "at {flash}: {off}");
            worst = worst.max(off);
            pairs += 1;
        }
    }
    assert!(pairs >= 110, "{pairs} of {} flashes, {} beeps", flashes.len(), beeps.len());
    println!("{pairs} pairs, worst offset {:.1} ms", worst * 1000.0);
    assert!(verify(&film, &record, &|_| None, &Control::default()).unwrap().master_intact());
}

#[test]
fn sound_is_kept_or_muted_as_the_brief_and_the_caller_say() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.put_clock(&folder, "clock.mp4", (320, 180), 9);
    shelf.put_video(&folder, "silent.mp4");
    let film = folder.join("film.mp4");
    // Two seconds each: a clip, a picture, a clip without sound; the crossfade lasts half a second.
    let text = |film: &str, shot: &str| {
        format!(
            "{film}- red [pin: clock.mp4]{shot}\n- green [pin: green.png]\n- blue [pin: silent.mp4]"
        )
    };
    let (kept, muted, silent) = (ShotSound::Kept, ShotSound::Muted, ShotSound::None);
    for (of_film, of_shot, asked, expected) in [
        ("", "", None, kept),
        ("[sound: mute]\n", "", None, muted),
        ("[sound: mute]\n", " [sound: keep]", None, kept),
        ("", " [sound: mute]", Some(Sound::Keep), muted),
        ("[sound: mute]\n", "", Some(Sound::Keep), kept),
        ("", " [sound: keep]", Some(Sound::Mute), muted),
    ] {
        let spec = FilmSpec { sound: asked, ..spec(6.0) };
        let board = board(&text(of_film, of_shot), &spec, &shelf);
        let record = make(&board, &shelf, &film, None).unwrap();
        let told: Vec<ShotSound> = record.shots.iter().map(|shot| shot.sound).collect();
        assert_eq!(told, [expected, silent, silent], "{of_film}{of_shot} {asked:?}");
        assert_eq!(read_beside(&film).unwrap(), record);
        let sound = sound_of(&film);
        assert_eq!(sound.is_some(), expected == kept, "{of_film}{of_shot} {asked:?}");
        assert_eq!(record.encoder.contains("aac"), expected == kept);
        if let Some(sound) = sound {
            assert!(loudest(&sound, 0.3, 2.0) > 0.4);
            assert!(loudest(&sound, 2.6, 6.0) < 0.001, "{}", loudest(&sound, 2.6, 6.0));
        }
    }
    assert!(names(&folder).iter().all(|name| !name.starts_with('.')), "{:?}", names(&folder));
}

#[test]
fn loud_clips_that_cross_do_not_clip_and_cuts_do_not_click() {
    let (_keep, folder) = folder();
    let mut shelf = Shelf::default();
    for (name, pitch) in [("a.mp4", 200), ("b.mp4", 301)] {
        shelf.put_tone(&folder, name, pitch);
    }
    let text = "- a [pin: a.mp4]\n- b [pin: b.mp4]";
    for (transition, edge) in [(Transition::Crossfade(0.5), 0.25), (Transition::Cut, 0.0)] {
        let spec = FilmSpec { transition, ..spec(4.0) };
        let film = folder.join("film.mp4");
        make(&board(text, &spec, &shelf), &shelf, &film, None).unwrap();
        let sound = sound_of(&film).unwrap();
        assert!(loudest(&sound, 0.0, 4.0) <= 1.0, "{}", loudest(&sound, 0.0, 4.0));
        assert!(loudest(&sound, 1.0, 1.4) > 0.9 && loudest(&sound, 2.9, 3.2) > 0.9);
        // The steepest slope of a full tone of 301 Hz is 0.039 a sample.
        let join = ((2.0 + edge) * 48_000.0) as usize;
        let around = &sound[join - 24_000..join + 24_000];
        let steepest = around.windows(2).map(|w| (w[1] - w[0]).abs()).fold(0.0, f32::max);
        assert!(steepest < 0.06, "{transition:?}: {steepest}");
    }
}

#[test]
fn an_upright_clip_is_shown_whole_and_a_wide_one_is_cut() {
    let (_keep, folder) = folder();
    let mut shelf = Shelf::default();
    shelf.put_clock(&folder, "upright.mp4", (360, 640), 6);
    shelf.put_clock(&folder, "wide.mp4", (640, 360), 6);
    let film = folder.join("film.mp4");
    let text = "- a [pin: upright.mp4]\n- b [pin: wide.mp4]";
    let board = board(text, &FilmSpec { transition: Transition::Cut, ..spec(4.0) }, &shelf);
    let framings: Vec<Framing> =
        board.shots.iter().map(|shot| shot.cut().unwrap().framing).collect();
    assert_eq!(framings, [Framing::Matte, Framing::Crop]);
    make(&board, &shelf, &film, None).unwrap();
    let frames = decoded(&film);
    let lumas = |frame: &[u8]| [frame[90 * 320 + 10], frame[90 * 320 + 160]];
    // Between two flashes the clip is grey; its ground is darker.
    let whole = frames[12..22].iter().map(|f| lumas(f)).find(|l| l[1] < 100).unwrap();
    assert!(whole[0] + 8 < whole[1], "{whole:?}");
    let cut = frames[26..36].iter().map(|f| lumas(f)).find(|l| l[1] < 100).unwrap();
    assert!(cut[0].abs_diff(cut[1]) < 4, "{cut:?}");
    assert!(fs::metadata(&film).unwrap().len() > 0);
}
