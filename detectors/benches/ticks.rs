//! How long ticks take: a bulk load, ticks of 1,000 changes, single corrections, changes of one rule.
//!
//! `cargo bench -p detectors --bench ticks`
//!
//! A small world of lines is decoded, kept, judged and told in one thread, without files and queues. The same lines
//! also go through decoder and ledger alone; next to that, each figure is a ratio that another machine can be held
//! to as well. Worlds are made several times over, and what is printed are medians.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a bench reads the clock and prints what it read"
)]

use std::cell::RefCell;
use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use detectors::alert_view::AlertView;
use detectors::compiled_bank::CompiledBank;
use detectors::detector::SPECS;
use detectors::worker::{self, TickIn};
use records::arena::TextRef;
use records::decode::Decoder;
use records::ledger::Ledger;
use rulebank::{Bank, Param};

/// Visits of the world; each has ten fee lines.
const VISITS: usize = 2_000;
/// Changes of a steady tick, and how many such ticks.
const STEADY: (usize, usize) = (1_000, 10);
/// Corrections, each a tick of its own.
const CORRECTIONS: usize = 200;
/// Changes of one rule.
const RULE_CHANGES: usize = 10;
/// Times that the world is made.
const ROUNDS: usize = 5;

/// What a tick does.
#[derive(Clone, Copy, PartialEq)]
enum What {
    Bulk,
    Steady,
    Correction,
    RuleChange,
}

/// A tick: some lines, or the other of the two banks.
struct Step {
    what: What,
    lines: Range<usize>,
}

/// All that is measured on.
struct World {
    lines: Vec<String>,
    steps: Vec<Step>,
    banks: [Bank; 2],
}

/// How long each step took, in its order.
type Times = Vec<Duration>;

fn main() {
    // As a test it only has to hold; `cargo bench` says that it is one.
    let measuring = std::env::args().any(|arg| arg == "--bench");
    let (visits, rounds) = if measuring { (VISITS, ROUNDS) } else { (VISITS / 10, 1) };
    let world = Arc::new(World::new(visits));
    let (mut whole, mut ledger) = (Vec::new(), Vec::new());
    let mut alerts = 0;
    for _ in 0..rounds {
        ledger.push(ledger_alone(&world));
        let (times, standing) = all_the_way(&world);
        whole.push(times);
        alerts = standing;
    }
    println!(
        "{} fee lines in {} changes, {alerts} alerts; medians of {rounds} rounds",
        visits * 10,
        world.lines.len()
    );
    println!("{:<24} {:>12} {:>12} {:>24}", "", "median", "changes/s", "beside the ledger alone");
    for (what, name) in [
        (What::Bulk, "bulk tick"),
        (What::Steady, "tick of 1,000"),
        (What::Correction, "one correction"),
        (What::RuleChange, "one rule change"),
    ] {
        let Some(step) = world.steps.iter().find(|step| step.what == what) else { continue };
        let time = median(&world, what, &whole);
        // A rule change brings the ledger nothing; what it saves is to load everything again.
        let (base, of) = match what {
            What::RuleChange => (median(&world, What::Bulk, &ledger), "of its bulk tick"),
            _ => (median(&world, what, &ledger), "times"),
        };
        let changes = step.lines.len().max(1) as u128;
        println!(
            "{name:<24} {:>9}.{:02} ms {:>12} {:>12}.{:03} {of}",
            time / 1_000_000,
            time / 10_000 % 100,
            changes * 1_000_000_000 / time,
            time / base,
            time * 1_000 / base % 1_000,
        );
    }
}

/// The median over all steps of a sort in all rounds, in nanoseconds, at least 1.
fn median(world: &World, what: What, rounds: &[Times]) -> u128 {
    let of_round = |times: &Times| -> Vec<u128> {
        let steps = world.steps.iter().zip(times).filter(|(step, _)| step.what == what);
        steps.map(|(_, time)| time.as_nanos()).collect()
    };
    let mut nanos: Vec<u128> = rounds.iter().flat_map(of_round).collect();
    nanos.sort_unstable();
    nanos.get(nanos.len() / 2).copied().unwrap_or(1).max(1)
}

/// Decoder and ledger, step by step.
fn ledger_alone(world: &World) -> Times {
    let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
    let mut times = Vec::with_capacity(world.steps.len());
    for step in &world.steps {
        let started = Instant::now();
        take_in(&world.lines[step.lines.clone()], &mut decoder, &mut ledger);
        black_box(ledger.take_facts());
        times.push(started.elapsed());
    }
    times
}

