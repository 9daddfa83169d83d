//! JPEG through libjpeg (mozjpeg's copy of libjpeg-turbo), with scaling inside the inverse DCT.
//!
//! Decoding at M/8 of the size computes only the low frequencies: a 12-megapixel photo for a 224 px
//! network input takes half (plain C) to a quarter (SIMD) of the full decode's time, and the large
//! picture is never in memory (`bench/ingest`).

#![allow(unsafe_code, reason = "libjpeg's interface is C")]

use std::{
    any::Any,
    ffi::{c_int, c_ulong, c_void},
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
};

use kinora_types::Size;
use mozjpeg_sys as ffi;

use super::{
    Format, ReadError,
    budget::{Budget, pixels},
    container::{is_adobe_jpeg, jpeg_icc},
    orient::Orientation,
    raster::{Layout, Raster},
};

/// Scans of a progressive file beyond which it is taken for an attack; real files have about ten.
const MAX_SCANS: c_int = 500;

/// Most scans of a picture of one component, whatever its size, and so many more for each other
/// one; encoders make about ten for three.
const SCANS_OF_ONE: u64 = 8;
const SCANS_OF_MORE: u64 = 4;
/// Small pictures may have more scans, up to so many pixels in all of them.
const FREE_WORK: u64 = 1 << 30;

/// Decodes at the smallest M/8 that keeps the shorter side at twice `target` or more.
///
/// The budget is checked for each row of blocks of each scan.
pub(super) fn decode(bytes: &[u8], target: u32, budget: &Budget<'_>) -> Result<Raster, ReadError> {
    let mut session = Session::new(bytes, budget);
    let outcome = catch_unwind(AssertUnwindSafe(|| session.decode(target)));
    let cut_off = session.notes.cut_off();
    match outcome {
        Err(panic) if session.notes.stopped => Err(failed(panic)),
        Ok(Ok(_)) | Err(_) if cut_off => Err(ReadError::Truncated { format: Format::Jpeg }),
        Ok(Ok(raster)) => Ok(Raster { icc: jpeg_icc(bytes), ..raster }),
        Ok(Err(error)) => Err(error),
        Err(panic) => Err(failed(panic)),
    }
}

/// Why decoding ended early, carried through libjpeg's frames by unwinding.
enum Failure {
    /// libjpeg's own reason.
    Library { code: c_int, message: String },
    /// Ours.
    Ours(ReadError),
}

fn failed(panic: Box<dyn Any + Send>) -> ReadError {
    match panic.downcast::<Failure>().map(|failure| *failure) {
        Ok(Failure::Ours(error)) => error,
        Ok(Failure::Library { code, message }) => library_error(code, message),
        Err(other) => resume_unwind(other),
    }
}

fn library_error(code: c_int, message: String) -> ReadError {
    let unsupported = [
        ffi::JERR_ARITH_NOTIMPL,
        ffi::JERR_BAD_PRECISION,
        ffi::JERR_CONVERSION_NOTIMPL,
        ffi::JERR_SOF_UNSUPPORTED,
    ];
    if unsupported.iter().any(|known| *known as c_int == code) {
        return ReadError::unsupported(Format::Jpeg, message);
    }
    ReadError::damaged(Format::Jpeg, message)
}

/// State of libjpeg's callbacks.
struct Notes<'a> {
    /// Warnings that tell a cut-off file from one that merely lacks its last two bytes.
    end_of_data: bool,
    bits_missing: bool,
    progressive: bool,
    budget: &'a Budget<'a>,
    /// Decoding was ended by us.
    stopped: bool,
    /// The scan that was checked last.
    scan: c_int,
}

impl<'a> Notes<'a> {
    fn new(budget: &'a Budget<'a>) -> Self {
        Self {
            end_of_data: false,
            bits_missing: false,
            progressive: false,
            budget,
            stopped: false,
            scan: 0,
        }
    }

