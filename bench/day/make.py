"""Makes the family's folder out of the unpacked packages: the same bytes each time.

    python3 bench/day/make.py UNPACKED FOLDER --ffmpeg FFMPEG

Needs pillow, pillow-heif and piexif, and `flite` of Debian (2.2) to speak. Writes `FOLDER.json` beside the folder: of every picture,
video and recording what it was made from and what was written into it. The folder's list of faults ends it.
"""
import argparse
import datetime
import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import piexif
import pillow_heif
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, PngImagePlugin

import album

pillow_heif.register_heif_opener()
FONT = "/usr/share/fonts/truetype/dejavu/{}.ttf"
Rational = lambda value: (int(round(value * 1000)), 1000)


class Folder:
    """The folder under way, and what was put into it."""

    def __init__(self, unpacked, out, ffmpeg):
        self.unpacked, self.out, self.ffmpeg = unpacked, out, ffmpeg
        self.told, self.draw = {}, random.Random(20)

    def source(self, key):
        kind, rest = key.split("/", 1)
        return self.unpacked / album.SOURCES[kind].format(rest)

    def path(self, name, **told):
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.told[name] = {key: value for key, value in told.items() if value}
        return path


def picture(path, most=1600):
    image = Image.open(path)
    image.load()
    image = image if image.mode in ("RGB", "RGBA", "L") else image.convert("RGBA" if "transparency" in image.info or image.mode in ("LA", "PA") else "RGB")
    image.thumbnail((most, most))
    return image


def flat(image):
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.split()[3])
    return ground


def degrees(value):
    value = abs(value)
    minutes = (value % 1) * 60
    return ((int(value), 1), (int(minutes), 1), Rational((minutes % 1) * 60))


def exif(camera, author, place, taken, title=None, rating=None):
    zeroth, gps = {piexif.ImageIFD.Make: camera[0], piexif.ImageIFD.Model: camera[1]}, {}
    if author:
        zeroth[piexif.ImageIFD.Artist] = author
    if title:
        zeroth[piexif.ImageIFD.ImageDescription] = title.encode()
    if rating:
        zeroth[piexif.ImageIFD.Rating] = rating
    if place:
        gps = {piexif.GPSIFD.GPSLatitudeRef: "N" if place[0] >= 0 else "S", piexif.GPSIFD.GPSLatitude: degrees(place[0]),
               piexif.GPSIFD.GPSLongitudeRef: "E" if place[1] >= 0 else "W", piexif.GPSIFD.GPSLongitude: degrees(place[1])}
    when = taken.strftime("%Y:%m:%d %H:%M:%S")
    return piexif.dump({"0th": zeroth, "Exif": {piexif.ExifIFD.DateTimeOriginal: when}, "GPS": gps})


