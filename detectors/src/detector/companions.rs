//! Persons who keep lying in the same places on the same days.
//!
//! Two stays are a *co-stay* if they are of two persons at one institution and begin, and end, at most a day apart.
//! Reads ended stays by person: one pass over a person's stays whenever one of them changes. Pairs of stays explode, so
//! stays meet in *cells* of institution, first and last day, and most are cut before they meet: an edge needs `times`
//! co-stays of two persons, so either both have at least that many ended stays, or one of them has two like stays at
//! one institution (*twins*, at most two days apart at both ends), which hardly anybody has. Then one look per stay and
//! cell that it looks into, one per pair of persons with co-stays, and one per group of connected persons.
//! Stays without an end take no part. There is no reason for which a group is not judged.

use std::collections::{BTreeMap, BTreeSet};

use records::Kind;
use records::arena::{Arena, Packed, RowRef, TextRef, Word as _};
use records::row::{self, Day, Visit, day_of};
use rulebank::looks_back::Reach;
use rulebank::{AmountKind, Comparison, DetectorSpec, ParamKind, ParamSpec, Subject};

use crate::compile::{Compiler, integer};
use crate::coverage::Count;
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value, common_institution};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::views::{Diff, pair_key, pair_of, rule_key, rule_of};
use crate::why::steps::Why;

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
    looks_back: |_, _| vec![(Kind::Visit, Reach::Ever)],
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
    person: TextRef,
    institution: TextRef,
    begin: Day,
    end: Day,
}

fn ended(visit: &Visit) -> Option<Ended> {
    let end = day_of(visit.end?);
    Some(Ended { person: visit.psn_no, institution: visit.institution, begin: day_of(visit.begin), end })
}

fn read(arena: &Arena, row: RowRef) -> Ended {
    ended(&row::visit(arena, row)).expect("only ended stays are put into cells")
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
    bytes[..4].copy_from_slice(&stay.institution.word().to_le_bytes());
    bytes[4..8].copy_from_slice(&(stay.begin + begin_shift).to_le_bytes());
    bytes[8..].copy_from_slice(&(stay.end + end_shift).to_le_bytes());
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// The stay's own cell and four beside it, chosen so that two cells side by side meet exactly once.
const HALF: [(Day, Day); 5] = [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)];

/// Puts the stays of one person into cells.
pub fn place(arena: &Arena, rules: &Rules, stays: &[(RowRef, Diff)], sink: &mut Sink) {
    let Some(times) = rules.iter().map(|rule| rule.times).min() else { return };
    let stays: Vec<(RowRef, Ended)> = stays
        .iter()
        .filter_map(|(row, _)| ended(&row::visit(arena, *row)).map(|stay| (*row, stay)))
        .collect();
    let twins = stays
        .iter()
        .enumerate()
        .any(|(nth, (_, stay))| stays[nth + 1..].iter().any(|(_, other)| near(stay, other, 2)));
    if stays.len() >= times || twins {
        for (row, stay) in &stays {
            sink.emit(Out::Row(Route::StayInCell, cell(stay, 0, 0), *row));
            for (begin, end) in HALF {
                sink.emit(Out::Row(Route::StayNearCell, cell(stay, begin, end), *row));
            }
        }
    } else {
        for (row, stay) in &stays {
            sink.emit(Out::Row(Route::FewStaysInCell, cell(stay, 0, 0), *row));
        }
    }
    if twins {
        for (row, stay) in &stays {
            for begin in -1..=1 {
                for end in -1..=1 {
                    sink.emit(Out::Row(Route::LikeStaysNearCell, cell(stay, begin, end), *row));
                }
            }
        }
    }
}

/// Meets a stay with those in one of the cells it looks into; each pair is met once.
pub fn meet(arena: &Arena, probe: RowRef, others: &[(RowRef, Diff)], sink: &mut Sink) {
    let stay = read(arena, probe);
    for (row, _) in others {
        let other = read(arena, *row);
        let apart = (other.begin - stay.begin, other.end - stay.end);
        let once = HALF.contains(&apart) && (apart != (0, 0) || probe < *row);
        if once && stay.institution == other.institution {
            co_stay(&stay, probe, &other, *row, sink);
        }
    }
}

/// Meets a stay of a person with twins with those of persons with few stays in one of its nine cells.
pub fn meet_few(arena: &Arena, twin: RowRef, others: &[(RowRef, Diff)], sink: &mut Sink) {
    let stay = read(arena, twin);
    for (row, _) in others {
        let other = read(arena, *row);
        if near(&stay, &other, 1) {
            co_stay(&stay, twin, &other, *row, sink);
        }
    }
}

fn co_stay(a: &Ended, row_a: RowRef, b: &Ended, row_b: RowRef, sink: &mut Sink) {
    if a.person != b.person {
        let key = pair_key(a.person.min(b.person), a.person.max(b.person));
        sink.emit(Out::Row(Route::CoStay, key, row_a));
        sink.emit(Out::Row(Route::CoStay, key, row_b));
    }
}

/// A person as a node of a rule's graph.
fn node(rule: RuleIx, person: TextRef) -> u64 {
    rule_key(rule, person)
}

