use kinora_types::DateBasis;

use super::*;

fn packet(inside: &str) -> String {
    format!(
        r#"<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dc="{DC}" xmlns:xmp="{XMP}"
 xmlns:exif="{EXIF}" xmlns:photoshop="{PHOTOSHOP}" xmlns:tiff="{TIFF}" xmlns:xmpRights="{XMP_RIGHTS}"
 xmlns:lr="http://ns.adobe.com/lightroom/1.0/" xmlns:digiKam="http://www.digikam.org/ns/1.0/"
 xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:MP="http://ns.microsoft.com/photo/1.2/" xmlns:MPRI="http://ns.microsoft.com/photo/1.2/t/RegionInfo#"
 xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#">{inside}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>"#
    )
}

fn described(inside: &str) -> Found {
    read(packet(&format!("<rdf:Description rdf:about=\"\">{inside}</rdf:Description>")).as_bytes())
}

#[test]
fn places_with_their_sides_apart() {
    for (latitude, north, longitude, east, expected) in [
        ("28.5383", "N", "81.3792", "W", (28.5383, -81.3792)),
        ("12.5", "S", "45.25", "W", (-12.5, -45.25)),
        ("-33.4489", "", "-70.6693", "", (-33.4489, -70.6693)),
        ("28,32.298N", "", "81,22.752W", "", (28.5383, -81.3792)),
    ] {
        let found = described(&format!(
            "<exif:GPSLatitude>{latitude}</exif:GPSLatitude><exif:GPSLatitudeRef>{north}</exif:GPSLatitudeRef>
             <exif:GPSLongitude>{longitude}</exif:GPSLongitude><exif:GPSLongitudeRef>{east}</exif:GPSLongitudeRef>
             <exif:GPSAltitude>300/1</exif:GPSAltitude>"
        ));
        let place = found.metadata.place.unwrap();
        let near =
            (place.latitude - expected.0).abs() + (place.longitude - expected.1).abs() < 1e-9;
        assert!(near, "{latitude} {longitude}: {place:?}");
    }
}

#[test]
fn dates_by_what_they_are_of() {
    for (inside, at, basis) in [
        (
            "<exif:DateTimeOriginal>2020-01-02T03:04:05</exif:DateTimeOriginal>",
            "2020-01-02T03:04:05",
            DateBasis::Written,
        ),
        (
            "<exif:DateTimeOriginal>2020-01-02T03:04:05Z</exif:DateTimeOriginal>",
            "2020-01-02T03:04:05",
            DateBasis::Utc,
        ),
        (
            "<xmp:CreateDate>2020-01-02T03:04:05-07:00</xmp:CreateDate><photoshop:DateCreated>1965-06</photoshop:DateCreated>",
            "1965-06-01T00:00:00",
            DateBasis::Written,
        ),
        (
            "<exif:GPSTimeStamp>2020-01-02T03:04:05Z</exif:GPSTimeStamp>",
            "2020-01-02T03:04:05",
            DateBasis::Utc,
        ),
        (
            "<xmp:ModifyDate>2020-01-02T03:04</xmp:ModifyDate>",
            "2020-01-02T03:04:00",
            DateBasis::Guessed,
        ),
        (
            "<dc:date><rdf:Seq><rdf:li>2020</rdf:li></rdf:Seq></dc:date>",
            "2020-01-01T00:00:00",
            DateBasis::Written,
        ),
    ] {
        let best = described(inside).dates.best().unwrap();
        assert_eq!((best.at.to_string().as_str(), best.basis), (at, basis), "{inside}");
    }
}

#[test]
fn keywords_of_every_program() {
    let found = described(
        "<dc:subject><rdf:Bag><rdf:li>sea</rdf:li><rdf:li>sea</rdf:li></rdf:Bag></dc:subject>
         <lr:hierarchicalSubject><rdf:Bag><rdf:li>Animals|Birds|Puffin</rdf:li></rdf:Bag></lr:hierarchicalSubject>
         <digiKam:TagsList><rdf:Seq><rdf:li>Places/Iceland</rdf:li></rdf:Seq></digiKam:TagsList>
         <MicrosoftPhoto:LastKeywordXMP><rdf:Bag><rdf:li>Trips/2019</rdf:li></rdf:Bag></MicrosoftPhoto:LastKeywordXMP>
         <Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Ada</rdf:li></rdf:Bag></Iptc4xmpExt:PersonInImage>",
    );
    let expected =
        ["sea", "Animals", "Birds", "Puffin", "Places", "Iceland", "Trips", "2019", "Ada"];
    assert_eq!(found.metadata.keywords, expected);
}

#[test]
fn keywords_in_a_tree() {
    let found = described(
        r#"<k:Keywords xmlns:k="http://www.metadataworkinggroup.com/schemas/keywords/" rdf:parseType="Resource">
        <k:Hierarchy><rdf:Bag><rdf:li><rdf:Description k:Keyword="Animals"><k:Children><rdf:Bag>
        <rdf:li rdf:parseType="Resource"><k:Keyword>Puffin</k:Keyword></rdf:li></rdf:Bag></k:Children>
        </rdf:Description></rdf:li></rdf:Bag></k:Hierarchy></k:Keywords>"#,
    );
    assert_eq!(found.metadata.keywords, ["Animals", "Puffin"]);
}

