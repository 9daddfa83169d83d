//! A server of files on loopback that answers as a model hub does: one file or a folder of them, at one commit.
//!
//! Way in: [`Server::start`] with a [`Behaviour`], which may break off the first transfer or refuse all. One request at
//! a time. Not covered: TLS, redirects, slow answers.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no name")]

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct Behaviour {
    /// The file, whatever its path, unless `folder` is given.
    pub content: Vec<u8>,
    /// Folder of the files that are served, each by what follows `/resolve/REVISION/` in the request.
    pub folder: Option<PathBuf>,
    /// SHA-256 that is announced, if any.
    pub announced: Option<String>,
    /// Bytes after which the first transfer breaks off.
    pub break_at: Option<usize>,
    /// HTTP status in place of every answer.
    pub status: Option<u16>,
}

/// The running server; ends with the process.
#[derive(Debug)]
pub struct Server {
    /// Address without a slash at its end: `http://127.0.0.1:PORT`.
    pub endpoint: String,
    /// Request lines with their range, in order.
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts a server on a free port.
    ///
    /// # Panics
    /// If there is no port.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (behaviour, log) = (Arc::new(Mutex::new(behaviour)), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap(), &behaviour, &log);
            }
        });
        Self { endpoint, seen }
    }
}

fn answer(mut stream: TcpStream, behaviour: &Mutex<Behaviour>, log: &Mutex<Vec<String>>) {
    let (line, start) = read_request(&stream);
    let head = line.starts_with("HEAD");
    log.lock().unwrap().push(format!("{line} from {}", start.unwrap_or(0)));
    let mut behaviour = behaviour.lock().unwrap();
    if let Some(status) = behaviour.status {
        write!(stream, "HTTP/1.1 {status} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .unwrap();
        return;
    }
    if let Some(folder) = &behaviour.folder {
        let path = line.split_once("/resolve/").and_then(|(_, rest)| rest.split_once('/'));
        behaviour.content = std::fs::read(folder.join(path.unwrap().1)).unwrap();
    }
    let rest = &behaviour.content[start.unwrap_or(0)..];
    let status = if start.is_some() { "206 Partial Content" } else { "200 OK" };
    let size = behaviour.content.len();
    let mut text = format!(
        "HTTP/1.1 {status}\r\nX-Repo-Commit: abc123\r\nX-Linked-Size: {size}\r\n\
         Content-Length: {}\r\nConnection: close\r\n",
        rest.len()
    );
    if let Some(hash) = &behaviour.announced {
        text += &format!("X-Linked-Etag: \"{hash}\"\r\n");
    }
    stream.write_all((text + "\r\n").as_bytes()).unwrap();
    if !head {
        let end = behaviour.break_at.map_or(rest.len(), |at| at.min(rest.len()));
        let rest = rest[..end].to_vec();
        behaviour.break_at = None;
        stream.write_all(&rest).unwrap();
    }
}

/// The request line and where its range starts.
fn read_request(stream: &TcpStream) -> (String, Option<usize>) {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let line = lines.next().unwrap_or_default();
    let mut start = None;
    for header in lines.take_while(|line| !line.is_empty()) {
        if let Some(range) = header.to_lowercase().strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().ok();
        }
    }
    (line.trim_end_matches(" HTTP/1.1").to_owned(), start)
}
