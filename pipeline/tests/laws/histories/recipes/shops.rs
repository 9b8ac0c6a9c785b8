//! Recipes about what is sold and bought: without a prescription, beyond it, without codes, expired, never supplied.

use crate::histories::calendar::{DAY, HOUR};
use crate::histories::record::{Cell, ONE, Record, text};
use crate::histories::region::Region;

/// P04: a sale that says it had a prescription and names none, one that never came, a cancelled one, a good one.
pub(crate) fn no_slip(region: &mut Region) {
    let (person, place, drug) = (region.person(), region.place(), region.drug());
    let at = region.moment();
    let visit = region.visit(&person, &place.code, "41", at, Some(at + HOUR));
    for _ in 0..region.dice.between(1, 2) {
        let cnt = region.dice.pick(&[ONE, 2 * ONE, 15_000]);
        let mut sale = region.sale(&place.code, &person, &drug, at, cnt);
        match region.dice.below(8) {
            0 => {}
            1 => sale.set("rx_flag", Cell::Flag(false)),
            _ => sale.set("rx_flag", Cell::Flag(true)),
        }
        match region.dice.below(5) {
            0 => {}
            1 => sale.set("rx_id", text("RX-never")),
            2 => {
                let rx = region.prescribe(&visit, &drug, &[ONE], "cancelled");
                sale.set("rx_id", text(rx));
            }
            _ => {
                let state = region.dice.pick(&["issued", "reviewed"]);
                let rx = region.prescribe(&visit, &drug, &[2 * ONE], state);
                sale.set("rx_id", text(rx));
            }
        }
        pay_otherwise(region, &mut sale);
        if region.dice.chance(1, 3) {
            sale.set("mdtrt_id", text(&*visit.id));
        }
        region.sell(sale);
    }
}

/// P06: sales of exactly what was prescribed, of a ten-thousandth more and one more; of another item, from two shops.
pub(crate) fn oversold(region: &mut Region) {
    let (person, place) = (region.person(), region.reporting());
    let drug = if region.dice.chance(1, 2) { region.drug() } else { region.fresh_item("101") };
    let at = region.moment();
    let visit = region.visit(&person, &place.code, "11", at, Some(at + HOUR));
    let (rx, target) = region.prescribe_near(&visit, &drug);
    for share in [target - target / 2, target / 2] {
        if share <= 0 {
            continue;
        }
        let shop = region.place();
        let mut sold = if region.dice.chance(1, 12) { region.drug() } else { drug.clone() };
        if region.dice.chance(1, 3) {
            sold.pric = (region.dice.between(1, 9_999), 2);
        }
        let surplus = region.dice.pick(&[0, 0, ONE]);
        let mut sale = region.sale(&shop.code, &person, &sold, at + 600, share + surplus);
        sale.set("rx_id", text(&*rx));
        pay_otherwise(region, &mut sale);
        region.add(sale.clone());
        if surplus > 0 {
            region.take_back(&sale, surplus, Vec::new());
        }
    }
}

/// T04: as many codes as packs, one fewer, one twice, an empty one, none; a half pack, a split one, one taken back.
pub(crate) fn too_few_codes(region: &mut Region) {
    let (person, place, drug) = (region.person(), region.place(), region.drug());
    let at = region.moment();
    let cnt = region.dice.pick(&[5_000, ONE, 15_000, 2 * ONE, 2 * ONE, 3 * ONE]);
    let mut sale = region.sale(&place.code, &person, &drug, at, cnt);
    let packs = usize::try_from(cnt / ONE).expect("a few packs");
    let mut codes: Vec<String> = (0..packs).map(|_| region.id("TC")).collect();
    match region.dice.below(8) {
        0 => codes.extend(codes.first().cloned()),
        1 => codes.push(String::new()),
        2 => drop(codes.pop()),
        3 if packs > 1 => codes[1] = codes[0].clone(),
        4 if packs > 0 => codes[0] = String::new(),
        5 if packs > 0 => codes[0] = region.dice.pick(&["无", "8.1E+19", "TC-Other"]).to_owned(),
        _ => {}
    }
    if !region.dice.chance(1, 6) {
        sale.set("trace_codes", Cell::Texts(codes.clone()));
    }
    match region.dice.below(8) {
        0 => sale.set("trdn_flag", Cell::Flag(true)),
        1 => sale.set("trdn_flag", Cell::Flag(false)),
        _ => pay_otherwise(region, &mut sale),
    }
    region.add(sale.clone());
    if cnt > ONE && region.dice.chance(1, 3) {
        let back = region.dice.pick(&[ONE, 5_000]);
        codes.truncate(1);
        region.take_back(&sale, back, codes);
    }
}

