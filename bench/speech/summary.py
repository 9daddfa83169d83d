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
open(f"{here}/summary.md", "w").write("\n".join(lines) + "\n")
