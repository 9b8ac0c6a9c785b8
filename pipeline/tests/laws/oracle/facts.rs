//! Section 4 and the words of section 5: visits with their class, net lines, live settlements, net sales, now.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::decode::{Fields, Key, Value};
use super::standing::Standing;
use super::tables::{Row, rows};
use super::values::{DAY, day_of, fen, read_day, read_time};

/// A record, by kind and key.
pub(crate) type Rec = (&'static str, Key);

pub(crate) struct Visit {
    pub(crate) id: String,
    pub(crate) person: String,
    pub(crate) institution: String,
    pub(crate) begin: i64,
    pub(crate) end: Option<i64>,
    pub(crate) is_stay: bool,
    pub(crate) is_outpatient: bool,
    pub(crate) is_pharmacy: bool,
}

/// An original with the signed sums of its own and its reversals' cnt, sum and fund; amounts in millionths.
pub(crate) struct NetLine {
    pub(crate) key: Key,
    pub(crate) visit: String,
    pub(crate) person: String,
    pub(crate) institution: String,
    pub(crate) time: i64,
    pub(crate) day: i64,
    /// When the bureau received the original.
    pub(crate) received: Option<i64>,
    pub(crate) item: String,
    pub(crate) list_type: String,
    pub(crate) charge_type: Option<String>,
    pub(crate) rx: Option<String>,
    pub(crate) price: i128,
    pub(crate) cnt: i128,
    pub(crate) sum: i128,
    pub(crate) fund: i128,
    /// It is known that the fund paid nothing of it.
    pub(crate) is_unpaid: bool,
}

pub(crate) struct Settlement {
    pub(crate) id: String,
    pub(crate) visit: String,
    pub(crate) person: String,
    pub(crate) institution: String,
    pub(crate) insutype: Option<String>,
    pub(crate) time: i64,
    pub(crate) fund: i128,
    pub(crate) account: i128,
    pub(crate) bill: Option<Key>,
}

/// A sale with cnt and trace codes less its returns'.
pub(crate) struct NetSale {
    pub(crate) id: String,
    pub(crate) institution: String,
    pub(crate) item: String,
    pub(crate) time: i64,
    pub(crate) cnt: i128,
    pub(crate) price: Option<i128>,
    pub(crate) visit: Option<String>,
    pub(crate) person: Option<String>,
    pub(crate) rx: Option<String>,
    /// Whether its goods are sold on prescription only.
    pub(crate) needs_rx: bool,
    pub(crate) expires: Option<i64>,
    pub(crate) is_insured: bool,
    /// mdtrt_setl_type is there.
    pub(crate) says_who_paid: bool,
    pub(crate) is_split: bool,
    pub(crate) codes: BTreeSet<String>,
}

/// Everything the rules look at.
pub(crate) struct Facts<'a> {
    pub(crate) tables: &'a BTreeMap<String, String>,
    pub(crate) records: &'a BTreeMap<&'static str, BTreeMap<Key, Fields>>,
    pub(crate) now: i64,
    pub(crate) visits: BTreeMap<String, Visit>,
    pub(crate) lines: Vec<NetLine>,
    pub(crate) live: Vec<Settlement>,
    pub(crate) sales: Vec<NetSale>,
    /// Rows of the table of what is no code.
    fillers: Vec<Row>,
}

/// The text of a field, if it is there.
pub(crate) fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    match fields.get(name) {
        Some(Value::Text(text)) => Some(text),
        _ => None,
    }
}

/// The text of a field that section 2 requires.
pub(crate) fn required<'a>(fields: &'a Fields, name: &str) -> &'a str {
    text(fields, name).expect("a required field of a standing record is there")
}

pub(crate) fn owned(fields: &Fields, name: &str) -> Option<String> {
    text(fields, name).map(str::to_owned)
}

pub(crate) fn day(fields: &Fields, name: &str) -> Option<i64> {
    match fields.get(name) {
        Some(Value::Day(day)) => Some(*day),
        _ => None,
    }
}

pub(crate) fn time(fields: &Fields, name: &str) -> Option<i64> {
    match fields.get(name) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    }
}

/// An amount in millionths, if it is there.
pub(crate) fn amount(fields: &Fields, name: &str) -> Option<i128> {
    match fields.get(name) {
        Some(Value::Millionths(amount)) => Some(*amount),
        _ => None,
    }
}

