//! Sixteen of the rules, read plainly: slow, without state, and without any engine.

use super::folder::Folder;
use crate::text::day_number;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The rules that are read here; the others are held by `pipeline/tests/planted.rs`.
pub(super) const READ: [&str; 16] = [
    "D06", "S12", "S14", "A01", "A05", "A06", "S18", "A08", "A11", "E01", "F01", "F06", "F07", "P08", "T01",
    "G02",
];

/// What stands at the end: kind, key joined by `/`, record.
pub(super) struct World {
    kinds: BTreeMap<String, BTreeMap<String, Value>>,
    pub(super) folder: Folder,
}

fn key_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "institution" => &["fixmedins_code"],
        "practitioner" => &["prac_psn_code"],
        "person" => &["psn_no"],
        "person_fact" => &["fact_id"],
        "enrolment" => &["enrl_id"],
        "visit" => &["mdtrt_id"],
        "settlement" => &["setl_id"],
        "fee_line" => &["mdtrt_id", "feedetl_sn"],
        "prescription" => &["rx_id"],
        "dispensing" => &["sel_id"],
        "purchase" => &["purc_id"],
        "stock_change" => &["chg_id"],
        "stock_count" => &["cnt_id"],
        "presence" => &["idv_id"],
        "invoice" => &["bill_code", "bill_no"],
        "label" => &["case_id"],
        _ => panic!("{kind} is no kind"),
    }
}

pub(super) fn text<'a>(record: &'a Value, field: &str) -> &'a str {
    record[field].as_str().unwrap_or("")
}

/// A number or its text in ten-thousandths.
pub(super) fn units(value: &Value) -> i64 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 10_000 + sign * format!("{part:0<4}").parse::<i64>().unwrap()
}

fn day(record: &Value, field: &str) -> i64 {
    let mut parts = text(record, field)[..10].split('-').map(|part| part.parse().unwrap());
    day_number(parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap())
}

fn seconds(record: &Value, field: &str) -> i64 {
    let mut parts = text(record, field)[11..].split(':').map(|part| part.parse::<i64>().unwrap());
    let mut next = || parts.next().unwrap();
    day(record, field) * 86_400 + next() * 3_600 + next() * 60 + next()
}

impl World {
    /// The world that the changes of a folder leave.
    pub(super) fn of(folder: Folder) -> World {
        let mut standing: BTreeMap<(String, String), Value> = BTreeMap::new();
        for line in folder.changes().lines() {
            let change: Value = serde_json::from_str(line).unwrap();
            let kind = text(&change, "kind").to_owned();
            let key: Vec<&str> = key_fields(&kind).iter().map(|field| text(&change, field)).collect();
            assert!(key.iter().all(|part| !part.is_empty()), "{line}");
            let key = key.join("/");
            let rev = |record: &Value| record["rev"].as_u64().unwrap();
            match standing.get(&(kind.clone(), key.clone())) {
                Some(other) if rev(other) > rev(&change) => {}
                Some(other) if rev(other) == rev(&change) => {
                    assert_eq!(other, &change, "one revision has one content");
                }
                _ => drop(standing.insert((kind, key), change)),
            }
        }
        let mut kinds: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for ((kind, key), record) in standing {
            if text(&record, "op") != "del" {
                kinds.entry(kind).or_default().insert(key, record);
            }
        }
        World { kinds, folder }
    }

    /// Every standing record of a kind.
    pub(super) fn all(&self, kind: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.kinds.get(kind).into_iter().flatten()
    }

    /// One standing record.
    pub(super) fn get(&self, kind: &str, key: &str) -> Option<&Value> {
        self.kinds.get(kind).and_then(|records| records.get(key))
    }

    fn table(&self, name: &str) -> Vec<Vec<String>> {
        let table = self.folder.text(&format!("rules/tables/{name}.csv"));
        let rows = table.lines().skip(1).map(|row| row.split(',').map(str::to_owned).collect::<Vec<_>>());
        // Rows out of force end before the first day of every simulation.
        rows.filter(|row| row[row.len() - 2].is_empty()).collect()
    }

