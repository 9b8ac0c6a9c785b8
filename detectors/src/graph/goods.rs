//! Goods: trace codes and the balance of stock.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Day, day_of};
use timely::dataflow::operators::vec::Map as _;

use super::facts::Indexes;
use super::hall::{Hall, NONE, findings_of, never, one, route, rows_of};
use crate::detector::stock_balance::{Block, Stock, block_key};
use crate::detector::{stock_balance, trace_code_twice};
use crate::finding::{Finding, Out, Part, Route};
use crate::judge::{Court, each, whole};
use crate::knowledge::Knowledge;
use crate::views::{Facts, Index, RowIndex, pair_key};

/// Trace codes.
pub(super) fn trace_codes<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &Knowledge, b: &Knowledge| a.detectors.trace_code_twice != b.detectors.trace_code_twice;
        hall.find(whole(
            court,
            "trace_code_twice",
            &[&facts.sales_of_code],
            NONE,
            differ,
            move |bank, key, state, sink| {
                trace_code_twice::judge(&reader, bank, key, &state.rows(0), sink);
            },
        ));
    }
}

/// Stock: uses summed by day in the difference, days by blocks, judged, then laid on the uses themselves.
pub(super) fn stock<'s>(
    court: &Court<'s>,
    arena: &Arc<Arena>,
    hall: &mut Hall<'s>,
    facts: &Indexes<'s>,
    sorted: &Facts<'s, Out>,
) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &Knowledge, b: &Knowledge| a.detectors.stock_balance != b.detectors.stock_balance;
        let openings =
            hall.hear(whole(court, "stock_balance: opening", &[&facts.stock_counts], NONE, never, {
                let reader = Arc::clone(arena);
                move |_, pair, state, sink| {
                    if let Some(count) = stock_balance::opening(&reader, &state.rows(0)) {
                        sink.say(Out::Row(Route::Opening, pair, count));
                    }
                }
            }));
        let opened = rows_of(&openings, Route::Opening).map({
            let reader = Arc::clone(arena);
            move |(pair, count)| {
                let day = row::stock_count(&reader, count).day;
                (block_key(pair, day), Stock::Opened(pair, day))
            }
        });
        let openings = route(&openings, "stock_balance: openings", Route::Opening);
        let uses = rows_of(sorted, Route::Use);
        let used = uses.clone().inner.flat_map(move |((pair, row), tick, diff)| {
            let (day, price, quantity) = use_of(&reader, row);
            Some(((block_key(pair, day), Stock::Used(pair, day, price)), tick, diff * quantity))
        });
        let stock: Index<'s, Stock> = used
            .as_collection()
            .concat(facts.supply.clone())
            .concat(opened)
            .arrange_by_key_named("stock_balance: by block of days");
        let blocks =
            whole(court, "stock_balance: blocks", &[&stock], NONE, differ, |bank, _, state, sink| {
                stock_balance::sum_block(bank, &state.rows(0), sink);
            });
        let blocks: Index<'s, Block> = hall
            .hear(blocks)
            .flat_map(|out| match out {
                Out::Block(pair, block) => Some((pair, *block)),
                _ => None,
            })
            .arrange_by_key_named("stock_balance: blocks by item");
        let reader = Arc::clone(arena);
        let excess = whole(
            court,
            "stock_balance",
            &[&openings, &facts.bought],
            &[&blocks],
            differ,
            move |bank, pair, state, sink| {
                let opening = one(&state.rows(0));
                let bought = one(&state.rows(1)).is_some();
                stock_balance::judge(&reader, bank, pair, opening, bought, &state.more(0), sink);
            },
        );
        let excess: Index<'s, Finding> = findings_of(&hall.hear(excess))
            .map(|finding| (u64::from(finding.institution), finding))
            .arrange_by_key_named("stock_balance: excesses by institution");
        let known = each(
            court,
            "stock_balance: institution",
            &excess,
            &[&facts.institutions],
            never,
            |_, _, f, i, sink| {
                stock_balance::with_institution(f, one(&i[0]), sink);
            },
        );
        let known = hall.hear(known);
        let uses: RowIndex<'s> = uses.arrange_by_key_named("stock_balance: uses by item");
        let excess: Index<'s, Finding> = findings_of(&known)
            .map(|finding| (stock_key(&finding), finding))
            .arrange_by_key_named("stock_balance: excesses by item");
        let reader = Arc::clone(arena);
        hall.find(whole(
            court,
            "stock_balance: uses",
            &[&uses],
            &[&excess],
            never,
            move |_, _, state, sink| {
                let excess = state.more(0);
                if !excess.is_empty() {
                    let uses = state.rows(0);
                    for (finding, _) in &excess {
                        stock_balance::with_uses(&reader, finding, &uses, sink);
                    }
                }
            },
        ));
    }
}

fn stock_key(finding: &Finding) -> u64 {
    match finding.key.as_slice() {
        [Part::Text(institution), Part::Text(item)] => pair_key(*institution, *item),
        _ => 0,
    }
}

/// Day, price and quantity of a use.
fn use_of(arena: &Arena, fact: Ref) -> (Day, Option<i64>, i64) {
    if row::kind(arena, fact) == Kind::FeeLine {
        let line = row::fee_line(arena, fact);
        (day_of(line.time), Some(line.price), line.cnt)
    } else {
        let sale = row::dispensing(arena, fact);
        (day_of(sale.time), sale.price, sale.cnt)
    }
}
