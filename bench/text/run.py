"""Text in pictures: Kinora's reader against RapidOCR, the same networks, in one run.

Makes frames with known text (`pictures.py`), lets both read them, and writes time, CPU and character error rate.
Needs a Python with `rapidocr==3.10.0 onnxruntime==1.31.1 opencv-python-headless pillow numpy`, and the models
(`kinora models pull pp-ocrv6-det pp-ocrv6-rec`).
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import pictures

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
GROUNDS = sorted((ROOT / "samples" / "pictures").iterdir())


def edits(a, b):
    """Levenshtein distance."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def inside(point, corners, margin=6):
    """Whether a point lies in a quadrilateral grown by about `margin` pixels."""
    centre = [sum(c[axis] for c in corners) / 4 for axis in (0, 1)]
    height = ((corners[0][0] - corners[3][0]) ** 2 + (corners[0][1] - corners[3][1]) ** 2) ** 0.5
    grow = 1 + 2 * margin / max(height, 1)
    corners = [[centre[axis] + (c[axis] - centre[axis]) * grow for axis in (0, 1)] for c in corners]
    sides = zip(corners, corners[1:] + corners[:1])
    return all((b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) >= 0 for a, b in sides)


def judge(truth, lines, size):
    """(characters, wrong ones, lines, lines read to the letter, invented lines)"""
    left = [dict(line, at=[sum(p[axis] for p in line["region"]) / 4 * size[axis] for axis in (0, 1)])
            for line in lines]
    wrong = exact = 0
    for text, corners in truth:
        mine = sorted((line for line in left if inside(line["at"], corners)), key=lambda line: line["at"][0])
        before, left = left, [line for line in left if line not in mine]
        # In pieces from the left, or in the reader's own order, whichever is better.
        given = [line for line in before if line in mine]
        said = min((" ".join(line["text"] for line in order) for order in (mine, given)),
                   key=lambda said: edits(text, said))
        wrong += edits(text, said)
        exact += said == text
    wrong += sum(len(line["text"]) for line in left)
    return sum(len(text) for text, _ in truth), wrong, len(truth), exact, len(left)


def run(command, truths, rounds):
    before = os.times()
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    after = os.times()
    answers = [json.loads(line) for line in answer.splitlines()]
    assert len(answers) == len(truths)
    sums = [sum(column) for column in zip(*(judge(truth, answer["lines"], pictures.SIZE)
                                            for truth, answer in zip(truths, answers)))]
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    seconds = sorted(answer["seconds"] for answer in answers)
    return dict(
        seconds_median=round(seconds[len(seconds) // 2], 3), seconds_all=[round(s, 3) for s in seconds],
        cpu_per_picture=round(cpu / len(answers) / (rounds + 1), 3), characters=sums[0], wrong=sums[1],
        character_error_rate=round(sums[1] / sums[0], 4), lines=sums[2], exact=sums[3], invented=sums[4]), answers


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for pictures and answers")
    options = parser.parse_args()
    folder = options.keep or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(exist_ok=True)
    files, truths = [], []
    for index in range(options.count):
        picture, lines = pictures.make(options.seed * 1000 + index, GROUNDS[index % len(GROUNDS)])
        file = folder / f"{index:03}.png"
        picture.save(file, compress_level=1)
        files.append(str(file))
        truths.append(lines)
    rounds = str(options.rounds)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    ours = [target / "debug/examples/read_text", "--rounds", rounds, *files]
    peer = [sys.executable, HERE / "peer.py", rounds, *files]
    result = dict(command=f"bench/text/run.py --seed {options.seed} --count {options.count} --rounds {rounds}",
                  machine=f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
                  size=pictures.SIZE)
    for name, command in (("kinora", ours), ("rapidocr", peer)):
        result[name], answers = run(command, truths, options.rounds)
        (folder / f"{name}.json").write_text(json.dumps(answers, ensure_ascii=False))
    (folder / "truth.json").write_text(json.dumps(truths))
    result["cpu_ratio"] = round(result["kinora"]["cpu_per_picture"] / result["rapidocr"]["cpu_per_picture"], 3)
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