/// T05: a code that no purchase lists, or one that was sent back; bought twice and sent back once; of another item.
pub(crate) fn code_never_bought(region: &mut Region) {
    let place = region.place();
    let item = if region.dice.chance(1, 3) { region.drug() } else { region.fresh_item("101") };
    let code = region.id("TC");
    let at = region.moment();
    for _ in 0..region.dice.between(1, 2) {
        let codes = region.dice.pick(&[
            vec![code.clone()],
            vec![code.clone()],
            vec![code.clone(), code.clone()],
            vec!["TC-other".to_owned()],
            vec!["TC-other".to_owned(), String::new()],
            vec!["无".to_owned()],
            Vec::new(),
        ]);
        let bought_at = at + region.dice.pick(&[-30 * DAY, -DAY, DAY]);
        let mut bought = region.purchase(&place.code, &item, "purchase", 2 * ONE, bought_at);
        if !codes.is_empty() || region.dice.chance(1, 2) {
            bought.set("trace_codes", Cell::Texts(codes));
        }
        region.add(bought);
    }
    if region.dice.chance(1, 2) {
        let other = region.item();
        let about = if region.dice.chance(1, 5) { other } else { item.clone() };
        let direction = if region.dice.chance(1, 6) { "purchase" } else { "return" };
        let mut back = region.purchase(&place.code, &about, direction, ONE, at);
        let codes = region.dice.pick(&[vec![code.clone()], vec![code.clone(), code.clone()]]);
        back.set("trace_codes", Cell::Texts(codes));
        region.add(back);
    }
    for _ in 0..region.dice.between(1, 2) {
        let person = region.person();
        let other = region.item();
        let sold = if region.dice.chance(1, 8) { other } else { item.clone() };
        let slip = region.dice.pick(&[0, 0, 60]);
        let mut sale = region.sale(&place.code, &person, &sold, at + slip, ONE);
        let codes = region.dice.pick(&[
            vec![code.clone()],
            vec![code.clone()],
            vec![code.clone(), "TC-other".to_owned()],
            vec![code.clone(), String::new(), code.clone()],
            vec!["无".to_owned(), code.clone()],
        ]);
        sale.set("trace_codes", Cell::Texts(codes));
        if region.dice.chance(1, 4) {
            sale.set("trdn_flag", Cell::Flag(true));
        }
        pay_otherwise(region, &mut sale);
        region.add(sale.clone());
        if region.dice.chance(1, 8) {
            region.take_back(&sale, 5_000, vec![code.clone()]);
        }
    }
}

/// T06: sold on the day it expires, on the day after, on the day before; with no such day; taken back.
pub(crate) fn expired(region: &mut Region) {
    let (person, place, drug) = (region.person(), region.place(), region.drug());
    let at = region.moment();
    let cnt = region.dice.pick(&[ONE, 15_000]);
    let mut sale = region.sale(&place.code, &person, &drug, at, cnt);
    if !region.dice.chance(1, 6) {
        let slip = region.dice.pick(&[-1, -1, 0, 0, 1]);
        sale.set("expy_end", Cell::Date(at.min(region.horizon) / DAY + slip));
    }
    pay_otherwise(region, &mut sale);
    region.sell(sale);
}

/// G03: bought eighty-nine days before its use, ninety, a day after it; only sent back; counted as none, or as some.
pub(crate) fn no_supply(region: &mut Region) {
    let place = region.place();
    let list_type = region.dice.pick(&["101", "102", "301", "201"]);
    let item = if region.dice.chance(1, 4) { region.item() } else { region.fresh_item(list_type) };
    let day = region.moment() / DAY;
    for _ in 0..region.dice.between(0, 2) {
        let before = region.dice.pick(&[89, 90, 90, 0, -1, 200]);
        let direction = if region.dice.chance(1, 6) { "return" } else { "purchase" };
        let other = region.item();
        let bought = if region.dice.chance(1, 3) { other } else { item.clone() };
        let at = region.on(day - before);
        let goods = region.purchase(&place.code, &bought, direction, 9 * ONE, at);
        region.add(goods);
    }
    if region.dice.chance(1, 4) {
        let counted = region.dice.pick(&[0, 0, 1]);
        let on = (day + region.dice.pick(&[-100, 0, 5])).min(region.horizon / DAY);
        region.count_stock(&place.code, &item, counted, on);
    }
    for _ in 0..region.dice.between(1, 3) {
        let slip = region.dice.pick(&[0, 0, 0, 1, -1]);
        let cnt = region.dice.pick(&[ONE, 1]);
        let at = region.on(day + slip);
        region.use_goods(&place.code, &item, cnt, at);
    }
}

/// Now and then a sale was paid by the buyer, or nobody says by whom.
fn pay_otherwise(region: &mut Region, sale: &mut Record) {
    match region.dice.below(12) {
        0 => sale.set("mdtrt_setl_type", text("2")),
        1 | 2 => {
            sale.drop_field("mdtrt_setl_type");
            let settlements: Vec<String> =
                region.visits.iter().flat_map(|visit| visit.settlements.iter().cloned()).collect();
            if !settlements.is_empty() && region.dice.chance(3, 4) {
                sale.set("setl_id", text(region.dice.pick(&settlements)));
            } else if region.dice.chance(1, 3) {
                sale.set("setl_id", text("S-never"));
            }
        }
        _ => {}
    }
}
