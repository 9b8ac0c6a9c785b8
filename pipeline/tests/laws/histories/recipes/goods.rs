//! Recipes about goods: who sold what to whom, out of which stock, under which code.

use crate::histories::calendar::DAY;
use crate::histories::record::{Cell, ONE, Record, quantity, text};
use crate::histories::region::Region;

/// P08: just the limit or over it, at two or three places, the first sale at the very edge of the window.
pub(crate) fn resale(region: &mut Region) {
    let Some(row) = region.row("resale_prone") else { return };
    let item = region.item_named(row.get("item"));
    let limit = row.quantity("limit");
    let person = region.person();
    let last = {
        let day = region.day_for(&row);
        region.on(day)
    };
    let places = region.dice.pick(&[2, 3, 3, 3, 3]);
    let sales = region.dice.between(3, 4);
    let target = (limit + region.dice.pick(&[-ONE, 0, 0, 1, ONE, ONE, 2 * ONE])).max(sales);
    let mut shops: Vec<String> = region.places.iter().map(|place| place.code.clone()).collect();
    region.dice.shuffle(&mut shops);
    shops.truncate(places);
    let edge = 180 * DAY + region.dice.pick(&[-1, -1, 0, 1]);
    for index in 0..sales {
        let at = match index {
            0 => last,
            1 if region.dice.chance(1, 2) => last - edge,
            _ => last - region.dice.between(0, 60) * DAY / 2,
        };
        let share = if index == 0 { target - (sales - 1) * (target / sales) } else { target / sales };
        let shop = &shops[usize::try_from(index).expect("few sales") % shops.len()];
        let surplus = region.dice.pick(&[0, 0, 0, ONE]);
        let mut sale = region.sale(shop, &person, &item, at, share + surplus);
        if region.dice.chance(1, 15) {
            sale.set("mdtrt_setl_type", text("2"));
        }
        region.add(sale.clone());
        if surplus > 0 {
            region.take_back(&sale, surplus, Vec::new());
        }
    }
}

/// T01: one code in two sales, in a split pack, in a sale taken back with its codes or without them, twice in one sale.
pub(crate) fn code_twice(region: &mut Region) {
    let code = region.id("TC");
    let spare = region.id("TC");
    let item = if region.dice.chance(1, 2) { region.item() } else { region.fresh_item("101") };
    let same_place = region.dice.chance(1, 2);
    let place = region.place();
    let base = region.moment();
    for _ in 0..region.dice.pick(&[2, 2, 2, 3]) {
        let place = if same_place { place.clone() } else { region.place() };
        let person = region.person();
        let at = base + region.dice.pick(&[0, 0, 1, DAY, -DAY]);
        let cnt = region.dice.pick(&[ONE, 2 * ONE]);
        let mut sale = region.sale(&place.code, &person, &item, at, cnt);
        let codes = match region.dice.below(6) {
            0 => vec![code.clone(), code.clone()],
            1 => vec![spare.clone(), code.clone()],
            2 => vec![spare.clone()],
            3 => vec![code.clone(), String::new()],
            _ => vec![code.clone()],
        };
        sale.set("trace_codes", Cell::Texts(codes.clone()));
        match region.dice.below(10) {
            0 => sale.set("trdn_flag", Cell::Flag(true)),
            1 => sale.set("mdtrt_setl_type", text("2")),
            2 => sale.drop_field("mdtrt_setl_type"),
            3 => sale.set("trdn_flag", Cell::Flag(false)),
            _ => {}
        }
        region.add(sale.clone());
        if region.dice.chance(1, 3) {
            let back = region.dice.pick(&[ONE, cnt, cnt, 5_000]);
            let listed = region.dice.pick(&[vec![code.clone()], vec![spare.clone()], Vec::new(), codes]);
            region.take_back(&sale, back, listed);
        }
    }
    if region.dice.chance(1, 4) {
        let mut all_empty = region.sale(&place.code, "P1", &item, base, ONE);
        all_empty.set("trace_codes", Cell::Texts(vec![String::new()]));
        region.add(all_empty);
    }
}

/// G02: used exactly as much as the tolerance allows, a ten-thousandth more, two more; with counts, returns and losses.
pub(crate) fn balance(region: &mut Region) {
    let place = region.place();
    let list_type = region.dice.pick(&["101", "102", "301", "201"]);
    let item = if region.dice.chance(1, 3) { region.item() } else { region.fresh_item(list_type) };
    let span = region.horizon / DAY - region.first;
    let start = region.first + region.dice.between(0, span / 2);
    let mut supply = 0;
    if region.dice.chance(1, 2) {
        let opening = region.dice.pick(&[0, 2 * ONE, 10 * ONE]);
        region.count_stock(&place.code, &item, opening, start);
        supply += opening;
        if region.dice.chance(1, 3) {
            // The earliest count opens the book, whichever arrives first.
            let later = start + region.dice.pick(&[0, 3]);
            region.count_stock(&place.code, &item, 99 * ONE, later);
        }
    }
    for _ in 0..region.dice.between(0, 2) {
        let cnt = region.dice.pick(&[ONE, 10 * ONE, 20 * ONE]);
        let at = region.on(start + 1);
        let goods = region.purchase(&place.code, &item, "purchase", cnt, at);
        region.add(goods);
        supply += cnt;
        if region.dice.chance(1, 4) {
            let back = region.dice.pick(&[ONE, cnt]);
            let offset = region.dice.between(1, 3);
            let at = region.on(start + offset);
            let goods = region.purchase(&place.code, &item, "return", back, at);
            region.add(goods);
            supply -= back;
        }
    }
    for _ in 0..region.dice.pick(&[0, 0, 1, 2]) {
        let (kind, sign) = region.dice.pick(&[
            ("101", 1),
            ("103", 1),
            ("106", 1),
            ("102", -1),
            ("104", -1),
            ("105", -1),
            ("107", -1),
        ]);
        let change = Record::new("stock_change")
            .with("chg_id", text(region.id("CH")))
            .with("fixmedins_code", text(&*place.code))
            .with("med_list_codg", text(&*item.code))
            .with("inv_chg_type", text(kind))
            .with("cnt", quantity(ONE))
            .with("inv_chg_time", Cell::Time((start + 1) * DAY));
        region.add(change);
        supply += sign * ONE;
    }
    let allowed = supply * 105 / 100 + 2 * ONE;
    let target = allowed + region.dice.pick(&[-ONE, 0, 0, 1, ONE, 3 * ONE]);
    let uses = region.dice.between(1, 3);
    for index in 0..uses {
        let share = if index == 0 { target - (uses - 1) * (target / uses) } else { target / uses };
        if share <= 0 {
            continue;
        }
        let offset = region.dice.pick(&[0, 1, 2, 3, 3, 5]);
        let at = region.on(start + offset);
        region.use_goods(&place.code, &item, share, at);
    }
}
