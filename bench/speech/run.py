"""Word error rate and CPU time of speech recognition, on recordings with known words.

    run.py [--models whisper-tiny,whisper-base] [--stamps 65] [--languages 20] [--effects 94] [--out result.json]

Environment: KINORA_FFMPEG; TUXPAINT, the Debian package `tuxpaint-stamps-default` 2022.06.04 unpacked (`dpkg-deb -x`), whose stamps
are described in spoken words by their authors; KOKORO, a folder with NN.wav and NN.txt made by kokoro.py (left out if unset). The
numbers say how many descriptions in English, how many in Spanish and in French, and how many sound effects of stamps (nobody speaks in
them) are taken, spread evenly over the order of their names. CPU time is that of the whole child, with loading the model and ffmpeg.
"""
import argparse, glob, json, os, platform, re, resource, subprocess, tempfile, wave
import wer

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))


def caption(path, language):
    lines = open(path.rsplit("_desc", 1)[0] + ".txt", encoding="utf8").read().splitlines()
    if not language:
        return spoken(lines[0])
    marked = [line.split("=", 1)[1] for line in lines if line.startswith(f"{language}.utf8=")]
    return marked[0] if marked else None


def spoken(text):
    """What is said: English speakers leave out the article with which the written descriptions begin."""
    return re.sub(r"^(a|an|the)\s+", "", text, flags=re.IGNORECASE)


def stamps(language, most):
    ending = f"_desc_{language}.ogg" if language else "_desc.ogg"
    found = sorted(glob.glob(f"{os.environ['TUXPAINT']}/**/*{ending}", recursive=True))
    pairs = [(path, caption(path, language)) for path in found if os.path.exists(path.rsplit("_desc", 1)[0] + ".txt")]
    # Other scripts than Latin cannot be, and some descriptions were never translated.
    return spread([(path, text) for path, text in pairs if text and wer.words(text)], most)


def effects(most):
    found = sorted(glob.glob(f"{os.environ['TUXPAINT']}/**/*.ogg", recursive=True))
    # Letters and numbers are spoken.
    return spread([(path, "") for path in found if "_desc" not in path and "/symbols/" not in path], most)


def spread(items, most):
    count = min(most, len(items))
    return [items[i * len(items) // count] for i in range(count)]


def kokoro(folder):
    paths = sorted(glob.glob(f"{folder}/[0-9]*.wav"))
    return [(path, open(path[:-3] + "txt").read()) for path in paths]


def joined(pairs, folder):
    """All of them in one recording, 1.2 s apart."""
    path = f"{folder}/joined.wav"
    with wave.open(path, "wb") as out:
        for one, _ in pairs:
            with wave.open(one) as file:
                if out.getnframes() == 0:
                    out.setparams(file.getparams())
                out.writeframes(file.readframes(file.getnframes()) + bytes(2 * int(1.2 * file.getframerate())))
    return [(path, " ".join(text for _, text in pairs))]


def sets(folder, english, languages, noises):
    yield "stamps, English", stamps("", english), "en", False
    yield "stamps, English, told", stamps("", english), "en", True
    yield "stamps, Spanish, told", stamps("es", languages), "es", True
    yield "stamps, French, told", stamps("fr", languages), "fr", True
    if os.environ.get("KOKORO"):
        pairs = kokoro(os.environ["KOKORO"])
        yield "Kokoro, eight files", pairs, "en", False
        yield "Kokoro, one file", joined(pairs, folder), "en", False
    yield "sound effects", effects(noises), "en", False


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run(model, pairs, language, told):
    target = os.environ.get("CARGO_TARGET_DIR", f"{ROOT}/target")
    before = cpu()
    command = [f"{target}/debug/examples/transcribe", model, language if told else "auto", os.environ["KINORA_FFMPEG"], *(path for path, _ in pairs)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    used, heard = cpu() - before, [json.loads(line) for line in lines]
    files, wrong, words, right_language = [], 0, 0, 0
    for (path, text), result in zip(pairs, heard, strict=True):
        said = " ".join(segment["text"] for segment in result["segments"])
        reference = wer.words(text)
        errors = wer.errors(reference, wer.words(said))
        wrong, words = wrong + errors, words + len(reference)
        right_language += all(segment["language"] == language for segment in result["segments"]) and bool(result["segments"])
        files.append({"file": os.path.basename(path), "text": text.strip(), "heard": said, "errors": errors, "words": len(reference)})
    seconds = sum(result["seconds"] for result in heard)
    return {"wer": round(wrong / words, 4) if words else None, "words": words, "files": len(pairs), "language_right": right_language,
            "silent": sum(not f["heard"] for f in files), "seconds": round(seconds, 1), "cpu_s": round(used, 1),
            "cpu_ratio": round(used / seconds, 3), "each": files}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--models", default="whisper-tiny,whisper-base")
    arguments.add_argument("--languages", type=int, default=20)
    arguments.add_argument("--stamps", type=int, default=65)
    arguments.add_argument("--effects", type=int, default=94)
    arguments.add_argument("--out", default=f"{ROOT}/bench/speech/result.json")
    arguments = arguments.parse_args()
    wer.check()
    results = {"machine": platform.machine(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1), "models": {}}
    with tempfile.TemporaryDirectory() as folder:
        for model in arguments.models.split(","):
            rows = results["models"].setdefault(model, {})
            for name, pairs, language, told in sets(folder, arguments.stamps, arguments.languages, arguments.effects):
                rows[name] = run(model, pairs, language, told)
                print(model, name, {k: v for k, v in rows[name].items() if k != "each"}, flush=True)
    json.dump(results, open(arguments.out, "w"), indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
