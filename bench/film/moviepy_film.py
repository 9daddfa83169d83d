"""The film of a Kinora storyboard made with MoviePy: same pictures, views, pace, crossfades, encoder settings.

usage: moviepy_film.py BOARD.json OUT.mp4
"""

import json
import math
import sys

from moviepy import CompositeVideoClip, ImageClip, vfx

END_SPEED, RAMP = 0.35, 0.22


def ease(t):
    t = min(max(t, 0.0), 1.0)
    area = 1.0 - RAMP * (1.0 - END_SPEED)

    def ramp(t):
        risen = t / 2 - RAMP / (2 * math.pi) * math.sin(math.pi * t / RAMP)
        return (END_SPEED * t + (1 - END_SPEED) * risen) / area

    if t < RAMP:
        return ramp(t)
    if t > 1 - RAMP:
        return 1 - ramp(1 - t)
    return ramp(RAMP) + (t - RAMP) / area


def main():
    board = json.load(open(sys.argv[1]))
    spec = board["spec"]
    fps, size = spec["fps"], (spec["size"]["width"], spec["size"]["height"])
    fade = spec["transition"]["crossfade"]
    clips, start = [], 0.0
    for i, shot in enumerate(board["shots"]):
        camera, asset = shot["camera"], shot["source"]
        length = shot["frames"] / fps

        def view(t, camera=camera, length=length):
            k = ease(t / (length - 1 / fps))
            a, b = camera["from"], camera["to"]
            return {key: a[key] + (b[key] - a[key]) * k for key in a}

        def scale(t, asset=asset, view=view):
            return size[0] / (view(t)["width"] * asset["size"]["width"])

        def place(t, asset=asset, view=view, scale=scale):
            s, v = scale(t), view(t)
            return (-v["x"] * asset["size"]["width"] * s, -v["y"] * asset["size"]["height"] * s)

        clip = ImageClip(asset["paths"][0], duration=length)
        clip = clip.with_effects([vfx.Resize(scale)]).with_position(place)
        clip = CompositeVideoClip([clip], size=size).with_duration(length).with_start(start)
        clips.append(clip.with_effects([vfx.CrossFadeIn(fade)]) if i else clip)
        start += length - fade
    film = CompositeVideoClip(clips, size=size).with_duration(spec["seconds"])
    film.write_videofile(
        sys.argv[2], fps=fps, codec="libx264", preset="veryfast", audio=False, threads=6, logger=None,
        ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p", "-g", str(fps * 2)],
    )


main()