    /// Counts a scan when it begins.
    fn look(&mut self, cinfo: &ffi::jpeg_decompress_struct) -> Result<(), ReadError> {
        self.budget.check()?;
        let scan = cinfo.input_scan_number;
        if scan == self.scan {
            return Ok(());
        }
        self.scan = scan;
        let full = Size { width: cinfo.image_width, height: cinfo.image_height };
        let more = u64::from(cinfo.num_components.unsigned_abs().saturating_sub(1));
        let usual = SCANS_OF_ONE + SCANS_OF_MORE * more;
        let work = pixels(full) * u64::from(scan.unsigned_abs()).saturating_sub(usual);
        if scan > MAX_SCANS || work > FREE_WORK {
            let what = format!("{scan} scans of {full} pixels and more to come");
            return Err(ReadError::TooMuchWork { what });
        }
        Ok(())
    }

    fn cut_off(&self) -> bool {
        self.end_of_data && (self.bits_missing || self.progressive)
    }
}

/// A libjpeg decompressor over bytes that outlive it. Boxes keep every address that C holds.
struct Session<'a> {
    cinfo: Box<ffi::jpeg_decompress_struct>,
    notes: Box<Notes<'a>>,
    _error: Box<ffi::jpeg_error_mgr>,
    _progress: Box<ffi::jpeg_progress_mgr>,
    bytes: &'a [u8],
}

impl<'a> Session<'a> {
    fn new(bytes: &'a [u8], budget: &'a Budget<'a>) -> Self {
        // SAFETY: all three are plain C structs of integers, floats, nullable pointers and optional
        // functions, for which zero is valid; libjpeg initialises them before use.
        let (mut cinfo, mut error, mut progress) = unsafe {
            (
                Box::new(mem::zeroed::<ffi::jpeg_decompress_struct>()),
                Box::new(mem::zeroed::<ffi::jpeg_error_mgr>()),
                Box::new(mem::zeroed::<ffi::jpeg_progress_mgr>()),
            )
        };
        let mut notes = Box::new(Notes::new(budget));
        // SAFETY: `error` lives as long as `cinfo` (same struct, boxed).
        unsafe { ffi::jpeg_std_error(&mut error) };
        error.error_exit = Some(on_error);
        error.emit_message = Some(on_message);
        progress.progress_monitor = Some(on_progress);
        cinfo.common.err = &raw mut *error;
        // SAFETY: the error handler is set, so failures unwind; sizes are checked by the callee.
        unsafe { ffi::jpeg_create_decompress(&mut *cinfo) };
        cinfo.common.progress = &raw mut *progress;
        cinfo.common.client_data = (&raw mut *notes).cast::<c_void>();
        Self { cinfo, notes, _error: error, _progress: progress, bytes }
    }

    fn decode(&mut self, target: u32) -> Result<Raster, ReadError> {
        self.read_header();
        let full_size = Size { width: self.cinfo.image_width, height: self.cinfo.image_height };
        self.choose_output(target);
        self.notes.budget.admit(full_size, self.memory())?;
        Ok(self.read_rows(full_size))
    }

    fn read_header(&mut self) {
        // SAFETY: the source is set before the header is read; `bytes` outlives the session.
        unsafe {
            ffi::jpeg_mem_src(&mut self.cinfo, self.bytes.as_ptr(), self.bytes.len() as c_ulong);
            ffi::jpeg_read_header(&mut self.cinfo, 1);
            self.notes.progressive = ffi::jpeg_has_multiple_scans(&self.cinfo) != 0;
        }
    }

    fn choose_output(&mut self, target: u32) {
        use ffi::J_COLOR_SPACE as Space;
        let shorter = u64::from(self.cinfo.image_width.min(self.cinfo.image_height));
        let wanted = 2 * u64::from(target);
        let eighths = (1..8).find(|m| (shorter * m).div_ceil(8) >= wanted).unwrap_or(8);
        (self.cinfo.scale_num, self.cinfo.scale_denom) = (eighths as u32, 8);
        self.cinfo.out_color_space = match self.cinfo.jpeg_color_space {
            Space::JCS_GRAYSCALE => Space::JCS_GRAYSCALE,
            Space::JCS_CMYK | Space::JCS_YCCK => Space::JCS_CMYK,
            _ => Space::JCS_RGB,
        };
        // SAFETY: the header has been read.
        unsafe { ffi::jpeg_calc_output_dimensions(&mut self.cinfo) };
    }

