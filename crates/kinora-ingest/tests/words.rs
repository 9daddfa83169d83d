//! Words of pictures, videos and recordings through the whole ingest, with fake models and the real
//! ffmpeg. Not covered: what real models find (see `kinora-models`).

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use common::{Bench, Notes, THRESHOLD, senses};
use kinora_catalog::Catalog;
use kinora_inference::{Captioner, InferenceError, TextLine, TextReader};
use kinora_ingest::{Ingest, IngestError, Perception};
use kinora_types::{Control, Origin, PassageKind, Picture};
use kinora_video::fixtures::{LoggedFFmpeg, ffmpeg};

/// Runs ffmpeg on a generated input.
fn make(arguments: &str, path: &Path) {
    let made = Command::new(ffmpeg().path)
        .args(["-y", "-loglevel", "error"])
        .args(arguments.split_whitespace())
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success(), "{arguments}");
}

/// A red picture; three seconds of blue, then three of green, loud from the second to the fourth second;
/// a recording that is loud at its end; a video without sound.
fn bench() -> Bench {
    let mut bench = Bench::new();
    bench.options.ffmpeg = Some(ffmpeg());
    bench.perceives = true;
    let input = bench.input();
    make("-f lavfi -i color=red:s=64x48 -frames:v 1", &input.join("red.png"));
    make(
        "-f lavfi -i color=blue:s=96x64:d=3,format=yuv420p[a];color=0x00ff00:s=96x64:d=3[b];[a][b]concat \
         -f lavfi -i sine=d=6,volume=enable='not(between(t,2,3.999))':volume=0 -c:a flac",
        &input.join("film.mkv"),
    );
    make("-f lavfi -i sine=d=4,volume=enable='lt(t,3)':volume=0", &input.join("talk.wav"));
    make("-f lavfi -i color=yellow:s=64x48:d=2", &input.join("silent.mkv"));
    bench
}

/// `kind from-to text`, in order.
fn told(catalog: &Catalog, name: &str) -> Vec<String> {
    let asset = catalog.resolve(name).unwrap();
    let row = catalog.row(&asset.id).unwrap();
    let passages = catalog.passages(row).unwrap();
    let span = |range: kinora_types::TimeRange| format!("{}-{} ", range.start_ms(), range.end_ms());
    passages
        .iter()
        .map(|p| format!("{} {}{}", p.kind.name(), p.range.map(span).unwrap_or_default(), p.text))
        .collect()
}

#[test]
fn everything_gets_its_words_with_their_times() {
    let bench = bench();
    let (summary, notes) = bench.add();
    assert!(notes.failed.is_empty() && notes.damaged.is_empty(), "{notes:?}");
    let catalog = bench.catalog();
    assert_eq!(told(&catalog, "red.png"), ["caption Something red.", "tag red", "text red paint"]);
    assert_eq!(
        told(&catalog, "film.mkv"),
        [
            "caption 0-3000 Something blue.",
            "caption 3000-6000 Something green.",
            "speech 2000-4250 loud",
            "tag 0-3000 blue",
            "tag 3000-6000 green",
            "text 0-2500 blue paint",
            "text 2500-6000 green paint",
        ]
    );
    assert_eq!(told(&catalog, "talk.wav"), ["speech 3000-4000 loud"]);
    assert!(!told(&catalog, "silent.mkv").iter().any(|line| line.starts_with("speech")));
    let expected = [
        (PassageKind::Speech, 3),
        (PassageKind::Text, 3),
        (PassageKind::Caption, 3),
        (PassageKind::Tag, 3),
    ];
    assert_eq!(summary.perceived, BTreeMap::from(expected));
    let red = catalog.resolve("red.png").unwrap();
    let row = catalog.row(&red.id).unwrap();
    let caption = &catalog.passages(row).unwrap()[0];
    let machine = Origin::Machine { model: "colour-captioner@1".into(), confidence: Some(0.5) };
    assert_eq!(caption.origin, machine);

    let (again, _) = bench.add();
    assert!(again.perceived.is_empty(), "{again:?}");
}

