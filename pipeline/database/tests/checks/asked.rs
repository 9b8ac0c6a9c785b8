//! Filters find what a plain filter over all alerts finds, in every order, page by page.

use std::cmp::Ordering;

use database::{AlertFilter, AlertOrder, Batch};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use wire::{Alert, Fen, FenSum, Keyword};

use crate::events::{alert, batch, event, lines};
use crate::place::Place;

const RULES: [&str; 3] = ["A01", "F06", "T01"];
const STATES: [&str; 3] = ["standing", "withdrawn", "aged"];
const HOSPITALS: [&str; 3] = ["H1", "H2", "H3"];
const DIVISIONS: [&str; 3] = ["340100", "340200", "110100"];
const DAYS: [&str; 4] =
    ["2025-01-01 00:00:00", "2025-01-31 23:59:59", "2025-02-01 00:00:00", "2025-03-01 09:00:00"];

/// An alert with what it is filtered by.
struct Known {
    alert: Alert,
    state: &'static str,
    division: Option<&'static str>,
    sequence: u64,
}

fn region() -> Vec<Known> {
    (0..120_u64)
        .map(|nth| {
            let at = |of: u64, len: usize| usize::try_from(nth / of).unwrap() % len;
            let mut alert =
                alert(RULES[at(1, 3)], &format!("V{nth}"), i64::try_from(nth % 11 * 100).unwrap());
            alert.family = Keyword::Borrowed(["identity", "inventory"][at(2, 2)]);
            alert.verdict = Keyword::Borrowed(["definite", "suspect"][at(3, 2)]);
            alert.severity = Keyword::Borrowed(["high", "low"][at(5, 2)]);
            alert.phase = Keyword::Borrowed(["pre", ""][at(7, 2)]);
            alert.occurred = DAYS[at(4, 4)].to_owned();
            alert.counted_amount = Fen(i64::try_from(nth % 7).unwrap());
            let hospital = at(3, 4);
            alert.institution = HOSPITALS.get(hospital).map(|code| (*code).to_owned());
            Known { alert, state: STATES[at(6, 3)], division: DIVISIONS.get(hospital).copied(), sequence: 0 }
        })
        .collect()
}

fn wanted(filter: &AlertFilter, known: &Known) -> bool {
    let is = |asked: &Option<String>, found: &str| asked.as_deref().is_none_or(|asked| asked == found);
    let alert = &known.alert;
    let within = |digits: &String| known.division.is_some_and(|division| division.starts_with(digits));
    is(&filter.rule, &alert.rule)
        && is(&filter.family, &alert.family)
        && is(&filter.verdict, &alert.verdict)
        && is(&filter.severity, &alert.severity)
        && is(&filter.phase, &alert.phase)
        && is(&filter.state, known.state)
        && filter.institution.as_deref().is_none_or(|code| alert.institution.as_deref() == Some(code))
        && filter.divisions.iter().all(within)
        && (filter.within.is_empty() || filter.within.iter().any(within))
        && filter.occurred_from.as_ref().is_none_or(|from| alert.occurred >= *from)
        && filter.occurred_to.as_ref().is_none_or(|to| alert.occurred <= *to)
        && filter.amount_min.is_none_or(|min| alert.amount.fen() >= min)
        && filter.amount_max.is_none_or(|max| alert.amount.fen() <= max)
}

fn ordered(order: AlertOrder, a: &Known, b: &Known) -> Ordering {
    let (of_a, of_b) = (&a.alert, &b.alert);
    let first = match order {
        AlertOrder::Id => Ordering::Equal,
        AlertOrder::Occurred => of_b.occurred.cmp(&of_a.occurred),
        AlertOrder::Amount => of_b.amount.cmp(&of_a.amount),
        AlertOrder::CountedAmount => of_b.counted_amount.cmp(&of_a.counted_amount),
        AlertOrder::Sequence => b.sequence.cmp(&a.sequence),
    };
    first.then_with(|| of_a.alert_id.cmp(&of_b.alert_id))
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    proptest::option::weighted(0.25, prop::sample::select(of).prop_map(str::to_owned))
}

