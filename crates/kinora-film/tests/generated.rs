//! Films whose frames a model makes: what reaches the model, and what the record says of it.
//!
//! Not covered: a real model; `kinora-ragme` and the tests of the binary have one.

#![allow(dead_code, clippy::unwrap_used)]

mod shelf;

use kinora_film::{BriefFormat, FilmError, PlanOptions, parse, plan};
use kinora_inference::{
    FrameSink, GenerateError, Reference, ReferenceClip, ReferenceContent, ReferenceRole,
    ShotGenerator, ShotRequest,
};
use kinora_testing::suite::generator::sample_source;
use kinora_types::{
    Control, GeneratorRecord, Picture, Shown, SourceRecord, Storyboard, TimeRange, YuvFrame,
};
use shelf::{Clips, Shelf, folder, make, make_with, primaries, spec};

/// Makes grey frames, if there is a clip to follow, and keeps what it was asked for.
#[derive(Default)]
struct Follower(Vec<ShotRequest>);

impl ShotGenerator for Follower {
    fn name(&self) -> &'static str {
        "follower"
    }

    fn generate(
        &mut self,
        request: &ShotRequest,
        sink: &mut dyn FrameSink,
        control: &Control,
    ) -> Result<GeneratorRecord, GenerateError> {
        if request.references.iter().all(|reference| reference.clip().is_none()) {
            return Err(GenerateError::Request("no clips".into()));
        }
        self.0.push(request.clone());
        for _ in 0..request.frames {
            control.check()?;
            sink.frame(&YuvFrame::black(request.size).unwrap())?;
        }
        Ok(GeneratorRecord {
            name: "follower".into(),
            version: "1".into(),
            model: None,
            deterministic: true,
            synthetic: true,
            parameters: serde_json::Value::Null,
        })
    }
}

fn clip(name: &str) -> Reference {
    let range = Some(TimeRange::new(0, 1500).unwrap());
    let source = SourceRecord { range, rank: Some(1), ..sample_source(name.as_bytes()) };
    let clip =
        ReferenceClip { embeddings: Vec::new(), frames: [Picture::filled(2, 2, [0; 3])].into() };
    Reference { source, role: ReferenceRole::Motion, content: ReferenceContent::Clip(clip) }
}

fn board(text: &str, shelf: &Shelf) -> Storyboard {
    let brief = parse(text, BriefFormat::Markdown, 30.0).unwrap();
    let options = PlanOptions { generated: true, ..PlanOptions::default() };
    plan(&brief, &spec(6.0), &options, shelf).unwrap()
}

#[test]
fn the_record_names_the_references_of_the_request_in_their_order() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.put_video(&folder, "colours.mp4");
    shelf.rate("red", &[0.1, 0.1, 0.1, 0.9]);
    let board = board("- red\n- green [pin: green.png]", &shelf);
    let cut = board.shots[0].cut().unwrap();
    assert!(matches!(board.shots[0].shown, Shown::Generated { .. }));
    assert!(matches!(board.shots[1].shown, Shown::Generated { cut: None, .. }));
    let clips: Clips = [
        ("red".to_owned(), vec![clip("one"), clip("two")]),
        ("green".to_owned(), vec![clip("three")]),
    ]
    .into();
    let mut follower = Follower::default();
    let film = folder.join("film.mp4");
    let record = make_with(&board, &shelf, (&mut follower, &clips), &film, None).unwrap();
    let [red, green] = follower.0.as_slice() else { panic!("two shots, two requests") };
    let roles = |request: &ShotRequest| -> Vec<ReferenceRole> {
        request.references.iter().map(|reference| reference.role).collect()
    };
    assert_eq!(roles(red), [ReferenceRole::Motion; 3]);
    assert_eq!(roles(green), [ReferenceRole::Subject, ReferenceRole::Motion]);
    assert!(red.references[0].picture().is_some() && red.camera.is_none());
    for (shot, request) in record.shots.iter().zip([red, green]) {
        let asked: Vec<&SourceRecord> = request.references.iter().map(|r| &r.source).collect();
        assert_eq!(shot.sources.iter().collect::<Vec<_>>(), asked);
        assert_eq!(shot.generator.as_ref().unwrap().name, "follower");
    }
    let first = &record.shots[0].sources[0];
    assert_eq!((first.label.as_str(), first.range), ("colours.mp4", Some(cut.range)));
    assert_eq!(record.shots[0].sources[1], clip("one").source);
    assert_eq!(record.shots[1].sources[0].rank, None, "pinned");
}

#[test]
fn a_generated_shot_is_made_by_no_other_generator() {
    let (_keep, folder) = folder();
    let mut shelf = primaries(&folder);
    shelf.put_video(&folder, "colours.mp4");
    let board = board("- red [pin: colours.mp4]", &shelf);
    let film = folder.join("film.mp4");
    // A camera has no move over it, and no clip was found for a model.
    let error = make(&board, &shelf, &film, None).unwrap_err();
    assert!(matches!(error, FilmError::Generate { .. }), "{error}");
    let mut follower = Follower::default();
    let error = make_with(&board, &shelf, (&mut follower, &Clips::new()), &film, None).unwrap_err();
    assert!(matches!(error, FilmError::Generate { .. }), "{error}");
    assert!(!film.exists());
}
