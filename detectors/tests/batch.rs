//! The shared batches against a plain list of updates, and against differential's own spine.

use std::collections::BTreeMap;

use detectors::batch::{Batch, BatchSealer, Diff, Tick};
use detectors::views::Spine;
use differential_dataflow::batcher::merge::Sealer;
use differential_dataflow::consolidation::consolidate_updates;
use differential_dataflow::trace::cursor::{Cursor, Navigable, cursor_list};
use differential_dataflow::trace::implementations::spine_fueled::Merger;
use differential_dataflow::trace::implementations::spine_fueled::SpineBatch;
use differential_dataflow::trace::implementations::{ValBuilder, ValSpine};
use differential_dataflow::trace::{Description, Span, Trace, TraceReader};
use proptest::prelude::*;
use timely::dataflow::operators::generic::OperatorInfo;
use timely::progress::Antichain;

type Update = ((u64, u32), Tick, Diff);
type Counts = BTreeMap<(u64, u32), Diff>;

/// What stands after every tick up to `as_of`.
fn counts(updates: impl IntoIterator<Item = Update>, as_of: Tick) -> Counts {
    let mut counts = Counts::new();
    for (row, _, diff) in updates.into_iter().filter(|(_, tick, _)| *tick <= as_of) {
        *counts.entry(row).or_default() += diff;
    }
    counts.retain(|_, count| *count != 0);
    counts
}

/// Everything that a merged cursor over batches meets.
fn walk<B: Navigable>(batches: Vec<B>) -> Vec<Update>
where
    B::Cursor:
        for<'a> Cursor<Key<'a> = &'a u64, Val<'a> = &'a u32, TimeGat<'a> = &'a Tick, DiffGat<'a> = &'a Diff>,
{
    let (mut cursor, storage) = cursor_list(batches);
    let mut met = Vec::new();
    while let Some(key) = cursor.get_key(&storage) {
        while let Some(value) = cursor.get_val(&storage) {
            cursor.map_times(&storage, |tick, diff| met.push(((*key, *value), *tick, *diff)));
            cursor.step_val(&storage);
        }
        cursor.step_key(&storage);
    }
    met
}

fn sealed(mut updates: Vec<Update>) -> Option<Batch<u32>> {
    consolidate_updates(&mut updates);
    // Chunks of any length are one chain.
    BatchSealer::seal(&mut updates.chunks(7).map(<[Update]>::to_vec).collect())
}

fn standard(mut updates: Vec<Update>) -> Option<std::rc::Rc<OrdBatch>> {
    consolidate_updates(&mut updates);
    <ValBuilder<u64, u32, Tick, Diff> as Sealer<Vec<Update>>>::seal(&mut vec![updates]).map(std::rc::Rc::new)
}

type OrdBatch = <ValBuilder<u64, u32, Tick, Diff> as Sealer<Vec<Update>>>::Output;

fn info() -> OperatorInfo {
    OperatorInfo::new(0, 0, [].into())
}

/// The updates of some ticks: few keys and values, so that much comes twice and cancels.
fn history() -> impl Strategy<Value = Vec<Vec<((u64, u32), Diff)>>> {
    let update = ((0_u64..12, 0_u32..6), prop_oneof![4 => Just(1_i64), 2 => Just(-1), 1 => -3_i64..4]);
    prop::collection::vec(prop::collection::vec(update, 0..60), 1..12)
}