def sidecar(path, title, keywords, rating, author):
    items = "".join(f"<rdf:li>{word}</rdf:li>" for word in keywords)
    title = f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>' if title else ""
    creator = f"<dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>" if author else ""
    path.with_name(path.name + ".xmp").write_text(
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        f'xmp:Rating="{rating or 0}">{title}{creator}<dc:subject><rdf:Bag>{items}</rdf:Bag></dc:subject>'
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>\n')


def takeout(path, taken, place, title):
    path.with_name(path.name + ".supplemental-metadata.json").write_text(json.dumps({
        "title": path.name, "description": title or "", "photoTakenTime": {"timestamp": str(int(taken.timestamp()))},
        "geoData": {"latitude": place[0], "longitude": place[1], "altitude": 12.0}}, indent=1))


def events(folder):
    for place_in, names, camera, author, place, first, form, way, lines in album.EVENTS:
        taken = datetime.datetime.fromisoformat(first).replace(tzinfo=datetime.timezone.utc)
        for number, line in enumerate(lines.strip().splitlines()):
            key, title, keywords, rating = ([part.strip() for part in line.split("|")] + ["", "", ""])[:4]
            keywords, rating = [word.strip() for word in keywords.split(",") if word.strip()], int(rating or 0)
            name = f"{place_in}/{names.format(number * 7 + 3)}"
            small = form == "small avif" and number % 3 == 2
            name = str(pathlib.PurePosixPath(name).with_suffix(".avif")) if small else name
            held = dict(title=title, keywords=keywords if way == "xmp" else [], rating=rating if way != "takeout" else 0)
            path = folder.path(name, source=key, author=author, camera=camera and camera[1], place=place, date=taken.isoformat() if camera else None, **held)
            wrote = exif(camera, author, None if way == "takeout" else place, taken, title if way == "exif" else None, rating if way == "exif" else None) if camera else None
            image = picture(folder.source(key), 256 if small else 1600)
            kept = {"heic": "HEIF", "jpeg": "JPEG", "small avif": "AVIF" if small else "JPEG"}[form]
            options = {"exif": wrote} if wrote else {}
            (flat(image) if kept == "JPEG" else image).save(path, kept, quality=88, **options)
            if way == "xmp":
                sidecar(path, title, keywords, rating, author)
            if way == "takeout":
                takeout(path, taken, place, title)
            taken += datetime.timedelta(minutes=11 + number)


def posters(folder):
    """Cut-outs on transparent ground: PNG and WebP; names that tell what they show alternate with numbers."""
    for where, first, keyword, stamps in album.POSTERS:
        taken = datetime.datetime.fromisoformat(first)
        for number, stamp in enumerate(stamps.split()):
            short = stamp.rsplit("/", 1)[1]
            form = "webp" if number % 5 == 4 else "png"
            name = f"{where}/{short if number % 2 == 0 else f'cutout {number:03}'}.{form}"
            path = folder.path(name, source=f"Z/{stamp}", keywords=[keyword])
            picture(folder.source(f"Z/{stamp}")).convert("RGBA").save(path, form, **({"quality": 90} if form == "webp" else {}))
            sidecar(path, None, [keyword], None, None)
            os.utime(path, (taken.timestamp() + number, taken.timestamp() + number))


def sheet(folder, lines, size, ink=(40, 40, 50), paper=(250, 247, 238), font="DejaVuSerif", letters=34, tilt=0.0):
    image = Image.new("RGB", size, paper)
    pen = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        pen.text((80, 90 + number * letters * 1.7), line, font=ImageFont.truetype(FONT.format(font), letters), fill=ink)
    image = image.rotate(tilt, resample=Image.BICUBIC, fillcolor=paper)
    noise = Image.effect_noise(size, 14).convert("RGB") if tilt else None
    return Image.blend(image, noise, 0.08).filter(ImageFilter.GaussianBlur(0.6)) if noise else image


def papers(folder):
    fonts = ["DejaVuSerif", "DejaVuSans", "DejaVuSansMono", "DejaVuSerif-Bold"]
    for number, (name, date, lines) in enumerate(album.SCANS):
        taken = datetime.datetime.fromisoformat(date)
        path = folder.path(f"{name}", source="scan", lines=lines, camera=album.EPSON[1], date=date)
        tilt = [-1.4, 0.8, 0.5, -0.7][number % 4]
        image = sheet(folder, lines, (1240, 900), font=fonts[number % 4], tilt=tilt)
        image.save(path, exif=exif(album.EPSON, None, None, taken), **({"quality": 85} if name.endswith("jpg") else {}))
    for name, lines in album.SCREENS:
        path = folder.path(f"Phone/Screenshots/{name}", source="screen", lines=lines)
        sheet(folder, lines, (1080, 1400), ink=(20, 20, 20), paper=(235, 240, 250), font="DejaVuSans", letters=52).save(path)
    shutil.copy(folder.source("E/ximgproc/stanford.png"), folder.path("Phone/Screenshots/Screenshot_20150717-120301.png", source="E/ximgproc/stanford.png"))
    for name, source in (("Phone/sudoku.png", "C/sudoku.png"), ("2024/book page.png", "K/page.png"), ("2024/quotation.png", "C/imageTextN.png")):
        picture(folder.source(source)).save(folder.path(name, source=source))


def spoken(folder, voice, words, to):
    subprocess.run(["flite", "-voice", voice, "-t", words, "-o", str(to)], check=True)


def ffmpeg(folder, *arguments):
    subprocess.run([folder.ffmpeg, "-v", "error", "-y", "-bitexact", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def memos(folder):
    with tempfile.TemporaryDirectory() as held:
        wave = pathlib.Path(held) / "spoken.wav"
        for name, voice, date, words in album.MEMOS:
            spoken(folder, voice, words, wave)
            path = folder.path(name, words=words, date=date)
            ffmpeg(folder, "-i", wave, "-metadata", f"date={date}", *(["-strict", "-2"] if name.endswith("opus") else []), path)
        for name, date, prompts in album.PROMPTS:
            sounds = folder.unpacked / "asterisk-core-sounds-en-wav/usr/share/asterisk/sounds/en_US_f_Allison"
            inputs = [part for prompt in prompts for part in ("-i", sounds / f"{prompt}.wav")]
            path = folder.path(name, words=" ".join(prompts), date=date)
            ffmpeg(folder, *inputs, "-filter_complex", f"concat=n={len(prompts)}:v=0:a=1", path)


def clips(folder):
    with tempfile.TemporaryDirectory() as held:
        wave, still = pathlib.Path(held) / "spoken.wav", pathlib.Path(held) / "still.png"
        for name, source, (begin, end), date, say, title in album.CLIPS:
            path = folder.path(name, source=source, date=date, words=say and say[1], lines=title)
            sound = []
            if say:
                spoken(folder, *say, wave)
                sound = ["-i", wave, "-map", "0:v", "-map", "1:a", "-c:a", "aac"]
            if source[1] == "/":
                image = flat(picture(folder.source(source), 1280)).resize((1280, 800))
                for number, line in enumerate(title or []):
                    ImageDraw.Draw(image).text((120, 200 + 140 * number), line, font=ImageFont.truetype(FONT.format("DejaVuSans-Bold"), 96), fill="white", stroke_width=6, stroke_fill="black")
                image.save(still)
                seen = ["-loop", 1, "-framerate", 25, "-t", end, "-i", still]
                moved = ["-vf", "zoompan=z='1+on/900':d=1:s=1280x720:fps=25"] if not title else ["-vf", "scale=1280:720"]
            else:
                seen, moved = ["-ss", begin, "-t", end - begin, "-i", folder.unpacked / source], ["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"]
            ffmpeg(folder, *seen, *sound, *moved, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", 1,
                   "-metadata", f"creation_time={date}", path)


def again(folder):
    """Bursts, smaller copies, edited ones, exact ones."""
    here = {told["source"]: name for name, told in folder.told.items() if told.get("source")}
    bursts = [("C/squirrel_cls.jpg", 3), ("C/chicky_512.png", 3), ("P/EveningGlow", 2), ("T/lighthouse", 2), ("J/european-honey-bee", 3), ("K/coffee.png", 2)]
    for key, count in bursts:
        first = pathlib.PurePosixPath(here[key])
        image = flat(picture(folder.source(key)))
        for number in range(1, count + 1):
            wide, high = image.size
            moved = image.crop((6 * number, 4 * number, wide - 10 + 3 * number, high - 8 + 2 * number))
            moved = ImageEnhance.Brightness(moved).enhance(1 + 0.02 * number)
            moved.save(folder.path(f"{first.parent}/{first.stem}_BURST{number:02}.jpg", source=key, burst=here[key]), quality=86)
    for key in ["J/castle-maintenon", "T/jellyfish", "A/china", "K/motorcycle_left.png", "E/hfs/data/001.jpg"]:
        image = flat(picture(folder.source(key), 640))
        image.save(folder.path(f"WhatsApp/IMG-20230102-WA{len(folder.told) % 10000:04}.jpg", source=key, copy=here[key]), quality=60)
    for key in ["J/cincinnati-bridge", "L/seeding_by_Clements_Engelhardt", "C/butterfly.jpg"]:
        first = pathlib.PurePosixPath(here[key])
        flat(picture(folder.source(key))).convert("L").save(folder.path(f"{first.parent}/{first.stem}-edited.jpg", source=key, copy=here[key]), quality=88)
    for key in ["C/fruits.jpg", "K/chelsea.png", "C/leuvenA.jpg"]:
        first = pathlib.PurePosixPath(here[key])
        shutil.copy(folder.out / first, folder.path(f"Backup/Copy of {first.name}", source=key, copy=here[key]))
    flat(picture(folder.source("K/motorcycle_right.png"))).save(folder.path("2024/2024-01 Attic/DSC3_right.JPG", source="K/motorcycle_right.png", copy=here["K/motorcycle_left.png"]))
    source = folder.source("Z/vehicles/construction/dumper_mirror")
    picture(source).save(folder.path("2023/2023-03 For sale/dumper other side.png", source="Z/vehicles/construction/dumper_mirror"))


def faults(folder):
    """What every old folder has: broken, cut, empty, misnamed, odd names, and things that are no files."""
    whole = (folder.out / "2015/2015-07 California/IMG_2003.JPG").read_bytes()
    video = (folder.out / "2014/2014-09 Leuven/MVI_0102.MP4").read_bytes()
    broken = {"IMG_9001.JPG": whole[: len(whole) // 3], "IMG_9002.JPG": b"", "IMG_9003.JPG": whole[:400], "MVI_9004.MP4": video[: len(video) // 4], "MVI_9005.MP4": b"",
              "not a picture.jpg": b"This is a note that somebody named wrongly.\n", "noise.png": bytes(folder.draw.randrange(256) for _ in range(4000)),
              "invoice.pdf": b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", "logo.svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
              "raw.NEF": b"MM\x00\x2a\x00\x00\x00\x08" + bytes(2000), "memo cut.mp3": (folder.out / "2020/memos/plumber.mp3").read_bytes()[:700],
              "Thumbs.db": bytes(512), ".DS_Store": bytes(300), "._IMG_2003.JPG": b"\x00\x05\x16\x07" + bytes(100), "notes.txt": b"remember the milk\n"}
    for name, held in broken.items():
        (folder.out / "Old disk").mkdir(exist_ok=True)
        (folder.out / "Old disk" / name).write_bytes(held)
    odd = ["-rf.jpg", "$(touch owned).jpg", "two\nlines.jpg", "quote\"and'quote.jpg", " space before.jpg", "trailing dot..jpg", "été ñandú 猫 🐈.jpg", "\u202egpj.rtl.jpg", "x" * 240 + ".jpg", "100% of 5 & more;#.jpg", "tab\there.jpg"]
    keys = ["Z/plants/flowers/adeenia", "Z/plants/flowers/flower1", "Z/plants/flowers/yellow-flower", "Z/plants/flowers/whitestar-petunia", "Z/animals/birds/tucan", "Z/animals/birds/heron_greatblue",
            "Z/animals/birds/drake", "Z/animals/mammals/ferret", "Z/animals/mammals/goat", "Z/animals/mammals/badger", "Z/town/uk_post_box"]
    for name, key in zip(odd, keys):
        found = folder.source(key)
        if not found.exists():
            found = next((folder.unpacked / "tuxpaint-stamps-default").rglob(f"{key.rsplit('/', 1)[1]}.png"))
        flat(picture(found)).save(folder.path(f"Odd names/{name}", source=key))
    raw = os.fsencode(folder.out) + b"/Odd names/caf\xe9.jpg"
    shutil.copyfile(folder.out / "2017/2017-05 Garden/DSC20010.JPG", raw)
    os.mkfifo(folder.out / "Old disk" / "pipe.jpg")
    os.symlink("..", folder.out / "Old disk" / "loop")
    os.symlink("nowhere.jpg", folder.out / "Old disk" / "dangling.jpg")
    (folder.out / "Empty folder").mkdir()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("unpacked", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--ffmpeg", default="ffmpeg")
    options = parser.parse_args()
    if options.out.exists():
        parser.error(f"there is something already at `{options.out}`")
    folder = Folder(options.unpacked, options.out, options.ffmpeg)
    for step in (events, posters, papers, memos, clips, again, faults):
        step(folder)
    options.out.with_name(options.out.name + ".json").write_text(json.dumps(folder.told, indent=1, ensure_ascii=False) + "\n")
    print(f"{sum(len(files) for _, _, files in os.walk(options.out))} files in {options.out}")


if __name__ == "__main__":
    main()
