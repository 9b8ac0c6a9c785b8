//! Recipes about what sources get wrong or send too much of: sums, times of upload, drugs on one order.

use crate::histories::calendar::{DAY, HOUR};
use crate::histories::record::{Cell, ONE, fen, quantity, text};
use crate::histories::region::Region;

/// M02: a sum that is off by exactly what is tolerated, by a fen more and by much; a reversal of nothing.
pub(crate) fn wrong_sum(region: &mut Region) {
    let day = region.moment() / DAY;
    let visit = region.visit_about(day);
    for _ in 0..region.dice.between(1, 3) {
        let mut item = region.item();
        item.pric = region.dice.pick(&[(1_250, 2), (333_333, 6), (100, 0), (5, 3), (0, 0)]);
        let cnt = region.dice.pick(&[ONE, 2 * ONE, 2 * ONE, 15_000, 3_333, 100 * ONE, -ONE, 0]);
        let at = region.on(day);
        let mut line = region.line(&visit, &item, at, cnt.max(1)).with("cnt", quantity(cnt));
        // In ten-thousand-millionths of a yuan.
        let product = item.pric.0 * 10_i64.pow(6 - item.pric.1) * cnt;
        let tolerated = 100_000_000 + 5_000 * cnt.abs();
        let off = tolerated * region.dice.pick(&[-1, 1]);
        let slip = region.dice.pick(&[-1, 0, 0, 1, 1, 500]) * off.signum();
        line.set("det_item_fee_sumamt", fen((product + off).div_euclid(100_000_000) + slip));
        region.add(line.clone());
        match region.dice.below(10) {
            0 => {
                // It names itself, or a line of another visit.
                let named = region.dice.pick(&[line.text("feedetl_sn"), "1".to_owned()]);
                let mut other = line.clone().with("init_feedetl_sn", text(named));
                let sn = region.id("");
                other.set("feedetl_sn", text(&*sn));
                if region.dice.chance(1, 2) {
                    other.set("init_feedetl_sn", text(sn));
                } else {
                    let elsewhere = region.visit_about(day);
                    other.set("mdtrt_id", text(elsewhere.id));
                    other.set("init_feedetl_sn", text(line.text("feedetl_sn")));
                }
                region.add(other);
            }
            1 | 2 => {
                let reversal = region.reversal(&line, cnt);
                region.add(reversal);
            }
            _ => {}
        }
    }
}

/// M07: received a day after it happened, a second earlier, a second later, before it happened, and nobody knows when.
pub(crate) fn late_upload(region: &mut Region) {
    let day = region.moment() / DAY;
    let visit = region.visit_about(day);
    for _ in 0..region.dice.between(1, 3) {
        let item = region.item();
        let at = region.on(day);
        let mut line = region.line(&visit, &item, at, ONE);
        if region.dice.chance(5, 6) {
            region.receive_late(&mut line);
        }
        region.bill(line);
    }
}

/// M12: five drugs and six, one of them twice, one of no type or of another, the order cancelled.
pub(crate) fn many_drugs(region: &mut Region) {
    let at = region.moment();
    let (person, place) = (region.person(), region.reporting());
    let visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    let many = region.dice.pick(&[5, 6, 6, 7]);
    let mut lines = Vec::new();
    for number in 0..many {
        let code = if region.dice.chance(1, 3) { region.drug().code } else { format!("DRUG-{number}") };
        let mut line = vec![
            ("line_no", Cell::Label(number)),
            ("med_list_codg", text(code)),
            ("cnt", quantity(ONE)),
            ("list_type", text("101")),
        ];
        match region.dice.below(20) {
            0 => drop(line.pop()),
            1 => line[3].1 = text(region.dice.pick(&["102", "201"])),
            // The same again, which is no further kind.
            2 => lines.push(line.clone()),
            _ => {}
        }
        lines.push(line);
    }
    let state = region.dice.pick(&["issued", "issued", "dispensed", "reviewed", "cancelled"]);
    let record = region.prescription(&visit, lines, state);
    region.add(record);
}