/// A missing money field counts 0 in sums and products.
fn money(fields: &Fields, name: &str) -> i128 {
    amount(fields, name).unwrap_or(0)
}

pub(crate) fn flag(fields: &Fields, name: &str) -> bool {
    fields.get(name) == Some(&Value::Flag(true))
}

pub(crate) fn list<'a>(fields: &'a Fields, name: &str) -> &'a [Fields] {
    match fields.get(name) {
        Some(Value::Rows(rows)) => rows,
        _ => &[],
    }
}

/// The event time of a record; the other kinds have none.
pub(crate) fn event_time(kind: &str, fields: &Fields) -> Option<i64> {
    match kind {
        "visit" => time(fields, "endtime").or(time(fields, "begntime")),
        "settlement" => time(fields, "setl_time"),
        "fee_line" => time(fields, "fee_ocur_time"),
        "prescription" => time(fields, "prsc_time"),
        "dispensing" => time(fields, "sel_time"),
        "purchase" => time(fields, "stoin_time"),
        "stock_change" => time(fields, "inv_chg_time"),
        "stock_count" => day(fields, "invdate").map(|day| day * DAY),
        "presence" => time(fields, "idv_time"),
        "invoice" => time(fields, "issue_time"),
        _ => None,
    }
}

impl<'a> Facts<'a> {
    pub(crate) fn new(world: &World<'a>, standing: &'a Standing) -> Facts<'a> {
        let mut facts = Facts {
            tables: world.tables,
            records: &standing.records,
            now: 0,
            visits: BTreeMap::new(),
            lines: Vec::new(),
            live: Vec::new(),
            sales: Vec::new(),
            fillers: rows(world.tables, "filler"),
        };
        facts.now = now(world, standing);
        facts.visits = visits(&facts);
        facts.live = live_settlements(&facts);
        facts.lines = net_lines(&facts);
        facts.sales = net_sales(&facts);
        facts
    }

    /// The standing records of a kind, by key.
    pub(crate) fn all(&self, kind: &str) -> impl Iterator<Item = (&'a Key, &'a Fields)> {
        self.records.get(kind).into_iter().flatten()
    }

    /// A standing record.
    pub(crate) fn record(&self, kind: &str, key: &Key) -> Option<&'a Fields> {
        self.records.get(kind)?.get(key)
    }

    /// The trace codes of a record, without fillers.
    pub(crate) fn codes(&self, fields: &Fields) -> BTreeSet<String> {
        match fields.get("trace_codes") {
            Some(Value::Codes(codes)) => {
                codes.iter().filter(|code| !self.is_filler("trace_code", code)).cloned().collect()
            }
            _ => BTreeSet::new(),
        }
    }

    /// Whether a text is what people write where there is no code: compared trimmed, letters in any case, a `*` of the
    /// table standing for any characters.
    fn is_filler(&self, field: &str, text: &str) -> bool {
        let of_field = self.fillers.iter().filter(|row| row.cell("field") == field);
        let text: Vec<char> = text.trim().to_lowercase().chars().collect();
        of_field
            .map(|row| row.cell("value").trim().to_lowercase().chars().collect::<Vec<char>>())
            .any(|pattern| matches(&pattern, &text))
    }

    /// A number of a settlement's invoice, unless it is a filler.
    fn invoice_number(&self, fields: &Fields, name: &str) -> Option<String> {
        owned(fields, name).filter(|number| !self.is_filler("invoice", number))
    }

    /// A standing record of a kind whose key has one part.
    pub(crate) fn named(&self, kind: &str, id: &str) -> Option<&'a Fields> {
        self.record(kind, &vec![id.to_owned()])
    }

    pub(crate) fn stays(&self) -> impl Iterator<Item = &Visit> {
        self.visits.values().filter(|visit| visit.is_stay)
    }

    pub(crate) fn live_of<'b>(&'b self, visit: &'b str) -> impl Iterator<Item = &'b Settlement> {
        self.live.iter().filter(move |settlement| settlement.visit == visit)
    }

    /// The sum of `fund_pay_sumamt` of the visit's live settlements, in millionths.
    pub(crate) fn fund(&self, visit: &str) -> i128 {
        self.live_of(visit).map(|settlement| settlement.fund).sum()
    }

    pub(crate) fn insured_sales(&self) -> impl Iterator<Item = &NetSale> {
        self.sales.iter().filter(|sale| sale.is_insured)
    }
}

