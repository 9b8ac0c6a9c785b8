//! What holds of every judgement.

use models::{Direction, FeatureSet, Method, Opinion, Parameters, Profile, Sum, judge};

use crate::group::{Draws, grown, hospitals};

fn by(method: Method) -> Parameters {
    let threshold = method.usual_threshold();
    Parameters { method, threshold, ..Parameters::default() }
}

fn ask(method: Method, rows: &[Profile]) -> Vec<Option<Opinion>> {
    judge(FeatureSet::Institution, rows, &by(method))
}

fn keys(opinion: &Opinion) -> Vec<&str> {
    opinion.drivers.iter().map(|driver| driver.feature.key).collect()
}

#[test]
fn the_order_of_the_rows_changes_nothing() {
    let mut rows = hospitals(3, 80);
    // Twins, and one who does nothing.
    rows[17] = rows[4];
    rows[60] = rows[4];
    rows.push(Profile::default());
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut draws = Draws(99);
    for method in Method::ALL {
        let straight = ask(method, &rows);
        assert_eq!((&straight[17], &straight[60]), (&straight[4], &straight[4]));
        assert_eq!(straight[80], None);
        assert!(straight[..80].iter().all(Option::is_some));
        for _ in 0..5 {
            for position in 0..order.len() {
                let other = draws.between(0, i64::try_from(position).unwrap());
                order.swap(position, usize::try_from(other).unwrap());
            }
            let turned: Vec<Profile> = order.iter().map(|row| rows[*row]).collect();
            let opinions = ask(method, &turned);
            for (position, row) in order.iter().enumerate() {
                assert_eq!(opinions[position], straight[*row], "{method:?}");
            }
        }
    }
}

#[test]
fn what_was_planted_comes_first_with_what_was_planted() {
    for seed in 0..10 {
        let mut rows = hospitals(seed, 60);
        for sum in [Sum::WeekendVisits, Sum::NightVisits, Sum::ConsumableCharges] {
            rows[33] = grown(rows[33], sum, 400);
        }
        for method in Method::ALL {
            let opinions = ask(method, &rows);
            let scores: Vec<_> = opinions.iter().map(|o| o.as_ref().unwrap().score).collect();
            assert!(
                (0..60).all(|row| row == 33 || scores[row] < scores[33]),
                "{method:?} {seed}: {scores:?}"
            );
            let planted = opinions[33].as_ref().unwrap();
            assert_eq!(planted.peers, 60);
            let drivers = keys(planted);
            let sown = |key: &str| ["consumable_share", "night_share", "weekend_share"].contains(&key);
            let found = drivers.iter().filter(|key| sown(key)).count();
            // Where columns go together, the third may be one that explains another.
            let all = if method == Method::Mahalanobis { 2 } else { 3 };
            assert!(sown(drivers[0]) && found >= all, "{method:?} {seed} {drivers:?}");
            for driver in &planted.drivers {
                assert_eq!(driver.value, driver.feature.value(&rows[33]).unwrap());
                assert!(driver.value > driver.usual && driver.distance > 0 || !sown(driver.feature.key));
            }
        }
    }
}

#[test]
fn nobody_is_unusual_for_being_cheap() {
    let mut rows = hospitals(5, 60);
    for sum in [Sum::Fund, Sum::Charges, Sum::DrugCharges, Sum::Lines, Sum::Account, Sum::PricePaid] {
        rows[8] = grown(rows[8], sum, 30);
    }
    // Charges at a third make the shares of the rest thrice as large.
    for sum in [Sum::HerbCharges, Sum::ConsumableCharges, Sum::StayCharges, Sum::WeekendVisits] {
        rows[8] = grown(rows[8], sum, 25);
    }
    for method in [Method::RobustZ, Method::Mahalanobis] {
        let opinions = ask(method, &rows);
        let cheap = opinions[8].as_ref().unwrap();
        let lower = opinions.iter().flatten().filter(|o| o.score < cheap.score).count();
        assert!(lower < 30 && cheap.drivers.is_empty(), "{method:?}: {cheap:?}");
    }
    // Except where both sides are suspicious.
    let sides = FeatureSet::Institution.features().iter().filter(|f| f.direction == Direction::Both);
    assert_eq!(sides.map(|f| f.key).collect::<Vec<_>>(), ["days_per_stay"]);
    rows[9] = grown(rows[9], Sum::StayDays, 25);
    let opinions = ask(Method::RobustZ, &rows);
    let short = opinions[9].as_ref().unwrap();
    let driver = short.drivers.iter().find(|d| d.feature.key == "days_per_stay").unwrap();
    assert!(driver.distance < 0 && driver.value < driver.usual);
}

