//! Media as cameras, messengers, broken disks and enemies leave them, all in one folder, in one run.
//!
//! Each file has its row: what it must become, or which words it must fail with. Not covered: files too
//! large to be made here, HEIC and AVIF (see `kinora-image/tests/read.rs`), real models, DRM.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]
#![cfg(unix)]

mod common;
mod corpus;

use std::{
    collections::HashMap, fmt::Write, fs, os::unix::fs::symlink, path::Path, process::Command,
};

use common::{Bench, Notes};
use corpus::{Becomes, Row, Source, noise, zip};
use kinora_types::{Asset, Kind};
use kinora_video::fixtures::ffmpeg;

use Becomes::{Audio, Damaged, Fails, Picture, Video};
use Source::{Forged, Kept, Made};

/// Says nothing of the file but that its content is none that Kinora reads.
const STRANGE_VIDEO: &str = "not a video or sound in a format that Kinora reads";
const STRANGE_PICTURE: &str = "not a picture in a format that Kinora reads";
const CUT_OFF: &str = "file is cut off";
const NO_FRAME: &str = "no frame of it can be decoded";

/// Whole files that few programs expect.
const WHOLE: &[Row] = &[
    (
        "ten bit.mp4",
        Made("-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuv420p10le -c:v libx264"),
        Video(96, 64, 1000..=1000),
    ),
    (
        "ten bit.mkv",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuv420p10le -c:v libx265 -x265-params log-level=none",
        ),
        Video(96, 64, 1000..=1040),
    ),
    (
        "ten bit.webm",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuv420p10le -c:v libvpx-vp9 -deadline realtime -cpu-used 8",
        ),
        Video(96, 64, 1000..=1000),
    ),
    (
        "alpha vp8.webm",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuva420p -c:v libvpx -auto-alt-ref 0 -deadline realtime",
        ),
        Video(96, 64, 1000..=1000),
    ),
    (
        "alpha vp9.webm",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuva420p -c:v libvpx-vp9 -auto-alt-ref 0 -deadline realtime",
        ),
        Video(96, 64, 1000..=1000),
    ),
    (
        "alpha.mov",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444",
        ),
        Video(96, 64, 1000..=1000),
    ),
    (
        "alpha.png",
        Made("-f lavfi -i color=red@0.5:s=96x64,format=rgba -frames:v 1"),
        Picture(96, 64),
    ),
    (
        "alpha.gif",
        Made("-f lavfi -i testsrc2=s=96x64:r=5:d=1,format=rgba,colorkey=black"),
        Video(96, 64, 1000..=1000),
    ),
    (
        "sixteen bit.png",
        Made("-f lavfi -i testsrc2=s=96x64 -pix_fmt rgb48be -frames:v 1"),
        Picture(96, 64),
    ),
    (
        "variable.mp4",
        Made(
            "-f lavfi -i testsrc2=s=96x64:r=25:d=1 -vf settb=1/1000,setpts=(N*20+N*N) -fps_mode passthrough \
              -enc_time_base 1/1000 -c:v libx264 -video_track_timescale 1000",
        ),
        Video(96, 64, 1000..=1110),
    ),
    ("one pixel.png", Made("-f lavfi -i testsrc2=s=2x2 -vf scale=1:1 -frames:v 1"), Picture(1, 1)),
    (
        "one pixel.mkv",
        Made("-f lavfi -i testsrc2=s=2x2:d=1 -vf scale=1:1 -c:v ffv1"),
        Video(1, 1, 1000..=1000),
    ),
    ("wide.png", Made("-f lavfi -i testsrc2=s=16384x8 -frames:v 1"), Picture(16384, 8)),
    (
        "wide.avi",
        Made("-f lavfi -i testsrc2=s=16384x16 -frames:v 3 -c:v mjpeg"),
        Video(16384, 16, 120..=120),
    ),
    (
        "thin.mkv",
        Made("-f lavfi -i testsrc2=s=4x1200:r=10:d=1 -c:v ffv1"),
        Video(4, 1200, 1000..=1000),
    ),
    ("thin.jpg", Made("-f lavfi -i testsrc2=s=2x4000 -frames:v 1"), Picture(2, 4000)),
    (
        "odd.mp4",
        Made("-f lavfi -i testsrc2=s=98x66:d=1 -vf format=yuv444p,crop=97:65:0:0 -c:v libx264"),
        Video(97, 65, 1000..=1000),
    ),
    (
        "interlaced.mpg",
        Made(
            "-f lavfi -i testsrc2=s=320x240:r=50:d=1 -vf interlace=scan=tff -c:v mpeg2video -flags +ilme+ildct",
        ),
        Video(320, 240, 920..=1040),
    ),
    (
        "anamorphic.mp4",
        Made("-f lavfi -i testsrc2=s=96x64:d=1 -vf setsar=2/1 -c:v libx264"),
        Video(192, 64, 1000..=1000),
    ),
    (
        "turned 90.mp4",
        Made("-display_rotation -90 -i RAW/end.mp4 -c copy"),
        Video(120, 160, 2000..=2000),
    ),
    (
        "turned 180.mp4",
        Made("-display_rotation 180 -i RAW/end.mp4 -c copy"),
        Video(160, 120, 2000..=2000),
    ),
    (
        "turned 270.mp4",
        Made("-display_rotation 90 -i RAW/end.mp4 -c copy"),
        Video(120, 160, 2000..=2000),
    ),
    (
        "many streams.mkv",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -f lavfi -i smptebars=s=64x48:d=1 -f lavfi -i sine=d=1 -i RAW/words.srt \
              -map 0 -map 1 -map 2 -map 2 -map 3 -c:v libx264 -c:a flac",
        ),
        Video(96, 64, 1000..=1010),
    ),
    (
        "cover.mp3",
        Made(
            "-i RAW/tone.mp3 -i RAW/still.jpg -map 0 -map 1 -c:a copy -c:v copy -disposition:v:0 attached_pic",
        ),
        Audio(1950..=2150),
    ),
    (
        "cover.m4a",
        Made(
            "-i RAW/tone.wav -i RAW/still.jpg -map 0 -map 1 -c:a aac -c:v copy -disposition:v:0 attached_pic",
        ),
        Audio(1950..=2150),
    ),
    ("sound only.mp4", Made("-i RAW/tone.wav -c:a aac"), Audio(1950..=2150)),
    ("sound only.mkv", Made("-i RAW/tone.wav -c:a flac"), Audio(1950..=2150)),
    ("words only.mkv", Made("-i RAW/words.srt"), Fails("the file has no video in it")),
    (
        "fonts.mkv",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -c:v libx264 -attach RAW/words.srt \
              -metadata:s:t mimetype=application/x-truetype-font",
        ),
        Video(96, 64, 1000..=1000),
    ),
    (
        "one frame.mp4",
        Made("-f lavfi -i testsrc2=s=96x64:r=25 -frames:v 1 -c:v libx264"),
        Video(96, 64, 40..=40),
    ),
    (
        "blink.mkv",
        Made("-f lavfi -i testsrc2=s=96x64:r=50 -frames:v 2 -c:v libx264"),
        Video(96, 64, 40..=40),
    ),
    (
        "slow.mp4",
        Made("-f lavfi -i testsrc2=s=96x64:r=1/5:d=20 -c:v libx264"),
        Video(96, 64, 20_000..=20_000),
    ),
    (
        "fast.mp4",
        Made("-f lavfi -i testsrc2=s=96x64:r=240:d=0.5 -c:v libx264"),
        Video(96, 64, 500..=500),
    ),
    (
        "from before.mp4",
        Made(
            "-f lavfi -i testsrc2=s=96x64:d=1 -c:v libx264 -avoid_negative_ts disabled -output_ts_offset -0.4",
        ),
        Video(96, 64, 560..=1040),
    ),
    (
        "late.ts",
        Made("-f lavfi -i testsrc2=s=96x64:d=1 -c:v libx264 -output_ts_offset 90000"),
        Video(96, 64, 920..=1040),
    ),
    (
        "gap.ts",
        Made("-f lavfi -i testsrc2=s=96x64:d=2 -c:v libx264 -vf setpts=PTS+gt(N\\,20)*9/TB"),
        Video(96, 64, 10_900..=11_100),
    ),
];

