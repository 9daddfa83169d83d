//! Files to pictures: decode, orientation, colour profile, metadata, thumbnails, perceptual hash.
