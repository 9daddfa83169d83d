//! Videos of real people that come out wrong elsewhere: HDR of any size, what is transparent, what cannot be sought
//! in, several sound tracks, cut off files; and what happens to files that were damaged on purpose.
//!
//! Not covered: HDR that was mastered in another space than BT.2020 (Dolby Vision's own), alpha in HDR.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use kinora_types::{Framing, Picture, Size, TimeRange};

use super::*;
use crate::made::Made;
use kinora_image::frame::to_picture;

fn open(made: &Made, path: &Path) -> Result<VideoFile, VideoError> {
    VideoFile::open(&made.ffmpeg, path, &VideoLimits::default(), &never)
}

fn size(width: u32, height: u32) -> Size {
    Size { width, height }
}

fn spec(range: (u64, u64), size: Size, framing: Framing) -> ClipSpec {
    let range = TimeRange::new(range.0, range.1).unwrap();
    ClipSpec { range, size, fps: 10, focus: (0.37, 0.61), framing }
}

/// The pixel at fractions of the sides.
fn at(picture: &Picture, x: f64, y: f64) -> [u8; 3] {
    let (width, height) = (picture.width(), picture.height());
    let (x, y) = ((f64::from(width) * x) as u32, (f64::from(height) * y) as u32);
    let start = (y * width + x) as usize * 3;
    picture.rgb()[start..start + 3].try_into().unwrap()
}

fn near(found: [u8; 3], wanted: [u8; 3], most: u8) -> bool {
    found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= most)
}

/// White, red, green and blue of SDR in quarters of the width, stored in HDR with white at 203 cd/m2.
fn hdr(made: &Made, (width, height): (u32, u32), transfer: &str) -> PathBuf {
    let quarter =
        |colour: &str| format!("-f lavfi -i color={colour}:s={}x{height}:r=10:d=0.3", width / 4);
    let colours = ["0xf0f0f0", "0xdc2828", "0x28c828", "0x283cdc"].map(quarter).join(" ");
    made.make(&format!(
        "{colours} -filter_complex hstack=4,format=gbrpf32le,zscale=pin=709:tin=709:p=2020:t={transfer}:\
         m=2020_ncl:r=limited:npl=203,format=yuv420p10le -c:v libx265 -preset ultrafast -x265-params \
         log-level=none:crf=12:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc \
         IN/{transfer}{width}x{height}.mp4"
    ))
}

#[test]
fn high_dynamic_range_of_any_size_is_mapped_to_its_brightness() {
    let made = Made::new();
    for transfer in ["smpte2084", "arib-std-b67"] {
        for sides in [
            (1280, 720),
            (1440, 1080),
            (2688, 1512),
            (1920, 1440),
            (320, 240),
            (720, 1280),
            (104, 58),
        ] {
            let file = open(&made, &hdr(&made, sides, transfer)).unwrap();
            assert_eq!(file.tone(), Tone::Mapped);
            let still = to_picture(&file.still(Duration::ZERO, 128, &never).unwrap().image);
            let first =
                file.keyframes(KeyframeSpec { most: 1, long_side: 101 }, &never).unwrap().next();
            for picture in [still, first.unwrap().unwrap().picture] {
                let told = format!("{transfer} {sides:?} {}", picture.width());
                let white = at(&picture, 0.12, 0.5);
                assert!(white.iter().all(|level| (215..=235).contains(level)), "{told}: {white:?}");
                let colours = [(0.37, [216, 40, 40]), (0.62, [40, 198, 40]), (0.87, [40, 59, 216])];
                for (x, wanted) in colours {
                    let found = at(&picture, x, 0.5);
                    assert!(near(found, wanted, 12), "{told} at {x}: {found:?}");
                }
            }
            for frame in [size(128, 72), size(72, 128), size(90, 90)] {
                for framing in [Framing::Crop, Framing::Matte] {
                    let spec = spec((0, 200), frame, framing);
                    let frames: Vec<_> =
                        file.clip(&spec, &never).unwrap().map(Result::unwrap).collect();
                    assert_eq!(frames.len(), 2, "{transfer} {sides:?} {frame} {framing:?}");
                    // A colour of the four and its like everywhere: noise would show.
                    let picture = to_picture(&frames[0]);
                    let middle = at(&picture, 0.5, 0.5);
                    let known = [[227; 3], [216, 40, 40], [40, 198, 40], [40, 59, 216]];
                    let clean = known.iter().any(|colour| near(middle, *colour, 40));
                    let edge = (0..10).any(|i| {
                        let (a, b) =
                            (at(&picture, 0.45, 0.5), at(&picture, 0.55, f64::from(i) / 10.0));
                        known.iter().any(|c| near(a, *c, 12))
                            || known.iter().any(|c| near(b, *c, 12))
                    });
                    assert!(clean || edge, "{transfer} {sides:?} {frame} {framing:?}: {middle:?}");
                }
            }
            assert_eq!(file.samples(64, Duration::from_millis(100), &never).unwrap().count(), 3);
            assert_eq!(
                file.spread(TimeRange::new(0, 300).unwrap(), 3, 50, &never).unwrap().len(),
                3
            );
            if sides.0 < 1000 {
                file.survey(&spec((0, 200), size(128, 72), Framing::Crop), &never).unwrap();
            }
        }
    }
}

