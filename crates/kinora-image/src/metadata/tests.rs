use super::*;

fn dated(at: &str, basis: DateBasis) -> Metadata {
    Metadata { taken_at: at.parse().ok(), date_basis: Some(basis), ..Metadata::default() }
}

#[test]
fn what_the_name_of_a_file_adds() {
    use DateBasis::{Guessed, Utc, Written};
    let utc = dated("2024-07-01T14:30:12", Utc);
    for (found, name, at, basis) in [
        (
            Metadata::default(),
            "VID_20240701_233000.mp4",
            Some("2024-07-01T23:30:00"),
            Some(Guessed),
        ),
        (
            Metadata::default(),
            "PXL_20240701_143000123.mp4",
            Some("2024-07-01T14:30:00"),
            Some(Guessed),
        ),
        (Metadata::default(), "MOV_0001.mp4", None, None),
        (utc.clone(), "VID_20240701_233000.mp4", Some("2024-07-01T23:30:00"), Some(Written)),
        (utc.clone(), "VID_20240701_072955.mp4", Some("2024-07-01T07:29:55"), Some(Written)),
        (utc.clone(), "PXL_20240701_143000123.mp4", Some("2024-07-01T14:30:12"), Some(Utc)),
        (utc.clone(), "VID-20240701-WA0001.mp4", Some("2024-07-01T14:30:12"), Some(Utc)),
        (utc, "VID_20190701_233000.mp4", Some("2024-07-01T14:30:12"), Some(Utc)),
        (
            dated("2024-07-01T14:30:12", Written),
            "IMG_20190101_000000.jpg",
            Some("2024-07-01T14:30:12"),
            Some(Written),
        ),
        (
            dated("2024-07-01T14:30:12", Guessed),
            "IMG_20190101_000000.jpg",
            Some("2019-01-01T00:00:00"),
            Some(Guessed),
        ),
        (
            dated("2024-07-01T14:30:12", Guessed),
            "IMG-20240701-WA0001.jpg",
            Some("2024-07-01T14:30:12"),
            Some(Guessed),
        ),
    ] {
        let complete = found.complete(Path::new(name));
        assert_eq!(complete.taken_at, at.and_then(|at| at.parse().ok()), "{name}");
        assert_eq!(complete.date_basis, basis, "{name}");
    }
}

#[test]
fn the_surer_date_is_taken() {
    use DateBasis::{Guessed, Utc, Written};
    let (one, two) = ("2001-01-01T00:00:00", "2002-02-02T00:00:00");
    for (first, second, expected) in [
        (Written, Written, one),
        (Written, Guessed, one),
        (Utc, Guessed, one),
        (Utc, Utc, one),
        (Utc, Written, two),
        (Guessed, Utc, two),
        (Guessed, Written, two),
    ] {
        let joined = dated(one, first).or(dated(two, second));
        assert_eq!(joined.taken_at, expected.parse().ok(), "{first:?} {second:?}");
    }
    assert_eq!(Metadata::default().or(dated(one, Guessed)), dated(one, Guessed));
    assert_eq!(dated(one, Guessed).or(Metadata::default()), dated(one, Guessed));
}

#[test]
fn a_clock_in_utc_and_a_place() {
    let place = GeoPoint { latitude: 35.68, longitude: 139.69 };
    let video = Metadata { place: Some(place), ..dated("2024-07-01T14:30:00", DateBasis::Utc) };
    for (found, name, at, basis) in [
        (video.clone(), "MOV_0001.mp4", "2024-07-01T23:30:00", DateBasis::Guessed),
        (video.clone(), "VID_20240701_232955.mp4", "2024-07-01T23:29:55", DateBasis::Written),
        (video.clone(), "PXL_20240701_143000123.mp4", "2024-07-01T23:30:00", DateBasis::Guessed),
        (
            Metadata { date_basis: Some(DateBasis::Written), ..video },
            "a.mp4",
            "2024-07-01T14:30:00",
            DateBasis::Written,
        ),
    ] {
        let complete = found.complete(Path::new(name));
        assert_eq!(complete.taken_at, at.parse().ok(), "{name}");
        assert_eq!(complete.date_basis, Some(basis), "{name}");
    }
}
