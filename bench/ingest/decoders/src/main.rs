//! CPU milliseconds to decode a JPEG, by decoder: the choice behind `kinora-image`.
//!
//!     cargo run --release [--features simd] -- FILE.jpg...

use std::{fs, io::Cursor};

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = fs::read(&path).expect("a readable file");
        println!("{path}");
        for eighths in [8, 4, 2, 1] {
            measure(&format!("libjpeg {eighths}/8"), || scaled(&bytes, eighths));
        }
        measure("zune-jpeg", || {
            zune_jpeg::JpegDecoder::new(Cursor::new(&bytes)).decode().expect("a JPEG").len()
        });
        measure("image", || image::load_from_memory(&bytes).expect("a JPEG").as_bytes().len());
        measure("jpeg-decoder 1/4", || {
            let mut decoder = jpeg_decoder::Decoder::new(&bytes[..]);
            decoder.scale(1000, 750).expect("a size");
            decoder.decode().expect("a JPEG").len()
        });
    }
}

fn scaled(bytes: &[u8], eighths: u8) -> usize {
    let mut decoder = mozjpeg::Decompress::new_mem(bytes).expect("a JPEG");
    decoder.scale(eighths);
    let mut rows = decoder.rgb().expect("a JPEG");
    rows.read_scanlines::<[u8; 3]>().expect("a JPEG").len() * 3
}

/// Median and least of nine runs.
fn measure(name: &str, mut work: impl FnMut() -> usize) {
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let start = cpu_ms();
            let bytes = work();
            assert!(bytes > 0);
            cpu_ms() - start
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("  {name:18} median {:6.1}  least {:6.1}", times[4], times[0]);
}

fn cpu_ms() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the struct is valid for writing; the clock exists on every Unix.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}
