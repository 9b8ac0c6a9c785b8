//! Recipes about cover and bills: enrolments, agreements, invoices.

use crate::histories::calendar::{DAY, HOUR, day};
use crate::histories::places::agreement;
use crate::histories::record::{Cell, Record, fen, text};
use crate::histories::region::{Place, Region};

/// E01: a settlement on the first and last day of cover and beside them, under its insutype and under another.
pub(crate) fn uncovered(region: &mut Region) {
    let person =
        if region.dice.chance(1, 2) { region.fresh_person(day(1990, 1, 1)) } else { region.person() };
    let at = region.moment();
    let visit_place = region.place();
    let mut visit = region.visit(&person, &visit_place.code, "11", at, Some(at + HOUR));
    let settlement = region.settle(&mut visit, None);
    let day = settlement.time("setl_time").min(region.horizon) / DAY;
    if region.dice.chance(2, 3) {
        let begin = day + region.dice.pick(&[-400, -1, 0, 1]);
        let end = region.dice.pick(&[None, Some(day - 1), Some(day), Some(day + 1)]);
        let insutype = region.dice.pick(&["310", "310", "390"]);
        let status = region.dice.pick(&["1", "1", "1", "2", "3"]);
        region.enrol(&person, begin, end, insutype, status);
    }
    if region.dice.chance(1, 5) {
        region.refund(&settlement);
    }
}

/// F01: one invoice on two settlements, on two of which one is dead, on three, and with equal funds.
pub(crate) fn invoice_twice(region: &mut Region) {
    let (code, number) = (region.dice.pick(&["B1", "B-1", "票2"]), region.id("N"));
    let fund = region.dice.pick(&[0, 40_000, 40_000, 1]);
    for index in 0..region.dice.pick(&[2, 2, 2, 3]) {
        let day = region.moment() / DAY;
        let mut visit = region.visit_about(day);
        let more = region.dice.pick(&[0, 0, 30_000]);
        let mut settlement = region.settle(&mut visit, Some(fund + more));
        // The record is already written down without its invoice: it is replaced before anybody reads it.
        region.records.retain(|record| {
            record.text("setl_id") != settlement.text("setl_id") || record.kind != "settlement"
        });
        settlement.set("bill_code", text(code));
        settlement.set("bill_no", text(&*number));
        match region.dice.below(10) {
            0 if index > 0 => settlement.set("bill_code", text("B2")),
            1 => settlement.drop_field("bill_code"),
            2 => settlement.set("refd_setl_flag", Cell::Flag(true)),
            _ => {}
        }
        region.add(settlement.clone());
        if region.dice.chance(1, 8) {
            region.refund(&settlement);
        }
    }
    if region.dice.chance(1, 3) {
        let invoice = Record::new("invoice")
            .with("bill_code", text(code))
            .with("bill_no", text(&*number))
            .with("amount", fen(fund))
            .with("issue_time", Cell::Time(region.moment()))
            .with("state", text("red"));
        region.add(invoice);
    }
}

/// E03: two covers that share a day, only touch, or have no days; of one fund, of two, of a third kind, paused.
pub(crate) fn covered_twice(region: &mut Region) {
    let person =
        if region.dice.chance(1, 2) { region.fresh_person(day(1975, 7, 7)) } else { region.person() };
    let meeting = region.moment() / DAY;
    let first = meeting - region.dice.pick(&[0, 1, 30, 400]);
    let end = region.dice.pick(&[None, Some(meeting), Some(meeting)]);
    let insutype = region.dice.pick(&["310", "390"]);
    region.enrol(&person, first, end, insutype, "1");
    let begin = meeting + region.dice.pick(&[-1, 0, 0, 1]);
    let end = begin + region.dice.pick(&[-1, 0, 30]);
    let end = region.dice.pick(&[None, Some(end)]);
    let insutype = region.dice.pick(&["310", "390", "390", "340"]);
    let admdvs = region.dice.pick(&["440100", "440300"]);
    let status = region.dice.pick(&["1", "1", "1", "1", "2", "3"]);
    region.enrol_in(admdvs, &person, begin, end, insutype, status);
}

/// E11: a settlement on the first and the last day of an agreement and beside them; suspended, ended, empty, none.
pub(crate) fn no_agreement(region: &mut Region) {
    let person = region.person();
    let place = Place { code: region.id("H"), at: None, quiet: true, pharmacy: false };
    let at = region.moment();
    let mut visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    let settlement = region.settle(&mut visit, None);
    if region.dice.chance(1, 3) {
        region.settle(&mut visit, None);
    }
    let day = settlement.time("setl_time").min(region.horizon) / DAY;
    let (before, after) = (day - region.dice.pick(&[0, 1]), day + region.dice.pick(&[0, 1]));
    let agreements = match region.dice.below(8) {
        0 => Vec::new(),
        1 => vec![agreement("1", after, None)],
        2 => vec![agreement("1", day - 300, Some(before))],
        3 => vec![agreement("1", day - 300, Some(day - 1)), agreement("1", after, None)],
        4 => vec![agreement("0", day - 300, None), agreement("2", day - 300, Some(day))],
        5 => vec![agreement("0", day - 300, None), agreement("1", day, Some(day))],
        6 => vec![agreement("1", day + 1, Some(day - 1))],
        _ => return,
    };
    region.open_place(&place, vec![("agreements", Cell::Records(agreements))]);
}