#[test]
fn what_was_stopped_goes_on_and_what_is_missing_waits() {
    let mut bench = bench();
    bench.perceives = false;
    let (summary, _) = bench.add();
    assert!(summary.perceived.is_empty());
    let catalog = bench.catalog();
    let waiting = |kind| catalog.unperceived(kind, None).unwrap().len();
    assert_eq!((waiting(PassageKind::Speech), waiting(PassageKind::Text)), (3, 3));

    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let only = Perception { speech: senses().speech, ..Perception::default() };
    let (mut notes, control) = (Notes::default(), Control::default());
    let targets = [bench.input()];
    ingest.perceiving(only).add(&targets, &mut notes, &control).unwrap();
    assert_eq!((waiting(PassageKind::Speech), waiting(PassageKind::Text)), (0, 3));
}

#[test]
fn a_video_is_probed_once_whatever_is_looked_for_in_it() {
    let mut bench = bench();
    let folder = tempfile::tempdir().unwrap();
    let logged = LoggedFFmpeg::new(folder.path());
    bench.options.ffmpeg = Some(logged.ffmpeg.clone());
    let (summary, notes) = bench.add();
    assert!(notes.failed.is_empty() && notes.damaged.is_empty(), "{notes:?}");
    // Keyframes, frames, letters, captions and speech of two videos; speech of a recording.
    assert_eq!((summary.analysed, summary.perceived[&PassageKind::Speech]), (2, 3));
    assert_eq!(logged.probes(), 3, "{:#?}", logged.runs());
}

#[test]
fn words_that_need_ffmpeg_wait_and_the_rest_goes_on() {
    let mut bench = bench();
    bench.perceives = false;
    bench.add();
    bench.perceives = true;
    let ffmpeg = bench.options.ffmpeg.take();
    let (summary, notes) = bench.add();
    assert!(!summary.cancelled && notes.damaged.is_empty(), "{notes:?}");
    let seen = [PassageKind::Text, PassageKind::Caption, PassageKind::Tag];
    let waiting = seen.map(|kind| (kind, 2)).into_iter().chain([(PassageKind::Speech, 3)]);
    assert_eq!(summary.without_ffmpeg, waiting.collect());
    assert_eq!(summary.perceived, BTreeMap::from(seen.map(|kind| (kind, 1))));
    let catalog = bench.catalog();
    assert_eq!(told(&catalog, "red.png"), ["caption Something red.", "tag red", "text red paint"]);
    assert_eq!(catalog.unperceived(PassageKind::Speech, None).unwrap().len(), 3);

    bench.options.ffmpeg = ffmpeg;
    let (summary, _) = bench.add();
    assert!(summary.without_ffmpeg.is_empty());
    assert_eq!(told(&catalog, "talk.wav"), ["speech 3000-4000 loud"]);
    assert_eq!(catalog.unperceived(PassageKind::Text, None).unwrap().len(), 0);
}

#[test]
fn a_file_that_broke_meanwhile_costs_only_itself() {
    let mut bench = bench();
    bench.perceives = false;
    bench.add();
    let film = bench.input().join("film.mkv");
    let whole = fs::read(&film).unwrap();
    // The same length, so that it still counts as there.
    fs::write(&film, vec![0; whole.len()]).unwrap();
    let catalog = bench.catalog();
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let (mut notes, control) = (Notes::default(), Control::default());
    let talk = [bench.input().join("talk.wav")];
    ingest.perceiving(senses()).add(&talk, &mut notes, &control).unwrap();
    assert_eq!(told(&catalog, "talk.wav"), ["speech 3000-4000 loud"]);
    let film = catalog.resolve("film.mkv").unwrap();
    let (_, error) = catalog.perceived_by(&film.id, PassageKind::Text).unwrap().unwrap();
    assert!(error.is_some());
}

/// Fails at every picture.
struct Broken;

