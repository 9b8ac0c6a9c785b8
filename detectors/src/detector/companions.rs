//! Persons who keep lying in the same places on the same days.
//!
//! Two stays are a *co-stay* if they are of two persons at one institution and begin, and end, at most a day apart.
//! Reads ended stays by person: one pass over a person's stays whenever one of them changes. Pairs of stays explode, so
//! stays meet in *cells* of institution, first and last day, and most are cut before they meet: an edge needs `times`
//! co-stays of two persons, so either both have at least that many ended stays, or one of them has two like stays at
//! one institution (*twins*, at most two days apart at both ends), which hardly anybody has. Then one look per stay and
//! cell that it looks into, one per pair of persons with co-stays, and one per group of connected persons.
//! Stays without an end take no part. There is no reason for which a group is not judged.

use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Day, Visit, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::{Diff, pair_key, pair_of};

const BEGINS_NEAR: Comparison = Comparison::new(0, "the begins are at most a day apart");
const ENDS_NEAR: Comparison = Comparison::new(1, "the ends are at most a day apart");
const ENOUGH_CO_STAYS: Comparison = Comparison::new(2, "there are at least `times` co-stays");
const ENOUGH_PERSONS: Comparison = Comparison::new(3, "there are at least `persons` persons");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "companions",
    params: &[
        ParamSpec {
            name: "persons",
            doc: "Persons that a group has at least.",
            kind: ParamKind::Integer { min: 2, max: 1000 },
            default: "3",
        },
        ParamSpec {
            name: "times",
            doc: "Co-stays that join two persons.",
            kind: ParamKind::Integer { min: 1, max: 1000 },
            default: "2",
        },
    ],
    values: &["persons", "stays"],
    comparisons: &[BEGINS_NEAR, ENDS_NEAR, ENOUGH_CO_STAYS, ENOUGH_PERSONS],
    subject: Subject::Always("group"),
    keys: &[&["psn_no"]],
    amount: Some(AmountKind::FundOfVisits),
    near: super::STAYS,
    far: &[Kind::Visit],
    ..DetectorSpec::BARE
};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompanionsRule {
    rule: RuleIx,
    persons: usize,
    times: usize,
}
/// All of them.
pub type Rules = Vec<CompanionsRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let count = |value: i64| usize::try_from(value).unwrap_or(usize::MAX);
    compiler
        .rules_of(SPEC.name)
        .into_iter()
        .map(|(rule, text)| CompanionsRule {
            rule,
            persons: count(integer(&text, "persons")),
            times: count(integer(&text, "times")),
        })
        .collect()
}

/// An ended stay in days.
#[derive(Clone, Copy)]
struct Ended {
    person: Ref,
    institution: Ref,
    begin: Day,
    end: Day,
}

fn ended(visit: &Visit) -> Option<Ended> {
    let end = day_of(visit.end?);
    Some(Ended { person: visit.psn_no, institution: visit.institution, begin: day_of(visit.begin), end })
}

fn read(arena: &Arena, address: Ref) -> Ended {
    ended(&row::visit(arena, address)).expect("only ended stays are put into cells")
}

fn near(a: &Ended, b: &Ended, days: Day) -> bool {
    a.institution == b.institution && (a.begin - b.begin).abs() <= days && (a.end - b.end).abs() <= days
}

fn co_stay_of(bank: &Policy, a: &Ended, b: &Ended) -> bool {
    a.institution == b.institution
        && bank.within(BEGINS_NEAR, (a.begin - b.begin).abs(), 1)
        && bank.within(ENDS_NEAR, (a.end - b.end).abs(), 1)
}

fn cell(stay: &Ended, begin_shift: Day, end_shift: Day) -> u64 {
    let mut bytes = [0u8; 12];
    bytes[..4].copy_from_slice(&stay.institution.to_le_bytes());
    bytes[4..8].copy_from_slice(&(stay.begin + begin_shift).to_le_bytes());
    bytes[8..].copy_from_slice(&(stay.end + end_shift).to_le_bytes());
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// The stay's own cell and four beside it, chosen so that two cells side by side meet exactly once.
const HALF: [(Day, Day); 5] = [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)];

/// Puts the stays of one person into cells.
pub fn place(arena: &Arena, rules: &Rules, stays: &[(Ref, Diff)], sink: &mut Sink) {
    let Some(times) = rules.iter().map(|rule| rule.times).min() else { return };
    let stays: Vec<(Ref, Ended)> = stays
        .iter()
        .filter_map(|(address, _)| ended(&row::visit(arena, *address)).map(|stay| (*address, stay)))
        .collect();
    let twins = stays
        .iter()
        .enumerate()
        .any(|(nth, (_, stay))| stays[nth + 1..].iter().any(|(_, other)| near(stay, other, 2)));
    if stays.len() >= times || twins {
        for (address, stay) in &stays {
            sink.emit(Out::Row(Route::StayInCell, cell(stay, 0, 0), *address));
            for (begin, end) in HALF {
                sink.emit(Out::Row(Route::StayNearCell, cell(stay, begin, end), *address));
            }
        }
    } else {
        for (address, stay) in &stays {
            sink.emit(Out::Row(Route::FewStaysInCell, cell(stay, 0, 0), *address));
        }
    }
    if twins {
        for (address, stay) in &stays {
            for begin in -1..=1 {
                for end in -1..=1 {
                    sink.emit(Out::Row(Route::LikeStaysNearCell, cell(stay, begin, end), *address));
                }
            }
        }
    }
}

