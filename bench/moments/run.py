"""Moments of videos found by words: the three sample clips among 81 photos, asked with judged queries.

    python3 bench/moments/run.py [--library FOLDER] [--kinora BINARY]

Adds clips and photos to a fresh library with text and tags (without speech: nothing is said in the clips), then runs
`kinora eval` over queries.json in both modes. `--library` keeps the library in a folder, and uses one that is there.
`--no-words`, as the names of the photos tell what they show.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TESTDATA = pathlib.Path(os.environ.get("TESTDATA", ROOT.parent / "shared" / "testdata"))
FIGURES = ["recall_at_1", "recall_at_5", "mrr", "ndcg_at_10"]
MOMENTS = ["recall_at_1_iou_50", "recall_at_3_iou_50", "mean_best_iou"]


def models(binary):
    told = subprocess.run([binary, "models", "path"], check=True, capture_output=True, text=True)
    return pathlib.Path(told.stdout.strip())


def kinora(binary, home, *arguments):
    env = {**os.environ, "KINORA_HOME": str(home), "KINORA_CACHE": str(models(binary))}
    answer = subprocess.run([binary, *arguments, "--json"], env=env, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def row(name, report):
    told = [report[key] for key in FIGURES] + [report["moments"][key] for key in MOMENTS]
    abstained = f"{report['abstained_correctly']}/{report['unanswerable']}"
    wrongly = f"{report['abstained_wrongly']}/{report['answerable']}"
    return f"| {name} | " + " | ".join(f"{value:.3f}" for value in told) + f" | {abstained} | {wrongly} |"


def summary(result):
    head = ["mode", "R@1", "R@5", "MRR", "nDCG@10", "moment R@1", "moment R@3", "mean best IoU", "abstained rightly",
            "abstained wrongly"]
    lines = ["# Moments", "", f"`{result['command']}`, kinora {result['kinora']}, space {result['space']}.", "",
             "| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
    lines += [row(name, result[name]) for name in ("hybrid", "dense_only")]
    lines += ["", "A moment is right at a temporal IoU of 0.5 or more. Query by query, hybrid:", "",
              "| query | rank of a right file | place of a right moment | best IoU | answered |", "|---|--:|--:|--:|---|"]
    for query in result["hybrid"]["queries"]:
        fit = query.get("moments") or {"rank": None, "best_iou": None}
        cells = [query["query"], query["rank"], fit["rank"], fit["best_iou"] and round(fit["best_iou"], 2),
                 "yes" if query["fits"] else "no"]
        lines.append("| " + " | ".join("-" if cell is None else str(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--kinora", default=str(ROOT / "target" / "release" / "kinora"))
    options = parser.parse_args()
    home = options.library or pathlib.Path(tempfile.mkdtemp())
    home.mkdir(parents=True, exist_ok=True)
    folders = [str(TESTDATA / "video"), str(TESTDATA / "photos")]
    added = kinora(options.kinora, home, "add", *folders, "--no-words", "--without", "speech")
    revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    result = {"command": "bench/moments/run.sh", "kinora": revision.stdout.strip(),
              "machine": f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
              "failed": added["failed"]}
    for mode, flags in (("hybrid", []), ("dense_only", ["--dense-only"])):
        result[mode] = kinora(options.kinora, home, "eval", str(HERE / "queries.json"), *flags)
    result["space"] = result["hybrid"]["space"]
    (HERE / "result.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    (HERE / "summary.md").write_text(summary(result))
    print("\n".join(row(mode, result[mode]) for mode in ("hybrid", "dense_only")))


if __name__ == "__main__":
    main()
