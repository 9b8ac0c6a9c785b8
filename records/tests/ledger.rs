//! What the ledger states: what stands now is what it would state had all arrived in another order, or with other
//! fillers from the beginning.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeMap;

use records::Kind;
use records::arena::RowRef;
use records::decode::Decoder;
use records::filler::Fillers;
use records::ledger::Ledger;
use records::row;

/// Takes lines in, with what is told after so many of them to be no code.
fn stated(lines: &[String], fillers: &[(usize, Fillers)]) -> BTreeMap<String, usize> {
    let (mut decoder, mut ledger) = (Decoder::new(), Ledger::default());
    for nth in 0..=lines.len() {
        for (_, fillers) in fillers.iter().filter(|(before, _)| *before == nth) {
            ledger.set_fillers(fillers.clone()).unwrap();
        }
        if let Some(line) = lines.get(nth) {
            decoder.decode(line.as_bytes(), |change| ledger.apply(change)).unwrap().unwrap();
        }
    }
    let mut counts: BTreeMap<RowRef, i32> = BTreeMap::new();
    for fact in ledger.take_facts() {
        *counts.entry(fact.row).or_default() += i32::from(fact.diff);
    }
    let arena = ledger.arena();
    let mut texts = BTreeMap::new();
    for (row, count) in counts.into_iter().filter(|(_, count)| *count != 0) {
        assert_eq!(count, 1, "a fact is stated once");
        let texted = |codes: &[records::arena::TextRef]| -> Vec<String> {
            codes.iter().map(|code| arena.text(*code)).collect()
        };
        let text = match row::kind(arena, row) {
            Kind::FeeLine => {
                let line = row::fee_line(arena, row);
                let place = row::fee_line_place(arena, row);
                let (cnt, fund) = (line.cnt, line.fund);
                format!("line {} {cnt} {fund} {} {}", arena.text(line.sn), line.is_unpaid(), place.is_netted)
            }
            Kind::Dispensing => {
                let sale = row::dispensing(arena, row);
                let codes = texted(&sale.codes);
                format!("sale {} {} {} {codes:?}", arena.text(sale.id), sale.cnt, sale.insured)
            }
            Kind::Purchase => {
                let bought = row::purchase(arena, row);
                format!("purchase {} {:?}", arena.text(bought.id), texted(&bought.codes))
            }
            Kind::Settlement => {
                let settlement = row::settlement(arena, row);
                let bill = [settlement.bill_code, settlement.bill_no].map(|number| arena.text(number));
                format!("settlement {} {} {bill:?}", arena.text(settlement.id), settlement.live)
            }
            kind => format!("{kind:?}"),
        };
        *texts.entry(text).or_default() += 1;
    }
    texts
}

fn check(lines: &[String], fillers: &[(usize, Fillers)], expected: &[&str]) {
    let stated: Vec<String> = stated(lines, fillers).into_keys().collect();
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(stated, expected);
}

fn line(sn: &str, more: &str) -> String {
    format!(
        r#"{{"kind":"fee_line","mdtrt_id":"V","feedetl_sn":"{sn}","psn_no":"P","fixmedins_code":"H","fee_ocur_time":"2025-03-01 10:00:00","med_list_codg":"I","list_type":"101","pric":"1","det_item_fee_sumamt":"10"{more}}}"#
    )
}

fn settlement(id: &str, more: &str) -> String {
    format!(
        r#"{{"kind":"settlement","setl_id":"{id}","mdtrt_id":"V","psn_no":"P","fixmedins_code":"H","med_type":"11","setl_time":"2025-03-01 11:00:00","medfee_sumamt":"100.00","fund_pay_sumamt":"80.00"{more}}}"#
    )
}

fn sale(id: &str, movement: &str, more: &str) -> String {
    format!(
        r#"{{"kind":"dispensing","sel_id":"{id}","move":"{movement}","fixmedins_code":"H","med_list_codg":"I","cnt":"2","sel_time":"2025-03-01 10:00:00"{more}}}"#
    )
}

/// Every order of a few lines.
fn orders(lines: &[String]) -> Vec<Vec<String>> {
    if lines.len() < 2 {
        return vec![lines.to_vec()];
    }
    let mut all = Vec::new();
    for nth in 0..lines.len() {
        let mut rest = lines.to_vec();
        let first = rest.remove(nth);
        for mut order in orders(&rest) {
            order.insert(0, first.clone());
            all.push(order);
        }
    }
    all
}

