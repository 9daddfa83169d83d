//! A server of the chat completions API on loopback that really looks: it decodes the picture of a request and
//! says which colour most of it has.

#![allow(clippy::disallowed_methods, reason = "threads of tests need no name")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The running server; ends with the process.
pub(crate) struct Seer {
    pub address: String,
    /// What was said, in order; a request that it refused is there as its refusal.
    pub said: Arc<Mutex<Vec<String>>>,
    /// Whether it refuses to look at blue pictures.
    pub dislikes_blue: Arc<AtomicBool>,
}

impl Seer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/v1", listener.local_addr().unwrap());
        let said = Arc::new(Mutex::new(Vec::new()));
        let dislikes_blue = Arc::new(AtomicBool::new(false));
        let (log, dislikes) = (Arc::clone(&said), Arc::clone(&dislikes_blue));
        thread::spawn(move || {
            for stream in listener.incoming() {
                answer(&mut stream.unwrap(), &log, dislikes.load(Ordering::SeqCst));
            }
        });
        Self { address, said, dislikes_blue }
    }

    pub(crate) fn answers(&self) -> usize {
        self.said.lock().unwrap().len()
    }
}

fn answer(stream: &mut TcpStream, log: &Mutex<Vec<String>>, dislikes_blue: bool) {
    let (head, body) = request(stream);
    let (status, kind, body) = if head.starts_with("GET /v1/models ") {
        (
            "200 OK",
            "application/json",
            json!({"data": [{"id": "seer", "meta": {"n_ctx": 4096}}]}).to_string(),
        )
    } else {
        let colour = colour(&serde_json::from_str(&body).unwrap());
        let refused = dislikes_blue && colour == "blue";
        let words =
            if refused { "out of order".into() } else { format!("A zorbic wall, all {colour}.") };
        log.lock().unwrap().push(words.clone());
        match refused {
            true => {
                ("500 Oops", "application/json", json!({"error": {"message": words}}).to_string())
            }
            false => ("200 OK", "text/event-stream", events(&words)),
        }
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
    // Who cancelled has hung up.
    let _ = stream.write_all((head + &body).as_bytes());
}

fn events(words: &str) -> String {
    let delta =
        json!({"choices": [{"index": 0, "delta": {"content": words}, "finish_reason": null}]});
    let end = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    format!("data: {delta}\n\ndata: {end}\n\ndata: [DONE]\n\n")
}

/// The colour of the one picture in the last message, which has words too.
fn colour(body: &Value) -> &'static str {
    let parts = body["messages"].as_array().unwrap().last().unwrap()["content"].as_array().unwrap();
    let is = |kind: &str| parts.iter().filter(|part| part["type"] == kind).collect::<Vec<_>>();
    assert_eq!((is("image_url").len(), is("text").len()), (1, 1), "{parts:?}");
    let url = is("image_url")[0]["image_url"]["url"].as_str().unwrap();
    let jpeg = STANDARD.decode(url.strip_prefix("data:image/jpeg;base64,").unwrap()).unwrap();
    let picture = image::load_from_memory(&jpeg).unwrap().to_rgb8();
    let mut sums = [0u64; 3];
    for pixel in picture.pixels() {
        sums.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += u64::from(value));
    }
    let most = (0..3).max_by_key(|channel| sums[*channel]).unwrap();
    ["red", "green", "blue"][most]
}

fn request(stream: &mut TcpStream) -> (String, String) {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 65536]);
    loop {
        let read = stream.read(&mut buffer).unwrap_or(0);
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = |line: &str| {
                line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok()
            };
            if read == 0 || body.len() >= head.lines().find_map(length).unwrap_or(0) {
                return (head.to_owned(), body.to_owned());
            }
        }
        assert!(read > 0, "a request that breaks off");
    }
}
