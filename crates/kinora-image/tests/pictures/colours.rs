use image::{ImageBuffer, ImageFormat, Rgb, RgbaImage};
use kinora_image::{FULL_SIZE, Format, Limits, decode};
use kinora_types::Picture;

use crate::{BLUE, GREEN, RED, YELLOW, at, encoded, fixture, heif, near, quadrants, with_chunk};

fn shown(bytes: &[u8]) -> Picture {
    decode(bytes, FULL_SIZE, &Limits::default()).unwrap().picture
}

/// The four colours of the fixtures for wide and high range, white last.
fn check(name: &str, picture: &Picture, by: u8) {
    let wanted = [[220, 40, 40], [40, 200, 40], [40, 60, 220], [240, 240, 240]];
    for ((x, y), want) in [(1, 1), (7, 1), (1, 7), (7, 7)].into_iter().zip(wanted) {
        let have = at(picture, x, y);
        assert!(near(have, want, by), "{name}: ({x}, {y}) is {have:?}, not {want:?}");
    }
}

#[test]
fn avif_by_code_points() {
    check("Display P3", &shown(&fixture("nclx_p3.avif")), 6);
    // Reference white is 233, so that all light has room: what was 240 is 226.
    check("PQ", &shown(&fixture("hdr_pq.avif")), 16);
}

#[test]
fn heic_by_code_points() {
    let sdr = fixture("plain.heic");
    let colr = sdr.windows(8).position(|w| w == b"colrnclx").unwrap() + 8;
    assert_eq!(sdr[colr..colr + 4], [0, 1, 0, 13]);
    let mut wide = sdr.clone();
    wide[colr + 1] = 12;
    // The same numbers mean a stronger red in Display P3: colour-science 0.4 says (240, 0, 7).
    let (plain, strong) = (at(&shown(&sdr), 1, 1), at(&shown(&wide), 1, 1));
    assert!(near(plain, RED, 6) && strong[0] > plain[0] + 12 && strong[1] < 10, "{strong:?}");
    let mut high = sdr;
    high[colr + 3] = 16;
    // 8-bit red 220 is some 4600 cd/m² in PQ: as bright as it gets.
    assert!(at(&shown(&high), 1, 1)[0] > 250);
}

/// Code value of linear light, 1 being reference white, by BT.2100.
fn pq(light: f64) -> f64 {
    let power = (light * 203.0 / 10_000.0).powf(0.159_301_757_812_5);
    ((0.835_937_5 + 18.851_562_5 * power) / (1.0 + 18.6875 * power)).powf(78.843_75)
}

fn hlg(light: f64) -> f64 {
    if light <= 1.0 / 12.0 {
        return (3.0 * light).sqrt();
    }
    0.178_832_77 * (12.0 * light - 0.284_668_92).ln() + 0.559_910_7
}

fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// Linear sRGB to linear BT.2020 (ITU-R BT.2087-0).
fn bt2020([r, g, b]: [f64; 3]) -> [f64; 3] {
    [
        0.6274 * r + 0.3293 * g + 0.0433 * b,
        0.0691 * r + 0.9195 * g + 0.0114 * b,
        0.0164 * r + 0.0880 * g + 0.8956 * b,
    ]
}

/// A 16-bit PNG of the quadrants in BT.2020, by a curve.
fn high_range(transfer: u8, curve: impl Fn([f64; 3]) -> [f64; 3]) -> Vec<u8> {
    let image = ImageBuffer::from_fn(64, 48, |x, y| {
        let light = bt2020(quadrants().get_pixel(x, y).0.map(linear));
        Rgb(curve(light).map(|v| (v * 65_535.0).round() as u16))
    });
    with_chunk(&encoded(image, ImageFormat::Png), b"cICP", &[9, transfer, 0, 1])
}

#[test]
fn png_by_code_points() {
    let pq = high_range(16, |light| light.map(pq));
    let scene = |light: [f64; 3]| {
        let shown = light.map(|v| v * 0.203);
        let luminance: f64 =
            shown.iter().zip([0.2627, 0.6780, 0.0593]).map(|(v, weight)| v * weight).sum();
        shown.map(|v| hlg(v * luminance.powf(1.0 / 1.2 - 1.0)))
    };
    let hlg = high_range(18, scene);
    for (name, bytes) in [("PQ", pq), ("HLG", hlg)] {
        let picture = shown(&bytes);
        for ((x, y), want) in
            [(1, 1), (7, 1), (1, 7), (7, 7)].into_iter().zip([RED, GREEN, BLUE, YELLOW])
        {
            let have = at(&picture, x, y);
            assert!(near(have, want, 16), "{name}: ({x}, {y}) is {have:?}, not {want:?}");
        }
    }
    let narrow = quadrants();
    let narrow = image::RgbImage::from_fn(64, 48, |x, y| {
        Rgb(narrow.get_pixel(x, y).0.map(|v| (16.0 + f64::from(v) * 219.0 / 255.0).round() as u8))
    });
    let bytes = with_chunk(&encoded(narrow, ImageFormat::Png), b"cICP", &[1, 13, 0, 0]);
    assert!(near(at(&shown(&bytes), 1, 1), RED, 2));
}