#[test]
fn two_visits_at_five_times_the_price_are_little_and_two_thousand_are_much() {
    let mut rows = hospitals(8, 40);
    let month = |visits: i64| {
        let mut month = Profile::default();
        month.add(Sum::Visits, visits);
        month.add(Sum::Fund, visits * 16_000 * 5);
        month
    };
    rows.extend([month(2), month(2_000)]);
    let opinions = ask(Method::RobustZ, &rows);
    let [small, large] = [40, 41].map(|row| opinions[row].as_ref().unwrap());
    assert!(small.drivers.is_empty() && !large.drivers.is_empty(), "{small:?} {large:?}");
    assert!(keys(large).contains(&"fund_per_visit"));
}

#[test]
fn too_few_peers_are_not_judged() {
    let rows = hospitals(1, 12);
    for method in Method::ALL {
        let ask = |min_peers| {
            let parameters = Parameters { min_peers, ..by(method) };
            judge(FeatureSet::Institution, &rows, &parameters).iter().flatten().count()
        };
        assert_eq!([ask(12), ask(13), ask(2)], [12, 0, 0]);
        assert!(self::ask(method, &[]).is_empty());
    }
    // Three who have stays are no peers in stays, and one who has nothing else is not judged.
    let mut rows = hospitals(1, 30);
    for row in &mut rows[3..] {
        for sum in [Sum::Stays, Sum::StayDays, Sum::StayCharges] {
            row.add(sum, -row[sum]);
        }
    }
    rows[0] = grown(rows[0], Sum::StayCharges, 1_000);
    let mut only_stays = Profile::default();
    only_stays.add(Sum::Stays, 40);
    only_stays.add(Sum::StayDays, 4_000);
    rows.push(only_stays);
    let opinions = self::ask(Method::RobustZ, &rows);
    assert!(keys(opinions[0].as_ref().unwrap()).iter().all(|key| !key.contains("stay")));
    assert_eq!(opinions[30], None);
}

#[test]
fn columns_in_which_all_are_alike_say_nothing() {
    let mut month = Profile::default();
    for sum in Sum::ALL {
        month.add(sum, 1_000);
    }
    let mut rows = vec![month; 50];
    for method in Method::ALL {
        for opinion in ask(method, &rows).iter().flatten() {
            assert!(opinion.drivers.is_empty(), "{method:?} {opinion:?}");
        }
    }
    // One who differs by what nobody would call a difference.
    rows[0] = grown(month, Sum::Fund, 104);
    for method in [Method::RobustZ, Method::Mahalanobis] {
        assert!(ask(method, &rows)[0].as_ref().unwrap().score.thousandths() < 2_000, "{method:?}");
    }
    rows[0] = grown(month, Sum::WeekendVisits, 300);
    for method in Method::ALL {
        let opinions = ask(method, &rows);
        let odd = opinions[0].as_ref().unwrap();
        assert!(opinions[1..].iter().flatten().all(|o| o.score < odd.score), "{method:?}");
    }
}

#[test]
fn sums_at_the_ends_of_their_range_are_judged_or_not_and_nothing_breaks() {
    let mut rows = hospitals(2, 40);
    rows.push(Profile::from_sums([i64::MAX; Profile::SUMS]));
    rows.push(Profile::from_sums([i64::MIN; Profile::SUMS]));
    rows.push(Profile::from_sums([-1; Profile::SUMS]));
    rows.push(Profile::from_sums([1; Profile::SUMS]));
    for method in Method::ALL {
        let opinions = ask(method, &rows);
        assert!(opinions[..40].iter().all(Option::is_some));
        assert_eq!([&opinions[41], &opinions[42]], [&None, &None]);
    }
    let everything = Parameters { threshold: 0, min_peers: 3, pseudo_cases: 0, ..Parameters::default() };
    for method in Method::ALL {
        let parameters = Parameters { method, ..everything };
        for set in [FeatureSet::Institution, FeatureSet::Practitioner] {
            assert_eq!(judge(set, &rows, &parameters).len(), rows.len());
        }
    }
}
