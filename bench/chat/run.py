"""Questions to a library: is the evidence found, cited and told of, and is a refusal right?

    python3 bench/chat/run.py --family FOLDER [--library FOLDER] [--kinora BINARY] [--models NAME=CONFIG.toml ...]

Adds the sample photos with their attributions, the sample clips, `recordings/` and the family's folder that `bench/day/make.py`
makes to a fresh library, then asks questions.json and held-out.json, without a language model (`extractive`) and with each that is
named: CONFIG.toml is a config.toml of Kinora with its [language] section. `--library` keeps the library in a folder, and uses one
that is there. Of held-out.json only figures are told: nobody who mends rules shall read how its questions were answered.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTDATA = pathlib.Path(os.environ.get("TESTDATA", ROOT.parent / "shared" / "testdata"))


# What an answer about one must not name: the others. Years are read out of the answer.
PEOPLE = ["piet", "nora", "maud", "ida"]
PLACES = ["santa cruz", "monterey", "bled", "cincinnati", "beijing", "utrecht", "colchester", "washington", "leuven", "maintenon", "san francisco"]
# Letters a token of English prose has, near enough to compare one state with another.
LETTERS_A_TOKEN = 4


def kinora(binary, home, *arguments, said=None, codes=(0,)):
    """What the command prints; an exit code that is not expected ends the bench."""
    models = subprocess.run([binary, "models", "path"], check=True, capture_output=True, text=True).stdout.strip()
    env = {**os.environ, "KINORA_HOME": str(home), "KINORA_CACHE": models}
    answer = subprocess.run([binary, *arguments, "--json"], env=env, input=said, capture_output=True, text=True)
    if answer.returncode not in codes:
        raise SystemExit(f"{arguments}: exit code {answer.returncode}: {answer.stderr[-2000:]}")
    return answer.stdout


def reports(told):
    """The JSON objects that stand one behind the other."""
    told, decoder, found = told.strip(), json.JSONDecoder(), []
    while told:
        report, end = decoder.raw_decode(told)
        found.append(report)
        told = told[end:].strip()
    return found


def asked(binary, home, question, flags):
    """The report of the last answer: earlier questions are asked in the same conversation."""
    if not question.get("before"):
        return reports(kinora(binary, home, "ask", question["question"], *flags, codes=(0, 1)))[-1]
    lines = "\n".join([*question["before"], question["question"]]) + "\n"
    return reports(kinora(binary, home, "chat", *flags, said=lines, codes=(0, 1)))[-1]


class Names:
    """Which asset a name of the questions means: a title, a file's name, or the end of its path."""

    def __init__(self, home):
        catalogue = sqlite3.connect(f"file:{home}/libraries/default/catalog.sqlite?mode=ro", uri=True)
        # Twins under one name are all meant.
        self.ids = {}
        for asset, title in catalogue.execute("SELECT lower(hex(id)), title FROM assets WHERE title IS NOT NULL"):
            self.ids.setdefault(title, set()).add(asset)
        for asset, path in catalogue.execute("SELECT lower(hex(assets.id)), path FROM files JOIN assets ON assets.row = files.asset"):
            parts = pathlib.PurePosixPath(path).parts
            for count in range(1, min(5, len(parts)) + 1):
                self.ids.setdefault("/".join(parts[-count:]), set()).add(asset)

    def of(self, names):
        found = [self.ids[name] for name in names if name in self.ids]
        return set().union(*found) if found else {f"missing: {name}" for name in names}


