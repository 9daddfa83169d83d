"""RapidOCR with its default settings, in the words of `read_text`: one line of JSON a picture."""
import json
import sys
import time

import cv2
from rapidocr import RapidOCR


def main():
    rounds, files = int(sys.argv[1]), sys.argv[2:]
    engine = RapidOCR(params={"Global.log_level": "critical"})
    for file in files:
        picture = cv2.imread(file)
        height, width = picture.shape[:2]
        result, seconds = engine(picture), None
        for _ in range(rounds):
            start = time.perf_counter()
            result = engine(picture)
            took = time.perf_counter() - start
            seconds = took if seconds is None else min(seconds, took)
        lines = [dict(text=text, confidence=score, region=[[float(x) / width, float(y) / height] for x, y in box])
                 for box, text, score in zip(result.boxes, result.txts, result.scores)] if result.txts else []
        print(json.dumps(dict(file=file, seconds=seconds, lines=lines)), flush=True)


if __name__ == "__main__":
    main()
