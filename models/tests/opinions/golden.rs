//! Scores that stand: whatever changes them changes what people were told, and says why.

use models::{FeatureSet, Method, Parameters, Sum, judge};

use crate::group::{grown, hospitals};

/// The scores of 24 hospitals, and what is said of the one that was planted.
fn check(method: Method, scores: [i64; 24], planted: [&str; 3]) {
    let mut rows = hospitals(11, 24);
    rows[5] = grown(grown(rows[5], Sum::StayCharges, 260), Sum::WeekendVisits, 240);
    let parameters =
        Parameters { method, threshold: method.usual_threshold(), seed: 2_026, ..Parameters::default() };
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
        [
            2171, 510, 447, 629, 640, 9970, 1579, 196, 461, 396, 709, 555, 535, 1070, 1228, 1033, 922, 1534,
            903, 1183, 1068, 1119, 440, 1094,
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
        [
            2912, 800, 940, 1488, 1347, 14279, 2257, 368, 879, 627, 1149, 1204, 886, 1980, 2013, 1689, 1755,
            2589, 1722, 2121, 1523, 2140, 792, 1973,
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
        [
            587, 370, 374, 398, 434, 820, 494, 366, 374, 368, 386, 402, 392, 462, 472, 458, 449, 525, 476,
            472, 439, 506, 380, 460,
        ],
        [
            "share of visits at weekends 49.5% (peers' median 20.2%) z 9654",
            "charges per stay 3938.10 yuan (peers' median 1471.37 yuan) z 12161",
            "charges per day of stay 476.32 yuan (peers' median 192.58 yuan) z 8095",
        ],
    );
}
