//! Series of months: what is told of them, and of which month.

use models::rise::{Month, RiseParameters, change_point};
use models::{FeatureSet, Opinion};

use crate::group::Draws;

fn months(values: &[i64]) -> Vec<Month> {
    (24_300..).zip(values).map(|(month, value)| Month { month, value: *value }).collect()
}

fn ask(own: &[Month], peers: &[Month]) -> Option<Opinion> {
    let fund = FeatureSet::Institution.find("fund").unwrap();
    change_point(own, peers, &RiseParameters::of(fund))
}

/// The places of the months that are told, each asked with what came before it.
fn told(own: &[i64], peers: &[i64]) -> Vec<usize> {
    let (own, peers) = (months(own), months(peers));
    (0..own.len()).filter(|last| ask(&own[..=*last], &peers).is_some_and(|o| o.is_reported())).collect()
}

const EVEN: [i64; 16] = [100_000; 16];

#[test]
fn a_step_is_told_once_in_its_month_and_again_when_it_comes_again() {
    let mut own = [50_000; 16];
    own[8..].fill(90_000);
    assert_eq!(told(&own, &EVEN), [8]);
    own[9..14].fill(50_000);
    assert_eq!(told(&own, &EVEN), [8, 14], "one month of nonsense and a rise later");
    own[8..].fill(60_000);
    assert_eq!(
        told(&own, &EVEN),
        [12],
        "a fifth more is two deviations less the slack: the fifth month is told"
    );
    own[8..].fill(54_000);
    assert_eq!(told(&own, &EVEN), [0; 0], "eight per cent are within what is forgiven");
    own[8..].fill(20_000);
    assert_eq!(told(&own, &EVEN), [0; 0], "a fall is no rise");
}

#[test]
fn what_rises_for_everybody_is_no_finding_and_what_falls_for_all_but_one_is() {
    let winter: Vec<i64> = (0..16).map(|month| if month % 12 < 3 { 300_000 } else { 100_000 }).collect();
    let own: Vec<i64> = winter.iter().map(|value| value / 7).collect();
    assert_eq!(told(&own, &winter), [0; 0]);
    assert_eq!(told(&own, &EVEN)[..1], [12], "the same series beside peers without a winter");
    let mut falling = EVEN;
    falling[10..].fill(40_000);
    assert_eq!(told(&[50_000; 16], &falling), [10]);
}

#[test]
fn noise_is_told_seldom_and_a_rise_in_it_soon() {
    let mut draws = Draws(5);
    let (mut false_alarms, mut found) = (0, 0);
    for _ in 0..200 {
        let mut own: Vec<i64> = (0..16).map(|_| draws.about(50_000, 25)).collect();
        false_alarms += told(&own, &EVEN).len();
        for value in &mut own[10..] {
            *value *= 2;
        }
        found += usize::from(told(&own, &EVEN).iter().any(|month| (10..13).contains(month)));
    }
    assert!(false_alarms < 40 && found > 180, "{false_alarms} of 2,000 months, {found} of 200 rises");
}

#[test]
fn the_driver_says_what_was_to_be_expected() {
    let own = months(&[50_000, 52_000, 48_000, 50_000, 51_000, 49_000, 180_000]);
    let peers = months(&[100_000, 100_000, 100_000, 100_000, 100_000, 100_000, 120_000]);
    let opinion = ask(&own, &peers).unwrap();
    let [driver] = opinion.drivers[..] else { panic!("{opinion:?}") };
    // The peers have twice as much; three times as much relatively is twenty tenths above that.
    assert_eq!((driver.value, driver.usual, driver.distance), (180_000, 60_000, 20_000));
    assert_eq!(
        (opinion.score.thousandths(), opinion.peers),
        (10_000, 6),
        "the sum ends at twice the threshold"
    );
    assert_eq!(opinion.zh(), "基金支付总额180.00元（按其以往及同类变化应为60.00元）");
}

#[test]
fn what_cannot_be_compared_is_not_judged_and_order_and_repetition_are_nothing() {
    let own = months(&[50_000, 50_000, 50_000, 50_000, 50_000, 50_000, 90_000]);
    let peers = months(&EVEN);
    let told = ask(&own, &peers).unwrap();
    assert!(told.is_reported());
    let mut turned: Vec<Month> = own.iter().rev().copied().collect();
    turned.extend([own[2], Month { month: own[3].month, value: -5 }]);
    assert_eq!(ask(&turned, &peers).as_ref(), Some(&told));

    assert_eq!(ask(&own[..6], &peers), None, "five earlier months");
    assert_eq!(ask(&own, &peers[..6]), None, "no peers in the last month");
    assert_eq!(ask(&[], &[]), None);
    let mut hole = own.clone();
    hole[2].value = 0;
    assert_eq!(ask(&hole, &peers), None, "a month of nothing is no month");
    hole.insert(0, Month { month: 24_299, value: 50_000 });
    assert_eq!(ask(&hole, &peers), None, "nor is one without peers");
    hole[7].value = -1;
    assert_eq!(ask(&hole, &peers), None);
    let huge = months(&[1, 1, 1, 1, 1, 1, i64::MAX]);
    assert_eq!(ask(&huge, &months(&[i64::MAX, 1, 1, 1, 1, 1, 1])), None, "no number, no opinion");

    let fund = FeatureSet::Institution.find("fund").unwrap();
    for wrong in [
        RiseParameters { months: 2, ..RiseParameters::of(fund) },
        RiseParameters { threshold: 0, ..RiseParameters::of(fund) },
        RiseParameters { slack: -1, ..RiseParameters::of(fund) },
        RiseParameters { floor: 0, ..RiseParameters::of(fund) },
    ] {
        assert!(wrong.check().is_err());
        assert_eq!(change_point(&own, &peers, &wrong), None);
    }
}
