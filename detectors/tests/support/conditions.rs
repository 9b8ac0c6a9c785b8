//! The conditions that `why` asks one by one, held against what the engine finds in the same world.
//!
//! They are asked twice, of records in vectors and of the arrangements that the dataflow published: the answers are
//! the same, step by step.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use detectors::compiled_bank::CompiledBank;
use detectors::publish::{Publisher, Snapshot};
use detectors::run::{Answer, history};
use detectors::why::{self, Published, Scene, Step, Verdict};
use detectors::worker::{self, TickIn};
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::decode::Decoder;
use records::ledger::Ledger;
use records::render;
use records::row::{self, day_of};
use records::time::{first_of, format_date, month_of};
use rulebank::{Bank, Rule, Status};

/// A world as it came: steps of NDJSON lines, and *now* if it is not the greatest event time.
pub(crate) struct World {
    /// Each step is a tick.
    pub(crate) steps: Vec<Vec<String>>,
    /// What `--as-of` says.
    pub(crate) as_of: Option<i64>,
}

/// Records as they stand after the last step.
struct Standing {
    ledger: Ledger,
    facts: Vec<RowRef>,
    now: Option<i64>,
    /// The ticks by which they came.
    ticks: VecDeque<TickIn>,
}

fn stand(world: &World, bank: &Bank) -> Standing {
    let mut ledger = Ledger::default();
    ledger.set_fillers(bank.tables.fillers()).expect("the world is small");
    let mut decoder = Decoder::new();
    let mut counts: BTreeMap<RowRef, i32> = BTreeMap::new();
    let mut ticks = VecDeque::new();
    for (tick, step) in (1..).zip(&world.steps) {
        for line in step {
            if let Ok(fate) = decoder.decode_str(line, |change| ledger.apply(change)) {
                fate.expect("the world is small");
            }
        }
        let facts = Arc::new(ledger.take_facts());
        for fact in &*facts {
            *counts.entry(fact.row).or_default() += i32::from(fact.diff);
        }
        let now = world.as_of.or(ledger.now());
        ticks.push_back(TickIn { tick, facts, now, carried: None, bank: None, profiles: true });
    }
    let facts = counts.into_iter().filter(|(_, count)| *count > 0).map(|(row, _)| row).collect();
    let now = world.as_of.or(ledger.now());
    Standing { ledger, facts, now, ticks }
}

/// What the dataflow publishes after the last step.
fn published(standing: &Standing, bank: &Arc<CompiledBank>) -> Arc<Snapshot> {
    let publisher = Publisher::new(1);
    let (to_worker, bank) = (publisher.clone(), Arc::clone(bank));
    let (arena, mut ticks) = (Arc::clone(standing.ledger.arena()), standing.ticks.clone());
    timely::execute_directly(move |worker| {
        worker::run_publishing(worker, &arena, &bank, Some(&to_worker), || ticks.pop_front(), |_| true);
    });
    publisher.newest().expect("a step")
}

