//! The real models of the default space are given back: memory returns to what it was.
//!
//! Not covered: platforms without `/proc`.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{fs, time::Duration};

use kinora_engine::{AddRequest, Engine, Job, SearchRequest, Settings};

/// Bytes of this process that are in memory.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

/// Adds a picture and searches for it, so that both towers are loaded, and gives everything back.
fn use_all(engine: &Engine, picture: &std::path::Path) -> u64 {
    let library = engine.library_or_new("a", None).unwrap();
    let request = AddRequest {
        paths: vec![picture.to_owned()],
        without: kinora_types::PassageKind::ALL.to_vec(),
        ..AddRequest::default()
    };
    library.add(&request, &Job::default()).unwrap();
    let request = SearchRequest { text: Some("a red wall".into()), ..SearchRequest::default() };
    library.search(&request, &Job::default()).unwrap();
    let used = resident();
    drop(library);
    assert!(engine.release(Duration::ZERO) >= 2, "the library and the space");
    used
}

#[test]
fn memory_returns_when_models_are_given_back() {
    let home = tempfile::tempdir().unwrap();
    let mut settings = Settings::settle(Some(home.path().to_owned())).unwrap();
    settings.cache = kinora_store::StoreConfig::from_env().cache_dir.unwrap_or(settings.cache);
    let engine = Engine::open(settings).unwrap();
    let picture = |name: &str, red| {
        let path = home.path().join(name);
        image::RgbImage::from_pixel(320, 240, image::Rgb([red, 9, 9])).save(&path).unwrap();
        path
    };
    // The runtime's own libraries and threads stay; what counts is what a second use leaves behind.
    use_all(&engine, &picture("one.png", 250));
    let before = resident();
    let used = use_all(&engine, &picture("two.png", 200));
    let after = resident();
    let left = after.saturating_sub(before) >> 20;
    assert!(left < 50, "{left} MB more than before; {} MB while in use", used >> 20);
    assert!(used > before + (50 << 20), "the models are as large as they are: {used} {before}");
}