    fn class(&self, visit: &str) -> &'static str {
        match text(self.get("visit", visit).unwrap(), "med_type") {
            "21" | "52" => "stay",
            "41" => "pharmacy",
            _ => "outpatient",
        }
    }

    /// Net lines: the original and its net quantity in ten-thousandths.
    fn net_lines(&self) -> Vec<(&String, &Value, i64)> {
        let mut back: BTreeMap<String, i64> = BTreeMap::new();
        for (_, line) in self.all("fee_line") {
            if !text(line, "init_feedetl_sn").is_empty() {
                let original = format!("{}/{}", text(line, "mdtrt_id"), text(line, "init_feedetl_sn"));
                *back.entry(original).or_default() += units(&line["cnt"]);
            }
        }
        let originals = self.all("fee_line").filter(|(_, line)| text(line, "init_feedetl_sn").is_empty());
        let net = originals.map(|(key, line)| (key, line, units(&line["cnt"]) + back.get(key).unwrap_or(&0)));
        net.filter(|&(_, _, count)| count > 0).collect()
    }

    fn live(&self) -> Vec<(&String, &Value)> {
        let named: BTreeSet<&str> = self.all("settlement").map(|(_, s)| text(s, "orig_setl_id")).collect();
        let taken_back = |settlement: &Value| text(settlement, "refd_setl_flag") == "1";
        self.all("settlement").filter(|(key, s)| !taken_back(s) && !named.contains(key.as_str())).collect()
    }

    /// Insured net sales with their net quantity.
    fn sales(&self) -> Vec<(&String, &Value, i64)> {
        let mut back: BTreeMap<&str, i64> = BTreeMap::new();
        for (_, sale) in self.all("dispensing").filter(|(_, sale)| text(sale, "move") == "return") {
            *back.entry(text(sale, "return_of")).or_default() += units(&sale["cnt"]);
        }
        self.all("dispensing")
            .filter(|(_, sale)| text(sale, "move") == "sale" && text(sale, "mdtrt_setl_type") == "1")
            .map(|(key, sale)| (key, sale, units(&sale["cnt"]) - back.get(key.as_str()).unwrap_or(&0)))
            .filter(|&(_, _, count)| count > 0)
            .collect()
    }

    /// (rule, key joined by a space) of everything that was planted.
    pub(super) fn truth(&self) -> BTreeSet<(String, String)> {
        let text_of_truth = self.folder.text("truth.ndjson");
        let cases = text_of_truth.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        cases
            .map(|case| {
                let key = case["key"].as_array().unwrap().iter();
                let key: Vec<&str> = key.map(|part| part.as_str().unwrap()).collect();
                (text(&case, "rule").to_owned(), key.join(" "))
            })
            .collect()
    }

    /// Every standing line that takes another one back, with the key of that one.
    pub(super) fn reversals(&self) -> impl Iterator<Item = (&String, String)> {
        self.all("fee_line")
            .filter(|(_, line)| !text(line, "init_feedetl_sn").is_empty())
            .map(|(key, line)| (key, format!("{}/{}", text(line, "mdtrt_id"), text(line, "init_feedetl_sn"))))
    }

    /// (rule, key joined by a space) of everything that the plain readings find.
    pub(super) fn findings(&self) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        let mut add = |rule: &str, key: &[&str]| {
            found.insert((rule.to_owned(), key.join(" ")));
        };
        self.about_lines(&mut add);
        self.about_orders(&mut add);
        self.about_stays(&mut add);
        self.about_settlements(&mut add);
        self.about_presences(&mut add);
        self.about_sales(&mut add);
        self.about_stock(&mut add);
        found
    }

    fn about_lines(&self, add: &mut impl FnMut(&str, &[&str])) {
        let newborn: BTreeSet<String> = self
            .table("age_limit")
            .into_iter()
            .filter(|row| row[0] == "D06")
            .map(|row| row[1].clone())
            .collect();
        let pairs = self.table("pair_conflict");
        let mut by_day: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        let mut sums: BTreeMap<(&str, &str, &str), i64> = BTreeMap::new();
        let mut cycles: BTreeMap<(&str, &str), BTreeMap<i64, &str>> = BTreeMap::new();
        for (key, line, count) in self.net_lines() {
            let (visit, item) = (text(line, "mdtrt_id"), text(line, "med_list_codg"));
            let date = &text(line, "fee_ocur_time")[..10];
            let person = self.get("person", text(line, "psn_no")).unwrap();
            if newborn.contains(item) && day(line, "fee_ocur_time") - day(person, "brdy") > 28 {
                add("D06", &key.split('/').collect::<Vec<_>>());
            }
            by_day.entry((visit, date)).or_default().insert(item);
            *sums.entry((visit, item, date)).or_default() += count;
            *sums.entry((visit, item, "")).or_default() += count;
            let days = cycles.entry((text(line, "psn_no"), item)).or_default();
            days.insert(day(line, "fee_ocur_time"), date);
        }
        for ((visit, date), items) in by_day {
            for row in &pairs {
                if items.contains(row[1].as_str()) && items.contains(row[2].as_str()) {
                    add("S12", &[visit, date, &row[1], &row[2]]);
                }
            }
        }
        for row in self.table("quantity_limit") {
            let max = row[3].parse::<i64>().unwrap() * 10_000;
            for (&(visit, item, date), &count) in sums.iter().filter(|((_, item, _), _)| *item == row[1]) {
                if (row[2] == "visit") == date.is_empty() && count > max {
                    let key = [visit, item, date];
                    add("S14", if date.is_empty() { &key[..2] } else { &key });
                }
            }
        }
        for row in self.table("cycle_gap") {
            let min_days: i64 = row[2].parse().unwrap();
            for (&(person, item), days) in cycles.iter().filter(|((_, item), _)| *item == row[1]) {
                for (earlier, later) in days.iter().zip(days.iter().skip(1)) {
                    if later.0 - earlier.0 < min_days {
                        add("S18", &[person, item, earlier.1, later.1]);
                    }
                }
            }
        }
    }

    fn about_orders(&self, add: &mut impl FnMut(&str, &[&str])) {
        let issuers: BTreeSet<&str> =
            self.all("prescription").map(|(_, order)| text(order, "fixmedins_code")).collect();
        let lines = self.all("fee_line").filter(|(_, line)| !text(line, "rx_id").is_empty());
        let electronic: BTreeSet<&str> = lines.map(|(_, line)| text(line, "mdtrt_id")).collect();
        let mut billed: BTreeMap<(&str, &str), i64> = BTreeMap::new();
        let ordered = |order: &Value, item: &str| -> i64 {
            let lines = order["lines"].as_array().unwrap().iter();
            lines.filter(|line| text(line, "med_list_codg") == item).map(|line| units(&line["cnt"])).sum()
        };
        for (key, line, count) in self.net_lines() {
            let (visit, item) = (text(line, "mdtrt_id"), text(line, "med_list_codg"));
            let order = self.get("prescription", text(line, "rx_id"));
            if order.is_some() {
                *billed.entry((text(line, "rx_id"), item)).or_default() += count;
            }
            let judged = matches!(text(line, "list_type"), "101" | "102")
                && issuers.contains(text(line, "fixmedins_code"))
                && match self.class(visit) {
                    "pharmacy" => false,
                    "stay" => electronic.contains(visit),
                    _ => true,
                };
            let valid = |order: &Value| text(order, "state") != "cancelled" && ordered(order, item) > 0;
            if judged && !order.is_some_and(valid) {
                add("F06", &key.split('/').collect::<Vec<_>>());
            }
        }
        for ((order, item), count) in billed {
            let prescribed = ordered(self.get("prescription", order).unwrap(), item);
            if prescribed > 0 && count > prescribed {
                add("F07", &[order, item]);
            }
        }
    }

    fn about_stays(&self, add: &mut impl FnMut(&str, &[&str])) {
        for (id, fact) in self.all("person_fact").filter(|(_, fact)| text(fact, "fact") == "death") {
            for (visit, record) in self.all("visit") {
                let late = day(record, "begntime") > day(fact, "begin") + 1;
                if text(record, "psn_no") == text(fact, "psn_no") && late {
                    add("A01", &[visit, id]);
                }
            }
        }
        let now = self.all("visit").map(|(_, v)| seconds(v, "begntime")).max().unwrap();
        let end = |v: &Value| if v["endtime"].is_null() { now } else { seconds(v, "endtime") };
        let stays: Vec<_> = self.all("visit").filter(|(id, _)| self.class(id) == "stay").collect();
        let mut beside: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for (n, (id, stay)) in stays.iter().enumerate() {
            for (other_id, other) in &stays[n + 1..] {
                let same_place = text(stay, "fixmedins_code") == text(other, "fixmedins_code");
                let (one, two) = (text(stay, "psn_no"), text(other, "psn_no"));
                if one == two {
                    let from = seconds(stay, "begntime").max(seconds(other, "begntime"));
                    if !same_place && end(stay).min(end(other)) - from > 86_400 {
                        add("A05", &[id, other_id]);
                    }
                } else if same_place && !stay["endtime"].is_null() && !other["endtime"].is_null() {
                    let near = |field: &str| day(stay, field).abs_diff(day(other, field)) <= 1;
                    if near("begntime") && near("endtime") {
                        *beside.entry((one.min(two), one.max(two))).or_default() += 1;
                    }
                }
            }
            let seen = self.all("presence").any(|(_, presence)| {
                text(presence, "result") == "pass"
                    && text(presence, "psn_no") == text(stay, "psn_no")
                    && text(presence, "fixmedins_code") == text(stay, "fixmedins_code")
                    && seconds(presence, "idv_time").abs_diff(seconds(stay, "begntime")) <= 86_400
            });
            if !seen && end(stay) - seconds(stay, "begntime") > 86_400 {
                add("A08", &[id]);
            }
        }
        // Groups: spread the smallest token over the edges until nothing changes.
        let edges: Vec<_> = beside.iter().filter(|&(_, &times)| times >= 2).map(|(pair, _)| *pair).collect();
        let mut least: BTreeMap<&str, &str> = edges.iter().flat_map(|&(a, b)| [(a, a), (b, b)]).collect();
        for _ in 0..edges.len() {
            for (a, b) in &edges {
                let both = least[a].min(least[b]);
                least.extend([(*a, both), (*b, both)]);
            }
        }
        for leader in least.values().copied().collect::<BTreeSet<_>>() {
            if least.values().filter(|other| **other == leader).count() >= 3 {
                add("A11", &[leader]);
            }
        }
    }

    fn about_settlements(&self, add: &mut impl FnMut(&str, &[&str])) {
        let mut terms: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (_, term) in self.all("enrolment") {
            terms.entry(text(term, "psn_no")).or_default().push(term);
        }
        let mut bills: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for (id, settlement) in self.live() {
            let today = day(settlement, "setl_time");
            let covers = |term: &&Value| {
                text(term, "status") == "1"
                    && text(term, "insutype") == text(settlement, "insutype")
                    && day(term, "begin") <= today
                    && (term["end"].is_null() || today <= day(term, "end"))
            };
            if !terms[text(settlement, "psn_no")].iter().any(covers) {
                add("E01", &[id]);
            }
            let bill = (text(settlement, "bill_code"), text(settlement, "bill_no"));
            *bills.entry(bill).or_default() += 1;
        }
        for ((code, number), _) in bills.into_iter().filter(|&(_, times)| times > 1) {
            add("F01", &[code, number]);
        }
    }

    fn about_presences(&self, add: &mut impl FnMut(&str, &[&str])) {
        let mut passed: Vec<_> = self.all("presence").filter(|(_, p)| text(p, "result") == "pass").collect();
        passed.sort_by_key(|(id, p)| (text(p, "psn_no"), seconds(p, "idv_time"), *id));
        for pair in passed.windows(2) {
            let ((earlier_id, earlier), (later_id, later)) = (pair[0], pair[1]);
            let place = |p: &Value| self.get("institution", text(p, "fixmedins_code")).unwrap().clone();
            let (here, there) = (place(earlier), place(later));
            if text(earlier, "psn_no") != text(later, "psn_no") || here == there {
                continue;
            }
            let radians = |p: &Value, field: &str| p[field].as_f64().unwrap().to_radians();
            let (lat, other) = (radians(&here, "lat"), radians(&there, "lat"));
            let half_lon = (radians(&there, "lon") - radians(&here, "lon")) / 2.0;
            let chord =
                ((other - lat) / 2.0).sin().powi(2) + lat.cos() * other.cos() * half_lon.sin().powi(2);
            let km = 2.0 * 6371.0088 * chord.sqrt().asin();
            let apart = seconds(later, "idv_time") - seconds(earlier, "idv_time");
            if km > 120.0 * (apart as f64 / 3600.0 + 0.5) {
                add("A06", &[earlier_id, later_id]);
            }
        }
    }

    fn about_sales(&self, add: &mut impl FnMut(&str, &[&str])) {
        let limits: BTreeMap<String, i64> = self
            .table("resale_prone")
            .into_iter()
            .map(|row| (row[1].clone(), row[2].parse::<i64>().unwrap() * 10_000))
            .collect();
        type Bought<'a> = (i64, i64, &'a str);
        let mut collected: BTreeMap<(&str, &str), Vec<Bought<'_>>> = BTreeMap::new();
        let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
        for (_, sale, count) in self.sales() {
            if text(sale, "trdn_flag") != "1" {
                for code in sale["trace_codes"].as_array().into_iter().flatten() {
                    *codes.entry(code.as_str().unwrap()).or_default() += 1;
                }
            }
            let item = text(sale, "med_list_codg");
            if limits.contains_key(item) {
                let bought = (seconds(sale, "sel_time"), count, text(sale, "fixmedins_code"));
                collected.entry((text(sale, "psn_no"), item)).or_default().push(bought);
            }
        }
        for (code, _) in codes.into_iter().filter(|&(_, times)| times > 1) {
            add("T01", &[code]);
        }
        for ((person, item), sales) in collected {
            let over = sales.iter().any(|&(end, _, _)| {
                let window = sales.iter().filter(|(at, _, _)| *at <= end && *at > end - 180 * 86_400);
                let packs: i64 = window.clone().map(|(_, count, _)| count).sum();
                packs > limits[item] && window.map(|(_, _, shop)| shop).collect::<BTreeSet<_>>().len() >= 3
            });
            if over {
                add("P08", &[person, item]);
            }
        }
    }

    fn about_stock(&self, add: &mut impl FnMut(&str, &[&str])) {
        type Pair<'a> = (&'a str, &'a str);
        fn pair(record: &Value) -> Pair<'_> {
            (text(record, "fixmedins_code"), text(record, "med_list_codg"))
        }
        let mut opening: BTreeMap<Pair<'_>, (i64, i64)> = BTreeMap::new();
        for (_, count) in self.all("stock_count") {
            let first = opening.entry(pair(count)).or_insert((i64::MAX, 0));
            *first = (*first).min((day(count, "invdate"), units(&count["inv_cnt"])));
        }
        let mut moves: BTreeMap<Pair<'_>, BTreeMap<i64, (i64, i64)>> = BTreeMap::new();
        let mut supply = |record, day, count: i64| {
            moves.entry(pair(record)).or_default().entry(day).or_default().0 += count;
        };
        for (_, purchase) in self.all("purchase") {
            let sign = if text(purchase, "move") == "return" { -1 } else { 1 };
            supply(purchase, day(purchase, "stoin_time"), sign * units(&purchase["cnt"]));
        }
        for (_, change) in self.all("stock_change") {
            let sign = if matches!(text(change, "inv_chg_type"), "101" | "103" | "106") { 1 } else { -1 };
            supply(change, day(change, "inv_chg_time"), sign * units(&change["cnt"]));
        }
        let mut used = |record, day, count: i64| {
            moves.entry(pair(record)).or_default().entry(day).or_default().1 += count;
        };
        for (_, line, count) in self.net_lines() {
            if text(line, "list_type") != "201" && self.class(text(line, "mdtrt_id")) != "pharmacy" {
                used(line, day(line, "fee_ocur_time"), count);
            }
        }
        for (_, sale, count) in self.sales() {
            used(sale, day(sale, "sel_time"), count);
        }
        for (pair, days) in moves {
            // What nobody ever counted nobody bought either; another rule looks for it.
            let Some(&(counted, mut have)) = opening.get(&pair) else { continue };
            let mut gone = 0;
            let over = days.range(counted + 1..).any(|(_, &(came, went))| {
                have += came;
                gone += went;
                gone * 100 > have * 105 + 2_000_000
            });
            if over {
                add("G02", &[pair.0, pair.1]);
            }
        }
    }
}
