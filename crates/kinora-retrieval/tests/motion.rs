//! Shots found by how they move. Not covered: how well motion is measured (see `kinora-video`).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod library;

use kinora_catalog::{Change, NewShot};
use kinora_retrieval::{Filter, Query, rank_by_motion};
use kinora_types::{
    Basis, CameraMotion, Control, MOTION_DIMENSIONS, MotionDescriptor, ShotMotion, SubjectMotion,
    TimeRange,
};

use library::{Library, id};

const RED: [u8; 3] = [255, 0, 0];
const BLUE: [u8; 3] = [0, 0, 255];

fn motion(camera: CameraMotion, pan: f32) -> ShotMotion {
    let mut descriptor = [0.0; MOTION_DIMENSIONS];
    descriptor[0] = pan;
    ShotMotion {
        camera: vec![camera],
        pan,
        tilt: 0.0,
        zoom: 1.0,
        roll: 0.0,
        shake: 0.0,
        subject: SubjectMotion::default(),
        known: 1.0,
        descriptor: MotionDescriptor(descriptor),
    }
}

/// A video of four red seconds in two shots.
fn add(library: &mut Library, name: &'static str, shots: [(CameraMotion, f32); 2]) {
    library.add_video(name, &[RED, BLUE, RED, RED]);
    let shots = (0..).zip(shots).map(|(i, (camera, pan))| NewShot {
        range: TimeRange::new(i * 2000, i * 2000 + 2000).unwrap(),
        motion: Some(motion(camera, pan)),
    });
    let change = Change::Analysed {
        asset: id(name),
        frames: Vec::new(),
        shots: shots.collect(),
        embedding: library.picture(RED),
        duration_ms: None,
    };
    library.built.catalog.commit(&[change]).unwrap();
}

fn library() -> Library {
    let mut library = Library::new(&[]);
    add(&mut library, "left.mp4", [(CameraMotion::Static, 0.0), (CameraMotion::PanLeft, -2.0)]);
    add(&mut library, "right.mp4", [(CameraMotion::PanRight, 2.0), (CameraMotion::Static, 0.0)]);
    library
}

#[test]
fn the_nearest_motion_comes_first_whatever_is_shown() {
    let library = library();
    let like = [motion(CameraMotion::PanRight, 1.5).descriptor];
    let hits = rank_by_motion(
        &library.built.catalog,
        &like,
        &Filter::default(),
        &[],
        5,
        &Control::default(),
    )
    .unwrap();
    let found: Vec<_> =
        hits.iter().map(|hit| (hit.rank, hit.asset.id, hit.moments[0].range.start_ms())).collect();
    assert_eq!(found, [(1, id("right.mp4"), 0), (2, id("left.mp4"), 0)]);
    assert!((hits[0].scores.dense.unwrap() - 1.0 / 1.5).abs() < 1e-6);
    assert!(hits[0].moments.iter().all(|moment| moment.by == Basis::Motion));

    let own = [id("right.mp4")];
    let hits = rank_by_motion(
        &library.built.catalog,
        &like,
        &Filter::default(),
        &own,
        5,
        &Control::default(),
    )
    .unwrap();
    assert_eq!(hits.len(), 1, "the example itself is no answer");
    let left = Filter { camera: Some(CameraMotion::PanLeft), ..Filter::default() };
    let hits =
        rank_by_motion(&library.built.catalog, &like, &left, &[], 5, &Control::default()).unwrap();
    let spans: Vec<_> = hits.iter().map(|hit| hit.moments.len()).collect();
    assert_eq!((hits[0].asset.id, spans), (id("left.mp4"), vec![1]));
}

#[test]
fn a_search_for_a_camera_motion_tells_only_shots_with_it() {
    let library = library();
    let filter = Filter { camera: Some(CameraMotion::PanRight), ..Filter::default() };
    let query = Query { filter, ..Query::text("red") };
    let outcome = library.searcher().search(&query, &Control::default()).unwrap();
    let [hit] = &outcome.hits[..] else { panic!("{:?}", outcome.hits) };
    assert_eq!(hit.asset.id, id("right.mp4"));
    let spans: Vec<_> = hit.moments.iter().map(|m| (m.range.start_ms(), m.best_ms)).collect();
    assert_eq!(spans, [(0, 0)]);
}
