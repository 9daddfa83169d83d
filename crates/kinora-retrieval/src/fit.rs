//! Whether a candidate answers: the one place where scores are held against thresholds.
//!
//! Two measures decide. The *dense score* of the picture is compared with the threshold that was measured for the
//! space ([`kinora_inference::ScoreModel::abstain_below`]). The *words* of the asset are compared by their coverage
//! (see [`crate::lexical`]): all of the question is proof by itself; a majority of it ([`MAJORITY`]) counts together
//! with a picture that reaches the threshold or is among the nearest ([`NEAREST`]).
//!
//! A person stands above both: what a person said is not shown does not answer ([`crate::denials`]), unless its words
//! are heard or can be read in it.
//!
//! The verdict on a candidate does not depend on what else was found, but for its rank among the pictures. What the
//! whole search answers ([`Verdict`]) follows from the verdicts on its candidates.

use kinora_types::{Fit, NoFit, Scores};

use crate::Verdict;

/// Share of the question's information that words must carry to count at all. Reciprocal rank cannot tell a strong
/// match from a weak one: `red` alone must not lift a red fort above a red car.
pub(crate) const MAJORITY: f64 = 0.5;

/// How far up the dense list a picture must stand for a majority of the words to be believed.
const NEAREST: usize = 3;

/// What of a candidate counts beside its scores.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Its words carry every content word of the question.
    pub(crate) all_words: bool,
    /// A person said that it does not show what is asked for.
    pub(crate) denied: bool,
    /// What is heard or can be read in it carries every content word of the question.
    pub(crate) quoted: bool,
}

/// Decides about one candidate. A rank in the lexical list says that the words carry at least [`MAJORITY`].
/// Of what a person denied only what is heard or read in it answers. Without a threshold whatever was found answers: something is
/// always most similar, and the scores say how much.
pub(crate) fn fit(scores: &Scores, told: Told, threshold: Option<f32>) -> Fit {
    if told.denied {
        return if told.quoted { Fit::Words } else { Fit::No(NoFit::Denied) };
    }
    let most_words = scores.lexical_rank.is_some();
    let Some(threshold) = threshold else {
        return match (scores.dense.is_some(), most_words) {
            (true, true) => Fit::Both,
            (true, false) => Fit::Look,
            (false, _) => Fit::Words,
        };
    };
    let seen = scores.dense.is_some_and(|score| score >= threshold);
    let nearest = scores.dense_rank.is_some_and(|rank| rank <= NEAREST);
    match (seen, most_words) {
        (true, true) => Fit::Both,
        (true, false) => Fit::Look,
        (false, _) if told.all_words => Fit::Words,
        (false, true) if nearest => Fit::Both,
        (false, true) => Fit::No(NoFit::PartOfTheWords),
        (false, false) => Fit::No(NoFit::UnderThreshold),
    }
}

/// Whether a score is nearer to the best of the hits than to the threshold: which of many that look alike are worth
/// telling. Without a threshold none is.
pub(crate) fn stands_out(score: Option<f32>, threshold: Option<f32>, best: f32) -> bool {
    score.zip(threshold).is_some_and(|(score, bar)| score >= bar.max(f32::midpoint(bar, best)))
}

impl Verdict {
    /// What a search answers whose candidates fit so; `best` is the best dense score among them.
    pub(crate) fn of(fits: &[Fit], best: Option<f32>, threshold: Option<f32>) -> Self {
        match (threshold, best) {
            _ if fits.is_empty() => Self::NoCandidates,
            (None, _) => Self::NoThreshold,
            (Some(bar), Some(best)) if best >= bar => Self::DenseFits,
            _ if fits.contains(&Fit::Words) => Self::WordsFit,
            _ if fits.contains(&Fit::Both) => Self::BothAgree,
            _ => Self::NothingFits,
        }
    }

    /// Whether an answer of this kind contains a candidate that fits so. Where pictures answer, or nothing can be
    /// held to a threshold, the whole ranking is worth showing.
    pub(crate) fn includes(self, fit: Fit) -> bool {
        match self {
            Self::DenseFits | Self::NoThreshold => true,
            Self::WordsFit => fit == Fit::Words,
            Self::BothAgree => fit == Fit::Both,
            Self::NothingFits | Self::NoCandidates => false,
        }
    }

