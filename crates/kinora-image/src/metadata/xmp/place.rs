//! Latitude and longitude as XMP has them, and as programs write them.

use kinora_types::GeoPoint;

/// The point of two texts with their sides, which may stand apart (`GPSLatitudeRef`).
pub(super) fn point(
    latitude: (&str, Option<&str>),
    longitude: (&str, Option<&str>),
) -> Option<GeoPoint> {
    let latitude = angle(latitude.0, latitude.1, ['N', 'S'], 90.0)?;
    let longitude = angle(longitude.0, longitude.1, ['E', 'W'], 180.0)?;
    // Receivers without a fix write zeros.
    (latitude != 0.0 || longitude != 0.0).then_some(GeoPoint { latitude, longitude })
}

/// XMP's `48,51.396N` and `48,51,24N`; decimal degrees with a side, with a sign or with a side apart;
/// degrees, minutes and seconds as decimals or fractions (`28/1 32/1 1790/100`), with or without their signs.
fn angle(text: &str, side: Option<&str>, sides: [char; 2], most: f64) -> Option<f64> {
    let text = text.trim().replace('\u{2212}', "-");
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    // An exponent is no east.
    let whole = text.parse::<f64>().ok();
    let is_side = |c: &char| whole.is_none() && "NSEWnsew".contains(*c);
    let lettered = [last, first].into_iter().find(is_side);
    let apart = side.and_then(|side| side.trim().chars().next());
    let side = lettered.or(apart).map(|c| c.to_ascii_uppercase());
    if side.is_some_and(|side| !sides.contains(&side)) {
        return None;
    }
    let size = match whole {
        Some(number) => number.abs(),
        None => sexagesimal(&text)?,
    };
    let south_or_west = side == Some(sides[1]) || first == '-';
    let valid = size.is_finite() && size <= most;
    valid.then_some(if south_or_west { -size } else { size })
}

/// Degrees, then minutes, then seconds, whatever stands between them.
fn sexagesimal(text: &str) -> Option<f64> {
    let numbers: Vec<&str> = text
        .split(|c: char| !matches!(c, '0'..='9' | '.' | '/'))
        .filter(|n| !n.is_empty())
        .collect();
    // `28,5383`: there are no 5383 minutes, so that it is a comma of decimals.
    if let [degrees, decimals] = numbers[..]
        && text.contains(',')
        && decimals.len() > 2
        && decimals.bytes().all(|b| b.is_ascii_digit())
    {
        return format!("{degrees}.{decimals}").parse().ok();
    }
    let numbers: Vec<f64> = numbers.into_iter().map(fraction).collect::<Option<_>>()?;
    let (degrees, parts) = numbers.split_first()?;
    let in_range = parts.len() <= 2 && parts.iter().all(|part| *part <= 60.0);
    let sum = parts.iter().zip([60.0, 3600.0]).map(|(part, unit)| part / unit).sum::<f64>();
    in_range.then_some(degrees + sum)
}

fn fraction(text: &str) -> Option<f64> {
    match text.split_once('/') {
        // Some write 0/0 for seconds that they do not have.
        Some((above, below)) => match (above.parse::<f64>().ok()?, below.parse::<f64>().ok()?) {
            (_, 0.0) => Some(0.0),
            (above, below) => Some(above / below),
        },
        None => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn angles_in_their_forms() {
        let north = |text, side| angle(text, side, ['N', 'S'], 90.0);
        for (text, side, expected) in [
            ("28,32.298N", None, Some(28.5383)),
            ("28,32,17.88N", None, Some(28.5383)),
            ("28,32,17.88s", None, Some(-28.5383)),
            ("28.5383", Some("N"), Some(28.5383)),
            ("28.5383", Some("South"), Some(-28.5383)),
            ("-33.4489", None, Some(-33.4489)),
            ("\u{2212}33.4489", None, Some(-33.4489)),
            ("-33.4489", Some("S"), Some(-33.4489)),
            ("+33.4489", None, Some(33.4489)),
            ("33.4489S", None, Some(-33.4489)),
            ("S 33.4489", None, Some(-33.4489)),
            ("12.5", Some(" S"), Some(-12.5)),
            ("28,5383", Some("N"), Some(28.5383)),
            ("28/1 32/1 1788/100", Some("N"), Some(28.5383)),
            ("28/1,32/1,1788/100", Some("S"), Some(-28.5383)),
            ("285383/10000", Some("N"), Some(28.5383)),
            ("28/1 32/1 0/0", Some("N"), Some(28.533_333_3)),
            ("28 deg 32' 17.88\" N", None, Some(28.5383)),
            ("28°32'17.88\"S", None, Some(-28.5383)),
            ("2.85383e1", None, Some(28.5383)),
            ("28", None, Some(28.0)),
            ("90,0.0N", None, Some(90.0)),
            ("90.1", None, None),
            ("28,61,0N", None, None),
            ("28,1,1,1N", None, None),
            ("28.5E", None, None),
            ("28.5", Some("W"), None),
            ("N", None, None),
            ("", None, None),
            ("nan", None, None),
            ("inf", None, None),
        ] {
            let have = north(text, side);
            let close = match (have, expected) {
                (Some(a), Some(b)) => f64::abs(a - b) < 1e-6,
                (a, b) => a == b,
            };
            assert!(close, "{text} {side:?}: {have:?}");
        }
    }

    #[test]
    fn zeros_are_no_place() {
        assert_eq!(point(("0.0", Some("N")), ("0,0.0E", None)), None);
        let point = point(("12.5", Some("S")), ("45.25", Some("W"))).unwrap();
        assert_eq!((point.latitude, point.longitude), (-12.5, -45.25));
    }

    proptest! {
        #[test]
        fn no_angle_can_panic(text in "[-+0-9.,/NSEWe° é]{0,20}", side in ".{0,3}") {
            let _ = angle(&text, Some(&side), ['E', 'W'], 180.0);
        }
    }
}
