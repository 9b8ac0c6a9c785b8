//! What comes true with time.
//!
//! Some conditions depend on *now*: a stay without an end has lasted a day as soon as *now* is a day after its
//! begin. Detectors state them with the moment from which they hold ([`Out::Due`]); this operator lets them
//! through when *now* has come there, and takes them back should *now* recede. A moved *now* costs what lies
//! between the old and the new one.

use std::collections::BTreeMap;
use std::ops::Bound;

use differential_dataflow::{AsCollection, ExchangeData};
use records::row::Moment;
use timely::dataflow::StreamVec;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Capability;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;

use crate::statement::Out;
use crate::views::{Collection, Diff, Tick};

/// Lets through what is not due, and what is due as soon as *now* reaches its moment.
///
/// `now` brings the new *now* of a tick to every worker; [`Moment::MIN`] while there is none.
pub fn temporal_filter<'s>(
    facts: Collection<'s, Out>,
    now: StreamVec<'s, Tick, Moment>,
) -> Collection<'s, Out> {
    #[derive(Default)]
    struct Work {
        updates: Vec<(Out, Diff)>,
        now: Option<Moment>,
    }
    let mut builder = OperatorBuilder::new("when due".to_owned(), facts.inner.scope());
    let mut facts_in = builder.new_input(facts.inner, Pipeline);
    let mut now_in = builder.new_input(now, Pipeline);
    let (output, stream) = builder.new_output::<Vec<(Out, Tick, Diff)>>();
    let mut output = OutputBuilder::from(output);
    builder.build(move |_capabilities| {
        let mut pending: BTreeMap<Tick, (Work, Capability<Tick>)> = BTreeMap::new();
        let mut waiting: BTreeMap<Moment, BTreeMap<Out, Diff>> = BTreeMap::new();
        let mut now = Moment::MIN;
        move |frontiers| {
            facts_in.for_each(|capability, updates| {
                for (out, tick, diff) in updates.drain(..) {
                    let (work, _) = pending
                        .entry(tick)
                        .or_insert_with(|| (Work::default(), capability.delayed(&tick, 0)));
                    work.updates.push((out, diff));
                }
            });
            now_in.for_each(|capability, moments| {
                let Some(tick) = capability.least().copied() else { return };
                let (work, _) =
                    pending.entry(tick).or_insert_with(|| (Work::default(), capability.delayed(&tick, 0)));
                work.now = moments.pop();
            });
            let frontier = frontiers.iter().filter_map(|f| f.frontier().iter().copied().min()).min();
            while let Some(entry) = pending.first_entry() {
                let tick = *entry.key();
                if frontier.is_some_and(|frontier| frontier <= tick) {
                    break;
                }
                let (work, capability) = entry.remove();
                let mut output = output.activate();
                let mut session = output.session(&capability);
                for (out, diff) in work.updates {
                    let Out::Due(moment, out) = out else {
                        session.give((out, tick, diff));
                        continue;
                    };
                    if moment <= now {
                        session.give(((*out).clone(), tick, diff));
                    }
                    let here = waiting.entry(moment).or_default();
                    let count = here.entry((*out).clone()).or_insert(0);
                    *count += diff;
                    if *count == 0 {
                        here.remove(&out);
                        if here.is_empty() {
                            waiting.remove(&moment);
                        }
                    }
                }
                if let Some(new) = work.now
                    && new != now
                {
                    let (low, high, sign) = if new > now { (now, new, 1) } else { (new, now, -1) };
                    for (_, here) in waiting.range((Bound::Excluded(low), Bound::Included(high))) {
                        for (out, count) in here {
                            session.give((out.clone(), tick, sign * count));
                        }
                    }
                    now = new;
                }
            }
        }
    });
    stream.as_collection()
}

/// Those of some values whose moment has not come.
///
/// A value that was let through stays so should *now* recede: what is dated behind the new *now* was withdrawn in the
/// same tick, for else *now* would not have receded. So nothing is remembered of what has come.
pub fn beyond_now<'s, D: ExchangeData>(
    values: Collection<'s, D>,
    now: StreamVec<'s, Tick, Moment>,
    moment_of: impl Fn(&D) -> Moment + 'static,
) -> Collection<'s, D> {
    struct Work<D> {
        updates: Vec<(D, Diff)>,
        now: Option<Moment>,
    }
    let mut builder = OperatorBuilder::new("beyond now".to_owned(), values.inner.scope());
    let mut values_in = builder.new_input(values.inner, Pipeline);
    let mut now_in = builder.new_input(now, Pipeline);
    let (output, stream) = builder.new_output::<Vec<(D, Tick, Diff)>>();
    let mut output = OutputBuilder::from(output);
    builder.build(move |_capabilities| {
        let mut pending: BTreeMap<Tick, (Work<D>, Capability<Tick>)> = BTreeMap::new();
        let mut waiting: BTreeMap<Moment, BTreeMap<D, Diff>> = BTreeMap::new();
        let mut now = Moment::MIN;
        move |frontiers| {
            values_in.for_each(|capability, updates| {
                for (value, tick, diff) in updates.drain(..) {
                    let new = || (Work { updates: Vec::new(), now: None }, capability.delayed(&tick, 0));
                    pending.entry(tick).or_insert_with(new).0.updates.push((value, diff));
                }
            });
            now_in.for_each(|capability, moments| {
                let Some(tick) = capability.least().copied() else { return };
                let new = || (Work { updates: Vec::new(), now: None }, capability.delayed(&tick, 0));
                pending.entry(tick).or_insert_with(new).0.now = moments.pop();
            });
            let frontier = frontiers.iter().filter_map(|f| f.frontier().iter().copied().min()).min();
            while let Some(entry) = pending.first_entry() {
                let tick = *entry.key();
                if frontier.is_some_and(|frontier| frontier <= tick) {
                    break;
                }
                let (work, capability) = entry.remove();
                now = now.max(work.now.unwrap_or(now));
                let mut output = output.activate();
                let mut session = output.session(&capability);
                for (value, diff) in work.updates {
                    let moment = moment_of(&value);
                    if moment <= now {
                        continue;
                    }
                    let here = waiting.entry(moment).or_default();
                    let count = here.entry(value.clone()).or_insert(0);
                    *count += diff;
                    if *count == 0 {
                        here.remove(&value);
                    }
                    session.give((value, tick, diff));
                }
                let later = waiting.split_off(&now.saturating_add(1));
                for (value, count) in std::mem::replace(&mut waiting, later).into_values().flatten() {
                    session.give((value, tick, -count));
                }
            }
        }
    });
    stream.as_collection()
}