impl TextReader for Broken {
    fn model(&self) -> &str {
        "broken@1"
    }

    fn read(&self, _: &Picture) -> Result<Vec<TextLine>, InferenceError> {
        Err(InferenceError::Runtime("out of order".into()))
    }
}

#[test]
fn a_model_that_fails_everywhere_ends_the_run_and_marks_nothing() {
    let mut bench = bench();
    for number in 0..8 {
        let path = bench.input().join(format!("{number}.png"));
        make(&format!("-f lavfi -i testsrc=s={}x48 -frames:v 1", 64 + number), &path);
    }
    bench.perceives = false;
    bench.add();
    let catalog = bench.catalog();
    let ingest = Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
    let broken = Perception { text: Some(&Broken), ..Perception::default() };
    let (mut notes, control) = (Notes::default(), Control::default());
    let targets = [bench.input()];
    let error = ingest.perceiving(broken).add(&targets, &mut notes, &control).unwrap_err();
    assert!(matches!(error, IngestError::Embed(InferenceError::Runtime(_))), "{error}");
    assert_eq!(catalog.unperceived(PassageKind::Text, None).unwrap().len(), 11);
}

/// A service that is out of order for red pictures.
struct Picky;

impl Captioner for Picky {
    fn model(&self) -> &str {
        "picky@1"
    }

    fn caption(
        &self,
        picture: &Picture,
        _: &Control,
    ) -> Result<(String, Option<f32>), InferenceError> {
        let sum =
            |channel| picture.rgb().iter().skip(channel).step_by(3).map(|v| u64::from(*v)).sum();
        let [red, green, blue]: [u64; 3] = [0, 1, 2].map(sum);
        if red > 2 * (green + blue) {
            let (message, hint) = ("out of order".into(), "look at its log".into());
            return Err(InferenceError::Service { message, hint });
        }
        Ok((if green > blue { "greener" } else { "bluer" }.into(), None))
    }
}

#[test]
fn every_shot_is_described_and_one_failing_picture_costs_only_itself() {
    let mut bench = bench();
    bench.perceives = false;
    make(
        "-f lavfi -i testsrc2=s=192x128:d=2,lutrgb=r=val/4:g=val/4 \
         -f lavfi -i testsrc=s=192x128:d=2,hue=h=90,lutrgb=r=val/4:b=val/4 \
         -f lavfi -i testsrc2=s=192x128:d=2,negate,vflip,lutrgb=r=val/4:g=val/4 \
         -filter_complex concat=n=3",
        &bench.input().join("cuts.mkv"),
    );
    bench.add();
    let catalog = bench.catalog();
    let waiting = || catalog.unperceived(PassageKind::Caption, None).unwrap().len();
    let describe = |captions: &dyn Captioner| {
        let ingest =
            Ingest::new(&catalog, &bench.embedder, THRESHOLD, bench.options.clone()).unwrap();
        let only = Perception { captions: Some(captions), ..Perception::default() };
        let (mut notes, control) = (Notes::default(), Control::default());
        ingest.perceiving(only).add(&[bench.input()], &mut notes, &control).unwrap();
        notes
    };
    assert_eq!(waiting(), 4);
    let notes = describe(&Picky);
    let [damage] = &notes.damaged[..] else { panic!("{notes:?}") };
    assert!(damage.path.ends_with("red.png") && damage.hint.is_some(), "{damage:?}");
    assert_eq!(waiting(), 1);
    let cuts = told(&catalog, "cuts.mkv");
    assert_eq!(
        cuts,
        ["caption 0-2000 bluer", "caption 2000-4000 greener", "caption 4000-6000 bluer"]
    );

    // The next run describes what is left, and nothing twice.
    describe(senses().captions.unwrap());
    assert_eq!(waiting(), 0);
    assert_eq!(told(&catalog, "red.png"), ["caption Something red."]);
    assert_eq!(told(&catalog, "cuts.mkv"), cuts);
}