/// Texts that can stand under each name of a key.
fn parts(arena: &Arena, standing: &[RowRef], now: Option<i64>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut parts: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let mut days: BTreeSet<i32> = now.map(day_of).into_iter().collect();
    for row in standing {
        let key = render::key(arena, *row);
        let own = match row::kind(arena, *row) {
            Kind::Visit | Kind::FeeLine => "mdtrt_id",
            Kind::PersonFact => "fact_id",
            Kind::Presence => "idv_id",
            Kind::Settlement => "setl_id",
            Kind::Enrolment => "enrl_id",
            Kind::Prescription => "rx_id",
            Kind::Dispensing => "sel_id",
            Kind::Person => "psn_no",
            Kind::Institution => "fixmedins_code",
            Kind::Practitioner => "prac_psn_code",
            _ => "-",
        };
        parts.entry(own).or_default().insert(key[0].clone());
        for (name, value) in render::fields(arena, *row) {
            match name {
                "dr_codg" | "bilg_dr_codg" => {
                    parts.entry("subject").or_default().insert(value);
                }
                "psn_no" | "fixmedins_code" | "med_list_codg" | "bill_code" | "bill_no" | "rx_id" => {
                    parts.entry(name).or_default().insert(value);
                }
                "lines" => {
                    let items = value.split("; ").filter_map(|line| line.split(" × ").next());
                    parts.entry("med_list_codg").or_default().extend(items.map(str::to_owned));
                }
                "trace_codes" | "diags" | "oprns" => {
                    let codes = value.split("; ").filter_map(|code| code.split(' ').next());
                    parts.entry("code").or_default().extend(codes.map(str::to_owned));
                }
                _ => {}
            }
        }
        days.extend(row::event_time(arena, *row).map(day_of));
        if row::kind(arena, *row) == Kind::Visit {
            let visit = row::visit(arena, *row);
            let end = visit.end.or(now).map_or(0, day_of);
            days.extend(day_of(visit.begin)..=end.min(day_of(visit.begin) + 40));
        }
    }
    // Months are named by their first days.
    days.extend(days.iter().map(|day| first_of(month_of(*day))).collect::<Vec<_>>());
    parts.insert("day", days.into_iter().map(format_date).collect());
    for own in ["fixmedins_code", "prac_psn_code"] {
        let codes = parts.get(own).cloned().unwrap_or_default();
        parts.entry("subject").or_default().extend(codes);
    }
    parts
}

/// Every key of this shape that the records can make up; `None` if there are more than `most`.
fn keys(
    arena: &Arena,
    standing: &[RowRef],
    now: Option<i64>,
    shape: &[&str],
    most: usize,
) -> Option<Vec<Vec<String>>> {
    if shape == ["mdtrt_id", "feedetl_sn"] {
        let lines = standing.iter().filter(|row| row::kind(arena, **row) == Kind::FeeLine);
        return Some(lines.map(|row| render::key(arena, *row)).collect());
    }
    let parts = parts(arena, standing, now);
    let values = |name: &&str| parts.get(name).map_or(0, BTreeSet::len);
    if shape.iter().map(values).product::<usize>() > most {
        return None;
    }
    let mut keys: Vec<Vec<String>> = vec![Vec::new()];
    for name in shape {
        let Some(values) = parts.get(name) else { return Some(Vec::new()) };
        keys = keys
            .into_iter()
            .flat_map(|key| {
                values.iter().map(move |value| key.iter().cloned().chain([value.clone()]).collect())
            })
            .collect();
    }
    Some(keys)
}

/// How conditions and engine compare.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    /// What is otherwise, in words.
    pub(crate) wrong: Vec<String>,
    /// Keys that were asked for.
    pub(crate) asked: usize,
    /// Keys of which all conditions hold.
    pub(crate) stand: usize,
    /// Keys that could not be judged.
    pub(crate) not_judged: usize,
}