/// Meets a stay with those in one of the cells it looks into; each pair is met once.
pub fn meet(arena: &Arena, probe: Ref, others: &[(Ref, Diff)], sink: &mut Sink) {
    let stay = read(arena, probe);
    for (address, _) in others {
        let other = read(arena, *address);
        let apart = (other.begin - stay.begin, other.end - stay.end);
        let once = HALF.contains(&apart) && (apart != (0, 0) || probe < *address);
        if once && stay.institution == other.institution {
            co_stay(&stay, probe, &other, *address, sink);
        }
    }
}

/// Meets a stay of a person with twins with those of persons with few stays in one of its nine cells.
pub fn meet_few(arena: &Arena, twin: Ref, others: &[(Ref, Diff)], sink: &mut Sink) {
    let stay = read(arena, twin);
    for (address, _) in others {
        let other = read(arena, *address);
        if near(&stay, &other, 1) {
            co_stay(&stay, twin, &other, *address, sink);
        }
    }
}

fn co_stay(a: &Ended, row_a: Ref, b: &Ended, row_b: Ref, sink: &mut Sink) {
    if a.person != b.person {
        let key = pair_key(a.person.min(b.person), a.person.max(b.person));
        sink.emit(Out::Row(Route::CoStay, key, row_a));
        sink.emit(Out::Row(Route::CoStay, key, row_b));
    }
}

/// A person as a node of a rule's graph.
fn node(rule: RuleIx, person: Ref) -> u64 {
    pair_key(u32::from(rule), person)
}

/// Judges two persons by their co-stays: an edge if there are enough.
pub fn join(arena: &Arena, bank: &Policy, rules: &Rules, key: u64, stays: &[(Ref, Diff)], sink: &mut Sink) {
    if stays.len() < 2 {
        return;
    }
    let persons = pair_of(key);
    let stays: Vec<(Ref, Ended)> =
        stays.iter().map(|(address, _)| (*address, read(arena, *address))).collect();
    let (first, second): (Vec<_>, Vec<_>) = stays.iter().partition(|(_, stay)| stay.person == persons.0);
    let times: usize =
        first.iter().map(|(_, a)| second.iter().filter(|(_, b)| co_stay_of(bank, a, b)).count()).sum();
    for rule in rules.iter().filter(|rule| bank.reaches(ENOUGH_CO_STAYS, times, rule.times)) {
        let (a, b) = (node(rule.rule, persons.0), node(rule.rule, persons.1));
        sink.emit(Out::Row(Route::Edge, a, persons.1));
        sink.emit(Out::Row(Route::Edge, b, persons.0));
        for (address, stay) in &stays {
            sink.emit(Out::Row(Route::EdgeStay, node(rule.rule, stay.person), *address));
        }
    }
}

/// Judges a group of connected persons by the stays behind its edges.
pub fn judge(arena: &Arena, bank: &Policy, rules: &Rules, root: u64, stays: &[(Ref, Diff)], sink: &mut Sink) {
    let rule = RuleIx::try_from(pair_of(root).0).unwrap_or(RuleIx::MAX);
    let Some(rule) = rules.iter().find(|known| known.rule == rule) else { return };
    let visits: Vec<(Ref, Visit)> =
        stays.iter().map(|(address, _)| (*address, row::visit(arena, *address))).collect();
    let mut persons: Vec<Ref> = visits.iter().map(|(_, visit)| visit.psn_no).collect();
    persons.sort_unstable();
    persons.dedup();
    if persons.is_empty() {
        return;
    }
    sink.count(Count::Subject(rule.rule));
    if !bank.reaches(ENOUGH_PERSONS, persons.len(), rule.persons) {
        return;
    }
    let smallest = persons.iter().copied().min_by(|a, b| arena.compare(*a, *b)).unwrap_or(0);
    let evidence: Vec<Ref> = visits.iter().map(|(address, _)| *address).collect();
    let mut ids: Vec<Ref> = visits.iter().map(|(_, visit)| visit.id).collect();
    ids.sort_unstable();
    let count = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    sink.emit(Out::Finding(Box::new(Finding {
        rule: rule.rule,
        verdict: bank.verdict(rule.rule, false),
        key: vec![KeyPart::Text(smallest)],
        institution: common_institution(arena, &evidence),
        occurred: visits.iter().map(|(_, visit)| visit.event_time()).max().unwrap_or(i64::MIN),
        evidence,
        amount_basis: AmountBasis::Fund(ids),
        values: vec![count(persons.len()), count(visits.len())],
    })));
}