    /// Whether anything answers.
    pub fn fits(self) -> bool {
        !matches!(self, Self::NothingFits | Self::NoCandidates)
    }

    /// The verdict in words, for `--explain`.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::DenseFits => "the best picture reaches the threshold",
            Self::WordsFit => "only pictures whose own words contain all words of the question",
            Self::BothAgree => {
                "only the nearest pictures, whose words contain most of the question"
            }
            Self::NoThreshold => "no threshold for this kind of question",
            Self::NothingFits => "the best picture stays below the threshold",
            Self::NoCandidates => "no candidates",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNDER: Fit = Fit::No(NoFit::UnderThreshold);
    const PART: Fit = Fit::No(NoFit::PartOfTheWords);

    fn scores(dense: Option<(f32, usize)>, lexical: bool) -> Scores {
        Scores {
            dense: dense.map(|(score, _)| score),
            dense_rank: dense.map(|(_, rank)| rank),
            lexical_rank: lexical.then_some(1),
            ..Scores::default()
        }
    }

    #[test]
    fn every_combination_has_its_verdict() {
        for (dense, most_words, all_words, expected) in [
            (Some((0.5, 9)), false, false, Fit::Look),
            (Some((0.9, 1)), true, false, Fit::Both),
            (Some((0.9, 1)), true, true, Fit::Both),
            (Some((0.4, 1)), false, false, UNDER),
            (Some((0.4, 3)), true, false, Fit::Both),
            (Some((0.4, 4)), true, false, PART),
            (Some((0.4, 1)), true, true, Fit::Words),
            (Some((0.4, 9)), true, true, Fit::Words),
            (None, true, true, Fit::Words),
            (None, true, false, PART),
            (None, false, false, UNDER),
        ] {
            let told = Told { all_words, ..Told::default() };
            let found = fit(&scores(dense, most_words), told, Some(0.5));
            assert_eq!(found, expected, "{dense:?} {most_words} {all_words}");
        }
    }

    #[test]
    fn without_a_threshold_everything_answers() {
        let fit = |dense, words| fit(&scores(dense, words), Told::default(), None);
        assert_eq!(fit(Some((-0.2, 90)), false), Fit::Look);
        assert_eq!(fit(Some((-0.2, 90)), true), Fit::Both);
        assert_eq!(fit(None, true), Fit::Words);
    }

    #[test]
    fn a_person_stands_above_looks_and_words_but_not_above_what_is_heard() {
        for threshold in [Some(0.5), None] {
            for (quoted, expected) in [(false, Fit::No(NoFit::Denied)), (true, Fit::Words)] {
                let told = Told { all_words: true, denied: true, quoted };
                assert_eq!(fit(&scores(Some((0.9, 1)), true), told, threshold), expected);
            }
        }
    }

    #[test]
    fn a_search_answers_by_the_strongest_of_its_candidates() {
        let (bar, low, high) = (Some(0.5), Some(0.4), Some(0.6));
        for (fits, best, threshold, expected) in [
            (&[][..], None, bar, Verdict::NoCandidates),
            (&[UNDER], low, None, Verdict::NoThreshold),
            (&[Fit::Look, Fit::Words, UNDER], high, bar, Verdict::DenseFits),
            (&[Fit::Both, Fit::Words], low, bar, Verdict::WordsFit),
            (&[UNDER, Fit::Both], low, bar, Verdict::BothAgree),
            (&[UNDER, PART], low, bar, Verdict::NothingFits),
        ] {
            assert_eq!(Verdict::of(fits, best, threshold), expected, "{fits:?}");
        }
    }

    #[test]
    fn only_what_is_near_the_best_stands_out() {
        for (score, best, expected) in
            [(0.8, 0.9, true), (0.6, 0.9, false), (0.5, 0.5, true), (0.4, 0.4, false)]
        {
            assert_eq!(stands_out(Some(score), Some(0.5), best), expected, "{score} of {best}");
        }
        assert!(!stands_out(Some(0.9), None, 0.9) && !stands_out(None, Some(0.5), 0.9));
    }
}
