//! Files from the Hugging Face hub, resumed where a transfer broke off.
//!
//! A first request asks for commit, size and hash; the file itself then comes from that commit, so
//! the bytes of two tries fit together even if the branch moved between them.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use kinora_types::Control;
use ureq::{Agent, Body, http::Response};

use super::{
    StoreError, place,
    progress::{Reporter, Stage},
};

const CONNECT: Duration = Duration::from_secs(15);
/// A transfer that brings no byte for this long is broken.
const STALL: Duration = Duration::from_secs(60);

/// The hub, at the user's endpoint.
pub(super) struct Hub {
    agent: Agent,
    endpoint: String,
}

/// A file of a repository.
pub(super) struct HubFile<'a> {
    pub repository: &'a str,
    pub revision: &'a str,
    pub path: &'a str,
}

/// Commit and hash that the hub announces for a file.
#[derive(Debug, Default)]
pub(super) struct Announced {
    pub commit: Option<String>,
    /// Only large files have one.
    pub sha256: Option<String>,
    pub size: Option<u64>,
}

impl Hub {
    pub(crate) fn new(endpoint: &str) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(STALL))
            .http_status_as_error(false)
            .max_redirects_will_error(false)
            .user_agent(concat!("kinora/", env!("CARGO_PKG_VERSION")))
            .build();
        Self { agent: config.into(), endpoint: endpoint.trim_end_matches('/').to_owned() }
    }

    /// Downloads to a file in `folder` and returns it together with what was announced.
    ///
    /// # Errors
    /// If the server refuses, breaks off or sends other bytes than announced, the disk is full, or `control` was
    /// cancelled.
    pub(crate) fn download(
        &self,
        file: &HubFile<'_>,
        folder: &Path,
        reporter: &mut Reporter<'_>,
        control: &Control,
    ) -> Result<(PathBuf, Announced), StoreError> {
        let announced = self.announce(file)?;
        let commit = announced.commit.as_deref().unwrap_or(file.revision);
        let part = folder.join(part_name(file, commit));
        let url = self.url(file, commit);
        let transfer = Transfer { hub: self, what: file.name(), part: &part, control };
        transfer.run(&url, announced.size, reporter)?;
        Ok((part, announced))
    }

    /// Redirects are not followed: the hub states commit and hash in the first answer only.
    fn announce(&self, file: &HubFile<'_>) -> Result<Announced, StoreError> {
        let request = self.agent.head(self.url(file, file.revision));
        let request = request.config().max_redirects(0).build();
        let answer = request.call().map_err(|e| unreachable(&file.name(), &e))?;
        check_status(&file.name(), answer.status().as_u16())?;
        let header = |name: &str| Some(answer.headers().get(name)?.to_str().ok()?.to_owned());
        let hash = header("x-linked-etag").map(|tag| tag.trim_matches('"').to_lowercase());
        let is_sha256 =
            |tag: &String| tag.len() == 64 && tag.bytes().all(|b| b.is_ascii_hexdigit());
        Ok(Announced {
            commit: header("x-repo-commit")
                .filter(|c| c.bytes().all(|b| b.is_ascii_alphanumeric())),
            sha256: hash.filter(is_sha256),
            size: header("x-linked-size").and_then(|size| size.parse().ok()),
        })
    }

    fn url(&self, file: &HubFile<'_>, revision: &str) -> String {
        format!("{}/{}/resolve/{revision}/{}", self.endpoint, file.repository, file.path)
    }
}

impl HubFile<'_> {
    fn name(&self) -> String {
        format!("{} {}", self.repository, self.path)
    }
}

/// Parts of other commits are never continued.
fn part_name(file: &HubFile<'_>, commit: &str) -> String {
    let flat = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    format!(".{}-{}.part", flat(file.path), flat(commit))
}

struct Transfer<'a> {
    hub: &'a Hub,
    what: String,
    part: &'a Path,
    control: &'a Control,
}

impl Transfer<'_> {
    fn run(
        &self,
        url: &str,
        size: Option<u64>,
        reporter: &mut Reporter<'_>,
    ) -> Result<(), StoreError> {
        let have = fs::metadata(self.part).map_or(0, |m| m.len());
        if size.is_some_and(|size| size == have) {
            return Ok(());
        }
        let mut request = self.hub.agent.get(url);
        if have > 0 {
            request = request.header("Range", format!("bytes={have}-"));
        }
        let answer = request.call().map_err(|e| unreachable(&self.what, &e))?;
        match answer.status().as_u16() {
            206 if have > 0 => self.take(answer, have, size, reporter),
            // The part is longer than the file: it is of no use.
            416 => self.restart(url, size, reporter),
            status => {
                check_status(&self.what, status)?;
                self.take(answer, 0, size, reporter)
            }
        }
    }

    fn restart(
        &self,
        url: &str,
        size: Option<u64>,
        reporter: &mut Reporter<'_>,
    ) -> Result<(), StoreError> {
        fs::remove_file(self.part).map_err(|e| StoreError::io(self.part, e))?;
        let answer = self.hub.agent.get(url).call().map_err(|e| unreachable(&self.what, &e))?;
        check_status(&self.what, answer.status().as_u16())?;
        self.take(answer, 0, size, reporter)
    }

    fn take(
        &self,
        answer: Response<Body>,
        start: u64,
        size: Option<u64>,
        reporter: &mut Reporter<'_>,
    ) -> Result<(), StoreError> {
        let body = answer.into_body();
        let total = size.or_else(|| body.content_length().map(|length| start + length));
        let mut options = File::options();
        let options = options.create(true).write(true).append(start > 0).truncate(start == 0);
        let mut file = options.open(self.part).map_err(|e| StoreError::io(self.part, e))?;
        let mut done = start;
        let seen = |bytes| {
            done += bytes;
            reporter.step(Stage::Downloading, done, total);
        };
        let copied = place::copy(&mut body.into_reader(), &mut file, self.part, self.control, seen);
        match copied {
            // The disk's own failures keep their names; the rest is the network's.
            Err(StoreError::Io { .. }) => Err(self.broken(done)),
            Err(error) => Err(error),
            Ok(()) if total.is_some_and(|total| done < total) => Err(self.broken(done)),
            Ok(()) => Ok(()),
        }
    }

    fn broken(&self, done: u64) -> StoreError {
        StoreError::Broken { what: self.what.clone(), done }
    }
}

fn check_status(what: &str, status: u16) -> Result<(), StoreError> {
    match status {
        200..=399 => Ok(()),
        401 | 403 | 404 | 410 => {
            Err(StoreError::Gone { what: what.into(), detail: format!("status {status}") })
        }
        _ => Err(StoreError::Status { what: what.into(), status }),
    }
}

fn unreachable(what: &str, error: &ureq::Error) -> StoreError {
    StoreError::Unreachable { what: what.into(), detail: error.to_string() }
}
