//! Records round trip; every fate of a film and of a source is told.

use std::{fs, path::Path};

use kinora_types::{
    AssetId, Captioning, ContentHash, EmbeddingSpace, FilmRecord, FilmSpec, GeneratorRecord,
    Rights, Scores, ShotRecord, Size, SourceRecord, Transition,
};

use super::*;

fn source(path: &Path, bytes: &[u8]) -> SourceRecord {
    fs::write(path, bytes).unwrap();
    SourceRecord {
        asset: AssetId(ContentHash::of(bytes)),
        label: "A \u{1b}[31m picture".into(),
        path: path.to_string_lossy().into_owned(),
        rights: Rights { licence: Some("CC BY 4.0".into()), ..Rights::default() },
        range: None,
        rank: Some(1),
        scores: Some(Scores { dense: Some(0.25), ..Scores::default() }),
    }
}

fn shot(name: &str, sources: Vec<SourceRecord>, gap: Option<&str>) -> ShotRecord {
    ShotRecord {
        name: name.into(),
        prompt: "a pyramid".into(),
        caption: None,
        first_frame: 72,
        frames: 100,
        sources,
        pinned: false,
        gap: gap.map(str::to_owned),
        rejected: Vec::new(),
        generator: Some(GeneratorRecord {
            name: "camera-move".into(),
            version: "1".into(),
            model: None,
            deterministic: true,
            synthetic: false,
            parameters: serde_json::json!({"zoom": 1.1}),
        }),
        frames_hash: Some(ContentHash::of(b"frames")),
        sound: kinora_types::ShotSound::None,
        steadiness: None,
        fidelity: Some(0.98),
    }
}

fn record(film: &Path, shots: Vec<ShotRecord>) -> FilmRecord {
    fs::write(film, b"film").unwrap();
    FilmRecord {
        version: RECORD_VERSION,
        made_by: "kinora 0".into(),
        made_at: "2026-11-21T12:00:00Z".parse().unwrap(),
        brief: "a pyramid".into(),
        library: "default".into(),
        library_revision: 3,
        space: EmbeddingSpace {
            name: "s".into(),
            revision: "1".into(),
            dimension: 2,
            normalised: true,
        },
        threshold: Some(0.1),
        spec: FilmSpec {
            size: Size { width: 320, height: 180 },
            fps: 24,
            seconds: 4.0,
            transition: Transition::Crossfade(0.5),
            captions: Captioning::FromBrief,
            seed: 1,
            sound: None,
            steady: None,
        },
        title: Some("Egypt".into()),
        credits: vec![],
        shots,
        master: ContentHash::of(b"film"),
        frames_hash: ContentHash::of(b"all frames"),
        encoder: "ffmpeg".into(),
    }
}

#[test]
fn a_record_round_trips_beside_its_film() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let made = record(&film, vec![shot("one", vec![source(&folder.path().join("a"), b"a")], None)]);
    assert!(matches!(read_beside(&film), Err(RecordError::Missing(_))));
    let path = write_beside(&film, &made).unwrap();
    assert_eq!(path, folder.path().join("film.json"));
    assert_eq!(read_beside(&film).unwrap(), made);
}

#[test]
fn other_versions_and_other_files_are_refused() {
    let path = Path::new("film.json");
    let newer = from_json(r#"{"version": 99, "novel": true}"#, path).unwrap_err();
    assert!(matches!(newer, RecordError::Version { found: 99, .. }), "{newer}");
    for text in ["", "{}", "[1]", r#"{"version": 1}"#, r#"{"version": "one"}"#] {
        let error = from_json(text, path).unwrap_err();
        assert!(matches!(error, RecordError::Malformed { .. }), "{text}: {error}");
    }
}

#[test]
fn every_fate_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let film = at("film.mp4");
    let names = ["present", "moved", "changed", "vanished", "withdrawn"];
    let sources: Vec<_> = names.iter().map(|name| source(&at(name), name.as_bytes())).collect();
    fs::rename(at("moved"), at("elsewhere")).unwrap();
    fs::write(at("changed"), b"other").unwrap();
    fs::remove_file(at("vanished")).unwrap();
    let withdrawn = sources[4].asset;
    let made =
        record(&film, vec![shot("one", sources, None), shot("two", vec![], Some("nothing fits"))]);
    let lookup = |id: &AssetId| {
        Some(SourceState { paths: vec![at("elsewhere")], withdrawn: *id == withdrawn })
    };
    let report = verify(&film, &made, &lookup);
    let fates: Vec<_> = report.shots[0].sources.iter().map(|s| s.fate.clone()).collect();
    let expected = [
        SourceFate::Present,
        SourceFate::Moved { to: at("elsewhere") },
        SourceFate::Changed,
        SourceFate::Vanished,
        SourceFate::Withdrawn,
    ];
    assert_eq!(fates, expected);
    assert!(report.master_intact() && !report.sources_intact());
    let tree = report.to_string();
    assert!(tree.contains("00:03:00-00:07:04"), "{tree}");
    assert!(tree.contains("LEFT OUT: nothing fits") && tree.contains("score 0.250"), "{tree}");
    assert!(!tree.contains('\u{1b}'), "no control characters reach the terminal");
}

#[test]
fn one_changed_byte_of_the_film_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let made = record(&film, vec![]);
    fs::write(&film, b"fiLm").unwrap();
    let report = verify(&film, &made, &|_| None);
    assert!(matches!(report.master, MasterState::Changed { .. }));
    fs::remove_file(&film).unwrap();
    let report = verify(&film, &made, &|_| None);
    assert!(matches!(report.master, MasterState::Unreadable { .. }));
}
