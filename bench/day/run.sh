#!/usr/bin/env bash
# A day with Kinora as a new user spends it: `run.sh FOLDER KINORA` types the commands of docs/day.md at the family's folder (see README.md)
# in a home of its own, and prints each with what came out and its exit code. SCRATCH keeps the home; REUSE=1 uses one that is there.
set -u
family=$(realpath "$1") binary=$(realpath "$2")
scratch=${SCRATCH:-$(mktemp -d)}
mkdir -p "$scratch"; cd "$scratch"
export KINORA_HOME="$scratch/home" LC_ALL=C.UTF-8
most=${MOST:-14}
# The paths of this machine are of no interest.
tidy() { sed -e "s#$family#~/Pictures#g" -e "s#$scratch#~#g"; }
say() { printf '\n$ %s\n' "$1"; }
shown() { # LABEL COMMAND...: what it prints, shortened, and the code it ends with
    say "$1"; shift
    timeout "${LIMIT:-1500}" "$@" >out 2>&1 </dev/null; local code=$?
    tr '\r' '\n' <out | tidy | head -n "$most" | cut -c1-200
    local left=$(($(wc -l <out) - most)); [ $left -gt 0 ] && echo "… ($left lines more)"
    [ $code = 0 ] || echo "[exit code $code]"
}
k() { local label="kinora"; for a in "$@"; do case $a in *[!A-Za-z0-9_./=:,@-]*|"") label+=" \"$a\"" ;; *) label+=" $a" ;; esac; done
    shown "$(printf %s "$label" | tidy)" "$binary" "$@"; }
piped() { # LABEL SHELL: a line of a shell, with `kinora` on the path
    shown "$1" bash -c "kinora() { '$binary' \"\$@\"; }; cd '$scratch'; $2"; }
part() { printf '\n## %s\n' "$1"; }

part "Morning: everything in"
k add "$family/nothere"
[ -n "${REUSE:-}" ] || most=30 k add "$family"
most=30 k add "$family" # again: nothing to do
most=30 k problems
k libraries
k libraries show default

part "Looking for things"
k search "a dog"
k search "guitar"
k search "a submarine"
k search strawbery
k search IMG_2003
k search "cutout 003"
k search --near Bled
k search "boats" --near Bled --after 2022
k search --after 2020 --before 2020
k search "the last ferry leaves at seven"
k search "soda bread"
k show "$family/2015/2015-07 California/IMG_2003.JPG"
k show "$family/Odd names/-rf.jpg"
k list --near Leuven --type picture
k list --after 2018 --before 2018 --type audio
k list --tag cat
k list --folder "$family/2016"

part "A script"
cat >count.py <<'PY'
import collections, json, sys
rows = [json.loads(line) for line in sys.stdin]
years = collections.Counter((row.get("taken_at") or "undated")[:4] for row in rows)
print(len(rows), "in all;", ", ".join(f"{year}: {count}" for year, count in sorted(years.items())))
PY
piped 'kinora list --json | python3 count.py   # how many of which year' 'kinora list --json | python3 count.py'
piped 'kinora search "a dog" --json | python3 -m json.tool --json-lines | head' 'kinora search "a dog" --json | head -c 600'
piped 'kinora show nothere.jpg --json' 'kinora show nothere.jpg --json'

part "Ten questions"
for question in "Which pictures did Maud Halloran take?" "How many pictures were taken in Bled?" "Which pictures show dogs?" "Who took the picture of the lighthouse?" \
    "Where was the picture of the rowing boats taken?" "Which is the oldest picture taken with the iPhone 8?" "Where is the key to the suitcase?" "How much is the monthly rent?" \
    "What did the hotel in Bled cost, and when does the last ferry leave?" "Which pictures were taken in Tokyo?"; do
    k ask "$question" --extractive --no-pictures
done

part "A conversation"
say "kinora chat"
printf '%s\n' "Show me the picture of the lighthouse." "Who took it?" "Where was that?" "Which pictures were taken in Leuven?" "Only those of 2019." "More like the second." /help /nonsense quit |
    timeout 300 "$binary" chat --extractive --no-pictures 2>&1 | tidy | head -80 | cut -c1-200

part "Corrections"
k edit IMG-20210405-WA0017.jpg --not-tag dog
k search "a dog"
k ask "Which pictures show dogs?" --extractive --no-pictures
k transcript lake.flac
k edit lake.flac --said "00:00=We hired a boat for three hours and rowed to the island."
k transcript lake.flac
k edit IMG_2003.JPG --tag ""
piped 'kinora list --folder ~/Pictures/2022/2022-12\ Christmas --json | path | kinora edit - --keyword "Christmas Eve"' \
    "kinora list --folder '$family/2022/2022-12 Christmas' --json | python3 -c 'import json, sys; [print(json.loads(line)[\"path\"]) for line in sys.stdin]' | '$binary' edit - --keyword 'Christmas Eve'"
k search "Christmas Eve"

part "Tidying"
k duplicates
k remove "$family/Backup" --dry-run
k remove "$family/Backup"
k list --folder "$family/Backup"
k libraries rename default family
k search "a dog" --library family --limit 3

part "A film"
k make "A summer in California. A lighthouse by the sea. Waves of the ocean. Tall redwood trees. The skyline at dusk." -o california.mp4 --seconds 12 --size 640x360 --library family
k verify california.mp4
k films --library family
k films --using "$family/2015/2015-07 California/IMG_2003.JPG" --library family