/// Judges two persons by their co-stays: an edge if there are enough.
pub fn join(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    key: u64,
    stays: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    if stays.len() < 2 {
        return;
    }
    let persons = pair_of::<TextRef, TextRef>(key);
    let stays: Vec<(RowRef, Ended)> = stays.iter().map(|(row, _)| (*row, read(arena, *row))).collect();
    let (first, second): (Vec<_>, Vec<_>) = stays.iter().partition(|(_, stay)| stay.person == persons.0);
    let times: usize =
        first.iter().map(|(_, a)| second.iter().filter(|(_, b)| co_stay_of(bank, a, b)).count()).sum();
    for rule in rules.iter().filter(|rule| bank.reaches(ENOUGH_CO_STAYS, times, rule.times)) {
        let (a, b) = (node(rule.rule, persons.0), node(rule.rule, persons.1));
        sink.emit(Out::Packed(Route::Edge, a, Packed::new(persons.1.word())));
        sink.emit(Out::Packed(Route::Edge, b, Packed::new(persons.0.word())));
        for (row, stay) in &stays {
            sink.emit(Out::Row(Route::EdgeStay, node(rule.rule, stay.person), *row));
        }
    }
}

/// Judges a group of connected persons by the stays behind its edges.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    root: u64,
    stays: &[(RowRef, Diff)],
    sink: &mut Sink,
) {
    let (rule, _) = rule_of::<TextRef>(root);
    let Some(rule) = rules.iter().find(|known| known.rule == rule) else { return };
    let visits: Vec<(RowRef, Visit)> = stays.iter().map(|(row, _)| (*row, row::visit(arena, *row))).collect();
    let mut persons: Vec<TextRef> = visits.iter().map(|(_, visit)| visit.psn_no).collect();
    persons.sort_unstable();
    persons.dedup();
    if persons.is_empty() {
        return;
    }
    sink.count(Count::Subject(rule.rule));
    if !bank.reaches(ENOUGH_PERSONS, persons.len(), rule.persons) {
        return;
    }
    let smallest = persons.iter().copied().min_by(|a, b| arena.compare(*a, *b)).unwrap_or_default();
    let evidence: Vec<RowRef> = visits.iter().map(|(row, _)| *row).collect();
    let mut ids: Vec<TextRef> = visits.iter().map(|(_, visit)| visit.id).collect();
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

/// A group of persons joined by stays at the same places on the same days, by its smallest person.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[person] = key else { return None };
    let scene = why.scene;
    let (persons, times) = (integer(why.rule, "persons"), integer(why.rule, "times"));
    let mut at: BTreeMap<(TextRef, Day), Vec<Ended>> = BTreeMap::new();
    let mut of: BTreeMap<TextRef, Vec<Ended>> = BTreeMap::new();
    let stays = scene.visits().filter(|(_, visit)| scene.is_stay(visit));
    for stay in stays.filter_map(|(_, visit)| ended(&visit)) {
        at.entry((stay.institution, stay.begin)).or_default().push(stay);
        of.entry(stay.person).or_default().push(stay);
    }
    let stays = of.get(&person).map_or(0, Vec::len);
    why.check(
        ["该人有已结束的住院", "the person has stays that ended"],
        vec![("psn_no", scene.text(person)), ("stays", stays.to_string())],
        stays > 0,
    )?;
    let joined = |one: TextRef| -> BTreeMap<TextRef, i64> {
        let mut together: BTreeMap<TextRef, i64> = BTreeMap::new();
        for stay in of.get(&one).into_iter().flatten() {
            let cells = (stay.begin - 1..=stay.begin + 1).filter_map(|on| at.get(&(stay.institution, on)));
            let together_with = |other: &&Ended| other.person != one && co_stay_of(scene.policy, stay, other);
            for other in cells.flatten().filter(together_with) {
                *together.entry(other.person).or_default() += 1;
            }
        }
        together
    };
    let of_person = joined(person);
    let most = of_person.iter().max_by_key(|(_, count)| **count);
    why.check(
        [
            "至少与一人多次同时住在同一机构（开始、结束日各差不超过1天）",
            "often enough somebody lay at the same place at the same time (begin and end at most a day apart)",
        ],
        vec![
            ("person", most.map(|(other, _)| scene.text(*other)).unwrap_or_default()),
            ("stays", most.map_or(0, |(_, count)| *count).to_string()),
            ("times", times.to_string()),
        ],
        most.is_some_and(|(_, count)| *count >= times),
    )?;
    let mut group = BTreeSet::from([person]);
    let mut to_visit = vec![person];
    while let Some(one) = to_visit.pop() {
        for (other, count) in joined(one) {
            if count >= times && group.insert(other) {
                to_visit.push(other);
            }
        }
    }
    why.check(
        ["由此相连的人数达到下限", "the group so joined has enough persons"],
        vec![("persons", group.len().to_string()), ("limit", persons.to_string())],
        i64::try_from(group.len()).unwrap_or(i64::MAX) >= persons,
    )?;
    let smallest = group.iter().copied().min_by(|a, b| scene.compare(*a, *b)).unwrap_or(person);
    why.check(
        [
            "该人编号为组内最小（告警以其为主键）",
            "the person's token is the smallest of the group, by which it is known",
        ],
        vec![("smallest", scene.text(smallest))],
        smallest == person,
    )
}
