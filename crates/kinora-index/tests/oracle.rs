//! Random histories: the embedded backend against the oracle, step by step.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use kinora_index::{
    BruteForce, Embedded, Entry, Filter, IndexRead, IndexWrite, Point, SearchRequest, Settings,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Upsert(Vec<(u64, [i8; 4])>),
    Delete(Vec<u64>),
    Flush,
    Optimise,
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let point = (0u64..40, prop::array::uniform4(-3i8..=3));
    prop_oneof![
        4 => prop::collection::vec(point, 1..12).prop_map(Step::Upsert),
        2 => prop::collection::vec(0u64..40, 1..6).prop_map(Step::Delete),
        2 => Just(Step::Flush),
        1 => Just(Step::Optimise),
        1 => Just(Step::Reopen),
    ]
}

fn points(list: &[(u64, [i8; 4])]) -> Vec<Entry> {
    let point = |(id, values): &(u64, [i8; 4])| Entry {
        id: Point(*id),
        vector: values.iter().map(|v| f32::from(*v) / 3.0).collect(),
    };
    list.iter().map(point).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Scans are exact: equal to the oracle in ids, scores and order, ties included.
    #[test]
    fn scans_equal_the_oracle(
        steps in prop::collection::vec(step(), 1..20),
        query in prop::array::uniform4(-3i8..=3),
        limit in 0usize..50,
        allowed in prop::collection::btree_set(0u64..45, 0..30),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { graph_min: usize::MAX, compact_min: 1, ..Settings::default() };
        let open = || Embedded::open_with(folder.path(), "test@1", 4, settings).unwrap();
        let mut oracle = BruteForce::open(&folder.path().join("oracle"), "test@1", 4).unwrap();
        let mut index = open();
        for (mark, step) in (1..).zip(&steps) {
            match step {
                Step::Upsert(list) => {
                    index.upsert(&points(list)).unwrap();
                    oracle.upsert(&points(list)).unwrap();
                }
                Step::Delete(ids) => {
                    let ids: Vec<Point> = ids.iter().map(|id| Point(*id)).collect();
                    index.delete(&ids).unwrap();
                    oracle.delete(&ids).unwrap();
                }
                Step::Flush => index.flush(mark).unwrap(),
                Step::Optimise => index.optimise().unwrap(),
                Step::Reopen => {
                    index.flush(mark).unwrap();
                    drop(index);
                    index = open();
                }
            }
            let vector = &points(&[(0, query)])[0].vector;
            let ids: Vec<Point> = allowed.iter().map(|id| Point(*id)).collect();
            for filter in [Filter::All, Filter::Only(&ids)] {
                let request = SearchRequest { vector, limit, filter };
                prop_assert_eq!(index.search(&request).unwrap(), oracle.search(&request).unwrap());
            }
            prop_assert_eq!(index.len(), oracle.len());
            prop_assert_eq!(index.vectors(&ids).unwrap(), oracle.vectors(&ids).unwrap());
        }
    }
}