def f1(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def told_exactly(question, text):
    """Whether the answer to who, where or when names what is right and nothing else of its kind."""
    if not all(any(word in text for word in words) for words in question["says"]):
        return False
    right = {word for words in question["says"] for word in words}
    if question["kind"] == "when":
        return set(re.findall(r"\b(?:19|20)\d\d\b", text)) == right
    others = PEOPLE if question["kind"] == "who" else PLACES
    return not any(re.search(rf"\b{word}\b", text) for word in others if word not in right)


def counted(question, text):
    """Whether the first number that the answer tells is right; `none` is 0."""
    words = dict(zip("no none nothing one two three four five six seven eight nine ten eleven twelve".split(), [0, 0, 0, *range(1, 13)]))
    found = re.findall(r"[0-9]+|[a-z]+", text)
    numbers = [int(word) if word.isdigit() else words[word] for word in found if word.isdigit() or word in words]
    return bool(numbers) and numbers[0] in question["count"]


def letters(report):
    """What somebody must read to check the answer: its words and the names of what was retrieved."""
    return len(report["text"]) + sum(len(citation["label"]) for citation in report["retrieved"])


def judged(question, report, seconds, names):
    answered, text = report["answered"], report["text"].lower()
    cited = {citation["asset"] for citation in report["citations"]} if answered else set()
    found = {citation["asset"] for citation in report["retrieved"]}
    groups = [names.of(group) for group in question["expect"]]
    right = set().union(*groups, names.of(question["also"]) if question.get("also") else set()) if groups else set()
    share = lambda labels: sum(bool(group & labels) for group in groups) / len(groups) if groups else None
    precise = len(cited & right) / len(cited) if groups and cited else (0.0 if groups else None)
    said = [any(word in text for word in ([words] if isinstance(words, str) else words)) for words in question["says"]]
    sentences = report["sentences"]
    row = {
        "kind": question["kind"], "question": question["question"], "answer": report["text"], "method": report["method"],
        "answered": answered, "found": share(found), "cited": share(cited), "precise": precise,
        "f1": f1(precise, share(cited)) if groups else None,
        "said": (sum(said) / len(said) if answered else 0.0) if said and not question.get("count") else None,
        "sentences": len(sentences), "unsupported": sum(s["support"] == "unsupported" for s in sentences),
        "attributed": sum(s.get("attributed", False) for s in sentences),
        "evidence_tokens": letters(report) // LETTERS_A_TOKEN, "seconds": round(seconds, 2),
    }
    if question["kind"] in ("who", "where", "when"):
        row["exact"] = bool(answered and told_exactly(question, text))
    elif question.get("exact"):
        row["exact"] = bool(answered and cited == set().union(*groups))
    if question.get("count"):
        row["counted"] = counted(question, text)
    return row


def mean(values):
    values = [float(value) for value in values if value is not None]
    return round(statistics.fmean(values), 3) if values else None


def figures(rows):
    impossible = [row for row in rows if row["kind"] == "unanswerable"]
    # That there are none is an answer to "how many".
    answerable = [row for row in rows if row["kind"] != "unanswerable"]
    lists = [row for row in rows if row["kind"] == "list"]
    of = lambda kind: [row for row in rows if row["kind"] == kind]
    return {
        "questions": len(rows),
        "citation_f1": mean(row["f1"] for row in answerable), "evidence_recall": mean(row["found"] for row in answerable),
        "cited_recall": mean(row["cited"] for row in answerable), "citation_precision": mean(row["precise"] for row in answerable),
        "list_precision": mean(row["precise"] for row in lists), "list_recall": mean(row["cited"] for row in lists),
        "exact": [sum(row["exact"] for row in rows if "exact" in row), sum("exact" in row for row in rows)],
        "counted": [sum(row["counted"] for row in rows if "counted" in row), sum("counted" in row for row in rows)],
        "said": mean(row["said"] for row in answerable),
        "refused_rightly": [sum(not row["answered"] for row in impossible), len(impossible)],
        "refused_wrongly": [sum(not row["answered"] for row in answerable), len(answerable)],
        "follow_up_f1": mean(row["f1"] for row in of("follow-up")),
        "sentences_shown": sum(row["sentences"] - row["unsupported"] for row in rows), "sentences_left_out": sum(row["unsupported"] for row in rows),
        "source_found_for": sum(row["attributed"] for row in rows),
        "answers_of_the_model": sum(row["answered"] and isinstance(row["method"], dict) for row in rows),
        "evidence_tokens_mean": mean(row["evidence_tokens"] for row in rows), "evidence_tokens_most": max(row["evidence_tokens"] for row in rows),
        "median_s": statistics.median(row["seconds"] for row in rows),
    }


def table(head, rows):
    cell = lambda value: "-" if value is None else f"{value[0]}/{value[1]}" if isinstance(value, list) else f"{value:.3f}" if isinstance(value, float) else str(value)
    return ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1), *("| " + " | ".join(map(cell, row)) + " |" for row in rows), ""]


