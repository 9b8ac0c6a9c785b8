//! The methods as linfa's models: what they say of rows, what they refuse, and how they are tried beside others.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use models::ModelError;
use models::isolation::IsolationParams;
use models::mahalanobis::MahalanobisParams;
use ndarray::{Array1, Array2, ArrayView1, array};

/// Rows that go together along a line, by a generator of its own; the last lies beside it.
fn rows(count: usize) -> Array2<f64> {
    let mut state = 1_u64;
    let mut draw = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1 << 24) * 4.0 - 2.0
    };
    let mut rows = Array2::zeros((count, 3));
    for mut row in rows.rows_mut() {
        let common = draw();
        row[0] = common + draw() * 0.2;
        row[1] = common + draw() * 0.2;
        row[2] = draw();
    }
    rows.row_mut(count - 1).assign(&array![2.0, -2.0, 0.0]);
    rows
}

fn first(scores: &Array1<f64>) -> usize {
    (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap()
}

#[test]
fn a_row_beside_the_line_is_far_though_it_is_ordinary_in_each_column() {
    let rows = rows(120);
    let model = MahalanobisParams::default().fit(&DatasetBase::from(rows.clone())).unwrap();
    assert_eq!((first(&model.predict(&rows)), model.components()), (119, 3));
    let along = model.distance(array![2.0, 2.0, 0.0].view()).unwrap();
    let across = model.distance(array![2.0, -2.0, 0.0].view()).unwrap();
    assert!(across > along * 2.0, "{across} {along}");
    let parts = model.contributions(array![2.0, -2.0, 0.5].view()).unwrap();
    assert!(parts[0] > parts[2] * 10.0 && parts[1] > parts[2] * 10.0, "{parts:?}");
    let squared = model.distance(array![2.0, -2.0, 0.5].view()).unwrap().powi(2);
    assert!((parts.iter().sum::<f64>() - squared).abs() < 1e-9);
}

#[test]
fn columns_that_say_the_same_count_once_and_their_difference_is_dropped() {
    let one = rows(2_000);
    let mut twice = Array2::zeros((2_000, 4));
    for (mut row, of) in twice.rows_mut().into_iter().zip(one.rows()) {
        row.assign(&array![of[0], of[0], of[2], 0.0]);
    }
    let model = MahalanobisParams::default().fit_rows(&twice).unwrap();
    assert_eq!(model.components(), 3);
    let far = model.distance(array![3.0, 3.0, 0.0, 0.0].view()).unwrap();
    let once = MahalanobisParams::default().fit_rows(&one).unwrap();
    assert!((far - once.distance(array![3.0, 3.0, 0.0].view()).unwrap()).abs() < 0.5, "{far}");
    assert_eq!(
        model.distance(array![0.0, 0.0, 0.0, 2.0].view()),
        Ok(2.0),
        "a constant column keeps its unit"
    );
}

#[test]
fn the_forest_is_the_same_by_the_same_seed_and_finds_the_same_by_another() {
    let rows = rows(300);
    let data = DatasetBase::from(rows.clone());
    let forest = |seed| IsolationParams { seed, ..IsolationParams::default() }.fit(&data).unwrap();
    assert_eq!(forest(1), forest(1));
    assert_ne!(forest(1), forest(2));
    for seed in 0..5 {
        let scores = forest(seed).predict(&rows);
        assert_eq!(first(&scores), 299);
        assert!(scores.iter().all(|score| (0.2..0.9).contains(score)));
        let parts = forest(seed).contributions(rows.row(299)).unwrap();
        assert!(parts[0] > parts[2] && parts[1] > parts[2], "{parts:?}");
        // The parts are what the row's depth lacks of the expected depth, and nothing is left over.
        let harmonic: f64 = (1..256).map(|n| 1.0 / f64::from(n)).sum();
        let expected = 2.0 * harmonic - 2.0 * 255.0 / 256.0;
        let depth = -scores[299].log2() * expected;
        assert!((parts.iter().sum::<f64>() - (expected - depth)).abs() < 1e-9);
    }
}

#[test]
fn rows_all_alike_are_parted_by_nothing() {
    let forest = IsolationParams::default().fit_rows(&Array2::<f64>::ones((500, 2))).unwrap();
    let score = |row: [f64; 2]| forest.score(ArrayView1::from(&row)).unwrap();
    // As deep as expected, each of them, and so is whatever else is asked about.
    assert!((score([1.0, 1.0]) - 0.5).abs() < 1e-12);
    assert_eq!(score([1.0, 1.0]).to_bits(), score([9.0, -9.0]).to_bits());
    let ends = array![[f64::MAX, 0.0], [f64::MIN, 0.0], [0.0, 1.0]];
    assert!(IsolationParams::default().fit_rows(&ends).unwrap().score(ends.row(0)).unwrap() > 0.4);
}

#[test]
fn bits_stand() {
    let rows = rows(100);
    let row = rows.row(99);
    let distance = MahalanobisParams::default().fit_rows(&rows).unwrap().distance(row).unwrap();
    let params = IsolationParams { trees: 50, sample: 64, seed: 42 };
    let score = params.fit_rows(&rows).unwrap().score(row).unwrap();
    assert_eq!((distance.to_bits(), score.to_bits()), (0x401C_E30F_9983_A9D8, 0x3FE4_CEA5_528E_9390));
}

#[test]
fn what_is_not_a_number_is_refused_and_so_is_what_is_too_little() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut rows = rows(50);
        rows[(7, 1)] = bad;
        let at = ModelError::NotFinite { row: 7, column: 1 };
        assert_eq!(MahalanobisParams::default().fit_rows(&rows), Err(at.clone()));
        assert_eq!(IsolationParams::default().fit_rows(&rows), Err(at));

        let good = self::rows(50);
        let (distance, forest) = (
            MahalanobisParams::default().fit_rows(&good).unwrap(),
            IsolationParams::default().fit_rows(&good).unwrap(),
        );
        let at = ModelError::NotFinite { row: 0, column: 1 };
        assert_eq!(distance.distance(rows.row(7)), Err(at.clone()));
        assert_eq!(forest.score(rows.row(7)), Err(at));
        let (distances, scores) = (distance.predict(&rows), forest.predict(&rows));
        for row in 0..50 {
            assert_eq!((distances[row].is_nan(), scores[row].is_nan()), (row == 7, row == 7));
        }
        let narrow = ModelError::WrongWidth { columns: 2, needed: 3 };
        assert_eq!(distance.distance(array![1.0, 2.0].view()), Err(narrow.clone()));
        assert_eq!(forest.contributions(array![1.0, 2.0].view()), Err(narrow));
    }
    let few = ModelError::TooFewRows { rows: 1, needed: 2 };
    assert_eq!(MahalanobisParams::default().fit_rows(&array![[1.0, 2.0]]), Err(few.clone()));
    assert_eq!(IsolationParams::default().fit_rows(&array![[1.0, 2.0]]), Err(few));
    let none = ModelError::WrongWidth { columns: 0, needed: 1 };
    assert_eq!(IsolationParams::default().fit_rows(&Array2::<f64>::zeros((9, 0))), Err(none));
    let wrong = MahalanobisParams { farthest: f64::NAN, ..MahalanobisParams::default() };
    assert!(matches!(wrong.fit_rows(&rows(9)), Err(ModelError::Parameter(_))));
    let wrong = IsolationParams { trees: 0, ..IsolationParams::default() };
    assert!(matches!(wrong.fit_rows(&rows(9)), Err(ModelError::Parameter(_))));
}

#[test]
fn linfa_cross_validates_them() {
    let records = rows(120);
    let is_odd = Array1::from_shape_fn(120, |row| if row == 119 { 1.0 } else { 0.0 });
    let mut data = DatasetBase::new(records, is_odd);
    let mean = |scores: &Array1<f64>, _: &ArrayView1<'_, f64>| Ok(scores.mean().unwrap_or(f64::NAN));
    let distances: Array1<f64> = data
        .cross_validate_single(4, &[MahalanobisParams::default()], mean)
        .map_err(|error: ModelError| error)
        .unwrap();
    assert!((1.0..3.0).contains(&distances[0]), "{distances}");
    let forests = [1, 2].map(|seed| IsolationParams { seed, ..IsolationParams::default() });
    let scores: Array1<f64> =
        data.cross_validate_single(4, &forests, mean).map_err(|error: ModelError| error).unwrap();
    assert!(scores.iter().all(|score| (0.3..0.6).contains(score)), "{scores}");
}
