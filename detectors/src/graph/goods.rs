//! Goods: trace codes and the balance of stock.

use std::sync::Arc;

use differential_dataflow::AsCollection;
use records::Kind;
use records::arena::{Arena, Ref};
use records::row::{self, Day, day_of};
use timely::dataflow::operators::vec::Map as _;

use super::collector::{Collector, NONE, findings_of, first_text, has, never, one, route, rows_of};
use super::facts::FactArrangements;
use crate::compiled_bank::CompiledBank;
use crate::detector::stock_balance::{Block, Stock, block_key};
use crate::detector::supply_gap::DaysOfBlock;
use crate::detector::{stock_balance, supply_gap, trace_code_twice, trace_code_unbought};
use crate::finding::{AmountBasis, Finding, KeyPart, Out, Route};
use crate::judge::{OperatorContext, each, whole};
use crate::views::{Arrangement, Collection, RowArrangement, RowCollection, pair_key, pair_of};

/// Trace codes.
pub(super) fn trace_codes<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| {
            let (a, b) = (&a.detectors, &b.detectors);
            a.trace_code_twice != b.trace_code_twice || a.trace_code_unbought != b.trace_code_unbought
        };
        let codes = collector.collect_findings(whole(
            context,
            "trace_code_twice, trace_code_unbought",
            &[&facts.sales_of_code, &facts.purchases_of_code],
            NONE,
            differ,
            move |bank, key, state, sink| {
                let sales = state.rows(0);
                if !sales.is_empty() {
                    let (_, code) = pair_of(key);
                    trace_code_twice::judge(&reader, bank, key, &sales, sink);
                    trace_code_unbought::unbought(&reader, bank, code, &sales, &state.rows(1), sink);
                }
            },
        ));
        // A sale of a code that was not bought asks by institution and item whether that is bought at all.
        let reader = Arc::clone(arena);
        let unbought: Arrangement<'s, u64> = rows_of(&codes, Route::Unbought)
            .map(move |(code, row)| {
                let sale = row::dispensing(&reader, row);
                (pair_key(sale.institution, sale.item), pair_key(pair_of(code).1, row))
            })
            .arrange_by_key_named("trace_code_unbought: sales by item");
        let otherwise = collector.collect_counts(each(
            context,
            "trace_code_unbought: item",
            &unbought,
            &[&facts.bought],
            never,
            |_, pair, sale, bought, sink| {
                if one(&bought[0]).is_some() {
                    let ((institution, _), (code, row)) = (pair_of(pair), pair_of(*sale));
                    sink.emit(Out::Row(Route::BoughtOtherwise, pair_key(institution, code), row));
                }
            },
        ));
        let otherwise = route(&otherwise, "trace_code_unbought: sales by code", Route::BoughtOtherwise);
        let reader = Arc::clone(arena);
        let differ = |a: &CompiledBank, b: &CompiledBank| {
            a.detectors.trace_code_unbought != b.detectors.trace_code_unbought
        };
        collector.collect_findings(whole(
            context,
            "trace_code_unbought",
            &[&otherwise],
            NONE,
            differ,
            move |bank, key, state, sink| {
                trace_code_unbought::judge(&reader, bank, pair_of(key), &state.rows(0), sink);
            },
        ));
    }
}

