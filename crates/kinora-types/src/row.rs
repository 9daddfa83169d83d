//! Row numbers of a library's catalogue, and the points of its vector index.
//!
//! They are valid within one library and are never given again there. As JSON and on the disk each is its bare number.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Set in the points of frames, so that they never meet the points of pictures.
const FRAME: u64 = 1 << 62;

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

number! {
    /// Row of an asset in the catalogue.
    AssetRow;
    /// Row of a video's frame in the catalogue.
    FrameRow;
    /// Row of a passage in the catalogue.
    PassageRow;
    /// Name of a point of the vector index: a picture or one frame of a video ([`Indexed`]).
    Point;
}

/// What a point of the vector index stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Indexed {
    /// A picture.
    Picture(AssetRow),
    /// A frame of a video.
    Frame(FrameRow),
}

impl Point {
    /// The point of a picture.
    pub const fn of_picture(row: AssetRow) -> Self {
        Self(row.0)
    }

    /// The point of a frame.
    pub const fn of_frame(row: FrameRow) -> Self {
        Self(FRAME | row.0)
    }

    /// What it stands for.
    pub const fn indexed(self) -> Indexed {
        if self.0 & FRAME == 0 {
            Indexed::Picture(AssetRow(self.0))
        } else {
            Indexed::Frame(FrameRow(self.0 & !FRAME))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_tell_pictures_from_frames() {
        for row in [1, 2, u64::from(u32::MAX), (1 << 62) - 1] {
            let (picture, frame) = (AssetRow(row), FrameRow(row));
            assert_eq!(Point::of_picture(picture).indexed(), Indexed::Picture(picture));
            assert_eq!(Point::of_frame(frame).indexed(), Indexed::Frame(frame));
        }
        assert!(Point::of_picture(AssetRow(u64::from(u32::MAX))) < Point::of_frame(FrameRow(1)));
    }

    #[test]
    fn as_json_they_are_bare_numbers() {
        assert_eq!(serde_json::to_string(&AssetRow(7)).unwrap(), "7");
        assert_eq!(serde_json::from_str::<Point>("7").unwrap(), Point(7));
    }
}
