//! Limits above which a file is refused.

use std::time::Duration;

use kinora_types::Size;

use super::ReadError;

/// Upper bounds, checked against a file's header before anything is allocated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pixels of the full picture.
    pub pixels: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of memory while decoding, as far as the header tells them.
    pub memory: u64,
    /// Time for one picture by the clock; large pictures get 0.25 s more for each megapixel.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { pixels: 400_000_000, bytes: 1 << 30, memory: 2 << 30, time: Duration::from_secs(20) }
    }
}

impl Limits {
    pub(super) fn check_bytes(&self, bytes: u64) -> Result<(), ReadError> {
        if bytes > self.bytes {
            return Err(ReadError::TooManyBytes { bytes, limit: self.bytes });
        }
        Ok(())
    }

    /// `memory` is the working memory of the decoder, its output included.
    pub(super) fn check(&self, size: Size, memory: u64) -> Result<(), ReadError> {
        if u64::from(size.width) * u64::from(size.height) > self.pixels {
            return Err(ReadError::TooManyPixels { size, limit: self.pixels });
        }
        if memory > self.memory {
            return Err(ReadError::TooMuchMemory { needed: memory, limit: self.memory });
        }
        Ok(())
    }
}