impl NetSale {
    /// finl_trns_pric × cnt in units of 10^-12.
    pub(crate) fn worth(&self) -> i128 {
        self.price.unwrap_or(0) * self.cnt
    }

    /// The own money of a sale: finl_trns_pric × cnt in fen, rounded half up.
    pub(crate) fn worth_fen(&self) -> i128 {
        fen(self.worth(), 12)
    }
}

/// Whether a text is a pattern, letter by letter.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        Some((letter, rest)) => text.first() == Some(letter) && matches(rest, &text[1..]),
    }
}

/// The greatest event time of the records that stand, unless `--as-of` names another time.
fn now(world: &World<'_>, standing: &Standing) -> i64 {
    let named = world.as_of.and_then(|text| read_time(text).or(read_day(text).map(|day| day * DAY)));
    let greatest = || {
        let all = standing
            .records
            .iter()
            .flat_map(|(kind, records)| records.values().filter_map(move |fields| event_time(kind, fields)));
        all.max()
    };
    // Without any event time there is nothing that could ask for it.
    named.or_else(greatest).unwrap_or(0)
}

fn visits(facts: &Facts<'_>) -> BTreeMap<String, Visit> {
    let classes = facts.tables.contains_key("med_type").then(|| rows(facts.tables, "med_type"));
    let class = |code: &str, day: i64| match &classes {
        Some(rows) => rows
            .iter()
            .find(|row| row.cell("code") == code && row.is_valid(day))
            .map_or("outpatient", |row| row.cell("class"))
            .to_owned(),
        None => match code {
            "21" | "22" | "23" | "24" | "25" | "26" | "27" | "28" | "52" => "inpatient",
            "41" => "pharmacy",
            "61" => "care",
            _ => "outpatient",
        }
        .to_owned(),
    };
    let visit = |(key, fields): (&Key, &Fields)| {
        let begin = time(fields, "begntime").expect("required");
        let class = class(required(fields, "med_type"), day_of(begin));
        let visit = Visit {
            id: key[0].clone(),
            person: required(fields, "psn_no").to_owned(),
            institution: required(fields, "fixmedins_code").to_owned(),
            begin,
            end: time(fields, "endtime"),
            is_stay: class == "inpatient",
            is_outpatient: class == "outpatient",
            is_pharmacy: class == "pharmacy",
        };
        (key[0].clone(), visit)
    };
    facts.all("visit").map(visit).collect()
}

/// Settlements that are live: not marked as refunded, not negative, and named by no other as its original.
fn live_settlements(facts: &Facts<'_>) -> Vec<Settlement> {
    facts
        .all("settlement")
        .filter(|(key, fields)| {
            let is_undone = facts
                .all("settlement")
                .any(|(other, undoing)| other != *key && text(undoing, "orig_setl_id") == Some(&key[0]));
            !flag(fields, "refd_setl_flag")
                && money(fields, "medfee_sumamt") >= 0
                && money(fields, "fund_pay_sumamt") >= 0
                && !is_undone
        })
        .map(|(key, fields)| Settlement {
            id: key[0].clone(),
            visit: required(fields, "mdtrt_id").to_owned(),
            person: required(fields, "psn_no").to_owned(),
            institution: required(fields, "fixmedins_code").to_owned(),
            insutype: owned(fields, "insutype"),
            time: time(fields, "setl_time").expect("required"),
            fund: money(fields, "fund_pay_sumamt"),
            account: money(fields, "acct_pay"),
            bill: facts
                .invoice_number(fields, "bill_code")
                .zip(facts.invoice_number(fields, "bill_no"))
                .map(|(code, no)| vec![code, no]),
        })
        .collect()
}

