//! A server on loopback that answers each request with the same bytes, whatever they are.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no name")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// The running server; ends with the process.
pub(crate) struct Scripted {
    pub address: String,
    /// Requests as they came, head and body.
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Answers with `head` (status line and headers) and `body`, then keeps the connection open for `open`.
    pub(crate) fn start(head: &str, body: &str, open: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answer = format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n{body}");
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, answer, log) = (stream.unwrap(), answer.clone(), Arc::clone(&log));
                thread::spawn(move || {
                    log.lock().unwrap().push(read_request(&mut stream));
                    // Who cancelled has hung up.
                    let _ = stream.write_all(answer.as_bytes()).and_then(|()| stream.flush());
                    thread::sleep(open);
                });
            }
        });
        Self { address, seen }
    }

    /// A stream of events that ends as streams do.
    pub(crate) fn events(events: &[&str]) -> Self {
        let body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        Self::start("200 OK\r\nContent-Type: text/event-stream", &body, Duration::ZERO)
    }
}

fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
