"""Writes summary.md from result.json."""
import json, os

here = os.path.dirname(os.path.abspath(__file__))
results = json.load(open(f"{here}/result.json"))
lines = ["# Speech", "", f"Word error rate and CPU time, {results['cores']} shared cores (load {results['load']}); see `run.py`. "
         "\"Told\": the recognizer was told the language. Nobody speaks in the sound effects. \"CPU\" is CPU seconds of the", "whole child, loading included, for a second of sound. \"Silent\" are files without a word heard.", "",
         "| model | recordings | files | words | WER | right language | silent | sound, s | CPU |", "|---|---|--:|--:|--:|--:|--:|--:|--:|"]
for model, rows in results["models"].items():
    for name, row in rows.items():
        lines.append(f"| {model} | {name} | {row['files']} | {row['words']} | {row['wer'] if row['wer'] is None else format(row['wer'], '.3f')} | {row['language_right']} | {row['silent']} | "
                     f"{row['seconds']:.0f} | {row['cpu_ratio']:.2f} |")
lines += ["", "The stamps are one or two words each, in less than a second, read by many people at home: too short for context, or for a",
          "language to be told by its sound, and every file costs a whole window of 30 s. A spoken description need not have the written",
          "words; nothing was corrected. Kokoro is a voice model, clearer than people are. Not covered: conversations, noise, distance."]
if os.path.exists(f"{here}/long.json"):
    lines += ["", "## Longer files, before and after doubtful speech was kept", "", "`long.py`, same machine. \"Doubtful\" are words marked as a guess, \"not understood\" seconds that are told to be speech without words.",
              "\"After\" leaves out words below 0.2231, as the code does, from what a build without that limit heard. Measured on 2 cores shared with other builds, debug profile,",
              "whisper-tiny and whisper-base int8, 27 November 2026, against 37d93f5. \"Invented\" under espeak-ng are words that were said in part; there is no transcript.", "",
              "| model | recordings | words | errors before | after | invented before | after | doubtful | not understood, s | CPU s before | after |", "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for model, runs in json.load(open(f"{here}/long.json")).items():
        for label, new in runs["after"].items():
            old = runs["before"][label]
            lines.append(f"| {model} | {label} | {new['words']} | {old['errors']} | {new['errors']} | {old['invented']} | {new['invented']} | {new['doubtful']} | {new['not_understood_s']} | {old['cpu_s'] or '-'} | {new['cpu_s'] or '-'} |")
open(f"{here}/summary.md", "w").write("\n".join(lines) + "\n")