fn net_lines(facts: &Facts<'_>) -> Vec<NetLine> {
    let mut lines = Vec::new();
    for (key, original) in facts.all("fee_line") {
        if text(original, "init_feedetl_sn").is_some() {
            continue;
        }
        // A reversal names the feedetl_sn of an original of its own visit.
        let reversals = facts.all("fee_line").filter(|(other, reversal)| {
            other[0] == key[0] && text(reversal, "init_feedetl_sn") == Some(&key[1])
        });
        let all: Vec<&Fields> =
            std::iter::once(original).chain(reversals.map(|(_, reversal)| reversal)).collect();
        let net = |name| all.iter().map(|fields| money(fields, name)).sum::<i128>();
        if net("cnt") <= 0 {
            continue;
        }
        // The settlement that carries the line may stand and yet not be live: then nothing was paid.
        let is_unsettled = text(original, "setl_id").is_some_and(|id| {
            facts.named("settlement", id).is_some() && !facts.live.iter().any(|live| live.id == id)
        });
        let occurred = time(original, "fee_ocur_time").expect("required");
        lines.push(NetLine {
            key: key.clone(),
            visit: key[0].clone(),
            person: required(original, "psn_no").to_owned(),
            institution: required(original, "fixmedins_code").to_owned(),
            time: occurred,
            day: day_of(occurred),
            received: time(original, "recv_time"),
            item: required(original, "med_list_codg").to_owned(),
            list_type: required(original, "list_type").to_owned(),
            charge_type: owned(original, "med_chrgitm_type"),
            rx: owned(original, "rx_id"),
            price: money(original, "pric"),
            cnt: net("cnt"),
            sum: net("det_item_fee_sumamt"),
            fund: if is_unsettled { 0 } else { net("fund_amt") },
            is_unpaid: is_unsettled || (amount(original, "fund_amt").is_some() && net("fund_amt") <= 0),
        });
    }
    lines
}

fn net_sales(facts: &Facts<'_>) -> Vec<NetSale> {
    let mut sales: Vec<NetSale> = facts
        .all("dispensing")
        .filter(|(_, fields)| text(fields, "move") == Some("sale"))
        .map(|(key, fields)| NetSale {
            id: key[0].clone(),
            institution: required(fields, "fixmedins_code").to_owned(),
            item: required(fields, "med_list_codg").to_owned(),
            time: time(fields, "sel_time").expect("required"),
            cnt: money(fields, "cnt"),
            price: amount(fields, "finl_trns_pric"),
            visit: owned(fields, "mdtrt_id"),
            person: owned(fields, "psn_no"),
            rx: owned(fields, "rx_id"),
            needs_rx: flag(fields, "rx_flag"),
            expires: day(fields, "expy_end"),
            is_insured: match text(fields, "mdtrt_setl_type") {
                Some(kind) => kind == "1",
                None => text(fields, "setl_id").is_some_and(|id| facts.live.iter().any(|live| live.id == id)),
            },
            says_who_paid: text(fields, "mdtrt_setl_type").is_some(),
            is_split: flag(fields, "trdn_flag"),
            codes: facts.codes(fields),
        })
        .collect();
    for (_, fields) in facts.all("dispensing") {
        if text(fields, "move") != Some("return") {
            continue;
        }
        let returned = facts.codes(fields);
        let sale = match text(fields, "return_of") {
            Some(named) => Some(named.to_owned()),
            None => sold_before(facts, fields, &returned),
        };
        if let Some(sale) = sales.iter_mut().find(|net| Some(&net.id) == sale.as_ref()) {
            sale.cnt -= money(fields, "cnt");
            sale.codes.retain(|code| !returned.contains(code));
        }
    }
    sales.retain(|sale| sale.cnt > 0);
    sales
}

/// The latest sale by (sel_time, sel_id) of the same institution and item, not later than the return, that
/// shares a trace code as both were sent, fillers left out.
fn sold_before(facts: &Facts<'_>, goods: &Fields, returned: &BTreeSet<String>) -> Option<String> {
    facts
        .all("dispensing")
        .filter(|(_, fields)| {
            text(fields, "move") == Some("sale")
                && text(fields, "fixmedins_code") == text(goods, "fixmedins_code")
                && text(fields, "med_list_codg") == text(goods, "med_list_codg")
                && time(fields, "sel_time") <= time(goods, "sel_time")
                && !facts.codes(fields).is_disjoint(returned)
        })
        .max_by_key(|(key, fields)| (time(fields, "sel_time"), key[0].clone()))
        .map(|(key, _)| key[0].clone())
}
