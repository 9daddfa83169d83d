"""Questions to a library: is the evidence found, cited and told of, and is a refusal right?

    python3 bench/chat/run.py [--library FOLDER] [--kinora BINARY] [--models NAME=CONFIG.toml ...]

Adds the sample photos with their attributions, the sample clips and `recordings/` to a fresh library, then asks
questions.json, without a language model (`extractive`) and with each that is named: CONFIG.toml is a config.toml of
Kinora with its [language] section. `--library` keeps the library in a folder, and uses one that is there.
"""
import argparse
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTDATA = pathlib.Path(os.environ.get("TESTDATA", ROOT.parent / "shared" / "testdata"))


def kinora(binary, home, *arguments, said=None):
    models = subprocess.run([binary, "models", "path"], check=True, capture_output=True, text=True).stdout.strip()
    env = {**os.environ, "KINORA_HOME": str(home), "KINORA_CACHE": models}
    answer = subprocess.run([binary, *arguments, "--json"], env=env, input=said, check=True, capture_output=True, text=True)
    return answer.stdout


def asked(binary, home, question, flags):
    """The report of the last answer: earlier questions are asked in the same conversation."""
    if not question.get("before"):
        return json.loads(kinora(binary, home, "ask", question["question"], *flags))
    lines = "\n".join([*question["before"], question["question"]]) + "\n"
    told, decoder, reports = kinora(binary, home, "chat", *flags, said=lines).strip(), json.JSONDecoder(), []
    while told:
        report, end = decoder.raw_decode(told)
        reports.append(report)
        told = told[end:].strip()
    return reports[-1]


def judged(question, report, seconds):
    cited = [citation["label"] for citation in report["citations"]]
    found = [citation["label"] for citation in report["retrieved"]]
    groups = question["expect"]
    right = {label for group in groups for label in group} | set(question.get("also", []))
    text = report["text"].lower()
    said = [any(word in text for word in ([words] if isinstance(words, str) else words)) for words in question["says"]]
    share = lambda labels: sum(any(label in labels for label in group) for group in groups) / len(groups) if groups else None
    sentences = report["sentences"]
    return {
        "kind": question["kind"], "question": question["question"], "answer": report["text"], "method": report["method"],
        "answered": report["answered"], "found": share(found), "cited": share(cited) if report["answered"] else (0.0 if groups else None),
        "precise": sum(label in right for label in cited) / len(cited) if groups and cited and report["answered"] else None,
        "said": sum(said) / len(said) if said and report["answered"] else (0.0 if said else None),
        "sentences": len(sentences), "unsupported": sum(s["support"] == "unsupported" for s in sentences),
        "attributed": sum(s.get("attributed", False) for s in sentences),
        "seconds": round(seconds, 2),
    }


def mean(values):
    values = [value for value in values if value is not None]
    return round(statistics.fmean(values), 3) if values else None


def figures(rows):
    answerable = [row for row in rows if row["kind"] != "unanswerable"]
    impossible = [row for row in rows if row["kind"] == "unanswerable"]
    shown = sum(row["sentences"] - row["unsupported"] for row in rows)
    return {
        "evidence_recall": mean(row["found"] for row in answerable), "cited_recall": mean(row["cited"] for row in answerable),
        "citation_precision": mean(row["precise"] for row in answerable), "said": mean(row["said"] for row in answerable),
        "refused_rightly": [sum(not row["answered"] for row in impossible), len(impossible)],
        "refused_wrongly": [sum(not row["answered"] for row in answerable), len(answerable)],
        "sentences_shown": shown, "sentences_left_out": sum(row["unsupported"] for row in rows),
        "source_found_for": sum(row["attributed"] for row in rows),
        "answers_of_the_model": sum(row["answered"] and isinstance(row["method"], dict) for row in rows),
        "median_s": statistics.median(row["seconds"] for row in rows),
    }


def table(head, rows):
    cell = lambda value: "-" if value is None else f"{value[0]}/{value[1]}" if isinstance(value, list) else f"{value:.3f}" if isinstance(value, float) else str(value)
    return ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1), *("| " + " | ".join(map(cell, row)) + " |" for row in rows), ""]


def summary(result):
    names = ["evidence_recall", "cited_recall", "citation_precision", "said", "refused_rightly", "refused_wrongly",
             "sentences_left_out", "source_found_for", "answers_of_the_model", "median_s"]
    lines = ["# Questions to a library", "", f"`bench/chat/run.py`, kinora {result['kinora']}, {result['machine']}; what the figures mean: README.md.", ""]
    lines += table(["answered by", *(name.replace("_", " ") for name in names)],
                   [[way, *(told["figures"][name] for name in names)] for way, told in result["ways"].items()])
    kinds = list(dict.fromkeys(row["kind"] for row in next(iter(result["ways"].values()))["rows"]))
    for way, told in result["ways"].items():
        of = lambda kind: [row for row in told["rows"] if row["kind"] == kind]
        lines += [f"## {way}", ""]
        lines += table(["kind", "questions", "evidence recall", "cited recall", "precision", "said", "refused"],
                       [[kind, len(of(kind)), *(mean(row[key] for row in of(kind)) for key in ("found", "cited", "precise", "said")),
                         sum(not row["answered"] for row in of(kind))] for kind in kinds])
        lines += [f"- {row['question']} → {row['answer']}".replace("\n", " / ") for row in told["rows"]] + [""]
    return "\n".join(lines).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--kinora", default=str(ROOT / "target" / "release" / "kinora"))
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "result.json")
    options = parser.parse_args()
    home = options.library or pathlib.Path(tempfile.mkdtemp())
    home.mkdir(parents=True, exist_ok=True)
    photos = TESTDATA / "photos"
    folders = [str(photos), str(TESTDATA / "video"), str(HERE / "recordings")]
    kinora(options.kinora, home, "add", *folders, "--attributions", str(photos / "photos.json"))
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    result = {"kinora": revision.stdout.strip(), "ways": {},
              "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"}
    questions = json.loads((HERE / "questions.json").read_text())
    ways = [("extractive", None), *(model.split("=", 1) for model in options.models)]
    for name, config in ways:
        if config:
            shutil.copy(config, home / "config.toml")
        rows = []
        for question in questions:
            start = time.perf_counter()
            report = asked(options.kinora, home, question, [] if config else ["--extractive"])
            rows.append(judged(question, report, time.perf_counter() - start))
        (home / "config.toml").unlink(missing_ok=True)
        result["ways"][name] = {"figures": figures(rows), "rows": rows}
        print(name, result["ways"][name]["figures"], flush=True)
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        options.out.with_name("summary.md").write_text(summary(result))


if __name__ == "__main__":
    main()
