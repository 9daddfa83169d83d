//! A hub on loopback: one file, at one commit, that may break off the first transfer.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

/// How the hub behaves.
#[derive(Clone, Default)]
pub struct Behaviour {
    pub content: Vec<u8>,
    /// Serves the files of this folder instead, by the end of their path.
    pub folder: Option<PathBuf>,
    /// Hash told for it, if any.
    pub announced: Option<String>,
    /// Bytes after which the first transfer breaks off.
    pub break_at: Option<usize>,
    /// Status instead of an answer.
    pub status: Option<u16>,
}

/// The running hub; ends with the process.
pub struct Server {
    pub endpoint: String,
    /// Request lines with their range, in order.
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
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
