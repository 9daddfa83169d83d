//! The hub: resumed transfers, hashes announced or missing, and every way to fail.

use std::{fs, net::TcpListener, path::Path};

use kinora_store::{StoreConfig, StoreError};
use kinora_testing::server::{Behaviour, Server};
use kinora_types::Control;

use crate::{files, pull, sha256, store};

const SOURCE: &str = "sources = [{ hub = \"a/b\", revision = \"main\", path = \"onnx/f.onnx\" }]";

fn content() -> Vec<u8> {
    (0..300_000u32).flat_map(u32::to_le_bytes).collect()
}

fn open(folder: &Path, endpoint: &str) -> kinora_store::Store {
    store(folder, SOURCE, StoreConfig { hub_endpoint: endpoint.into(), ..StoreConfig::default() })
}

#[test]
fn trusted_on_first_use_then_held_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (content, announced) = (content(), Some(sha256(&content())));
    let server = Server::start(Behaviour { content, announced, ..Behaviour::default() });
    let store = open(folder.path(), &server.endpoint);
    pull(&store).unwrap();
    let record = store.record("thing").unwrap();
    assert_eq!(record.commit.as_deref(), Some("abc123"));
    assert_eq!(record.sha256, sha256(&self::content()));
    // The file came from the commit that was announced, not from the branch.
    let seen = server.seen.lock().unwrap().join("\n");
    assert!(seen.contains("GET /a/b/resolve/abc123/onnx/f.onnx"), "{seen}");
    let path = store.path("thing").unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[7] ^= 1;
    fs::write(&path, bytes).unwrap();
    let spoilt = store.verify(&["thing"], &Control::default()).unwrap_err();
    assert!(matches!(spoilt, StoreError::WrongHash { .. }), "{spoilt}");
}

#[test]
fn a_broken_transfer_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Behaviour {
        content: content(),
        announced: Some(sha256(&content())),
        break_at: Some(500_000),
        ..Behaviour::default()
    });
    let store = open(folder.path(), &server.endpoint);
    let error = pull(&store).unwrap_err();
    let StoreError::Broken { done, .. } = error else {
        panic!("{error}");
    };
    assert!(matches!(store.path("thing"), Err(StoreError::Missing(_))));
    pull(&store).unwrap();
    assert_eq!(fs::read(store.path("thing").unwrap()).unwrap(), content());
    let last = server.seen.lock().unwrap().last().unwrap().clone();
    assert!(done > 0 && last.ends_with(&format!("from {done}")), "{last}, {done}");
    assert_eq!(files(store.cache_dir()), ["thing.bin", "thing.bin.json"]);
}

#[test]
fn a_file_that_is_not_what_the_hub_told_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let announced = Some(sha256(b"other"));
    let server = Server::start(Behaviour { content: content(), announced, ..Behaviour::default() });
    let store = open(folder.path(), &server.endpoint);
    let error = pull(&store).unwrap_err();
    assert!(matches!(error, StoreError::WrongHash { .. }), "{error}");
    assert!(files(store.cache_dir()).is_empty());
}

#[test]
fn failures_have_names() {
    let folder = tempfile::tempdir().unwrap();
    let with = |status| Server::start(Behaviour { status: Some(status), ..Behaviour::default() });
    let error = pull(&open(folder.path(), &with(404).endpoint)).unwrap_err();
    assert!(matches!(error, StoreError::Gone { .. }), "{error}");
    let error = pull(&open(folder.path(), &with(503).endpoint)).unwrap_err();
    assert!(matches!(error, StoreError::Status { status: 503, .. }), "{error}");
    // A port that nobody listens on: bound once, so that it was free, then given back.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = pull(&open(folder.path(), &format!("http://{free}"))).unwrap_err();
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert!(error.hint().unwrap().contains("network"));
}