/// Decoder, ledger, dataflow and view, step by step; and how many alerts stand at the end.
fn all_the_way(world: &Arc<World>) -> (Times, usize) {
    let world = Arc::clone(world);
    timely::execute_directly(move |worker| {
        let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
        let banks = world.banks.each_ref().map(|bank| compile(bank, &mut ledger));
        let arena = Arc::clone(ledger.arena());
        let mut view = AlertView::new(Arc::clone(&arena), Arc::clone(&banks[0]));
        let mut times = Vec::with_capacity(world.steps.len());
        let mut steps = (1..).zip(&world.steps);
        let mut banks_to_come = banks.iter().cycle().skip(1);
        // The tick in work, and when it began.
        let open: RefCell<Option<(TickIn, Instant)>> = RefCell::new(None);
        worker::run(
            worker,
            &arena,
            &banks[0],
            || {
                let (number, step) = steps.next()?;
                let started = Instant::now();
                take_in(&world.lines[step.lines.clone()], &mut decoder, &mut ledger);
                let bank = (step.what == What::RuleChange).then(|| banks_to_come.next().cloned()).flatten();
                let facts = Arc::new(ledger.take_facts());
                let tick =
                    TickIn { tick: number, facts, now: ledger.now(), carried: None, bank, profiles: false };
                *open.borrow_mut() = Some((tick.clone(), started));
                Some(tick)
            },
            |answer| {
                let Some((tick, started)) = open.borrow_mut().take() else { return false };
                black_box(view.apply_tick(&tick, vec![answer]));
                times.push(started.elapsed());
                true
            },
        );
        (times, view.len())
    })
}

fn take_in(lines: &[String], decoder: &mut Decoder, ledger: &mut Ledger) {
    for line in lines {
        let fate = decoder.decode_str(line, |change| ledger.apply(change));
        black_box(fate.expect("the bench writes good lines").expect("there is room for them"));
    }
}

fn compile(bank: &Bank, ledger: &mut Ledger) -> Arc<CompiledBank> {
    let mut intern = |text: &str| -> TextRef { ledger.intern(text).expect("there is room for the bank") };
    Arc::new(CompiledBank::compile(bank, &mut intern))
}

impl World {
    fn new(visits: usize) -> World {
        let mut lines = region();
        lines.extend((0..visits).flat_map(visit));
        let steady = (STEADY.0 * STEADY.1).min(lines.len() / 2);
        let mut steps = vec![Step { what: What::Bulk, lines: 0..lines.len() - steady }];
        for begin in (lines.len() - steady..lines.len()).step_by(STEADY.0) {
            steps.push(Step { what: What::Steady, lines: begin..(begin + STEADY.0).min(lines.len()) });
        }
        for number in 0..CORRECTIONS.min(visits) {
            steps.push(Step { what: What::Correction, lines: lines.len()..lines.len() + 1 });
            lines.push(correction(number * (visits / CORRECTIONS.min(visits)), number));
        }
        steps.extend((0..RULE_CHANGES).map(|_| Step { what: What::RuleChange, lines: 0..0 }));
        let bank = rulebank::load(None, SPECS).expect("the built-in bank is sound");
        let mut other = bank.clone();
        let rule = other.rules.iter_mut().find(|rule| rule.id == "A05").expect("the bank has it");
        rule.params.insert("tolerance_hours".to_owned(), Param::Integer(12));
        World { lines, steps, banks: [bank, other] }
    }
}

// --- the lines: no chance, only remainders, so that every round and every machine has the same ---

/// Hospitals, and persons with their enrolments.
const HOSPITALS: usize = 20;
const PERSONS: usize = 700;

const ITEMS: [&str; 7] = [
    "SVC-CT-ENHANCED",
    "SVC-NURSING-DAY",
    "SVC-ECG",
    "SVC-BLOOD-COUNT",
    "SVC-ULTRASOUND",
    "SVC-INJECTION",
    "SVC-DRESSING",
];

fn region() -> Vec<String> {
    let hospitals = (0..HOSPITALS).map(|n| {
        format!(
            r#"{{"kind":"institution","rev":1,"fixmedins_code":"H{n}","fixmedins_type":"1","hosp_lv":"05","admdvs":"990100","lon":"{}","lat":"30.5","beds":200}}"#,
            100 + n
        )
    });
    let persons = (0..PERSONS).flat_map(|n| {
        [
            format!(
                r#"{{"kind":"person","rev":1,"psn_no":"t-{n}","gend":"{}","brdy":"{}-03-04"}}"#,
                1 + n % 2,
                1940 + n % 80
            ),
            format!(
                r#"{{"kind":"enrolment","rev":1,"enrl_id":"E{n}","psn_no":"t-{n}","insutype":"310","insu_admdvs":"990100","status":"1","begin":"2020-01-01"}}"#
            ),
        ]
    });
    let bought = (0..HOSPITALS).map(|n| {
        format!(
            r#"{{"kind":"purchase","rev":1,"purc_id":"PU{n}","move":"purchase","fixmedins_code":"H{n}","med_list_codg":"DRUG-A","cnt":{},"stoin_time":"2026-01-01 08:00:00"}}"#,
            100 + 20 * n
        )
    });
    hospitals.chain(persons).chain(bought).collect()
}

