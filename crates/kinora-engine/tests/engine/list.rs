//! Lists and filters alone, and help with spelling.

use kinora_engine::{
    Asked, ErrorKind, Filter, Job, ListRequest, Listing, Place, SearchRequest, Sort, Suggestion,
};
use kinora_testing::library::{Item, LibraryBuilder, id};
use kinora_types::PassageKind;

use crate::fakes::{House, RED};

/// A red picture with a title and a tag, one with a place, and so many others.
fn house(others: usize) -> House {
    let house = House::new();
    let builder = LibraryBuilder::default().named("a");
    let builder = builder.item(
        Item::picture("fruit.png", RED).titled("strawberry ice").taken("2023-06-05T10:00:00"),
    );
    let builder = builder.item(Item::picture("rome.png", RED).at(41.9, 12.5));
    let library = builder.scattered(others, 3).build_in(&house.folder("a"));
    library.perceive(id("fruit.png"), PassageKind::Tag, &[("strawberry", None)]);
    house
}

fn filter(json: &str) -> Filter {
    serde_json::from_str(json).unwrap()
}

fn suggestion(of: Asked, text: &str) -> Vec<Suggestion> {
    vec![Suggestion { of, text: text.into(), found: 1 }]
}

#[test]
fn a_library_is_listed_page_by_page_without_a_model() {
    let house = house(100);
    let library = house.engine.library("a").unwrap();
    let list = |request: &ListRequest| library.list(request, &Job::default()).unwrap();
    let names = |listing: &Listing| -> Vec<String> {
        listing.assets.iter().map(|listed| listed.asset.label()).collect()
    };
    let all = list(&ListRequest { limit: 1000, ..ListRequest::default() });
    assert_eq!(
        (all.total, all.assets.len(), names(&all)[0].as_str()),
        (102, 102, "strawberry ice")
    );
    let pages: Vec<String> = (0..11)
        .flat_map(|page| {
            let request = ListRequest { offset: page * 10, limit: 10, ..ListRequest::default() };
            let listing = list(&request);
            assert_eq!((listing.total, listing.offset), (102, page * 10));
            names(&listing)
        })
        .collect();
    assert_eq!(pages, names(&all), "pages neither overlap nor leave anything out");
    let june = ListRequest {
        filter: filter(r#"{"after": "2023-06", "before": "2023-06", "tags": ["Strawberry"]}"#),
        ..ListRequest::default()
    };
    assert_eq!(names(&list(&june)), ["strawberry ice"]);
    let request: ListRequest =
        serde_json::from_str(r#"{"sort": "name", "reverse": true, "limit": 1}"#).unwrap();
    assert_eq!((request.sort, names(&list(&request)).len()), (Sort::Name, 1));
    let near = |place| ListRequest { near: Some((place, 5.0)), ..ListRequest::default() };
    let point = Place::parse("41.9,12.5");
    let found = list(&near(point));
    assert_eq!(names(&found), ["rome.png"]);
    let why = found.places_unnamed.expect("there is no list of cities here");
    assert!(why.hint.is_some_and(|hint| hint.contains("places")), "{}", why.message);
    let unknown = library.list(&near(Place::City("Rome".into())), &Job::default()).unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Missing, "{unknown}");
    assert_eq!(house.fakes.texts.loads(), 0, "no model was asked");
}

#[test]
fn what_may_have_been_meant_is_told_only_if_it_finds_something() {
    let house = house(0);
    let library = house.engine.library("a").unwrap();
    let search = |text: &str| {
        let request = SearchRequest { text: Some(text.into()), ..SearchRequest::default() };
        library.search(&request, &Job::default()).unwrap()
    };
    let outcome = search("Strawbery ice");
    assert!(outcome.hits.is_empty() && !outcome.fits, "never asked in its place");
    assert_eq!(outcome.suggestions, suggestion(Asked::Words, "strawberry ice"));
    for text in ["strawberry ice", "zyzzyva", "blackberry"] {
        assert_eq!(search(text).suggestions, [], "{text}");
    }
    let tagged = |json: &str| ListRequest { filter: filter(json), ..ListRequest::default() };
    let list = |json: &str| library.list(&tagged(json), &Job::default()).unwrap();
    assert_eq!(
        list(r#"{"tags": ["strawbery"]}"#).suggestions,
        suggestion(Asked::Tag, "strawberry")
    );
    assert_eq!(list(r#"{"tags": ["strawbery"], "kind": "video"}"#).suggestions, []);
    let request = SearchRequest {
        text: Some("ice".into()),
        filter: filter(r#"{"tags": ["strawbery"]}"#),
        ..SearchRequest::default()
    };
    let outcome = library.search(&request, &Job::default()).unwrap();
    assert_eq!(outcome.suggestions, suggestion(Asked::Tag, "strawberry"));
    let unknown = library.details("friut.png").unwrap_err();
    assert_eq!(unknown.hint().as_deref(), Some("did you mean `fruit.png`?"));
    let unknown = house.engine.library("ab").unwrap_err();
    assert_eq!(unknown.hint().as_deref(), Some("there is: a"), "two letters have no neighbours");
}
