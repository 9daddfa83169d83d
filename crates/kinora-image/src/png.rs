//! Colour space and animation of a PNG (Portable Network Graphics, third edition, W3C 2025).

use super::space::{Curve, Gamut, Space};

/// Gamma of a file in 1/100000 that means sRGB: encoders round 1/2.2 in many ways.
const SRGB_GAMMA: std::ops::RangeInclusive<u32> = 44_500..=46_500;

/// Chunks before the picture: type and content. Stops at the first length that does not fit.
fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (kind, tail) = tail.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let content = tail.get(..length)?;
        rest = tail.get(length..)?.get(4..)?;
        (kind != b"IDAT").then_some((kind, content))
    })
}

/// The colour space given by numbers, in the order of the standard: `cICP`, then a profile, then `sRGB`,
/// then `gAMA` with `cHRM`. `None` if a profile decides or nothing says other than sRGB.
pub(super) fn space(bytes: &[u8]) -> Option<Space> {
    let content =
        |wanted: &[u8; 4]| chunks(bytes).find(|(kind, _)| *kind == wanted).map(|(_, c)| c);
    if let Some(&[primaries, transfer, 0, full]) = content(b"cICP")
        && primaries != 2
        && transfer != 2
    {
        let space = Space::of_code_points(primaries.into(), transfer.into());
        return Some(Space { narrow: full == 0, ..space });
    }
    if content(b"iCCP").is_some() || content(b"sRGB").is_some() {
        return None;
    }
    let curve = content(b"gAMA").and_then(gamma);
    let gamut = content(b"cHRM").and_then(chromaticities);
    (curve.is_some() || gamut.is_some()).then(|| Space {
        gamut: gamut.unwrap_or(Gamut::SRGB),
        curve: curve.unwrap_or(Curve::Srgb),
        narrow: false,
    })
}

fn gamma(content: &[u8]) -> Option<Curve> {
    let gamma = u32::from_be_bytes(content.try_into().ok()?);
    // What lies outside of these is no encoding of a picture for people.
    (10_000..=200_000).contains(&gamma).then(|| match gamma {
        _ if SRGB_GAMMA.contains(&gamma) => Curve::Srgb,
        _ => Curve::Gamma(100_000.0 / gamma as f32),
    })
}

/// `None` too if they are sRGB's up to rounding.
fn chromaticities(content: &[u8]) -> Option<Gamut> {
    let values: &[u8; 32] = content.try_into().ok()?;
    let at = |i: usize| {
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| values[4 * i + k]);
        u32::from_be_bytes([a, b, c, d]) as f32 / 100_000.0
    };
    let pair = |i: usize| [at(2 * i), at(2 * i + 1)];
    let gamut = Gamut { white: pair(0), primaries: [pair(1), pair(2), pair(3)] };
    let same = [(gamut.white, Gamut::SRGB.white)]
        .into_iter()
        .chain(gamut.primaries.into_iter().zip(Gamut::SRGB.primaries))
        .all(|(a, b)| (a[0] - b[0]).abs() < 0.002 && (a[1] - b[1]).abs() < 0.002);
    (!same && gamut.to_srgb().is_some()).then_some(gamut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; 8];
        for (kind, content) in chunks {
            bytes.extend((content.len() as u32).to_be_bytes());
            bytes.extend(*kind);
            bytes.extend(*content);
            bytes.extend([0; 4]);
        }
        bytes
    }

    #[test]
    fn the_best_source_decides() {
        let (gamma, cicp) =
            ((b"gAMA", &55_556u32.to_be_bytes()[..]), (b"cICP", &[9, 16, 0, 1][..]));
        let (icc, srgb) = ((b"iCCP", &b"x"[..]), (b"sRGB", &[0u8][..]));
        assert_eq!(space(&png(&[gamma, icc, cicp])), Some(Space::of_code_points(9, 16)));
        assert_eq!(space(&png(&[gamma, icc])), None);
        assert_eq!(space(&png(&[gamma, srgb])), None);
        assert_eq!(space(&png(&[gamma])).map(|s| s.curve), Some(Curve::Gamma(1.799_985_6)));
        assert_eq!(space(&png(&[(b"gAMA", &45_455u32.to_be_bytes())])), Some(Space::SRGB));
        assert_eq!(space(&png(&[(b"IDAT", b""), gamma])), None);
        assert_eq!(space(&png(&[(b"gAMA", &[0; 4])])), None);
        assert_eq!(space(&png(&[(b"cHRM", &[0; 32])])), None);
        assert_eq!(space(&png(&[])), None);
    }
}