    /// Output, and all coefficients (16 bits each) of a file whose scans refine one another.
    fn memory(&self) -> u64 {
        let area = |w: u32, h: u32| u64::from(w) * u64::from(h);
        let components = u64::from(self.cinfo.num_components.unsigned_abs());
        let out = area(self.cinfo.output_width, self.cinfo.output_height) * 4;
        let stored = area(self.cinfo.image_width, self.cinfo.image_height) * 2 * components;
        out + if self.notes.progressive { stored } else { 0 }
    }

    fn read_rows(&mut self, full_size: Size) -> Raster {
        let size = Size { width: self.cinfo.output_width, height: self.cinfo.output_height };
        let layout = match self.cinfo.out_color_space {
            ffi::J_COLOR_SPACE::JCS_GRAYSCALE => Layout::Grey,
            ffi::J_COLOR_SPACE::JCS_CMYK => Layout::Cmyk,
            _ => Layout::Rgb,
        };
        let stride = size.width as usize * layout.channels();
        let mut samples = vec![0; stride * size.height as usize];
        // SAFETY: the output size was computed above, so each row has exactly `stride` bytes.
        unsafe { ffi::jpeg_start_decompress(&mut self.cinfo) };
        for row in samples.chunks_exact_mut(stride) {
            let mut rows = [row.as_mut_ptr()];
            // SAFETY: one row pointer for one row; the output components are as many as `layout`'s.
            unsafe { ffi::jpeg_read_scanlines(&mut self.cinfo, rows.as_mut_ptr(), 1) };
        }
        if layout == Layout::Cmyk && is_adobe_jpeg(self.bytes) {
            // Adobe stores light, not ink.
            samples.iter_mut().for_each(|v| *v = 255 - *v);
        }
        Raster { size, full_size, layout, samples, icc: None, orientation: Orientation::default() }
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: created in `new`; destroying after an error is what libjpeg asks for.
        unsafe { ffi::jpeg_destroy_decompress(&mut self.cinfo) };
    }
}

fn failure(cinfo: &mut ffi::jpeg_common_struct) -> Failure {
    let mut buffer = [0u8; 80];
    // SAFETY: libjpeg set `err` and fills at most 80 bytes (JMSG_LENGTH_MAX), which it wants
    // mutable although the binding says otherwise.
    let code = unsafe {
        let error = &*cinfo.err;
        if let Some(format) = error.format_message {
            type Format = unsafe extern "C-unwind" fn(&mut ffi::jpeg_common_struct, *mut u8);
            let format = mem::transmute::<*const c_void, Format>(format as *const c_void);
            format(cinfo, buffer.as_mut_ptr());
        }
        (*cinfo.err).msg_code
    };
    let text = buffer.split(|b| *b == 0).next().unwrap_or_default();
    Failure::Library { code, message: lower_first(&String::from_utf8_lossy(text)) }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

extern "C-unwind" fn on_error(cinfo: &mut ffi::jpeg_common_struct) {
    // Not `panic!`: this is an ordinary outcome and must not print.
    resume_unwind(Box::new(failure(cinfo)));
}

extern "C-unwind" fn on_message(cinfo: &mut ffi::jpeg_common_struct, _level: c_int) {
    // SAFETY: both pointers were set in `Session::new` to boxes that outlive the call.
    unsafe {
        let code = (*cinfo.err).msg_code;
        let Some(notes) = cinfo.client_data.cast::<Notes<'_>>().as_mut() else {
            return;
        };
        notes.end_of_data |= code == ffi::JWRN_JPEG_EOF as c_int;
        notes.bits_missing |= code == ffi::JWRN_HIT_MARKER as c_int;
    }
}

extern "C-unwind" fn on_progress(cinfo: &mut ffi::jpeg_common_struct) {
    // SAFETY: only decompressors are given this monitor, and theirs begins with the common struct;
    // `client_data` was set in `Session::new` to a box that outlives the call.
    let (decompressor, notes) = unsafe {
        let decompressor = &*(&raw const *cinfo).cast::<ffi::jpeg_decompress_struct>();
        (decompressor, cinfo.client_data.cast::<Notes<'_>>().as_mut())
    };
    let Some(notes) = notes else {
        return;
    };
    if let Err(error) = notes.look(decompressor) {
        notes.stopped = true;
        resume_unwind(Box::new(Failure::Ours(error)));
    }
}