#[test]
fn a_cut_at_an_odd_column_of_ten_bits_is_clean() {
    let made = Made::new();
    let path = made.make(
        "-f lavfi -i color=0x28c828:s=2090x64:r=10:d=0.3 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast \
         -x265-params log-level=none IN/ten.mp4",
    );
    let file = open(&made, &path).unwrap();
    for focus in [0.3, 0.301, 0.302, 0.303] {
        let spec = ClipSpec { focus: (focus, 0.5), ..spec((0, 100), size(64, 64), Framing::Crop) };
        let frame = file.clip(&spec, &never).unwrap().next().unwrap().unwrap();
        let found = at(&to_picture(&frame), 0.5, 0.5);
        assert!(near(found, [40, 200, 40], 6), "{focus}: {found:?}");
    }
}

/// Blue on the left, nothing on the right (black lies under it), half of red in a strip at the right edge.
const CLEAR: &str = "-f lavfi -i color=black@0:s=64x48:r=10:d=1,format=rgba,\
                     drawbox=x=0:y=0:w=32:h=48:c=blue@1:t=fill:replace=1,\
                     drawbox=x=56:y=0:w=8:h=48:c=red@0.5:t=fill:replace=1,\
                     drawbox=x=0:y=0:w=4:h=4:c=green@1:t=fill:replace=1:enable='mod(n\\,2)'";

