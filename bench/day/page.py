"""Makes docs/day.md of what run.sh printed.

    bench/day/run.sh FOLDER KINORA >day.log; python3 bench/day/page.py day.log COMMIT >docs/day.md
"""
import sys

HEAD = """# A day with Kinora

What a new user types in a day, and what came out: a family's folder of 278 pictures, videos and recordings that nobody chose for the purpose, with
sidecars, screenshots, scans, bursts, odd names and broken files ([what is in it](../bench/day/README.md)). `bench/day/run.sh FOLDER KINORA` types it
all again; this page is its output at {commit}, cut at 14 lines a command and 200 letters a line where `…` or the margin says so, without a
language model. Nothing was left out because it was wrong, and what is wrong in it stands in the issues: a town of
5 000 people is not in the list of places, so "in Bled" is looked for as a word, and a list by looks has no end of its own. The first `add`, of all, was made
by a debug build beside a test run on two cores. With `REUSE=1` it is left out.
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