/// What broken disks, lost connections and hurried cards leave.
const BROKEN: &[Row] = &[
    ("empty.mp4", Forged(|_| Vec::new()), Fails("the file is empty")),
    ("empty.jpg", Forged(|_| Vec::new()), Fails("the file is empty")),
    ("empty.wav", Forged(|_| Vec::new()), Fails("the file is empty")),
    ("head.mp4", Forged(|raw| raw.first("end.mp4", 20)), Fails("damaged")),
    ("index lost.mp4", Forged(|raw| raw.part("end.mp4", 60)), Fails(NO_FRAME)),
    ("last byte.mp4", Forged(|raw| raw.but_last_byte("end.mp4")), Video(160, 120, 2000..=2000)),
    ("cut.mp4", Forged(|raw| raw.part("front.mp4", 60)), Damaged(160, 120, 800..=1900)),
    (
        "last byte front.mp4",
        Forged(|raw| raw.but_last_byte("front.mp4")),
        Damaged(160, 120, 1800..=2000),
    ),
    ("no pieces.mp4", Forged(|raw| raw.before("pieces.mp4", b"moof")), Fails(NO_FRAME)),
    ("cut pieces.mp4", Forged(|raw| raw.part("pieces.mp4", 60)), Damaged(160, 120, 900..=2000)),
    ("blank.mp4", Forged(|raw| raw.over("front.mp4", b"mdat", &[0; 5000])), Fails(NO_FRAME)),
    ("all blank.mp4", Forged(|raw| vec![0; raw.get("end.mp4").len()]), Fails(STRANGE_VIDEO)),
    ("head.mkv", Forged(|raw| raw.first("film.mkv", 40)), Fails(STRANGE_VIDEO)),
    ("cut.mkv", Forged(|raw| raw.part("film.mkv", 60)), Damaged(160, 120, 800..=1900)),
    ("last byte.mkv", Forged(|raw| raw.but_last_byte("film.mkv")), Damaged(160, 120, 1800..=2000)),
    ("hole.mkv", Forged(|raw| raw.hole("film.mkv", 50, 55)), Damaged(160, 120, 800..=2000)),
    (
        "for ever.mkv",
        Forged(|raw| raw.over("film.mkv", b"\x44\x89\x88", &1e13f64.to_be_bytes())),
        Video(160, 120, 2000..=2000),
    ),
    (
        "no length.mkv",
        Forged(|raw| raw.over("film.mkv", b"\x44\x89\x88", &f64::NAN.to_be_bytes())),
        Video(160, 120, 2000..=2000),
    ),
    ("cut.ts", Forged(|raw| raw.part("film.ts", 60)), Damaged(160, 120, 900..=1500)),
    (
        "headless.ts",
        Forged(|raw| raw.get("film.ts")[10_000..].to_vec()),
        Damaged(160, 120, 500..=2000),
    ),
    ("head.mp3", Forged(|raw| raw.first("tone.mp3", 20)), Fails(STRANGE_VIDEO)),
    ("cut.mp3", Forged(|raw| raw.part("tone.mp3", 60)), Audio(1000..=2100)),
    ("headless.mp3", Forged(|raw| raw.get("tone.mp3")[5_000..].to_vec()), Audio(1000..=2100)),
    ("head.wav", Forged(|raw| raw.first("tone.wav", 30)), Fails(STRANGE_VIDEO)),
    ("silent.wav", Forged(|raw| raw.first("tone.wav", 44)), Audio(0..=0)),
    ("cut.wav", Forged(|raw| raw.part("tone.wav", 60)), Audio(1150..=1250)),
    ("streamed.wav", Forged(|raw| raw.over("tone.wav", b"data", &[0xff; 4])), Audio(1950..=2050)),
    ("cut.gif", Forged(|raw| raw.part("film.gif", 60)), Damaged(160, 120, 800..=2400)),
    ("last byte.gif", Forged(|raw| raw.but_last_byte("film.gif")), Video(160, 120, 2000..=2400)),
    ("cut still.gif", Forged(|raw| raw.part("still.gif", 60)), Fails(CUT_OFF)),
    ("last byte still.gif", Forged(|raw| raw.but_last_byte("still.gif")), Picture(160, 120)),
    ("cut.webp", Forged(|raw| raw.part("film.webp", 60)), Damaged(160, 120, 800..=2000)),
    ("cut still.webp", Forged(|raw| raw.part("still.webp", 60)), Fails("the WebP file is damaged")),
    ("head.png", Forged(|raw| raw.first("still.png", 8)), Fails(CUT_OFF)),
    ("cut.png", Forged(|raw| raw.part("still.png", 60)), Fails(CUT_OFF)),
    ("last byte.png", Forged(|raw| raw.but_last_byte("still.png")), Picture(160, 120)),
    ("hole.png", Forged(|raw| raw.hole("still.png", 50, 55)), Fails("the PNG file is damaged")),
    ("head.jpg", Forged(|raw| raw.first("still.jpg", 3)), Fails("the JPEG file is damaged")),
    ("cut.jpg", Forged(|raw| raw.part("still.jpg", 60)), Fails(CUT_OFF)),
    ("last byte.jpg", Forged(|raw| raw.but_last_byte("still.jpg")), Picture(160, 120)),
];