#[test]
fn what_is_transparent_stands_on_white() {
    let made = Made::new();
    for (name, more, soft) in [
        ("a.webp", "-c:v libwebp_anim -lossless 1 -loop 0", true),
        ("a.apng", "-f apng -plays 0", true),
        ("a.gif", "-vf split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse", false),
        ("vp9.webm", "-c:v libvpx-vp9 -crf 5 -b:v 0 -pix_fmt yuva420p", true),
        ("vp8.webm", "-c:v libvpx -crf 5 -b:v 1M -pix_fmt yuva420p -auto-alt-ref 0", true),
        ("prores.mov", "-c:v prores_ks -pix_fmt yuva444p10le", true),
        ("rle.mov", "-c:v qtrle -pix_fmt argb", true),
        ("png.mov", "-c:v png -pix_fmt rgba", true),
        ("ffv1.mkv", "-c:v ffv1 -pix_fmt bgra", true),
    ] {
        let path = made.make(&format!("{CLEAR} {more} IN/{name}"));
        let file = open(&made, &path).unwrap();
        assert!(file.facts().video.as_ref().unwrap().transparent, "{name}");
        let check = |told: &str, picture: &Picture| {
            let (blue, clear) = (at(picture, 0.3, 0.5), at(picture, 0.7, 0.5));
            let half = at(picture, 0.97, 0.5);
            assert!(near(blue, [0, 0, 255], 24), "{name}, {told}: {blue:?}");
            assert!(near(clear, [255; 3], 8), "{name}, {told}: {clear:?}");
            let row = |row: u32| at(picture, 0.7, (f64::from(row) + 0.5) / 48.0);
            assert!((0..48).all(|y| near(row(y), [255; 3], 8)), "{name}, {told}: a black row");
            assert!(!soft || near(half, [255, 127, 127], 24), "{name}, {told}: {half:?}");
        };
        for keyframe in file.keyframes(KeyframeSpec::default(), &never).unwrap() {
            check("keyframe", &keyframe.unwrap().picture);
        }
        let sample = file.samples(48, Duration::from_millis(300), &never).unwrap().next();
        check("sample", &to_picture(&sample.unwrap().unwrap().image));
        let spec = spec((600, 900), size(64, 48), Framing::Crop);
        for frame in file.clip(&spec, &never).unwrap() {
            check("clip", &to_picture(&frame.unwrap()));
        }
    }
}

#[test]
fn an_animated_avif_moves_and_its_alpha_track_is_seen() {
    let made = Made::new();
    let plain = made
        .make("-f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libaom-av1 -cpu-used 8 IN/plain.avif");
    let file = open(&made, &plain).unwrap();
    assert_eq!(file.facts().video.as_ref().unwrap().index, 1);
    assert_eq!(file.frames(48, &never).unwrap().map(Result::unwrap).count(), 10);
    let clear = made.make(
        "-f lavfi -i color=blue:s=64x48:r=10:d=1,format=yuv420p -f lavfi -i \
         color=black:s=64x48:r=10:d=1,drawbox=x=0:y=0:w=32:h=48:c=white:t=fill,format=gray -map 0 -map 1 \
         -c:v libaom-av1 -cpu-used 8 IN/clear.avif",
    );
    let file = open(&made, &clear).unwrap();
    let video = file.facts().video.as_ref().unwrap();
    assert!(video.transparent && video.alpha.is_some(), "{video:?}");
    let spec = spec((600, 900), size(64, 48), Framing::Crop);
    let frames: Vec<_> =
        file.clip(&spec, &never).unwrap().map(|f| to_picture(&f.unwrap())).collect();
    assert_eq!(frames.len(), 3);
    for picture in &frames {
        assert!(near(at(picture, 0.2, 0.5), [0, 0, 255], 20), "{:?}", at(picture, 0.2, 0.5));
        assert!(near(at(picture, 0.8, 0.5), [255; 3], 12), "{:?}", at(picture, 0.8, 0.5));
    }
}

/// Each frame a little brighter than the one before it; a keyframe each second where there are keyframes.
const RISING: &str =
    "-f lavfi -i color=black:s=64x48:r=10:d=4,format=gray,geq=lum=40+N*5,format=yuv420p";