fn filters() -> impl Strategy<Value = (AlertFilter, usize)> {
    let words = (
        some(&RULES),
        some(&["identity", "inventory", "other"]),
        some(&["definite", "suspect"]),
        some(&["high", "low"]),
        some(&["pre", ""]),
        some(&HOSPITALS),
        some(&STATES),
    );
    let bounds = (
        proptest::option::weighted(0.25, -100..1_200_i64),
        proptest::option::weighted(0.25, -100..1_200_i64),
        some(&DAYS),
        some(&DAYS),
        some(&["34", "3401", "340100", "11", "9"]),
    );
    let within = proptest::sample::subsequence(vec!["34", "3401", "11", "9"], 0..3);
    (words, bounds, within, 1..50_usize).prop_map(|(words, bounds, within, limit)| {
        let (rule, family, verdict, severity, phase, institution, state) = words;
        let (amount_min, amount_max, occurred_from, occurred_to, division) = bounds;
        let divisions = division.into_iter().collect();
        let filter = AlertFilter {
            rule,
            family,
            verdict,
            severity,
            phase,
            institution,
            divisions,
            within: within.into_iter().map(str::to_owned).collect(),
            occurred_from,
            occurred_to,
            amount_min,
            amount_max,
            state,
            without: None,
            incident: None,
        };
        (filter, limit)
    })
}

pub(crate) async fn filters_find_what_a_plain_filter_finds(place: &Place) {
    let mut known = region();
    let mut events = Vec::new();
    for of in &mut known {
        events.push(event("raised", 1, &of.alert));
        match of.state {
            "withdrawn" => events.push(event("withdrawn", 2, &of.alert)),
            "aged" => events.push(event("aged", 2, &of.alert)),
            _ => {}
        }
        of.sequence = events.len() as u64;
    }
    let written = lines(&events);
    let stand = HOSPITALS
        .iter()
        .zip(DIVISIONS)
        .map(|(code, division)| ((*code).to_owned(), Some(division.to_owned())));
    place.write(&Batch { divisions: stand.collect(), ..batch(0, &written, Some("P1")) }).await;
    let database = place.open().await;
    let mut runner =
        TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[3; 32]));
    let orders = [
        AlertOrder::Id,
        AlertOrder::Occurred,
        AlertOrder::Amount,
        AlertOrder::CountedAmount,
        AlertOrder::Sequence,
    ];
    let mut found_some = 0;
    for nth in 0..150 {
        let (filter, limit) = filters().new_tree(&mut runner).unwrap().current();
        let order = orders[nth % orders.len()];
        let mut expected: Vec<&Known> = known.iter().filter(|of| wanted(&filter, of)).collect();
        expected.sort_by(|a, b| ordered(order, a, b));
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = database.alerts(&filter, order, after.as_deref(), limit).await.unwrap();
            assert!(page.items.len() == limit || page.next.is_none(), "a page is full or the last");
            found.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let ids = |of: &mut dyn Iterator<Item = &String>| of.cloned().collect::<Vec<_>>();
        assert_eq!(
            ids(&mut found.iter().map(|of| &of.alert_id)),
            ids(&mut expected.iter().map(|of| &of.alert.alert_id)),
            "{filter:?} {order:?} {limit}"
        );
        let total = database.alerts_total(&filter).await.unwrap();
        let amount = expected.iter().map(|of| i128::from(of.alert.amount.fen())).sum();
        assert_eq!((total.count, total.amount), (expected.len() as u64, FenSum(amount)));
        found_some += usize::from(!found.is_empty());
    }
    assert!(found_some > 40, "only {found_some} filters found anything");
    let wrong = database.alerts(&AlertFilter::default(), AlertOrder::Amount, Some("zz"), 1).await;
    assert!(matches!(wrong, Err(database::Error::After)));
}
