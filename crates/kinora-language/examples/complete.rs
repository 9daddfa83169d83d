//! One answer of a GGUF model in this process, timed: the in-process side of `bench/language`.
//!
//! `complete MODEL.gguf THREADS TOKENS < PROMPT` prints JSON; the prompt is the user's message.

use std::{io::Read, time::Instant};

use anyhow::Context;
use kinora_inference::{CompletionRequest, LanguageModel, Message, Role};
use kinora_language::{Llama, LlamaConfig};
use kinora_types::Control;

const SYSTEM: &str = "You are a helpful assistant.";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [path, threads, tokens] = &words[..] else {
        anyhow::bail!("complete MODEL.gguf THREADS TOKENS < PROMPT");
    };
    let mut prompt = String::new();
    std::io::stdin().read_to_string(&mut prompt)?;
    let started = Instant::now();
    let config = LlamaConfig { threads: Some(threads.parse()?), ..LlamaConfig::new("m", path) };
    let model = Llama::open(&config)?;
    let load = started.elapsed().as_secs_f64();

    let messages =
        vec![Message::text(Role::System, SYSTEM), Message::text(Role::User, prompt.trim())];
    let request =
        CompletionRequest { max_tokens: tokens.parse()?, ..CompletionRequest::new(messages) };
    let (before, started) = (cpu_seconds()?, Instant::now());
    let mut first = None;
    let done = model.complete(&request, &Control::default(), &mut |_| {
        first.get_or_insert_with(|| started.elapsed().as_secs_f64());
    })?;
    let report = serde_json::json!({
        "load_s": load,
        "prompt_tokens": done.prompt_tokens,
        "tokens": done.tokens,
        "first_s": first,
        "total_s": started.elapsed().as_secs_f64(),
        "cpu_s": cpu_seconds()? - before,
        "text": done.text,
    });
    println!("{report}");
    Ok(())
}

/// Of all threads of this process so far; Linux only, in ticks of 10 ms.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, rest) = stat.rsplit_once(')').context("/proc/self/stat")?;
    let ticks: u64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    Ok(ticks as f64 / 100.0)
}