#[test]
fn a_span_begins_with_its_own_frame_in_every_container() {
    let made = Made::new();
    for (name, more) in [
        ("a.webp", "-c:v libwebp_anim -lossless 1 -loop 0"),
        ("a.gif", "-vf split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none"),
        ("a.apng", "-f apng"),
        ("a.avif", "-c:v libaom-av1 -cpu-used 8 -g 10"),
        ("a.mp4", "-c:v libx264 -g 10"),
        ("a.mkv", "-c:v libx264 -g 10"),
        ("a.ts", "-c:v libx264 -g 10"),
        ("a.mpg", "-r 25 -c:v mpeg2video -q:v 2"),
        ("a.avi", "-c:v mpeg4 -q:v 2 -g 10"),
        ("a.webm", "-c:v libvpx -g 10 -b:v 2M"),
        ("a.flv", "-c:v flv -q:v 2 -g 10"),
        ("a.ogv", "-c:v libtheora -q:v 9 -g 10"),
        ("a.h264", "-c:v libx264 -g 10"),
        ("a.m2v", "-r 25 -c:v mpeg2video -q:v 2"),
        ("a.mjpeg", "-c:v mjpeg -q:v 2"),
        ("a.ivf", "-c:v libvpx -b:v 2M"),
    ] {
        let file = open(&made, &made.make(&format!("{RISING} {more} IN/{name}"))).unwrap();
        let level = |frame: &kinora_types::YuvFrame| {
            let [grey, ..] = at(&to_picture(frame), 0.5, 0.5);
            (f64::from(grey) - 40.0) / 5.0
        };
        // Bare pictures have no rate; ffmpeg takes 25 a second for granted.
        let rate = if name == "a.mjpeg" { 2.5 } else { 1.0 };
        let from = (2500.0 / rate) as u64;
        let clip = spec((from, from + 200), size(64, 48), Framing::Crop);
        let first = file.clip(&clip, &never).unwrap().next().unwrap().unwrap();
        assert!((level(&first) - 25.0).abs() < 1.6, "{name}: frame {}", level(&first));
        let middle = Duration::from_millis((1500.0 / rate) as u64);
        let still = file.still(middle, 48, &never).unwrap();
        assert!((level(&still.image) - 15.0).abs() < 1.6, "{name}: frame {}", level(&still.image));
        file.survey(&clip, &never).unwrap();
    }
}

#[test]
fn where_frames_lie_far_apart_the_one_before_is_shown() {
    let made = Made::new();
    // A picture every two seconds: at 5 s that of 4 s is shown.
    let path = made.make(
        "-f lavfi -i color=black:s=64x48:r=1/2:d=10,format=gray,geq=lum=40+N*40,format=yuv420p -c:v libx264 \
         -g 2 -fps_mode passthrough IN/slides.mp4",
    );
    let file = open(&made, &path).unwrap();
    let still = file.still(Duration::from_millis(5000), 48, &never).unwrap();
    let [grey, ..] = at(&to_picture(&still.image), 0.5, 0.5);
    assert!(grey.abs_diff(120) < 6, "{grey}");
}

#[test]
fn a_cut_off_film_says_where_it_ends() {
    let made = Made::new();
    let whole = made.make(
        "-f lavfi -i testsrc2=s=160x120:r=25:d=10 -f lavfi -i sine=d=10 -c:v libx264 -g 25 -c:a aac \
         -movflags +faststart IN/whole.mp4",
    );
    let bytes = fs::read(&whole).unwrap();
    let file = open(&made, &made.write("cut.mp4", &bytes[..bytes.len() * 6 / 10])).unwrap();
    assert_eq!(file.facts().duration, Some(Duration::from_secs(10)));
    let end = file.reach(&never).unwrap().as_secs_f64();
    assert!((3.0..8.0).contains(&end), "{end}");
    let error = file.clip(&spec((9000, 9500), size(64, 48), Framing::Crop), &never).err().unwrap();
    let VideoError::BreaksOff { end: told, .. } = &error else { panic!("{error}") };
    assert!((told.as_secs_f64() - end).abs() < 0.001);
    assert!(error.to_string().contains("end at 00:0"), "{error}");
    assert!(error.hint().unwrap().contains("copy the file again"));
    assert!(file.still(Duration::from_secs(9), 32, &never).is_err());
    file.clip(&spec((1000, 1500), size(64, 48), Framing::Crop), &never).unwrap();
    let beyond = file.clip(&spec((12_000, 12_500), size(64, 48), Framing::Crop), &never).err();
    assert!(beyond.unwrap().to_string().ends_with("ends at 00:10.0"));
    let whole = open(&made, &whole).unwrap().reach(&never).unwrap();
    assert_eq!(whole, Duration::from_secs(10));
}

