//! Scores that stand: whatever changes them changes what people were told, and says why.

use models::{FeatureSet, Method, Parameters, Sum, judge};

use crate::group::{grown, hospitals};

/// The scores of 24 hospitals, and what is said of the one that was planted.
fn check(method: Method, threshold: i64, scores: [i64; 24], planted: [&str; 3]) {
    let mut rows = hospitals(11, 24);
    rows[5] = grown(grown(rows[5], Sum::StayCharges, 260), Sum::WeekendVisits, 240);
    let parameters = Parameters { method, threshold, seed: 2_026, ..Parameters::default() };
    let opinions = judge(FeatureSet::Institution, &rows, &parameters);
    let found: Vec<i64> = opinions.iter().map(|o| o.as_ref().unwrap().score.thousandths()).collect();
    let odd = opinions[5].as_ref().unwrap();
    let said: Vec<String> = odd.drivers.iter().map(|d| format!("{} z {}", d.en(), d.distance)).collect();
    assert_eq!((found, said), (scores.to_vec(), planted.map(str::to_owned).to_vec()), "{method:?}");
}

#[test]
fn scores_by_robust_z_stand() {
    check(
        Method::RobustZ,
        5_000,
        [
            2171, 607, 560, 642, 1022, 9970, 1579, 196, 616, 483, 741, 754, 664, 1237, 1362, 1033, 922, 1534,
            916, 1301, 1068, 1374, 441, 1190,
        ],
        [
            "charges per stay 3938.10 yuan (peers' median 1471.37 yuan) z 12161",
            "share of visits at weekends 49.5% (peers' median 20.2%) z 9654",
            "charges per day of stay 476.32 yuan (peers' median 192.58 yuan) z 8095",
        ],
    );
}

#[test]
fn scores_by_mahalanobis_distance_stand() {
    check(
        Method::Mahalanobis,
        7_000,
        [
            3062, 927, 1037, 1493, 1900, 14319, 2384, 368, 1128, 790, 1292, 1509, 1055, 2040, 2201, 1785,
            1787, 2603, 1816, 2235, 1560, 2305, 794, 2113,
        ],
        [
            "charges per stay 3938.10 yuan (peers' median 1471.37 yuan) z 12161",
            "share of visits at weekends 49.5% (peers' median 20.2%) z 9654",
            "charges per day of stay 476.32 yuan (peers' median 192.58 yuan) z 8095",
        ],
    );
}

#[test]
fn scores_by_isolation_forest_stand() {
    check(
        Method::Isolation,
        600,
        [
            591, 370, 374, 402, 462, 821, 517, 370, 395, 380, 400, 424, 391, 454, 481, 441, 450, 503, 471,
            491, 455, 502, 380, 475,
        ],
        [
            "share of visits at weekends 49.5% (peers' median 20.2%) z 9654",
            "charges per stay 3938.10 yuan (peers' median 1471.37 yuan) z 12161",
            "charges per day of stay 476.32 yuan (peers' median 192.58 yuan) z 8095",
        ],
    );
}