fn at(tick: usize, rows: &[((u64, u32), Diff)]) -> Vec<Update> {
    rows.iter().map(|(row, diff)| (*row, tick as Tick, *diff)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A batch holds the updates it was sealed from, whichever way it is read.
    #[test]
    fn a_batch_holds_its_updates(history in history()) {
        let mut all: Vec<Update> =
            history.iter().enumerate().flat_map(|(tick, rows)| at(tick, rows)).collect();
        consolidate_updates(&mut all);
        let Some(batch) = sealed(all.clone()) else {
            prop_assert!(all.is_empty());
            return Ok(());
        };
        prop_assert_eq!(batch.len(), all.len());
        prop_assert_eq!(walk(vec![batch.clone()]), all.clone());
        for as_of in 0..history.len() as Tick {
            let expected = counts(all.iter().copied(), as_of);
            let met: Counts = batch.all_at(as_of).filter(|(_, _, n)| *n != 0).map(|(k, v, n)| ((k, *v), n)).collect();
            prop_assert_eq!(&met, &expected);
            for key in 0..13 {
                let met: Vec<(u32, Diff)> =
                    batch.values_at(key, as_of).filter(|(_, n)| *n != 0).map(|(v, n)| (*v, n)).collect();
                let of_key: Vec<(u32, Diff)> =
                    expected.range((key, 0)..(key + 1, 0)).map(|(row, n)| (row.1, *n)).collect();
                prop_assert_eq!(met, of_key);
            }
        }
    }

    /// Seeking ends where a plain search does, forward from anywhere.
    #[test]
    fn a_cursor_seeks(history in history(), from in 0_u64..12, to in 0_u64..14, value in 0_u32..7) {
        let all: Vec<Update> = history.iter().flat_map(|rows| at(1, rows)).collect();
        let Some(batch) = sealed(all.clone()) else { return Ok(()) };
        let rows: Vec<(u64, u32)> = walk(vec![batch.clone()]).into_iter().map(|(row, _, _)| row).collect();
        let mut cursor = batch.cursor();
        cursor.seek_key(&batch, &from);
        cursor.seek_key(&batch, &to);
        let found = rows.iter().find(|row| row.0 >= from.max(to)).map(|row| row.0);
        prop_assert_eq!(cursor.get_key(&batch).copied(), found);
        if let Some(key) = found {
            cursor.seek_val(&batch, &value);
            let first = rows.iter().find(|row| row.0 == key && row.1 >= value).map(|row| row.1);
            prop_assert_eq!(cursor.get_val(&batch).copied(), first);
            cursor.rewind_vals(&batch);
            prop_assert_eq!(cursor.get_val(&batch).copied(), rows.iter().find(|row| row.0 == key).map(|row| row.1));
        }
        cursor.rewind_keys(&batch);
        prop_assert_eq!(cursor.get_key(&batch).copied(), rows.first().map(|row| row.0));
    }

    /// A merge in steps of any size keeps what can still be told apart, and is consolidated.
    #[test]
    fn a_merge_keeps_what_counts(history in history(), cut in 0_usize..12, since in 0_u64..12, fuel in 1_isize..50) {
        let of = |ticks: std::ops::Range<usize>| -> Vec<Update> {
            ticks.filter_map(|tick| history.get(tick).map(|rows| at(tick, rows))).flatten().collect()
        };
        let (Some(a), Some(b)) = (sealed(of(0..cut)), sealed(of(cut..history.len()))) else { return Ok(()) };
        let mut merger = <Batch<u32> as SpineBatch>::Merger::new(&a, &b, Antichain::from_elem(since).borrow());
        loop {
            let mut left = fuel;
            merger.work(&a, &b, &mut left);
            if left > 0 {
                break;
            }
        }
        let mut expected: Vec<Update> = of(0..history.len());
        expected.iter_mut().for_each(|update| update.1 = update.1.max(since));
        consolidate_updates(&mut expected);
        let merged = merger.done();
        prop_assert_eq!(merged.as_ref().map_or(0, Batch::updates), expected.len());
        prop_assert_eq!(walk(merged.into_iter().collect()), expected);
    }

    /// Tick by tick, the spine over these batches holds what differential's own spine holds.
    #[test]
    fn a_spine_holds_what_the_standard_one_holds(history in history(), lag in 0_u64..4) {
        let mut ours: Spine<u32> = Trace::new(info(), None, None);
        let mut theirs: ValSpine<u64, u32, Tick, Diff> = Trace::new(info(), None, None);
        let mut all: Vec<Update> = Vec::new();
        for (tick, rows) in history.iter().enumerate() {
            let (lower, upper) = (Antichain::from_elem(tick as Tick), Antichain::from_elem(tick as Tick + 1));
            let desc = Description::new(lower, upper.clone(), Antichain::from_elem(0));
            ours.insert(Span::new(desc.clone(), sealed(at(tick, rows))));
            theirs.insert(Span::new(desc, standard(at(tick, rows))));
            let since = Antichain::from_elem((tick as Tick).saturating_sub(lag));
            ours.set_logical_compaction(since.borrow());
            theirs.set_logical_compaction(since.borrow());
            ours.set_physical_compaction(upper.borrow());
            theirs.set_physical_compaction(upper.borrow());
            all.extend(at(tick, rows));
            let everything = Antichain::new();
            let mine = walk(ours.batches_through(everything.borrow()).unwrap_or_default());
            let other = walk(theirs.batches_through(everything.borrow()).unwrap_or_default());
            for as_of in (tick as Tick).saturating_sub(lag)..=tick as Tick {
                let expected = counts(all.iter().copied(), as_of);
                prop_assert_eq!(&counts(mine.iter().copied(), as_of), &expected);
                prop_assert_eq!(&counts(other.iter().copied(), as_of), &expected);
            }
        }
    }
}

/// Ten lines of a visit, all of one tick: five and a half bytes each.
#[test]
fn a_line_costs_little() {
    let lines = (0..1_000_000_u32).map(|line| ((u64::from(line / 10), line), 1, 1)).collect();
    let batch = sealed(lines).expect("there are lines");
    let hundredths = batch.heap_bytes() * 100 / batch.updates();
    assert!(hundredths <= 545, "{hundredths} hundredths of a byte");
}

/// A batch may be read, and dropped, by another thread.
#[test]
fn a_batch_is_sent_and_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&sealed(vec![((1, 1), 1, 1)]));
}
