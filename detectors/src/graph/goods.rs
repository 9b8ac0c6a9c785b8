//! Goods: trace codes and the balance of stock.
//!
//! Stock is summed by day in the difference and by blocks of 32 days, so that a pair of institution and item is not
//! read day by day; the uses themselves are read only where a balance is exceeded.

use differential_dataflow::AsCollection;
use records::arena::{RowRef, TextRef};
use records::row;
use records::time::start_of;
use timely::dataflow::operators::vec::Map as _;

use super::wiring::{NONE, Wiring, findings_of, first_text, one, route, rows_of};
use crate::detector::stock_balance::{Stock, block_key, use_of};
use crate::detector::{part, stock_balance, supply_gap, trace_code_twice, trace_code_unbought};
use crate::fact::Fact;
use crate::finding::{AmountBasis, Finding, KeyPart};
use crate::reads::Reads;
use crate::statement::{Block, DaysOfBlock, Out, Route};
use crate::temporal_filter::{beyond_now, temporal_filter};
use crate::views::{
    ArrangeShared, Arrangement, Collection, RowArrangement, RowCollection, one_of, pair_key, pair_of,
};

/// Trace codes.
pub(super) fn trace_codes<'s>(wiring: &Wiring<'s>) {
    let mut reads = Reads::default();
    let twice = reads.rules(part::trace_code_twice());
    let unbought = reads.rules(part::trace_code_unbought());
    let codes = wiring.whole(
        "trace_code_twice, trace_code_unbought",
        &[wiring.fact(Fact::SaleOfCode), wiring.fact(Fact::PurchaseOfCode)],
        NONE,
        reads,
        move |arena, bank, key, state, sink| {
            let sales = state.rows(0);
            if !sales.is_empty() {
                let code: TextRef = one_of(key);
                trace_code_twice::judge(arena, bank, bank.rules_of(twice), key, &sales, sink);
                let rules = bank.rules_of(unbought);
                trace_code_unbought::unbought(arena, bank, rules, code, &sales, &state.rows(1), sink);
            }
        },
    );
    wiring.collect_findings(&codes);

    // A sale of a code that was not bought asks by institution and item whether that is bought at all, and with codes.
    let arena = wiring.arena();
    let unbought: Arrangement<'s, u64> = rows_of(&codes, Route::Unbought)
        .map(move |(code, row)| {
            let sale = row::dispensing(&arena, row);
            (pair_key(sale.institution, sale.item), pair_key(one_of::<TextRef>(code), row))
        })
        .arrange_shared("trace_code_unbought: sales by item");
    let otherwise = wiring.each(
        "trace_code_unbought: item",
        &unbought,
        &[wiring.fact(Fact::Bought), wiring.fact(Fact::BoughtWithCodes)],
        Reads::default(),
        |_, _, pair, sale, bought, sink| {
            if one(&bought[0]).is_some() {
                let (institution, _) = pair_of::<TextRef, TextRef>(pair);
                let (code, row) = pair_of::<TextRef, RowRef>(*sale);
                let to = match one(&bought[1]) {
                    Some(_) => Route::BoughtOtherwise,
                    None => Route::BoughtWithoutCodes,
                };
                sink.emit(Out::Row(to, pair_key(institution, code), row));
            }
        },
    );
    let without_codes =
        route(&otherwise, "trace_code_unbought: sales of what came uncoded", Route::BoughtWithoutCodes);
    let otherwise = route(&otherwise, "trace_code_unbought: sales by code", Route::BoughtOtherwise);
    let mut reads = Reads::default();
    let rules = reads.rules(part::trace_code_unbought());
    let found = wiring.whole(
        "trace_code_unbought",
        &[&otherwise, &without_codes],
        NONE,
        reads,
        move |arena, bank, key, state, sink| {
            let (rules, sales) = (bank.rules_of(rules), state.rows(0));
            if sales.is_empty() {
                trace_code_unbought::not_judged(arena, rules, &state.rows(1), sink);
            } else {
                trace_code_unbought::judge(arena, bank, rules, pair_of(key), &sales, sink);
            }
        },
    );
    wiring.collect_findings(&found);
}

