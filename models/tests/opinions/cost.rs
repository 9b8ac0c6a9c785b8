//! What judging costs; prints, and asserts nothing. `cargo test -p models --test opinions -- --ignored cost`

use std::time::Instant;

use models::{FeatureSet, Method, Parameters, judge};

use crate::group::hospitals;

#[test]
#[ignore = "measures"]
fn cost_of_a_group() {
    for count in [60, 300, 1_000, 5_000, 20_000] {
        let rows = hospitals(1, count);
        for method in Method::ALL {
            let threshold = method.usual_threshold() * 7 / 10;
            let parameters = Parameters { method, threshold, ..Parameters::default() };
            for set in [FeatureSet::Institution, FeatureSet::Practitioner] {
                let mut times: Vec<u128> = (0..9)
                    .map(|_| {
                        let start = Instant::now();
                        std::hint::black_box(judge(set, &rows, &parameters));
                        start.elapsed().as_micros()
                    })
                    .collect();
                times.sort_unstable();
                let told =
                    judge(set, &rows, &parameters).iter().flatten().filter(|o| !o.drivers.is_empty()).count();
                let columns = set.features().len();
                eprintln!("{count} x {columns} {}: {} us, {told} told", method.key(), times[4]);
            }
        }
    }
}