#[test]
fn the_default_sound_is_heard() {
    let made = Made::new();
    for (name, codec) in [("IN/a.mp4", "aac"), ("IN/a.mov", "pcm_s16le"), ("IN/a.mkv", "libopus")] {
        let path = made.make(&format!(
            "-f lavfi -i testsrc2=s=64x48:r=10:d=2 -f lavfi -i anullsrc=d=2 -f lavfi -i sine=d=2 -map 0 -map 1 \
             -map 2 -c:v libx264 -c:a {codec} -ac 2 -disposition:a:0 0 -disposition:a:1 default -t 2 {name}"
        ));
        let file = open(&made, &path).unwrap();
        assert_eq!(main_sound(&file.facts().audio), Some(1), "{name}");
        let mut samples = vec![0.0; 48_000];
        file.soundtrack(Duration::from_millis(700), &never).unwrap().read(&mut samples).unwrap();
        assert!(samples.iter().any(|sample| sample.abs() > 0.05), "{name} is silent");
    }
}

#[test]
fn a_film_is_upright_in_all_eight_ways() {
    let made = Made::new();
    // Red, green, blue and white in the corners, as they are coded.
    let coded = made.make(
        "-f lavfi -i color=red:s=64x48:r=10:d=0.5,drawbox=x=32:y=0:w=32:h=24:c=lime:t=fill,\
         drawbox=x=0:y=24:w=32:h=24:c=blue:t=fill,drawbox=x=32:y=24:w=32:h=24:c=white:t=fill -c:v libx264 \
         -qp 4 -pix_fmt yuv444p IN/coded.mov",
    );
    assert!(coded.is_file());
    let [red, green, blue, white] = [[254, 0, 0], [0, 255, 0], [0, 0, 254], [255; 3]];
    // Turned clockwise, then mirrored; what is then above on the left, on the right, below on the left and right.
    for (turn, mirror, corners) in [
        (0, false, [red, green, blue, white]),
        (90, false, [blue, red, white, green]),
        (180, false, [white, blue, green, red]),
        (270, false, [green, white, red, blue]),
        (0, true, [green, red, white, blue]),
        (90, true, [red, blue, green, white]),
        (180, true, [blue, white, red, green]),
        (270, true, [white, green, blue, red]),
    ] {
        let flip = if mirror { "-display_hflip" } else { "" };
        for name in ["mov", "mp4"] {
            let path = made.make(&format!(
                "-display_rotation {} {flip} -i IN/coded.mov -c copy IN/{turn}{mirror}.{name}",
                -turn
            ));
            let file = open(&made, &path).unwrap();
            let lying = turn % 180 != 0;
            let display = if lying { size(48, 64) } else { size(64, 48) };
            assert_eq!(file.facts().video.as_ref().unwrap().display, display, "{turn} {mirror}");
            let keyframe = file.keyframes(KeyframeSpec::default(), &never).unwrap().next();
            let still =
                to_picture(&file.still(Duration::from_millis(200), 48, &never).unwrap().image);
            for picture in [keyframe.unwrap().unwrap().picture, still] {
                let places = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
                let found = places.map(|(x, y)| at(&picture, x, y));
                let right =
                    found.iter().zip(corners).all(|(found, wanted)| near(*found, wanted, 40));
                assert!(right, "{turn} {mirror} {name}: {found:?}, not {corners:?}");
            }
        }
    }
}

