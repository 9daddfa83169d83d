//! Operations and filters over a small library: each kind of question has its one way to its answer.
//!
//! Not covered: how good real models' looks and words are; `bench/chat` measures that.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod library;

use jiff::{Timestamp, civil::date};
use kinora_catalog::{Change, Description, Turn};
use kinora_chat::{Answer, Answerer, AskOptions, Question, Transcript};
use kinora_testing::library::{Item, id};
use kinora_types::{Control, PassageKind, Rights};

use library::{Atlas, BLUE, Library, RED};

const GREEN: [u8; 3] = [0, 255, 0];

fn describe(library: &Library, name: &str, title: &str, author: Option<&str>) {
    let rights = Rights { author: author.map(Into::into), ..Rights::default() };
    let description = Description { title: Some(title.into()), rights, ..Description::default() };
    let asset = id(name);
    let change = Change::Describe { asset, description, index_words: true, by_hand: false };
    library.catalog().commit(&[change]).unwrap();
}

fn album() -> Library {
    let mut library = Library::new();
    library.add(
        Item::picture("dog.png", RED).titled("Dog").taken("2006-05-01T10:00:00").at(41.9, 12.5),
    );
    library.add(Item::picture("owl.png", BLUE).titled("Owl").taken("2003-02-03T08:30:00"));
    library.add(
        Item::picture("red.png", [250, 10, 0])
            .titled("Lantern")
            .taken("2011-07-09T21:00:00")
            .at(42.0, 12.4),
    );
    library.add(Item::picture("plain.png", GREEN).titled("Meadow"));
    describe(&library, "dog.png", "Dog", Some("Ann Lee"));
    describe(&library, "owl.png", "Owl", Some("Lepale"));
    describe(&library, "red.png", "Lantern", Some("Ann Lee"));
    library.video("tour.mp4", BLUE, 60);
    library.add(Item::video("rome.mp4", &[GREEN; 30]).at(41.91, 12.51));
    library.recording("memo.ogg", 20);
    let speech = [("The dog barked at the bridge all night.", Some((1, 9)))];
    library.passages("memo.ogg", PassageKind::Speech, &speech);
    let speech = [("This is the famous fountain.", Some((2, 6)))];
    library.passages("rome.mp4", PassageKind::Speech, &speech);
    library
}

fn ask(library: &Library, question: &str, history: &[Turn]) -> Answer {
    let (searcher, options) = (library.searcher(), AskOptions::default());
    let answerer = Answerer { searcher: &searcher, model: None, places: &Atlas, options };
    let question = Question { text: question, today: date(2026, 11, 21), history };
    answerer.ask(&question, &mut |_| {}, &Control::default()).unwrap()
}

fn labels(answer: &Answer) -> Vec<String> {
    answer.citations().into_iter().map(|citation| citation.label).collect()
}

#[test]
fn every_operation_has_its_answer() {
    let library = album();
    for (question, text) in [
        ("How many pictures did Ann Lee take?", "2 pictures (by Ann Lee) [1][2]."),
        (
            "How many pictures were taken in Rome?",
            "2 pictures (taken within 20 km of Rome) [1][2].",
        ),
        ("How many videos are from Italy?", "1 video (taken in Italy) [1]."),
        ("How many pictures are in the library?", "4 pictures [1][2][3][4]."),
        (
            "Which pictures were taken in Italy?",
            "2 pictures:\n- Dog, 2006-05-01 [1]\n- Lantern, 2011-07-09 [2]",
        ),
        ("Which pictures did Ann Lee take in 2006?", "1 picture:\n- Dog, 2006-05-01 [1]"),
        (
            "Which pictures are by Lee?",
            "2 pictures:\n- Dog, 2006-05-01 [1]\n- Lantern, 2011-07-09 [2]",
        ),
        ("What is the oldest picture?", "The oldest is Owl, taken on 2003-02-03 [1]."),
        (
            "Show me the two most recent pictures",
            "The 2 newest:\n- Lantern, 2011-07-09 [1]\n- Dog, 2006-05-01 [2]",
        ),
        ("Who took the oldest picture?", "Owl is by Lepale [1]."),
        (
            "When was the first picture by Ann Lee taken?",
            "Dog was taken on 2006-05-01 at 10:00 [1].",
        ),
        ("Where was the newest picture taken?", "Lantern was taken in Rome, Italy [1]."),
        ("Where was the picture of the dog taken?", "Dog was taken in Rome, Italy [1]."),
        (
            "Who took the pictures?",
            "- Lepale: Owl [1]\n- Ann Lee: Dog, Lantern [2][3]\n- not known: 1",
        ),
        (
            "Who took the picture of the owl, and when?",
            "Owl is by Lepale [1]. Owl was taken on 2003-02-03 at 08:30 [1].",
        ),
        (
            "Which pictures were taken before the picture of the dog?",
            "1 picture:\n- Owl, 2003-02-03 [1]",
        ),
        (
            "Which other pictures did the author of the dog picture take?",
            "1 picture:\n- Lantern, 2011-07-09 [1]",
        ),
        (
            "How many pictures were taken in the same year as the dog?",
            "1 picture (taken 2006-01-01 to 2006-12-31) [1].",
        ),
    ] {
        let answer = ask(&library, question, &[]);
        assert!(answer.answered, "{question}: {answer:?}");
        assert_eq!(answer.text(), text, "{question}: {:?}", answer.plan);
    }
}

