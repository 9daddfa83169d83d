//! Motion photos: a JPEG with a short MP4 behind its last marker.

/// Boxes that an MP4 begins with (ISO 14496-12): brands that phones write.
const BRANDS: [&[u8; 4]; 6] = [b"isom", b"mp42", b"mp41", b"iso2", b"avc1", b"qt  "];

/// Whether an MP4 follows on the picture: Google's and Samsung's way since 2015. Looks at every byte once.
pub(crate) fn has_moving_part(bytes: &[u8]) -> bool {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return false;
    }
    let mut rest = bytes;
    let mut behind_end = false;
    while let Some(at) = rest.windows(4).position(|window| window == b"ftyp") {
        behind_end |= rest[..at].windows(2).any(|window| window == [0xff, 0xd9]);
        let size = at.checked_sub(4).and_then(|start| rest.get(start..at));
        let size = size.and_then(|size| size.try_into().ok()).map_or(0, u32::from_be_bytes);
        let brand = rest.get(at + 4..at + 8).unwrap_or_default();
        let known = BRANDS.iter().any(|known| *known == brand);
        if behind_end && known && (16..=512).contains(&size) {
            return true;
        }
        rest = &rest[at + 4..];
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_film_behind_the_picture_is_found() {
        let film = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";
        for (bytes, has) in [
            ([&b"\xff\xd8\xff\xe0..\xff\xd9"[..], film].concat(), true),
            ([&b"\xff\xd8..\xff\xd9ftyp...."[..], film].concat(), true),
            ([&b"\xff\xd8\xff\xe0.."[..], film].concat(), false),
            ([&b"\xff\xd8..\xff\xd9\0\0\0\x18ftyp"[..], b"text"].concat(), false),
            (film.to_vec(), false),
            (b"\xff\xd8".to_vec(), false),
        ] {
            assert_eq!(has_moving_part(&bytes), has, "{bytes:?}");
        }
    }
}
