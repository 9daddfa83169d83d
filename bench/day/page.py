"""Makes docs/day.md of what run.sh printed.

    bench/day/run.sh FOLDER KINORA >day.log; python3 bench/day/page.py day.log COMMIT >docs/day.md
"""
import sys

HEAD = """# A day with Kinora

What a new user types in a day, and what came out: a family's folder of 278 pictures, videos and recordings that nobody chose for the purpose, with
sidecars, screenshots, scans, bursts, odd names and broken files ([what is in it](../bench/day/README.md)). `bench/day/run.sh FOLDER KINORA` types it
all again; this page is its output at {commit}, cut at 14 lines a command and 200 letters a line where `…` or the margin says so, without a
language model. Nothing was left out because it was wrong. With `REUSE=1` the first `add` of all is left out: here it was made before, by a debug build beside
six other builds, in 20 minutes.
"""


def main():
    lines = open(sys.argv[1], encoding="utf8").read().splitlines()
    out, fenced = [HEAD.format(commit=sys.argv[2])], False
    for number, line in enumerate(lines):
        if line.startswith("## "):
            out += (["```"] if fenced else []) + ["", line, ""]
            fenced = False
        elif line or fenced:
            out += [] if fenced else ["```console"]
            # The last empty line before a heading ends the block.
            ends = not line and number + 1 < len(lines) and lines[number + 1].startswith("## ")
            out += [] if ends else [line]
            fenced = True
    print("\n".join(out + (["```"] if fenced else [])))


if __name__ == "__main__":
    main()