/// Stock: uses summed by day in the difference, days by blocks, judged, then laid on the uses themselves.
pub(super) fn stock<'s>(wiring: &Wiring<'s>, uses: &RowCollection<'s>) {
    // The first count of a pair opens its balance.
    let openings = wiring.whole(
        "stock_balance: opening",
        &[wiring.fact(Fact::StockCount)],
        NONE,
        Reads::default(),
        |arena, _, pair, state, sink| {
            if let Some(count_row) = stock_balance::opening(arena, &state.rows(0)) {
                sink.emit(Out::Row(Route::Opening, pair, count_row));
            }
        },
    );
    let arena = wiring.arena();
    let opened = rows_of(&openings, Route::Opening).map(move |(pair, count_row)| {
        let day = row::stock_count(&arena, count_row).day;
        (block_key(pair, day), Stock::Opened(pair, day))
    });
    let openings = route(&openings, "stock_balance: openings", Route::Opening);

    // Movements by block of days, quantities in the difference.
    let arena = wiring.arena();
    let used = uses.clone().inner.flat_map(move |((pair, row), tick, diff)| {
        let (day, price, quantity) = use_of(&arena, row);
        Some(((block_key(pair, day), Stock::Used(pair, day, price)), tick, diff * quantity))
    });
    let stock: Collection<'s, (u64, Stock)> =
        used.as_collection().concat(wiring.facts.supply.clone()).concat(opened);
    let beyond_now: Arrangement<'s, Stock> =
        beyond_now(stock.clone(), wiring.facts.now.clone(), |(_, stock)| start_of(stock.day()))
            .arrange_shared("stock_balance: days that have not come");
    let stock = stock.arrange_shared("stock_balance: by block of days");
    let mut reads = Reads::default();
    let rules = reads.rules(part::stock_balance());
    let blocks = wiring.whole(
        "stock_balance: blocks",
        &[],
        &[&stock, &beyond_now],
        reads,
        move |arena, bank, _, state, sink| {
            let (stock, beyond_now) = (state.values(0), state.values(1));
            stock_balance::sum_block(arena, bank, bank.rules_of(rules), &stock, &beyond_now, sink);
        },
    );
    let days: Arrangement<'s, DaysOfBlock> = blocks
        .clone()
        .flat_map(|out| match out {
            Out::Days(pair, days) => Some((pair, days)),
            _ => None,
        })
        .arrange_shared("supply_gap: days by item");
    let blocks: Arrangement<'s, Block> = blocks
        .flat_map(|out| match out {
            Out::Block(pair, block) => Some((pair, *block)),
            _ => None,
        })
        .arrange_shared("stock_balance: blocks by item");

    // The blocks of a pair, judged; of which institution it is must be known.
    let mut reads = Reads::default();
    let rules = reads.rules(part::stock_balance());
    let excess = wiring.whole(
        "stock_balance",
        &[&openings, wiring.fact(Fact::Bought)],
        &[&blocks],
        reads,
        move |arena, bank, pair, state, sink| {
            let opening = one(&state.rows(0));
            let bought = opening.is_some() || one(&state.rows(1)).is_some();
            let rules = bank.rules_of(rules);
            stock_balance::judge(arena, bank, rules, (pair, opening), bought, &state.values(0), sink);
        },
    );
    // On a day to come less may be granted.
    let excess = temporal_filter(excess, wiring.facts.now.clone());
    let excess: Arrangement<'s, Finding> = findings_of(&excess)
        .map(|finding| (u64::from(finding.institution), finding))
        .arrange_shared("stock_balance: excesses by institution");
    let known = wiring.each(
        "stock_balance: institution",
        &excess,
        &[wiring.fact(Fact::Institution)],
        Reads::default(),
        |_, _, _, finding, institutions, sink| {
            stock_balance::with_institution(finding, one(&institutions[0]), sink);
        },
    );
    let gaps = supply_gaps(wiring, &days);

    lay_on_uses(wiring, uses, findings_of(&known).concat(gaps));
}

/// Lays the money of excesses and gaps on the uses themselves.
fn lay_on_uses<'s>(wiring: &Wiring<'s>, uses: &RowCollection<'s>, excess: Collection<'s, Finding>) {
    let uses: RowArrangement<'s> = uses.clone().arrange_shared("stock_balance: uses by item");
    let excess: Arrangement<'s, Finding> = excess
        .map(|finding| (stock_key(&finding), finding))
        .arrange_shared("stock_balance: excesses by item");
    let found = wiring.whole(
        "stock_balance: uses",
        &[&uses],
        &[&excess],
        Reads::default(),
        |arena, _, _, state, sink| {
            let excess = state.values(0);
            if !excess.is_empty() {
                let uses = state.rows(0);
                for (finding, _) in &excess {
                    match finding.amount_basis {
                        AmountBasis::UsesOn(_) => supply_gap::with_uses(arena, finding, &uses, sink),
                        _ => stock_balance::with_uses(arena, finding, &uses, sink),
                    }
                }
            }
        },
    );
    wiring.collect_findings(&found);
}

/// Items used without supply, at institutions that are known and buy at all.
fn supply_gaps<'s>(wiring: &Wiring<'s>, days: &Arrangement<'s, DaysOfBlock>) -> Collection<'s, Finding> {
    let mut reads = Reads::default();
    let rules = reads.rules(part::supply_gap());
    let gaps = wiring.whole(
        "supply_gap",
        &[wiring.fact(Fact::StockCount)],
        &[days],
        reads,
        move |arena, bank, pair, state, sink| {
            // Most items were counted: their days need not be read.
            if !supply_gap::is_counted(arena, bank, &state.rows(0)) {
                supply_gap::judge(bank, bank.rules_of(rules), pair, &state.values(0), sink);
            }
        },
    );
    let gaps: Arrangement<'s, Finding> = findings_of(&gaps)
        .map(|finding| (first_text(&finding), finding))
        .arrange_shared("supply_gap: gaps by institution");
    let buys = wiring.has("supply_gap: buying", Fact::Buying, "supply_gap: institutions that buy");
    let known = wiring.each(
        "supply_gap: institution",
        &gaps,
        &[wiring.fact(Fact::Institution), &buys],
        Reads::default(),
        |_, _, _, gap, known, sink| {
            supply_gap::with_institution(gap, one(&known[0]), one(&known[1]).is_some(), sink);
        },
    );
    findings_of(&known)
}

fn stock_key(finding: &Finding) -> u64 {
    match finding.key.as_slice() {
        [KeyPart::Text(institution), KeyPart::Text(item)] => pair_key(*institution, *item),
        _ => 0,
    }
}