/// Stock: uses summed by day in the difference, days by blocks, judged, then laid on the uses themselves.
pub(super) fn stock<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    uses: &RowCollection<'s>,
) {
    {
        let reader = Arc::clone(arena);
        let differ =
            |a: &CompiledBank, b: &CompiledBank| a.detectors.stock_balance != b.detectors.stock_balance;
        let openings = collector.collect_counts(whole(
            context,
            "stock_balance: opening",
            &[&facts.stock_counts],
            NONE,
            never,
            {
                let reader = Arc::clone(arena);
                move |_, pair, state, sink| {
                    if let Some(count) = stock_balance::opening(&reader, &state.rows(0)) {
                        sink.emit(Out::Row(Route::Opening, pair, count));
                    }
                }
            },
        ));
        let opened = rows_of(&openings, Route::Opening).map({
            let reader = Arc::clone(arena);
            move |(pair, count)| {
                let day = row::stock_count(&reader, count).day;
                (block_key(pair, day), Stock::Opened(pair, day))
            }
        });
        let openings = route(&openings, "stock_balance: openings", Route::Opening);
        let used = uses.clone().inner.flat_map(move |((pair, row), tick, diff)| {
            let (day, price, quantity) = use_of(&reader, row);
            Some(((block_key(pair, day), Stock::Used(pair, day, price)), tick, diff * quantity))
        });
        let stock: Arrangement<'s, Stock> = used
            .as_collection()
            .concat(facts.supply.clone())
            .concat(opened)
            .arrange_by_key_named("stock_balance: by block of days");
        let blocks = collector.collect_counts(whole(
            context,
            "stock_balance: blocks",
            &[&stock],
            NONE,
            differ,
            |bank, _, state, sink| stock_balance::sum_block(bank, &state.rows(0), sink),
        ));
        let days: Arrangement<'s, DaysOfBlock> = blocks
            .clone()
            .flat_map(|out| match out {
                Out::Days(pair, days) => Some((pair, days)),
                _ => None,
            })
            .arrange_by_key_named("supply_gap: days by item");
        let blocks: Arrangement<'s, Block> = blocks
            .flat_map(|out| match out {
                Out::Block(pair, block) => Some((pair, *block)),
                _ => None,
            })
            .arrange_by_key_named("stock_balance: blocks by item");
        let reader = Arc::clone(arena);
        let excess = whole(
            context,
            "stock_balance",
            &[&openings, &facts.bought],
            &[&blocks],
            differ,
            move |bank, pair, state, sink| {
                let opening = one(&state.rows(0));
                let bought = opening.is_some() || one(&state.rows(1)).is_some();
                stock_balance::judge(&reader, bank, pair, opening, bought, &state.more(0), sink);
            },
        );
        let excess: Arrangement<'s, Finding> = findings_of(&collector.collect_counts(excess))
            .map(|finding| (u64::from(finding.institution), finding))
            .arrange_by_key_named("stock_balance: excesses by institution");
        let known = each(
            context,
            "stock_balance: institution",
            &excess,
            &[&facts.institutions],
            never,
            |_, _, f, i, sink| {
                stock_balance::with_institution(f, one(&i[0]), sink);
            },
        );
        let known = collector.collect_counts(known);
        let gaps = supply_gaps(context, arena, collector, facts, &days);
        let uses: RowArrangement<'s> = uses.clone().arrange_by_key_named("stock_balance: uses by item");
        let excess: Arrangement<'s, Finding> = findings_of(&known)
            .concat(gaps)
            .map(|finding| (stock_key(&finding), finding))
            .arrange_by_key_named("stock_balance: excesses by item");
        let reader = Arc::clone(arena);
        collector.collect_findings(whole(
            context,
            "stock_balance: uses",
            &[&uses],
            &[&excess],
            never,
            move |_, _, state, sink| {
                let excess = state.more(0);
                if !excess.is_empty() {
                    let uses = state.rows(0);
                    for (finding, _) in &excess {
                        match finding.amount_basis {
                            AmountBasis::UsesOn(_) => supply_gap::with_uses(&reader, finding, &uses, sink),
                            _ => stock_balance::with_uses(&reader, finding, &uses, sink),
                        }
                    }
                }
            },
        ));
    }
}

/// Items used without supply, at institutions that are known and buy at all.
fn supply_gaps<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    days: &Arrangement<'s, DaysOfBlock>,
) -> Collection<'s, Finding> {
    let reader = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.supply_gap != b.detectors.supply_gap;
    let gaps = collector.collect_counts(whole(
        context,
        "supply_gap",
        &[&facts.stock_counts],
        &[days],
        differ,
        move |bank, pair, state, sink| {
            // Most items were counted: their days need not be read.
            if !supply_gap::is_counted(&reader, bank, &state.rows(0)) {
                supply_gap::judge(bank, pair, &state.more(0), sink);
            }
        },
    ));
    let gaps: Arrangement<'s, Finding> = findings_of(&gaps)
        .map(|finding| (first_text(&finding), finding))
        .arrange_by_key_named("supply_gap: gaps by institution");
    let buys = collector.collect_counts(has(context, "supply_gap: buying", &facts.buying));
    let buys = route(&buys, "supply_gap: institutions that buy", Route::Has);
    let known = collector.collect_counts(each(
        context,
        "supply_gap: institution",
        &gaps,
        &[&facts.institutions, &buys],
        never,
        |_, _, gap, known, sink| {
            supply_gap::with_institution(gap, one(&known[0]), one(&known[1]).is_some(), sink);
        },
    ));
    findings_of(&known)
}

fn stock_key(finding: &Finding) -> u64 {
    match finding.key.as_slice() {
        [KeyPart::Text(institution), KeyPart::Text(item)] => pair_key(*institution, *item),
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