/// Holds the conditions of the active rules of `bank` against what the engine finds.
///
/// Every key that the records can make up is asked for, but of a rule with more than `most` such keys: of that one
/// those that the engine found.
pub(crate) fn compare(bank: &Bank, world: &World, most: usize) -> Compared {
    let answer: Answer =
        history(bank, world.as_of, &world.steps).expect("the world is small").pop().expect("a step");
    let mut standing = stand(world, bank);
    let compiled =
        CompiledBank::compile(bank, &mut |text| standing.ledger.intern(text).expect("the world is small"));
    let compiled = Arc::new(compiled);
    let arena = Arc::clone(standing.ledger.arena());
    let records = why::Standing::new(&arena, standing.facts.iter().copied());
    let scene = Scene::new(&arena, bank, (&compiled, compiled.classes()), standing.now, &records);
    let snapshot = published(&standing, &compiled);
    let arranged = Published::new(&arena, &snapshot);
    let arranged = Scene::new(&arena, bank, (&compiled, compiled.classes()), snapshot.now(), &arranged);
    let mut compared = Compared::default();
    for rule in bank.rules.iter().filter(|rule| rule.status == Status::Active) {
        let of_rule = answer.alerts.iter().filter(|alert| alert.rule == rule.id);
        let found: BTreeSet<Vec<String>> = of_rule.map(|alert| alert.key.clone()).collect();
        let shapes = why::key_shapes(&rule.detector).iter();
        let made: Option<Vec<Vec<Vec<String>>>> =
            shapes.map(|shape| keys(&arena, &standing.facts, standing.now, shape, most)).collect();
        let all = made.is_some();
        let mut to_ask: BTreeSet<Vec<String>> = made.into_iter().flatten().flatten().collect();
        if why::is_unordered(&rule.detector) {
            to_ask.retain(|key| key[0] < key[1]);
        }
        if all {
            let unasked = found.difference(&to_ask).map(|key| format!("{} {key:?} was not asked", rule.id));
            compared.wrong.extend(unasked);
        } else {
            to_ask.clone_from(&found);
        }
        let mut asked: BTreeMap<Vec<String>, (Vec<Step>, Verdict)> = BTreeMap::new();
        for key in to_ask {
            let parts = key.iter().map(|part| standing.ledger.intern(part).expect("the world is small"));
            let parts: Vec<TextRef> = parts.collect();
            let answer = why::why(&scene, &compiled, rule, &parts);
            if why::why(&arranged, &compiled, rule, &parts) != answer {
                compared.wrong.push(format!("{} {key:?} is answered otherwise from arrangements", rule.id));
            }
            asked.insert(key, answer);
        }
        compared.wrong.extend(of_keys(rule, &found, &asked));
        if all {
            compared.wrong.extend(of_coverage(rule, &answer, &asked));
        }
        compared.asked += asked.len();
        let count = |is: fn(&Verdict) -> bool| asked.values().filter(|(_, verdict)| is(verdict)).count();
        compared.stand += count(|verdict| *verdict == Verdict::Stands);
        compared.not_judged += count(|verdict| matches!(verdict, Verdict::NotJudged(_)));
    }
    compared
}

/// Keys of which not all conditions hold though they are found, or the other way round.
fn of_keys(
    rule: &Rule,
    found: &BTreeSet<Vec<String>>,
    asked: &BTreeMap<Vec<String>, (Vec<Step>, Verdict)>,
) -> Vec<String> {
    let differ =
        asked.iter().filter(|(key, (_, verdict))| (*verdict == Verdict::Stands) != found.contains(*key));
    let said = differ.map(|(key, (steps, verdict))| {
        let last = steps.last().map(|step| (&step.condition.en, &step.values, step.outcome));
        format!("{} {key:?} is {verdict:?}, found: {}: {last:?}", rule.id, found.contains(key))
    });
    said.collect()
}

/// Whether the keys that cannot be judged are, by reason, those of the coverage.
fn of_coverage(
    rule: &Rule,
    answer: &Answer,
    asked: &BTreeMap<Vec<String>, (Vec<Step>, Verdict)>,
) -> Option<String> {
    let mut not_judged: BTreeMap<&str, i64> = BTreeMap::new();
    for (_, verdict) in asked.values() {
        if let Verdict::NotJudged(reason) = verdict {
            *not_judged.entry(reason).or_default() += 1;
        }
    }
    let counted: BTreeMap<&str, i64> = answer
        .coverage
        .get(&rule.id)
        .into_iter()
        .flat_map(|coverage| &coverage.not_judged)
        .filter(|(_, count)| **count != 0)
        .map(|(reason, count)| (reason.as_ref(), *count))
        .collect();
    (counted != not_judged).then(|| {
        format!("{} not judged by the engine {counted:?}, by the conditions {not_judged:?}", rule.id)
    })
}