#[test]
fn png_by_gamma_and_chromaticities() {
    let png = encoded(quadrants(), ImageFormat::Png);
    let gamma = |value: u32| with_chunk(&png, b"gAMA", &value.to_be_bytes());
    assert_eq!(at(&shown(&gamma(45_455)), 1, 1), RED);
    // Gamma 1.8 of old Macs: 30/255 is linear 0.0212, which is 39 in sRGB.
    let [r, g, _] = at(&shown(&gamma(55_556)), 1, 1);
    assert!(r.abs_diff(225) <= 2 && g.abs_diff(39) <= 2, "{r} {g}");
    let p3 = [31_270u32, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6000];
    let bytes = with_chunk(&png, b"cHRM", &p3.map(u32::to_be_bytes).concat());
    let strong = at(&shown(&bytes), 1, 1);
    assert!(strong[0] > RED[0] + 12 && strong[1] < 10, "{strong:?}");
    let srgb = [31_270u32, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6000];
    let bytes = with_chunk(&png, b"cHRM", &srgb.map(u32::to_be_bytes).concat());
    assert_eq!(at(&shown(&bytes), 1, 1), RED);
}

#[test]
fn bitmaps_are_read() {
    let bytes = encoded(quadrants(), ImageFormat::Bmp);
    let decoded = decode(&bytes, FULL_SIZE, &Limits::default()).unwrap();
    assert_eq!((decoded.format, decoded.picture.rgb()), (Format::Bmp, &quadrants().into_raw()[..]));
}

#[test]
fn grids_have_tiles_and_opacity() {
    let tile = fixture("plain.avif");
    let grid = heif::Grid { tile: &tile, alpha: None, columns: 2, rows: 2, canvas: (100, 90) };
    let picture = shown(&grid.file());
    assert_eq!((picture.width(), picture.height()), (100, 90));
    for ((x, y), want) in [((1, 1), RED), ((6, 1), RED), ((4, 3), YELLOW), ((1, 5), RED)] {
        let have = at(&picture, x, y);
        assert!(near(have, want, 8), "({x}, {y}) is {have:?}");
    }
    // The opacity of `alpha.avif`: its upper left quarter is transparent.
    let file = fixture("alpha.avif");
    let data = heif::content(&file, b"mdat");
    let configs: Vec<usize> =
        file.windows(4).enumerate().filter(|(_, w)| w == b"av1C").map(|(i, _)| i + 4).collect();
    let config = &file[configs[1]..configs[1] + 4];
    let alpha = Some((&data[..33], config));
    let grid = heif::Grid { tile: &tile, alpha, columns: 2, rows: 2, canvas: (128, 96) };
    let picture = shown(&grid.file());
    for ((x, y), want) in [((1, 1), [255; 3]), ((3, 1), GREEN), ((5, 5), [255; 3]), ((5, 7), BLUE)]
    {
        let have = at(&picture, x, y);
        assert!(near(have, want, 8), "({x}, {y}) is {have:?}");
    }
}

#[test]
fn white_behind_transparency() {
    let image = RgbaImage::from_fn(8, 8, |x, _| {
        image::Rgba(if x < 4 { [0, 0, 0, 0] } else { [220, 30, 30, 255] })
    });
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Tiff] {
        let picture = shown(&encoded(image.clone(), format));
        assert_eq!((at(&picture, 1, 1), at(&picture, 6, 1)), ([255; 3], RED), "{format:?}");
    }
    // Half of red, multiplied in: white shines through to the other half.
    let mut tiff = std::io::Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff).unwrap();
    let mut image = encoder.new_image::<tiff::encoder::colortype::RGBA8>(8, 8).unwrap();
    // 1 is "associated alpha" (TIFF 6.0, ExtraSamples).
    image.encoder().write_tag(tiff::tags::Tag::ExtraSamples, &[1u16][..]).unwrap();
    image.write_data(&[110, 15, 15, 128].repeat(64)).unwrap();
    let tiff = tiff.into_inner();
    assert!(near(at(&shown(&tiff), 1, 1), [237, 142, 142], 3), "{:?}", at(&shown(&tiff), 1, 1));
}
