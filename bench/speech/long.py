"""Speech in longer files: words right, words marked as doubtful, seconds told as not understood.

    long.py NAME TRANSCRIBE MODEL FFMPEG     # adds NAME (before, after) and MODEL to long.json

TRANSCRIBE: the example of kinora-models. Environment: TUXPAINT as in run.py; POCKETSPHINX, `usr/share/pocketsphinx/test/data` of the
Debian package `pocketsphinx-testdata` 0.8+5prealpha+1-15 (five sentences of a LibriVox reading, five strings of cards, with transcripts);
FAULTS (may be unset), a folder with french3.flac, german2.flac (espeak-ng) and repeat.flac ("No." eight times). The stamps' one or two words each are joined
1.2 s apart, eight files of English; "noise" is pink noise at 0.05 under the joined reading. Nobody speaks in the sound effects.
"""
import glob, json, os, re, subprocess, sys, tempfile, wave
import run, wer

HERE = os.path.dirname(os.path.abspath(__file__))
name, binary, model, ffmpeg = sys.argv[1:]


def samples(path):
    command = [ffmpeg, "-v", "error", "-nostdin", "-i", path, "-f", "s16le", "-ac", "1", "-ar", "16000", "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def joined(pairs, path):
    with wave.open(path, "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(16000)
        for one, _ in pairs:
            out.writeframes(samples(one) + bytes(2 * 19200))
    return path, " ".join(text for _, text in pairs)


def transcribed(folder, list_):
    root = os.environ["POCKETSPHINX"]
    lines = re.findall(r"<s> (.*?)\s*</s> \((.*)\)", open(f"{root}/{folder}/{list_}").read())
    return [(f"{root}/{folder}/{file}.wav", text) for text, file in lines]


def sets(folder):
    english = run.stamps("", 64)
    yield "stamps joined, English", "auto", [joined(english[i::8], f"{folder}/en{i}.wav") for i in range(8)]
    for code in ("es", "fr"):
        yield f"stamps joined, {code}", code, [joined(run.stamps(code, 12), f"{folder}/{code}.wav")]
    book = transcribed("librivox", "transcription")
    whole = joined(book, f"{folder}/book.wav")
    yield "LibriVox, one file", "auto", [whole]
    noise = "anoisesrc=r=16000:a=0.05:c=pink:d=60:seed=7[n];[0][n]amix=inputs=2:duration=first:normalize=0"
    subprocess.run([ffmpeg, "-v", "error", "-i", whole[0], "-filter_complex", noise, f"{folder}/noise.wav"], check=True)
    yield "LibriVox, noise", "auto", [(f"{folder}/noise.wav", whole[1])]
    yield "cards", "auto", transcribed("cards", "cards.transcription")
    if os.environ.get("FAULTS"):
        root = os.environ["FAULTS"]
        yield "No. eight times", "auto", [(f"{root}/repeat.flac", "no " * 8)]
        yield "espeak-ng", "auto", [(f"{root}/{file}", "") for file in ("french3.flac", "german2.flac")]
    yield "sound effects", "auto", run.effects(60)


def row(language, files):
    before = run.cpu()
    lines = subprocess.run([binary, model, language, ffmpeg, *(path for path, _ in files)], capture_output=True, text=True, check=True).stdout
    out = {"files": len(files), "words": 0, "errors": 0, "invented": 0, "doubtful": 0, "not_understood_s": 0.0, "cpu_s": round(run.cpu() - before, 1), "each": []}
    for line, (path, text) in zip(lines.splitlines(), files, strict=True):
        segments = json.loads(line)["segments"]
        said = [segment for segment in segments if segment["text"]]
        heard, reference = wer.words(" ".join(segment["text"] for segment in said)), wer.words(text)
        out["words"] += len(reference)
        out["errors"] += wer.errors(reference, heard) if reference else 0
        out["invented"] += 0 if reference else len(heard)
        out["doubtful"] += sum(len(wer.words(s["text"])) for s in said if s["confidence"] < 0.3678)
        out["not_understood_s"] += sum(s["end_ms"] - s["start_ms"] for s in segments if not s["text"]) / 1000
        out["each"].append({"file": os.path.basename(path), "text": text.strip(), "heard": [[s["start_ms"], s["end_ms"], round(s["confidence"], 2), s["text"]] for s in segments]})
    out["not_understood_s"] = round(out["not_understood_s"], 1)
    return out


path = f"{HERE}/long.json"
results = json.load(open(path)) if os.path.exists(path) else {}
with tempfile.TemporaryDirectory() as folder:
    results.setdefault(model, {})[name] = {label: row(language, files) for label, language, files in sets(folder)}
json.dump(results, open(path, "w"), indent=1, ensure_ascii=False)