/// What is not what it says.
const LIES: &[Row] = &[
    ("film.jpg", Forged(|raw| raw.copy(1)), Video(160, 120, 2000..=2000)),
    ("film.mp3", Forged(|raw| raw.copy(2)), Video(160, 120, 2000..=2000)),
    ("film", Forged(|raw| raw.copy(3)), Video(160, 120, 2000..=2000)),
    ("matroska.mp4", Forged(|raw| raw.get("film.mkv")), Video(160, 120, 2000..=2000)),
    ("stream.mp4", Forged(|raw| raw.get("film.ts")), Video(160, 120, 1950..=2050)),
    ("photo.mp4", Forged(|raw| raw.get("still.jpg")), Picture(160, 120)),
    ("photo.mp3", Forged(|raw| raw.get("still.png")), Picture(160, 120)),
    ("photo.png", Forged(|raw| raw.get("still.webp")), Picture(160, 120)),
    ("moving.jpg", Forged(|raw| raw.get("film.gif")), Video(160, 120, 2000..=2400)),
    ("tone.mp3", Forged(|raw| raw.get("tone.wav")), Audio(2000..=2000)),
    ("tone.mp4", Forged(|raw| raw.get("tone.mp3")), Audio(1950..=2150)),
    ("letter.mp4", Forged(|_| b"Dear Sir, this is no film at all.".to_vec()), Fails(STRANGE_VIDEO)),
    (
        "letter.jpg",
        Forged(|_| b"Dear Sir, this is no picture at all.".to_vec()),
        Fails(STRANGE_PICTURE),
    ),
    ("letter.txt", Forged(|_| b"Dear Sir, this is a letter.".to_vec()), Becomes::Nothing),
    ("archive.jpg", Forged(|_| zip()), Fails(STRANGE_PICTURE)),
    ("archive.mkv", Forged(|_| [zip(), zip()].concat()), Fails(STRANGE_VIDEO)),
    ("noise.mp4", Forged(|_| noise(60_000)), Fails(STRANGE_VIDEO)),
    ("noise.png", Forged(|_| noise(60_001)), Fails(STRANGE_PICTURE)),
    (
        "drawing.png",
        Forged(|_| b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>".to_vec()),
        Fails(STRANGE_PICTURE),
    ),
    (
        "list.mp4",
        Forged(|_| b"#EXTM3U\n#EXTINF:2,\nfile:film.jpg\n#EXT-X-ENDLIST\n".to_vec()),
        Fails(STRANGE_VIDEO),
    ),
    (
        "script.mp4",
        Forged(|_| b"ffconcat version 1.0\nfile film.jpg\n".to_vec()),
        Fails(STRANGE_VIDEO),
    ),
    (
        "photo and archive.jpg",
        Forged(|raw| [raw.get("still.jpg"), zip()].concat()),
        Picture(160, 120),
    ),
    (
        "photo and archive.png",
        Forged(|raw| [raw.get("still.png"), zip()].concat()),
        Picture(160, 120),
    ),
    (
        "film and archive.mp4",
        Forged(|raw| [raw.copy(4), zip()].concat()),
        Video(160, 120, 2000..=2000),
    ),
    (
        "photo and paper.jpg",
        // A comment segment right behind the start (ITU T.81, B.2.4.5).
        Forged(|raw| [b"\xff\xd8\xff\xfe\0\x0c%PDF-1.4\n%", &raw.get("still.jpg")[2..]].concat()),
        Picture(160, 120),
    ),
    (
        "paper and photo.jpg",
        Forged(|raw| [b"%PDF-1.4\n", &raw.get("still.jpg")[..]].concat()),
        Fails(STRANGE_PICTURE),
    ),
    (
        "page and film.mp4",
        Forged(|raw| [b"<html><script>1</script>", &raw.get("end.mp4")[..]].concat()),
        Fails(STRANGE_VIDEO),
    ),
    (
        "junk and film.mp4",
        Forged(|raw| [noise(16), raw.get("end.mp4")].concat()),
        Fails(STRANGE_VIDEO),
    ),
    (
        "giant.jpg",
        // Height and width stand four bytes behind the frame's marker (ITU T.81, B.2.2).
        Forged(|raw| raw.over("still.jpg", b"\xff\xc0\0\x11\x08", &[0xfd, 0xe8, 0xfd, 0xe8])),
        Fails("more than the limit"),
    ),
    ("giant.gif", Forged(|raw| raw.over("film.gif", b"GIF89a", &[0xff; 4])), Fails("more than")),
];

/// What people's phones, cameras and programs leave; `beside.rs` says what is told of them.
const KEPT: &[Row] = &[
    ("r1.jpg", Kept(include_bytes!("fixtures/r1.jpg")), Picture(320, 240)),
    ("r1.jpg.xmp", Kept(include_bytes!("fixtures/r1.jpg.xmp")), Becomes::Nothing),
    (
        "IMG_20190721_230638.jpg",
        Kept(include_bytes!("fixtures/IMG_20190721_230638.jpg")),
        Picture(320, 240),
    ),
    (
        "IMG-20210405-WA0007.jpg",
        Kept(include_bytes!("fixtures/IMG-20210405-WA0007.jpg")),
        Picture(320, 240),
    ),
    ("s5_takeout.jpg", Kept(include_bytes!("fixtures/s5_takeout.jpg")), Picture(320, 240)),
    (
        "s5_takeout.jpg.supplemental-metadata.json",
        Kept(include_bytes!("fixtures/s5_takeout.jpg.supplemental-metadata.json")),
        Becomes::Nothing,
    ),
    (
        "PXL_20240701_143000.MP.jpg",
        Kept(include_bytes!("fixtures/PXL_20240701_143000.MP.jpg")),
        Picture(320, 240),
    ),
    ("u01.svg", Kept(include_bytes!("fixtures/u01.svg")), Becomes::Nothing),
    ("latin.srt", Kept(include_bytes!("fixtures/latin.srt")), Becomes::Nothing),
    (
        "trunc_faststart.mp4",
        Kept(include_bytes!("fixtures/trunc_faststart.mp4")),
        Damaged(320, 240, 5_000..=11_500),
    ),
    (
        "drawing.svg",
        Forged(|_| b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        Becomes::Nothing,
    ),
    ("photo.cr2", Forged(|_| b"II*\0\x10\0\0\0CR\x02\0".to_vec()), Becomes::Nothing),
    ("photo.jxl", Forged(|_| b"\xff\x0a\xfa\x7f".to_vec()), Becomes::Nothing),
];

/// Names that programs have fallen over.
const NAMES: [&str; 9] = [
    "new\nline.mp4",
    "emoji 🦊🎬.mp4",
    "-i.mp4",
    "percent %d %03d.mp4",
    "quote's \"x\" `y` $z.mp4",
    "file:film.mp4",
    "http:film.mp4",
    "a|b;c&d.mp4",
    " .mp4",
];

#[test]
fn every_awkward_file_becomes_what_it_must() {
    let mut bench = Bench::new();
    bench.options.ffmpeg = Some(ffmpeg());
    bench.perceives = true;
    let input = bench.input();
    let raw = tempfile::tempdir().unwrap();
    let rows: Vec<Row> = [WHOLE, BROKEN, LIES, KEPT].concat();
    assert!(rows.len() >= 90, "{}", rows.len());
    corpus::write(&rows, raw.path(), &input);
    let mut expected: HashMap<String, Becomes> =
        rows.into_iter().map(|(name, _, becomes)| (name.to_owned(), becomes)).collect();
    expected.extend(odd_names(raw.path(), &input));
    expected.extend(odd_entries(&input));
    let (summary, notes) = bench.add();
    let assets = assets(&bench);
    let mut wrong = String::new();
    for (name, becomes) in &expected {
        if let Err(was) = check(name, becomes, &assets, &notes) {
            writeln!(wrong, "`{name}` must be {becomes:?} but {was}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    let failing = expected.values().filter(|b| matches!(b, Fails(_))).count() as u64;
    assert_eq!(summary.failed, failing);
    // The index can take them all in.
    assert!(bench.catalog().changes_since(0, 10_000).unwrap().len() > 100);
    let before = bench.catalog().revision().unwrap();
    let (again, _) = bench.add();
    assert_eq!((again.added, again.known, again.analysed, again.failed), (0, 0, 0, 0));
    // Told of once, then known until they change.
    assert_eq!(again.known_problems, failing);
    assert_eq!(bench.catalog().problems().unwrap().iter().filter(|p| !p.taken).count(), 35);
    assert_eq!(again.unchanged, expected.values().filter(|b| b.is_in()).count() as u64);
    assert_eq!(bench.catalog().revision().unwrap(), before);
}

/// Copies of one film under names that are hard to say.
fn odd_names(raw: &Path, input: &Path) -> Vec<(String, Becomes)> {
    let long = format!("{}.mp4", "n".repeat(246));
    let names = NAMES.iter().map(ToString::to_string).chain([long]);
    let film = fs::read(raw.join("end.mp4")).unwrap();
    let mut rows = Vec::new();
    for (number, name) in names.enumerate() {
        let copy = [&film[..], b"\0\0\0\x09free", &[100 + number as u8]].concat();
        fs::write(input.join(&name), copy).unwrap();
        rows.push((name, Video(160, 120, 2000..=2000)));
    }
    rows
}

/// What is no file at all, or one that cannot be opened.
fn odd_entries(input: &Path) -> Vec<(String, Becomes)> {
    fs::create_dir(input.join("folder.mp4")).unwrap();
    symlink("loop.mp4", input.join("loop.mp4")).unwrap();
    symlink("nowhere.mp4", input.join("dangling.mp4")).unwrap();
    symlink("film.jpg", input.join("link.mp4")).unwrap();
    pipe(&input.join("pipe.mp4"));
    let nothing = ["folder.mp4", "pipe.mp4"].map(|name| (name.to_owned(), Becomes::Nothing));
    let unread = ["loop.mp4", "dangling.mp4"];
    let unread = unread.map(|name| (name.to_owned(), Fails("cannot read the file")));
    let link = [("link.mp4".to_owned(), Video(160, 120, 2000..=2000))];
    nothing.into_iter().chain(unread).chain(link).collect()
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A pipe that nobody writes to, named by the user, would keep whoever opens it for ever.
#[test]
fn a_named_pipe_is_no_file() {
    let bench = Bench::new();
    for name in ["pipe.mp4", "pipe.jpg"] {
        let path = bench.input().join(name);
        pipe(&path);
        let (summary, notes) = bench.try_add(&[path], &bench.embedder).unwrap();
        assert_eq!((summary.added, summary.failed), (0, 1), "{name}");
        assert_eq!(notes.failed[0].message, "it is not a file");
    }
}

/// Assets by the names of their files.
fn assets(bench: &Bench) -> HashMap<String, Asset> {
    let catalog = bench.catalog();
    let assets = catalog.assets(&catalog.live_rows().unwrap()).unwrap();
    let mut named = HashMap::new();
    for (_, asset) in assets {
        for path in &asset.paths {
            let name = Path::new(path).file_name().unwrap().to_str().unwrap();
            named.insert(name.to_owned(), asset.clone());
        }
    }
    named
}

/// What it was instead.
fn check(
    name: &str,
    becomes: &Becomes,
    assets: &HashMap<String, Asset>,
    notes: &Notes,
) -> Result<(), String> {
    let named = |list: &[kinora_ingest::FileFailure]| {
        list.iter().find(|f| f.path.file_name().unwrap() == name).cloned()
    };
    let (failed, damaged) = (named(&notes.failed), named(&notes.damaged));
    let asset = assets.get(name);
    let was = asset.map(|a| (a.kind(), a.size.map(|s| (s.width, s.height)), a.duration_ms));
    let told = format!("was {was:?}, failed {failed:?}, damaged {damaged:?}");
    let as_told = match becomes {
        Fails(words) => failed.is_some_and(|f| f.message.contains(words) && f.hint.is_some()),
        _ if failed.is_some() => false,
        Becomes::Nothing => was.is_none(),
        Picture(width, height) => was == Some((Kind::Picture, Some((*width, *height)), None)),
        Video(width, height, length) | Damaged(width, height, length) => {
            matches!(was, Some((Kind::Video, size, Some(ms)))
                if size == Some((*width, *height)) && length.contains(&ms))
                && damaged.is_some() == matches!(becomes, Damaged(..))
        }
        // A recording that does not tell its length counts as 0 here.
        Audio(length) => matches!(was, Some((Kind::Audio, None, ms))
            if length.contains(&ms.unwrap_or_default())),
    };
    if as_told { Ok(()) } else { Err(told) }
}