#[test]
fn steps_are_planned() {
    let library = album();
    let question = "What was said in the video from the place where the dog picture was taken?";
    let answer = ask(&library, question, &[]);
    assert_eq!(labels(&answer), ["rome.mp4"], "{:?}", answer.plan);
    assert!(answer.text().contains("famous fountain"), "{}", answer.text());
    assert_eq!(answer.plan.steps, ["found Dog: Rome, Italy"]);
}

#[test]
fn what_the_library_does_not_know_is_said() {
    let library = album();
    for (question, text) in [
        (
            "Which pictures were taken in Atlantis?",
            "Nothing in this library is from Atlantis: it knows no place and no word of that name.",
        ),
        (
            "Which pictures did Bob Ray take?",
            "Nothing in this library is by Bob Ray: it knows nobody of that name.",
        ),
        (
            "Which pictures were taken in Tokyo?",
            "Nothing in this library is that: no pictures (taken within 20 km of Tokyo).",
        ),
        (
            "Which pictures were taken in 1999?",
            "Nothing in this library is that: no pictures (taken 1999-01-01 to 1999-12-31).",
        ),
        (
            "When was the picture of the meadow taken?",
            "Of Meadow it is not known when it was taken.",
        ),
        (
            "Which pictures were taken on the same day as the meadow?",
            "Of Meadow it is not known when it was taken.",
        ),
    ] {
        let answer = ask(&library, question, &[]);
        assert!(!answer.answered, "{question}");
        assert_eq!(
            answer.text().trim_end_matches(" [1]."),
            text.trim_end_matches('.').to_owned()
                + if answer.citations().is_empty() { "." } else { "" },
            "{question}"
        );
    }
    let counted = ask(&library, "How many pictures did Bob Ray take?", &[]);
    assert_eq!(counted.text(), "0 pictures by Bob Ray: it knows nobody of that name.");
}

#[test]
fn a_type_that_is_asked_for_is_not_answered_by_another() {
    let library = album();
    for (question, label) in [
        ("Which picture shows a dog?", "Dog"),
        ("Which recording is about a dog?", "memo.ogg"),
        ("What is said about the dog?", "memo.ogg"),
    ] {
        assert_eq!(labels(&ask(&library, question, &[])), [label], "{question}");
    }
}

#[test]
fn it_is_what_the_last_answer_was_about() {
    let library = album();
    let first = ask(&library, "Is there a picture of a dog?", &[]);
    assert_eq!(labels(&first), ["Dog"]);
    let turns = Transcript::turns_of("Is there a picture of a dog?", &first, Timestamp::UNIX_EPOCH);
    for (question, text) in [
        ("Who took it?", "Dog is by Ann Lee [1]."),
        ("Where was that?", "Dog was taken in Rome, Italy [1]."),
        ("When was it taken?", "Dog was taken on 2006-05-01 at 10:00 [1]."),
        ("And the owl?", "Owl shows it [1]."),
    ] {
        let answer = ask(&library, question, &turns);
        assert_eq!(answer.text(), text, "{question}: {:?}", answer.plan);
    }
    let listed = ask(&library, "Which pictures are by Lee?", &[]);
    let turns = Transcript::turns_of("Which pictures are by Lee?", &listed, Timestamp::UNIX_EPOCH);
    for (question, text) in [
        ("How many are there?", "2 pictures, videos and recordings [1][2]."),
        ("Only those from 2011.", "1 picture, video or recording:\n- Lantern, 2011-07-09 [1]"),
        ("Which of them is the oldest?", "The oldest is Dog, taken on 2006-05-01 [1]."),
        ("Where was the second one taken?", "Lantern was taken in Rome, Italy [1]."),
    ] {
        let answer = ask(&library, question, &turns);
        assert_eq!(answer.text(), text, "{question}: {:?}", answer.plan);
    }
    let counted = ask(&library, "How many pictures were taken in 2006?", &[]);
    let turns = Transcript::turns_of(
        "How many pictures were taken in 2006?",
        &counted,
        Timestamp::UNIX_EPOCH,
    );
    let again = ask(&library, "And in 2011?", &turns);
    assert_eq!(again.text(), "1 picture (taken 2011-01-01 to 2011-12-31) [1].");
}
