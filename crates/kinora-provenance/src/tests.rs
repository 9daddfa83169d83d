//! Records round trip; every fate of a film and of a source is told.

use std::{fs, path::Path};

use kinora_types::{
    AssetId, Cancelled, Captioning, ContentHash, Control, EmbeddingSpace, FilmRecord, FilmSpec,
    GeneratorRecord, RejectReason, Rights, Scores, ShotRecord, Size, SourceRecord, Transition,
};

use super::*;

/// To its end.
fn verify(film: &Path, record: &FilmRecord, lookup: &Lookup<'_>) -> VerificationReport {
    super::verify(film, record, lookup, &Control::default()).unwrap()
}

fn source(path: &Path, bytes: &[u8]) -> SourceRecord {
    fs::write(path, bytes).unwrap();
    SourceRecord {
        asset: AssetId(ContentHash::of(bytes)),
        label: "A \u{1b}[31m picture".into(),
        path: path.file_name().unwrap().to_string_lossy().into_owned(),
        bytes: None,
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
        stabilisation: None,
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
            stabilisation: None,
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
    for text in ["", "{}", "[1]", r#"{"version": 1}"#, r#"{"version": 2}"#, r#"{"version": "one"}"#]
    {
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
    assert!(tree.contains("00:03.0-00:07.2"), "{tree}");
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

#[test]
fn a_record_of_version_1_is_read_without_folders_and_without_what_was_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.mp4");
    let made = record(&film, vec![shot("one", vec![source(&folder.path().join("a"), b"a")], None)]);
    let mut old = serde_json::to_value(&made).unwrap();
    old["version"] = 1.into();
    old["shots"][0]["sources"][0]["path"] = "/home/somebody/secret/a".into();
    old["shots"][0]["sources"][0].as_object_mut().unwrap().remove("bytes");
    old["shots"][0]["rejected"] = serde_json::json!([{
        "hit": {
            "rank": 2,
            "asset": {
                "id": made.master, "size": {"width": 4, "height": 3}, "bytes": 9, "format": "jpeg",
                "paths": ["/home/somebody/secret-home.jpg"], "taken_at": null,
                "place": {"latitude": 52.5, "longitude": 13.4}, "camera": "C", "title": "Home",
                "caption": "my secret home", "keywords": ["key under the mat"],
                "rights": {}, "added_at": "2026-11-21T12:00:00Z",
            },
            "scores": {"dense": 0.5, "dense_rank": 2, "lexical": null, "lexical_rank": null, "fused": 0.1},
            "matched_words": ["secret"],
        },
        "reason": "duplicate", "of": "abc",
    }]);
    fs::write(beside(&film), old.to_string()).unwrap();
    let read = read_beside(&film).unwrap();
    let rejected = &read.shots[0].rejected[0];
    assert_eq!((rejected.title.as_deref(), rejected.rank), (Some("Home"), 2));
    assert_eq!(rejected.rejected, RejectReason::Duplicate { of: "abc".into() });
    assert_eq!(read.shots[0].sources[0].path, "a");
    let written = to_json(&read).unwrap();
    for word in ["secret", "52.5", "mat", "somebody"] {
        assert!(!written.contains(word), "{word}: {written}");
    }
    assert_eq!(
        from_json(&written.replace("\"version\": 1", "\"version\": 2"), &film).unwrap().shots,
        read.shots
    );
    assert!(verify(&film, &read, &|_| None).sources_intact());
}

#[test]
fn a_malformed_record_is_refused_without_its_text() {
    let error = from_json("{\"version\": 2, \"made_by\": [\"root:secret\"]}", Path::new("f.json"));
    assert!(!error.unwrap_err().to_string().contains("secret"));
}

#[cfg(unix)]
mod hostile {
    use std::{
        os::unix::fs::{PermissionsExt, symlink},
        process::Command,
        sync::atomic::{AtomicU32, Ordering},
    };

    use super::*;

    fn pipe(path: &Path) {
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    #[test]
    fn records_are_their_owners_alone_and_what_a_killed_run_left_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.mp4");
        let left = folder.path().join(".kinora-record-abc");
        let young = folder.path().join(".kinora-record-def");
        fs::write(&left, "").unwrap();
        fs::write(&young, "").unwrap();
        let hour = std::time::Duration::from_secs(4000);
        let file = fs::File::options().write(true).open(&left).unwrap();
        file.set_modified(std::time::SystemTime::now() - hour).unwrap();
        let path = write_beside(&film, &record(&film, vec![])).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!left.exists() && young.exists());
    }

    #[test]
    fn no_pipe_device_or_huge_file_is_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.mp4");
        let json = beside(&film);
        pipe(&json);
        assert!(matches!(read_beside(&film), Err(RecordError::Io { .. })));
        fs::remove_file(&json).unwrap();
        symlink("/dev/zero", &json).unwrap();
        assert!(matches!(read_beside(&film), Err(RecordError::Io { .. })));
        fs::remove_file(&json).unwrap();
        fs::File::create(&json).unwrap().set_len(1 << 40).unwrap();
        assert!(matches!(read_beside(&film), Err(RecordError::Malformed { .. })));
        let deep = format!("{{\"version\": 2, \"shots\": {}", "[".repeat(1 << 20));
        fs::write(&json, deep).unwrap();
        assert!(matches!(read_beside(&film), Err(RecordError::Malformed { .. })));
    }

    #[test]
    fn a_record_does_not_tell_what_there_is_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let films = folder.path().join("films");
        fs::create_dir(&films).unwrap();
        let film = films.join("film.mp4");
        let mut there = source(&folder.path().join("there"), b"there");
        let mut tell = |path: String, bytes| {
            (there.path, there.bytes) = (path, bytes);
            let made = record(&film, vec![shot("one", vec![there.clone()], None)]);
            let report = verify(&film, &made, &|_| None);
            report.shots[0].sources[0].fate.clone()
        };
        let outside = folder.path().join("there").to_string_lossy().into_owned();
        for path in [outside, "../there".into(), "/dev/zero".into(), "..".into(), "".into()] {
            assert_eq!(tell(path, None), SourceFate::Vanished);
        }
        pipe(&films.join("pipe"));
        symlink(folder.path().join("there"), films.join("link")).unwrap();
        fs::File::create(films.join("sparse")).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(tell("pipe".into(), None), SourceFate::Vanished);
        assert_eq!(tell("link".into(), None), SourceFate::Vanished);
        assert_eq!(tell("sparse".into(), Some(5)), SourceFate::Changed);
        fs::write(films.join("there"), b"there").unwrap();
        assert_eq!(tell("there".into(), Some(5)), SourceFate::Present);
        assert_eq!(tell("/anywhere/there".into(), None), SourceFate::Present);
    }

    #[test]
    fn the_check_of_a_huge_film_or_source_is_left_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let film = folder.path().join("film.mp4");
        let sources =
            [source(&folder.path().join("a"), b"a"), source(&folder.path().join("b"), b"b")];
        let made = record(&film, vec![shot("one", sources.to_vec(), None)]);
        // Hashing one of these takes longer than anybody waits.
        let huge = |name: &str| {
            fs::File::create(folder.path().join(name)).unwrap().set_len(1 << 40).unwrap();
        };
        huge("a");
        let (control, asked) = (Control::default(), AtomicU32::new(0));
        let lookup = |_: &AssetId| {
            asked.fetch_add(1, Ordering::Relaxed);
            control.cancel();
            None
        };
        assert_eq!(super::super::verify(&film, &made, &lookup, &control), Err(Cancelled));
        assert_eq!(asked.into_inner(), 1, "no further source is looked for");
        huge("film.mp4");
        let never = |_: &AssetId| panic!("the film comes first");
        assert_eq!(super::super::verify(&film, &made, &never, &control), Err(Cancelled));
    }
}
