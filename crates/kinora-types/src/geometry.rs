//! Sizes in pixels and rectangles in the unit square.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A frame size in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Size {
    /// Width divided by height.
    pub fn aspect(self) -> f64 {
        f64::from(self.width) / f64::from(self.height)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{text}` is not a size such as `1280x720`");
        let (width, height) = text.split_once(['x', 'X']).ok_or_else(bad)?;
        let size = Self {
            width: width.trim().parse().map_err(|_| bad())?,
            height: height.trim().parse().map_err(|_| bad())?,
        };
        let side = 16..=7680;
        if !side.contains(&size.width) || !side.contains(&size.height) {
            return Err(format!("each side must be between 16 and 7680 pixels: `{text}`"));
        }
        Ok(size)
    }
}

/// A rectangle in fractions of a picture: (0, 0) is its upper left corner, (1, 1) its lower right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width as a fraction of the picture's width.
    pub width: f64,
    /// Height as a fraction of the picture's height.
    pub height: f64,
}

impl Rect {
    /// The whole picture.
    pub const FULL: Self = Self { x: 0.0, y: 0.0, width: 1.0, height: 1.0 };

    /// Middle of the rectangle, (x, y).
    pub fn centre(self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    /// Linear blend: `t` = 0 gives `self`, 1 gives `other`.
    pub fn lerp(self, other: Self, t: f64) -> Self {
        let mix = |a: f64, b: f64| a + (b - a) * t;
        Self {
            x: mix(self.x, other.x),
            y: mix(self.y, other.y),
            width: mix(self.width, other.width),
            height: mix(self.height, other.height),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_parse_or_say_why() {
        assert_eq!("1280x720".parse(), Ok(Size { width: 1280, height: 720 }));
        for bad in ["", "1280", "1280x", "x720", "0x720", "1280x99999", "-1x5"] {
            assert!(bad.parse::<Size>().is_err(), "{bad}");
        }
    }
}
