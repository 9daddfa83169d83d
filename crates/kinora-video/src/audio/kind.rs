//! Recordings by their first bytes.

/// Whether a file whose first bytes these are (64 are enough) is a recording: WAV, FLAC, Ogg with
/// sound, MP3, AAC, AIFF, CAF, AMR, AC-3, Sun's `.au`, and MPEG-4 that calls itself audio.
///
/// MPEG-4 without that brand, Matroska and ASF hold either; only [`super::AudioFacts::has_video`] tells.
pub fn begins_sound(head: &[u8]) -> bool {
    let at = |start: usize, bytes: &[u8]| head.get(start..start + bytes.len()) == Some(bytes);
    let one_of = |start, names: &[&[u8]]| names.iter().any(|name| at(start, name));
    (one_of(0, &[b"RIFF", b"RF64", b"BW64"]) && at(8, b"WAVE"))
        || (at(0, b"FORM") && one_of(8, &[b"AIFF", b"AIFC"]))
        || (at(4, b"ftyp") && one_of(8, &[b"M4A ", b"M4B ", b"M4P ", b"F4A "]))
        || one_of(
            0,
            &[b"fLaC", b"ID3", b"caff", b"#!AMR", b".snd", b"\x0b\x77", b"riff\x2e\x91\xcf\x11"],
        )
        || (at(0, b"OggS") && ogg_sound(head))
        || mpeg_sound(head)
}

/// The codec's name stands at the start of the first packet, behind the table of segments (RFC 3533).
fn ogg_sound(head: &[u8]) -> bool {
    let Some(&segments) = head.get(26) else { return false };
    let packet = head.get(27 + usize::from(segments)..).unwrap_or_default();
    let names: [&[u8]; 4] = [b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   "];
    names.iter().any(|name| packet.starts_with(name))
}

/// A frame header of MPEG audio, layer II or III (ISO 11172-3), or of AAC in ADTS (ISO 13818-7). Layer I
/// is left out: two bytes that mark text as UTF-16 look like it.
fn mpeg_sound(head: &[u8]) -> bool {
    let &[0xFF, second, third, ..] = head else { return false };
    let (version, layer) = (second >> 3 & 3, second >> 1 & 3);
    let (bitrate, rate) = (third >> 4, third >> 2 & 3);
    let mpeg = second >= 0xE0 && version != 1 && matches!(layer, 1 | 2);
    let adts = second & 0xF6 == 0xF0 && third >> 2 & 0xF < 13;
    (mpeg && bitrate != 0 && bitrate != 15 && rate != 3) || adts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_recording_is_told_apart() {
        let mut theora = b"OggS".to_vec();
        theora.resize(26, 0);
        theora.extend(b"\x01\x2a\x80theora");
        for head in [
            &b"\xFF\xD8\xFF\xE0\x00\x10JFIF"[..],
            b"\xFF\xFEh\x00e\x00",
            b"\x89PNG\r\n\x1a\n",
            b"RIFF\x00\x00\x00\x00AVI LIST",
            b"RIFF\x00\x00\x00\x00WEBPVP8 ",
            b"\x00\x00\x00\x18ftypisom",
            b"some text",
            b"OggS",
            b"\xFF",
            b"",
            &theora,
        ] {
            assert!(!begins_sound(head), "{head:?}");
        }
    }
}
