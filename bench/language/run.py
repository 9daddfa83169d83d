#!/usr/bin/env python3
"""Measures time to first token, tokens a second and CPU, turn about, and writes results.json and summary.md.

The machine is shared: read the ratios, not the seconds. Both sides read the same prompt (the chat template of the
model), take the most probable token each time and keep nothing of the prompt before.
"""

import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
THREADS = 2
ROUNDS = int(os.environ.get("ROUNDS", "5"))
# And how long they answer.
MODELS = {"smollm2-135m-instruct": 96, "qwen2.5-coder-1.5b-instruct": 48}
PROMPT = (HERE / "prompt.txt").read_text().strip()
SYSTEM = "You are a helpful assistant."
SERVER = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path = sys.argv[1]
p.n_ctx, p.n_parallel, p.port, p.warmup, p.cache_prompt = 4096, 1, 0, False, False
p.cpuparams.n_threads = p.cpuparams_batch.n_threads = int(sys.argv[2])
server = xllamacpp.Server(p)
print(server.listening_address, flush=True)
sys.stdin.read()
"""


def program():
    folder = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return folder / "debug/examples/complete"


def stored(name):
    cache = os.environ.get("KINORA_CACHE") or subprocess.run(
        [program().parents[1] / "kinora", "models", "path"], check=True, capture_output=True, text=True).stdout.strip()
    files = [f for f in Path(cache, name).rglob("*") if f.suffix in (".gguf", ".so")]
    if not files:
        sys.exit(f"run `kinora models pull {name}` first")
    return files[0]


def here(model, tokens):
    command = [program(), model, str(THREADS), str(tokens)]
    return json.loads(subprocess.run(command, input=PROMPT, check=True, capture_output=True, text=True).stdout)


class Server:
    def __init__(self, model):
        module = stored("xllamacpp").parent
        self.child = subprocess.Popen(
            [sys.executable, "-c", SERVER, model, str(THREADS)], env={**os.environ, "PYTHONPATH": str(module)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.host = self.child.stdout.readline().strip().removeprefix("http://")

    def cpu(self):
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def complete(self, tokens):
        messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": PROMPT}]
        body = json.dumps({"messages": messages, "max_tokens": tokens, "temperature": 0, "stream": True,
                           "stream_options": {"include_usage": True}})
        before, started, first, text, usage = self.cpu(), time.perf_counter(), None, "", {}
        connection = http.client.HTTPConnection(self.host, timeout=600)
        connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
        for line in connection.getresponse():
            if not line.startswith(b"data: {"):
                continue
            event = json.loads(line[6:])
            usage = event.get("usage") or usage
            piece = (event.get("choices") or [{}])[0].get("delta", {}).get("content")
            if piece:
                first = first or time.perf_counter() - started
                text += piece
        total = time.perf_counter() - started
        return {"prompt_tokens": usage.get("prompt_tokens"), "tokens": usage.get("completion_tokens"),
                "first_s": first, "total_s": total, "cpu_s": self.cpu() - before, "text": text}

    def stop(self):
        self.child.kill()
        self.child.wait()


def rate(run):
    """Tokens a second after the first."""
    return (run["tokens"] - 1) / (run["total_s"] - run["first_s"])


def measure(name, tokens):
    model = str(stored(name))
    server = Server(model)
    server.complete(4)
    here(model, 4)
    runs = []
    for _ in range(ROUNDS):
        for side, run in [("here", lambda: here(model, tokens)), ("server", lambda: server.complete(tokens))]:
            runs.append({"model": name, "side": side, **run()})
            print(name, side, {k: runs[-1][k] for k in ["prompt_tokens", "tokens", "first_s", "total_s", "cpu_s"]}, flush=True)
    server.stop()
    return runs


def summary(runs):
    lines = ["# Answers in process against llama.cpp's server", "",
             f"{ROUNDS} rounds turn about, {THREADS} threads, a machine shared with others: read the ratios. Medians.", "",
             "| model | side | prompt | answer | to first token, s | tokens/s | CPU s | same words |", "|---|---|---|---|---|---|---|---|"]
    for name in dict.fromkeys(run["model"] for run in runs):
        rows = {}
        for side in ["here", "server"]:
            own = [run for run in runs if (run["model"], run["side"]) == (name, side)]
            middle = lambda of: statistics.median(map(of, own))
            rows[side] = [middle(lambda r: r["first_s"]), middle(rate), middle(lambda r: r["cpu_s"])]
            texts = {run["text"] for run in runs if run["model"] == name}
            first, speed, cpu = rows[side]
            lines.append(f"| {name} | {side} | {own[0]['prompt_tokens']} | {own[0]['tokens']} | {first:.2f} | {speed:.1f} "
                         f"| {cpu:.2f} | {'yes' if len(texts) == 1 else 'no'} |")
        ratios = [f"{a / b:.2f}" for a, b in zip(rows["here"], rows["server"])]
        lines.append(f"| {name} | here / server | | | {ratios[0]} | {ratios[1]} | {ratios[2]} | |")
    return "\n".join(lines) + "\n"


def main():
    names = sys.argv[1:] or ["smollm2-135m-instruct"]
    runs = [run for name in names for run in measure(name, MODELS[name])]
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    machine = {"cpu": cpu, "cores": os.cpu_count(), "system": platform.system(), "load": os.getloadavg()[0]}
    versions = {"llama-cpp-2": "0.1.160", "llama-cpp-sys-2": "0.1.161", "xllamacpp": "2026.10.11549"}
    result = {"command": " ".join(["bench/language/run.sh", *sys.argv[1:]]), "machine": machine, "versions": versions, "runs": runs}
    (HERE / "results.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "summary.md").write_text(summary(runs))
    print(summary(runs))


main()