COLUMNS = ["questions", "citation_f1", "cited_recall", "citation_precision", "list_precision", "list_recall", "exact", "counted", "said",
           "refused_rightly", "refused_wrongly", "follow_up_f1", "evidence_tokens_mean", "evidence_tokens_most", "median_s"]


def by_kind(rows):
    kinds = list(dict.fromkeys(row["kind"] for row in rows))
    lines = []
    for kind in kinds:
        of = [row for row in rows if row["kind"] == kind]
        exact, number = [row["exact"] for row in of if "exact" in row], [row["counted"] for row in of if "counted" in row]
        lines.append([kind, len(of), *(mean(row[key] for row in of) for key in ("f1", "cited", "precise", "said")),
                      [sum(exact), len(exact)] if exact else None, [sum(number), len(number)] if number else None, sum(not row["answered"] for row in of)])
    return table(["kind", "questions", "F1", "recall", "precision", "said", "exact", "counted", "refused"], lines)


def summary(result):
    lines = ["# Questions to a library", "", f"`bench/chat/run.py`, kinora {result['kinora']}, {result['machine']}; what the figures mean: README.md.", ""]
    lines += table(["asked", *(name.replace("_", " ") for name in COLUMNS)],
                   [[f"{way}, {part}", *(told[part]["figures"][name] for name in COLUMNS)] for way, told in result["ways"].items() for part in told])
    for way, told in result["ways"].items():
        for part, held in told.items():
            lines += [f"## {way}: {part}", "", *held["kinds"]]
        lines += [f"- {row['question']} → {row['answer'][:300]}".replace("\n", " / ") for row in told["questions"]["rows"]] + [""]
    return "\n".join(lines).rstrip() + "\n"


def library(options, home):
    """Adds what is not there yet; files that cannot be read are part of the family's folder, and make `add` end with 1."""
    photos = TESTDATA / "photos"
    folders = [str(photos), str(TESTDATA / "video"), str(HERE / "recordings"), str(options.family)]
    kinora(options.kinora, home, "add", *folders, "--attributions", str(photos / "photos.json"), codes=(0, 1))


def asked_all(options, home, names, flags, told):
    for part, name in (("questions", "questions.json"), ("held-out", "held-out.json")):
        def row(question):
            start = time.perf_counter()
            report = asked(options.kinora, home, question, flags)
            return judged(question, report, time.perf_counter() - start, names)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            rows = list(pool.map(row, json.loads((HERE / name).read_text())))
        told[part] = {"figures": figures(rows), "kinds": by_kind(rows), "rows": rows}
        print(part, told[part]["figures"], *told[part]["kinds"], sep="\n", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", type=pathlib.Path, required=True)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--kinora", default=str(ROOT / "target" / "release" / "kinora"))
    parser.add_argument("--models", nargs="*", default=[])
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "result.json")
    parser.add_argument("--held", type=pathlib.Path, help="where the answers to held-out.json go; nowhere by default")
    parser.add_argument("--jobs", type=int, default=1, help="so many questions at once; seconds say little then")
    parser.add_argument("--as-is", action="store_true", help="add nothing to the library of `--library`")
    options = parser.parse_args()
    home = options.library or pathlib.Path(tempfile.mkdtemp())
    home.mkdir(parents=True, exist_ok=True)
    if not options.as_is:
        library(options, home)
    names = Names(home)
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    result = {"kinora": revision.stdout.strip(), "ways": {},
              "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"}
    ways = [("extractive", None), *(model.split("=", 1) for model in options.models)]
    for name, config in ways:
        if config:
            shutil.copy(config, home / "config.toml")
        told = result["ways"].setdefault(name, {})
        asked_all(options, home, names, [] if config else ["--extractive"], told)
        (home / "config.toml").unlink(missing_ok=True)
        held = told["held-out"].pop("rows")
        if options.held:
            options.held.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n")
        options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
        options.out.with_name(options.out.stem.replace("result", "summary") + ".md").write_text(summary(result))


if __name__ == "__main__":
    main()