#[test]
fn lines_and_sales_follow_their_settlement_whatever_comes_first() {
    let lines = [
        line("1", r#","cnt":"1","setl_id":"S1","fund_amt":"8""#),
        line("2", r#","cnt":"1","setl_id":"S2","fund_amt":"8""#),
        sale("L1", "sale", r#","setl_id":"S2""#),
        settlement("S1", ""),
        settlement("S2", r#","orig_setl_id":"S1""#),
    ];
    let expected = [
        "line 1 10000 0 true false",
        "line 2 10000 800 false false",
        "sale L1 20000 true []",
        r#"settlement S1 false ["", ""]"#,
        r#"settlement S2 true ["", ""]"#,
    ];
    for order in orders(&lines) {
        check(&order, &[], &expected);
    }
    // It is withdrawn again.
    let mut all = lines.to_vec();
    all.push(r#"{"kind":"settlement","op":"del","setl_id":"S2"}"#.to_owned());
    let expected = [
        "line 1 10000 800 false false",
        "line 2 10000 800 false false",
        "sale L1 20000 false []",
        r#"settlement S1 true ["", ""]"#,
    ];
    check(&all, &[], &expected);
}

#[test]
fn a_line_moves_from_one_settlement_to_another_and_keeps_its_reversals() {
    let lines = [
        settlement("S1", r#","refd_setl_flag":"1""#),
        settlement("S2", ""),
        line("1", r#","rev":1,"cnt":"3","setl_id":"S1","fund_amt":"8""#),
        line("2", r#","cnt":"-1","init_feedetl_sn":"1","fund_amt":"-3""#),
    ];
    let reversal = "line 2 -10000 -300 true false";
    let settled = [r#"settlement S1 false ["", ""]"#, r#"settlement S2 true ["", ""]"#];
    check(&lines, &[], &[&["line 1 20000 0 true true", reversal], &settled[..]].concat());
    let mut moved = lines.to_vec();
    moved.push(line("1", r#","rev":2,"cnt":"3","setl_id":"S2","fund_amt":"8""#));
    check(&moved, &[], &[&["line 1 20000 500 false true", reversal], &settled[..]].concat());
    // Without a fund_amt it is not known what the fund paid, but for a settlement that is not live.
    let unknown = [settlement("S1", r#","refd_setl_flag":"1""#), line("1", r#","cnt":"1""#)];
    check(&unknown, &[], &["line 1 10000 0 false false", settled[0]]);
}

#[test]
fn sums_of_reversals_are_exact_beyond_64_bits_on_the_way() {
    let huge = "999999999999";
    let mut lines = vec![line("0", r#","cnt":"1""#)];
    for nth in 1..=1000 {
        lines.push(line(&format!("a{nth}"), &format!(r#","cnt":"-{huge}","init_feedetl_sn":"0""#)));
    }
    for nth in 1..=1000 {
        lines.push(line(&format!("b{nth}"), &format!(r#","cnt":"{huge}","init_feedetl_sn":"0""#)));
    }
    let stated = stated(&lines, &[]);
    assert!(stated.contains_key("line 0 10000 0 false true"), "{:?}", stated.keys().next());
}

#[test]
fn other_fillers_are_as_good_as_having_had_them_from_the_beginning() {
    let lines = [
        sale("L1", "sale", r#","trace_codes":["A","无"]"#),
        sale("L2", "sale", r#","trace_codes":["无"]"#),
        sale("R1", "return", r#","trace_codes":["无"]"#),
        r#"{"kind":"purchase","purc_id":"B1","move":"purchase","fixmedins_code":"H","med_list_codg":"I","cnt":"2","stoin_time":"2025-03-01 10:00:00","trace_codes":["无","A"]}"#.to_owned(),
        settlement("S1", r#","bill_code":"B","bill_no":"无""#),
        settlement("S2", r#","bill_code":"B","bill_no":"7""#),
    ];
    let none = Fillers::default();
    let both = Fillers::new(["无"], ["无", "7"]);
    let without = stated(&lines, &[]);
    let with = stated(&lines, &[(0, both.clone())]);
    assert_ne!(without, with);
    assert!(with.contains_key(r#"sale L1 20000 false ["A"]"#), "{with:?}");
    assert!(with.contains_key("sale L2 20000 false []"), "a filler takes nothing back: {with:?}");
    assert!(
        with.contains_key(r#"purchase B1 ["A"]"#) && with.contains_key(r#"settlement S2 true ["B", ""]"#)
    );
    for at in 0..=lines.len() {
        assert_eq!(stated(&lines, &[(at, both.clone())]), with, "told after {at} lines");
        let there_and_back = [(0, both.clone()), (at, none.clone())];
        assert_eq!(stated(&lines, &there_and_back), without, "taken back after {at} lines");
    }
}