#[test]
fn people_in_regions() {
    let found = described(
        r#"<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag>
         <rdf:li><rdf:Description mwg-rs:Name="Ada" mwg-rs:Type="Face"/></rdf:li>
         <rdf:li rdf:parseType="Resource"><mwg-rs:Name>Grace</mwg-rs:Name><mwg-rs:Type>Face</mwg-rs:Type></rdf:li>
         <rdf:li><rdf:Description mwg-rs:Name="4006381333931" mwg-rs:Type="BarCode"/></rdf:li>
         </rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>
         <MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag>
         <rdf:li><rdf:Description MPReg:PersonDisplayName="Hedy"/></rdf:li>
         <rdf:li><rdf:Description><MPReg:PersonDisplayName>Emmy</MPReg:PersonDisplayName></rdf:Description></rdf:li>
         </rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo>"#,
    );
    assert_eq!(found.metadata.keywords, ["Ada", "Grace", "Hedy", "Emmy"]);
}

#[test]
fn captions_in_languages_and_shapes() {
    let caption = |inside: &str| {
        described(&format!("<dc:description>{inside}</dc:description>")).metadata.caption
    };
    for (inside, expected) in [
        (
            r#"<rdf:Alt><rdf:li xml:lang="de-DE">See</rdf:li><rdf:li xml:lang="x-default">Lake</rdf:li></rdf:Alt>"#,
            Some("Lake"),
        ),
        (
            r#"<rdf:Alt><rdf:li xml:lang="de">See</rdf:li><rdf:li xml:lang="en-GB">Lake</rdf:li></rdf:Alt>"#,
            Some("Lake"),
        ),
        (
            r#"<rdf:Alt><rdf:li xml:lang="x-default"/><rdf:li xml:lang="de">See</rdf:li></rdf:Alt>"#,
            Some("See"),
        ),
        (r#"<rdf:Alt><rdf:li xml:lang="x-default">x-default</rdf:li></rdf:Alt>"#, None),
        (
            r#"<rdf:Alt><rdf:li rdf:parseType="Resource"><rdf:value>Lake</rdf:value></rdf:li></rdf:Alt>"#,
            Some("Lake"),
        ),
        (
            r#"<rdf:Alt><rdf:li><rdf:Description rdf:value="Lake"/></rdf:li></rdf:Alt>"#,
            Some("Lake"),
        ),
        ("Lake &amp; sea", Some("Lake & sea")),
        ("<![CDATA[Lake]]>", Some("Lake")),
        ("", None),
    ] {
        assert_eq!(caption(inside).as_deref(), expected, "{inside}");
    }
    let rights =
        "<dc:rights>x-default</dc:rights><xmpRights:UsageTerms>x-default</xmpRights:UsageTerms>";
    assert_eq!(described(rights).metadata.rights.licence, None);
}

#[test]
fn several_descriptions_and_those_within() {
    let text = packet(
        r#"<rdf:Description dc:source="archive"/><rdf:Description><dc:title><rdf:Alt><rdf:li>Sea</rdf:li></rdf:Alt></dc:title></rdf:Description>
        <rdf:Description><xmp:Part><rdf:Description><dc:description>of a part</dc:description></rdf:Description></xmp:Part></rdf:Description>"#,
    );
    let found = read(text.as_bytes()).metadata;
    assert_eq!(found.title.as_deref(), Some("Sea"));
    assert_eq!(found.rights.source.as_deref(), Some("archive"));
    assert_eq!(found.caption, None);
}

#[test]
fn packets_in_other_encodings() {
    let text = packet("<rdf:Description><dc:title>Brücke</dc:title></rdf:Description>");
    let wide = |bytes: fn(u16) -> [u8; 2], mark: bool| -> Vec<u8> {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    };
    for bytes in [
        text.clone().into_bytes(),
        format!("\u{feff}{text}\0\0").into_bytes(),
        wide(u16::to_be_bytes, true),
        wide(u16::to_le_bytes, true),
        wide(u16::to_be_bytes, false),
        wide(u16::to_le_bytes, false),
    ] {
        assert_eq!(read(&bytes).metadata.title.as_deref(), Some("Brücke"));
    }
}

#[test]
fn sixty_thousand_keywords_are_cut_to_a_thousand() {
    let keywords: String = (0..60_000).map(|n| format!("<rdf:li>word {n}</rdf:li>")).collect();
    let found = described(&format!("<dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject>"));
    assert_eq!(found.metadata.keywords.len(), Keywords::MOST);
}

/// Run with `--nocapture`: what hostile packets cost. Timings are never assertions.
#[test]
fn hostile_packets_are_done_with() {
    let attributes: String = (0..150_000).map(|n| format!(" dc:a{n}=\"{n}\"")).collect();
    let nested: String = (0..4000).map(|n| format!("<a xmlns:n{n}=\"u{n}\">")).collect();
    let keywords: String = (0..60_000).map(|n| format!("<rdf:li>word {n}</rdf:li>")).collect();
    let wide: String = (0..1400).map(|n| format!(" dc:{n:a>100}=\"\"")).collect();
    let nodes = "<a/>b".repeat(190_000);
    for (what, inside) in [
        ("attributes", format!("<rdf:Description{attributes}/>")),
        ("nested declarations", nested),
        (
            "keywords",
            format!(
                "<rdf:Description><dc:subject><rdf:Bag>{keywords}</rdf:Bag></dc:subject></rdf:Description>"
            ),
        ),
        ("as many attributes as fit", format!("<rdf:Description{wide}/>")),
        ("as many nodes as fit", format!("<rdf:Description>{nodes}</rdf:Description>")),
        ("open tags", "<a ".repeat(1_300_000)),
        ("open comments", "<!--".repeat(1_000_000)),
    ] {
        let begun = std::time::Instant::now();
        let _ = read(packet(&inside).as_bytes());
        println!("{what}: {:?}", begun.elapsed());
    }
}