#[test]
fn a_bomb_is_left_by_its_work() {
    let made = Made::new();
    // 2000 frames of 4 megapixels that differ by a pixel, in 200 KB.
    let path = made.make("-f lavfi -i color=red:s=2048x2048:r=100:d=0.02 IN/two.gif");
    let two = fs::read(&path).unwrap();
    let frame = two.windows(2).rposition(|pair| pair == [0x21, 0xF9]).unwrap();
    let again = two[frame..two.len() - 1].to_vec();
    let mut bomb = two[..two.len() - 1].to_vec();
    (0..20_000).for_each(|_| bomb.extend(&again));
    bomb.push(0x3B);
    let path = made.write("bomb.gif", &bomb);
    let limits = VideoLimits {
        floor: Duration::from_secs(2),
        per_megabyte_drawn: Duration::ZERO,
        ..VideoLimits::default()
    };
    let file = VideoFile::open(&made.ffmpeg, &path, &limits, &never).unwrap();
    let begun = Instant::now();
    let error = file.frames(64, &never).unwrap().find_map(Result::err).expect("an end");
    assert!(matches!(error, VideoError::TooMuchWork { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    assert!(error.hint().is_some());
}

#[test]
fn a_huge_sparse_file_is_looked_at_quickly() {
    let made = Made::new();
    for (name, head) in [
        ("zero.mp4", &b""[..]),
        ("x.mp4", b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2"),
        ("x.ts", b"G"),
        ("x.mp3", b"ID3\x04\0\0\0\0\0\0"),
        ("x.mkv", b"\x1A\x45\xDF\xA3"),
    ] {
        let path = made.write(name, head);
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(100 << 30).unwrap();
        let begun = Instant::now();
        let limits = VideoLimits { floor: Duration::from_secs(5), ..VideoLimits::default() };
        let error = VideoFile::open(&made.ffmpeg, &path, &limits, &never).unwrap_err();
        assert!(!matches!(error, VideoError::Internal(_)), "{name}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(8), "{name}: {:?}", begun.elapsed());
        let begun = Instant::now();
        let soon = || begun.elapsed() > Duration::from_millis(10);
        let error = VideoFile::open(&made.ffmpeg, &path, &limits, &soon).unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(1), "{name}: {error}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_refused_at_once() {
    let made = Made::new();
    let path = made.make("-f lavfi -i testsrc2=s=64x48:r=10:d=1 -c:v libx264 IN/a.mp4");
    let file = open(&made, &path).unwrap();
    fs::remove_file(&path).unwrap();
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    let begun = Instant::now();
    assert!(matches!(open(&made, &path), Err(VideoError::Io { .. })));
    assert!(matches!(file.frames(48, &never).err(), Some(VideoError::Io { .. })));
    assert!(matches!(open(&made, Path::new("/dev/zero")), Err(VideoError::Io { .. })));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

/// Numbers that look like chance, the same every time.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }
}

#[test]
fn damaged_files_give_what_they_have_or_an_error_of_their_own() {
    let made = Made::new();
    let mut chance = Chance(7);
    for more in [
        "-c:v libwebp_anim -loop 0 IN/a.webp",
        "IN/a.gif",
        "-f apng IN/a.apng",
        "-c:v libx264 IN/a.mp4",
        "-c:v libvpx IN/a.webm",
        "-c:v mpeg4 IN/a.avi",
    ] {
        let whole =
            fs::read(made.make(&format!("-f lavfi -i testsrc2=s=64x48:r=10:d=1 {more}"))).unwrap();
        for round in 0..12 {
            let mut bytes = whole.clone();
            for _ in 0..1 << (round % 5) {
                let place = 12 + chance.next(bytes.len() - 12);
                bytes[place] = chance.next(256) as u8;
            }
            if round % 3 == 0 {
                bytes.truncate(20 + chance.next(bytes.len() - 20));
            }
            let path = made.write("mangled", &bytes);
            let looked = open(&made, &path).and_then(|file| {
                file.frames(16, &never)?.collect::<Result<Vec<_>, _>>()?;
                file.keyframes(KeyframeSpec::default(), &never)?.collect::<Result<Vec<_>, _>>()?;
                file.still(Duration::from_millis(700), 16, &never).map(drop)
            });
            if let Err(error) = looked {
                let ours = matches!(error, VideoError::Internal(_) | VideoError::NotStarted { .. });
                assert!(!ours, "{more}, round {round}: {error}");
            }
        }
    }
}
