//! Arrangements read from another thread while ticks go on.
#![expect(clippy::disallowed_methods, reason = "readers are on other threads, and here they are in one room")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use detectors::compiled_bank::CompiledBank;
use detectors::detector::SPECS;
use detectors::fact::Fact;
use detectors::publish::{Publisher, Snapshot};
use detectors::why::{Lookup, Published, Standing};
use detectors::worker::{self, TickIn};
use records::Kind;
use records::arena::{Arena, RowRef};
use records::decode::Decoder;
use records::ledger::Ledger;
use records::row;

const TICKS: u64 = 60;
const PERSONS: u64 = 7;

fn index(tick: u64) -> usize {
    usize::try_from(tick).expect("there are few")
}

/// Visits with three lines each, tick by tick; old ones are corrected and withdrawn as new ones come.
fn lines(tick: u64) -> Vec<String> {
    let visit = |number: u64, rev: u64| {
        format!(
            r#"{{"kind":"visit","rev":{rev},"mdtrt_id":"V{number}","psn_no":"P{}","fixmedins_code":"H1","med_type":"11","begntime":"2026-01-05 08:0{}:00","endtime":"2026-01-05 15:00:00","diags":[{{"diag_code":"I10","maindiag_flag":"1"}}]}}"#,
            number % PERSONS,
            rev % 10,
        )
    };
    let line = |number: u64, sn: u64| {
        format!(
            r#"{{"kind":"fee_line","rev":1,"mdtrt_id":"V{number}","feedetl_sn":"{sn}","psn_no":"P{}","fixmedins_code":"H1","fee_ocur_time":"2026-01-05 09:30:00","med_list_codg":"X","list_type":"201","cnt":1,"pric":"60.00","det_item_fee_sumamt":"60.00","fund_amt":"40.00"}}"#,
            number % PERSONS,
        )
    };
    let mut lines = vec![visit(tick, 1)];
    lines.extend((0..3).map(|sn| line(tick, sn)));
    if tick > 3 {
        lines.push(visit(tick - 3, 2));
    }
    lines
}

/// What came, and what stood after each tick.
struct World {
    arena: Arc<Arena>,
    bank: Arc<CompiledBank>,
    ticks: VecDeque<TickIn>,
    /// By tick; nothing at 0.
    standing: Vec<BTreeSet<RowRef>>,
}

fn world() -> World {
    let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
    let bank = rulebank::load(None, SPECS).expect("the built-in bank is sound");
    let bank = CompiledBank::compile(&bank, &mut |text| ledger.intern(text).expect("there is room"));
    let (mut ticks, mut standing) = (VecDeque::new(), vec![BTreeSet::new()]);
    for tick in 1..=TICKS {
        for line in lines(tick) {
            let fate = decoder.decode_str(&line, |change| ledger.apply(change));
            fate.unwrap_or_else(|fault| panic!("{}: {line}", fault.text)).expect("there is room");
        }
        let facts = Arc::new(ledger.take_facts());
        let mut counts: BTreeMap<RowRef, i32> =
            standing[index(tick - 1)].iter().map(|row| (*row, 1)).collect();
        for fact in &*facts {
            *counts.entry(fact.row).or_default() += i32::from(fact.diff);
        }
        standing.push(counts.into_iter().filter(|(_, count)| *count > 0).map(|(row, _)| row).collect());
        ticks.push_back(TickIn {
            tick,
            facts,
            now: ledger.now(),
            carried: None,
            bank: None,
            profiles: false,
        });
    }
    World { arena: Arc::clone(ledger.arena()), bank: Arc::new(bank), ticks, standing }
}

/// Holds every answer of a snapshot against what stood after its tick.
fn check(world: &World, snapshot: &Snapshot) {
    let standing = &world.standing[index(snapshot.as_of())];
    let (arranged, plain) =
        (Published::new(&world.arena, snapshot), Standing::new(&world.arena, standing.iter().copied()));
    for kind in [Kind::Visit, Kind::FeeLine] {
        assert_eq!(arranged.all(kind), plain.all(kind), "{kind:?} after {}", snapshot.as_of());
    }
    let visits = plain.all(Kind::Visit).into_iter().map(|row| row::visit(&world.arena, row));
    for visit in visits {
        assert_eq!(arranged.visits_of(visit.psn_no), plain.visits_of(visit.psn_no));
        for kind in [Kind::Visit, Kind::FeeLine] {
            assert_eq!(arranged.starting_with(kind, visit.id), plain.starting_with(kind, visit.id));
        }
        let lines = snapshot.rows(Fact::LineOfVisit, u64::from(visit.id));
        assert_eq!(lines.len(), 3, "all lines of a visit come with it");
        assert!(lines.iter().all(|(_, count)| *count == 1));
    }
    assert_eq!(snapshot.all(Fact::Visit).len(), plain.all(Kind::Visit).len());
}

fn read_while_ticks_go_on(workers: usize) {
    let world = world();
    let publisher = Publisher::new(workers);
    // The newest tick that was read; workers wait for the reader once, so that it is there while ticks go on.
    let read = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !seen.contains(&TICKS) {
                let Some(snapshot) = publisher.newest() else {
                    std::thread::yield_now();
                    continue;
                };
                check(&world, &snapshot);
                assert!(seen.last().is_none_or(|last| *last <= snapshot.as_of()), "snapshots go forward");
                seen.insert(snapshot.as_of());
                read.store(snapshot.as_of(), Ordering::SeqCst);
            }
            seen
        });
        let (arena, bank, ticks) = (Arc::clone(&world.arena), Arc::clone(&world.bank), world.ticks.clone());
        let (to_workers, read) = (publisher.clone(), Arc::clone(&read));
        let config = match workers {
            1 => timely::Config::thread(),
            _ => timely::Config::process(workers),
        };
        let running = timely::execute(config, move |worker| {
            let mut ticks = ticks.clone();
            let receive = || {
                let tick = ticks.pop_front()?;
                while tick.tick == TICKS / 2 && read.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                Some(tick)
            };
            worker::run_publishing(worker, &arena, &bank, Some(&to_workers), receive, |_| true);
        });
        for worker in running.expect("workers start").join() {
            worker.expect("a worker ends well");
        }
        let seen = reader.join().expect("every answer is that of one complete tick");
        assert!(seen.len() >= 2, "{seen:?}");
    });
}

#[test]
fn each_answer_is_that_of_one_complete_tick() {
    read_while_ticks_go_on(1);
}

#[test]
fn shards_of_several_workers_are_of_the_same_tick() {
    read_while_ticks_go_on(2);
}

/// A snapshot stays what it is, however far the dataflow has gone.
#[test]
fn an_old_snapshot_stays() {
    let world = world();
    let publisher = Publisher::new(1);
    let kept = {
        let (arena, bank, mut ticks) =
            (Arc::clone(&world.arena), Arc::clone(&world.bank), world.ticks.clone());
        let publisher = publisher.clone();
        timely::execute_directly(move |worker| {
            let mut kept = Vec::new();
            let mut keep = || kept.extend(publisher.newest());
            let send = |_| {
                keep();
                true
            };
            worker::run_publishing(worker, &arena, &bank, Some(&publisher), || ticks.pop_front(), send);
            kept
        })
    };
    let ticks: Vec<u64> = kept.iter().map(|snapshot| snapshot.as_of()).collect();
    assert_eq!(ticks, (1..=TICKS).collect::<Vec<_>>());
    kept.iter().for_each(|snapshot| check(&world, snapshot));
}