/// A day of the first half of 2026 on which the visit of a number begins, as `2026-05-04`, `later` days on.
fn day(number: usize, later: usize) -> String {
    format!("2026-{:02}-{:02}", 1 + number * 7 / 13 % 6, 1 + number * 5 % 24 + later)
}

/// The visit as sent, at another hour when it is corrected.
fn visit_line(number: usize, rev: usize, hour: usize) -> String {
    let (med_type, days) = if number.is_multiple_of(4) { ("21", 3) } else { ("11", 0) };
    format!(
        r#"{{"kind":"visit","rev":{rev},"mdtrt_id":"V{number}","psn_no":"t-{}","fixmedins_code":"H{}","med_type":"{med_type}","begntime":"{} {hour:02}:00:00","endtime":"{} 15:00:00","diags":[{{"diag_code":"I10","maindiag_flag":"1"}}]}}"#,
        number % PERSONS,
        number % HOSPITALS,
        day(number, 0),
        day(number, days),
    )
}

/// The settlement as sent, with another amount when it is corrected.
fn settlement_line(number: usize, rev: usize, fund: usize) -> String {
    format!(
        r#"{{"kind":"settlement","rev":{rev},"setl_id":"S{number}","mdtrt_id":"V{number}","psn_no":"t-{}","fixmedins_code":"H{}","med_type":"11","insutype":"310","setl_time":"{} 16:00:00","medfee_sumamt":"600.00","fund_pay_sumamt":"{fund}.00","bill_code":"B","bill_no":"{}"}}"#,
        number % PERSONS,
        number % HOSPITALS,
        day(number, 3),
        // Every hundredth bill carries the number of the one before.
        number - usize::from(number % 100 == 99),
    )
}

/// A fee line as sent: two of the ten are drugs, one of them now and then without its prescription.
fn fee_line(number: usize, line: usize, rev: usize, count: usize) -> String {
    let item = if line < 2 { "DRUG-A" } else { ITEMS[(number + line) % ITEMS.len()] };
    let (list_type, prescription) = match line {
        0 => ("101", format!(r#","rx_id":"RX{number}""#)),
        1 if !number.is_multiple_of(10) => ("101", format!(r#","rx_id":"RX{number}""#)),
        1 => ("101", String::new()),
        _ => ("201", String::new()),
    };
    format!(
        r#"{{"kind":"fee_line","rev":{rev},"mdtrt_id":"V{number}","feedetl_sn":"{line}","setl_id":"S{number}","psn_no":"t-{}","fixmedins_code":"H{}","fee_ocur_time":"{} 1{line}:30:00","med_list_codg":"{item}","list_type":"{list_type}","cnt":{count},"pric":"60.00","det_item_fee_sumamt":"{}.00","fund_amt":"{}.00"{prescription}}}"#,
        number % PERSONS,
        number % HOSPITALS,
        day(number, 0),
        60 * count,
        40 * count,
    )
}

fn visit(number: usize) -> Vec<String> {
    let (person, hospital) = (number % PERSONS, number % HOSPITALS);
    let mut lines = vec![
        visit_line(number, 1, 8),
        format!(
            r#"{{"kind":"prescription","rev":1,"rx_id":"RX{number}","mdtrt_id":"V{number}","psn_no":"t-{person}","fixmedins_code":"H{hospital}","prsc_time":"{} 09:00:00","dr_codg":"D1","state":"issued","lines":[{{"line_no":1,"med_list_codg":"DRUG-A","list_type":"101","cnt":2}}]}}"#,
            day(number, 0)
        ),
    ];
    if !number.is_multiple_of(7) {
        lines.push(format!(
            r#"{{"kind":"presence","rev":1,"idv_id":"I{number}","psn_no":"t-{person}","fixmedins_code":"H{hospital}","idv_time":"{} 08:05:00","scene":"register","result":"pass"}}"#,
            day(number, 0)
        ));
    }
    lines.extend((0..10).map(|line| fee_line(number, line, 1, 1)));
    lines.push(settlement_line(number, 1, 400));
    lines
}

/// A correction of something of a visit: in turn a line, the visit, its settlement.
fn correction(visit: usize, number: usize) -> String {
    match number % 3 {
        0 => fee_line(visit, number % 10, 2, 2),
        1 => visit_line(visit, 2, 7),
        _ => settlement_line(visit, 2, 300 + number),
    }
}
