//! The records behind a finding, kind by kind, each on a line or two with what was laid on it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use wire::{Fen, KeptRecord, RecordName};

use super::super::read::Found;
use super::Told;
use crate::html::table::{cell, narrowest};
use crate::labels;
use crate::mask::Mask;
use crate::number::amount as grouped;

/// Records of one kind that a finding tells.
const RECORDS: usize = 20;
/// Letters that a line of a table has on paper, and those of its key and its counted money.
const PAPER: usize = 124;
const KEY: usize = 26;

/// The records that a finding names, in the order of their names.
fn names(found: &Found) -> BTreeSet<RecordName> {
    let laid = found.laid().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() });
    found.alert.evidence.iter().cloned().chain(laid).collect()
}

/// Whether a finding has more records than stay on one sheet in any case.
pub(super) fn many(found: &Found) -> bool {
    names(found).len() > 12
}

/// The person of all records of a finding that have one, if it is a single one.
pub(super) fn only_person<'d>(told: &Told<'d>, found: &Found) -> Option<&'d str> {
    let records = &told.dossier.records;
    let mut persons = BTreeSet::new();
    for record in names(found).iter().filter_map(|name| records.get(name)) {
        persons.extend(record.fields.get("psn_no").filter(|token| !token.is_empty()));
        if record.kind == "person" {
            persons.insert(&record.key);
        }
    }
    if persons.len() == 1 { persons.pop_first() } else { None }
}

/// The records.
pub(super) fn evidence(told: &Told<'_>, found: &Found, person: Option<&str>, mask: &mut Mask) -> Markup {
    let mut kinds: BTreeMap<String, Vec<RecordName>> = BTreeMap::new();
    for name in names(found) {
        // The institution itself stands at the head of the page.
        if name.kind != "institution" || name.key != told.code() {
            kinds.entry(name.kind.to_string()).or_default().push(name);
        }
    }
    html! {
        ul.records { @for (kind, names) in &kinds { (of_kind(told, found, kind, names, person, mask)) } }
    }
}

fn of_kind(
    told: &Told<'_>,
    found: &Found,
    kind: &str,
    names: &[RecordName],
    person: Option<&str>,
    mask: &mut Mask,
) -> Markup {
    let called = labels::kind(kind, told.lang);
    let records: Vec<(&RecordName, Option<&KeptRecord>)> =
        names.iter().map(|name| (name, told.dossier.records.get(name))).collect();
    let tells = |field: &(String, String)| shows(told, found, person, field);
    let same: Vec<(String, String)> = match records.as_slice() {
        [(_, Some(first)), rest @ ..] if !rest.is_empty() => {
            let everywhere = |(name, value): &&(String, String)| {
                rest.iter().all(|(_, record)| {
                    record.is_some_and(|record| {
                        record.fields.get(name) == Some(value.as_str()) && record.as_sent.get(name).is_none()
                    })
                }) && first.as_sent.get(name).is_none()
            };
            first.fields.0.iter().filter(everywhere).filter(|field| tells(field)).cloned().collect()
        }
        _ => Vec::new(),
    };
    let laid: BTreeMap<&str, (Fen, Fen)> = found
        .laid()
        .filter(|laid| laid.kind == kind)
        .map(|laid| (laid.key.as_str(), (laid.laid, laid.taken)))
        .collect();
    let of = OfKind { kind: called, records, same, laid };
    let columns = columns(&of, tells);
    let width: usize = columns.iter().map(|column| room(told, &of, column)).sum();
    if of.records.len() < 2 || width + KEY > PAPER {
        flow(told, &of, tells, mask)
    } else {
        rows(told, &of, &columns, mask)
    }
}

/// The records of one kind that a finding names.
struct OfKind<'d> {
    kind: &'d str,
    records: Vec<(&'d RecordName, Option<&'d KeptRecord>)>,
    /// Fields that are the same in all of them.
    same: Vec<(String, String)>,
    /// What was laid on each and taken of it, by key.
    laid: BTreeMap<&'d str, (Fen, Fen)>,
}

type Field = (String, String);

/// Records with their fields one after the other: a single one, or those with too many fields for a table.
fn flow(told: &Told<'_>, of: &OfKind<'_>, tells: impl Fn(&Field) -> bool, mask: &mut Mask) -> Markup {
    html! {
        @if of.records.len() > 1 { (together(told, of, mask)) }
        @for (name, record) in of.records.iter().take(RECORDS) {
            li {
                @if of.records.len() == 1 { b { (of.kind) } " " }
                span.f { (mask.text(&name.key)) }
                @match record {
                    Some(record) => {
                        @for pair in record.fields.0.iter().filter(|pair| tells(pair) && !of.same.contains(pair)) {
                            @let sent = record.as_sent.get(&pair.0).map(|sent| mask.text(sent).into_owned());
                            (field(told, &pair.0, &mask.text(&pair.1), sent.as_deref()))
                        }
                    }
                    None => { (not_kept(told)) }
                }
                @if let Some((laid, taken)) = of.laid.get(name.key.as_str()) {
                    span.f { i { (told.say("计入", "counted")) } (taken_of(*laid, *taken)) }
                }
            }
        }
        @if of.records.len() > RECORDS { li.soft { (rest(told, of.records.len() - RECORDS)) } }
    }
}

/// How many there are, and what is the same in all of them.
fn together(told: &Told<'_>, of: &OfKind<'_>, mask: &mut Mask) -> Markup {
    html! {
        li {
            b { (of.kind) " × " (of.records.len()) } " "
            @if !of.same.is_empty() { span.soft { (told.say("共同项：", "the same in all: ")) } }
            @for (name, value) in &of.same { (field(told, name, &mask.text(value), None)) }
        }
    }
}

/// The fields that tell records apart.
fn columns<'d>(of: &OfKind<'d>, tells: impl Fn(&Field) -> bool) -> Vec<&'d str> {
    let mut columns: Vec<&str> = Vec::new();
    for pair in of.records.iter().flat_map(|(_, record)| record.iter().flat_map(|r| &r.fields.0)) {
        if tells(pair) && !of.same.contains(pair) && !columns.contains(&pair.0.as_str()) {
            columns.push(&pair.0);
        }
    }
    columns
}

/// Letters that a column needs on paper.
fn room(told: &Told<'_>, of: &OfKind<'_>, column: &str) -> usize {
    let values = of.records.iter().filter_map(|(_, record)| record.and_then(|r| r.fields.get(column)));
    let heading = narrowest(labels::field(column, told.lang));
    let need = |value: &str| if is_time(column) { value.len() } else { narrowest(value) };
    values.map(need).max().unwrap_or(0).max(heading) + 2
}

/// Several records as a table; what is the same in all stands above it.
fn rows(told: &Told<'_>, of: &OfKind<'_>, columns: &[&str], mask: &mut Mask) -> Markup {
    let shown = of.records.iter().take(RECORDS);
    html! {
        (together(told, of, mask))
        li.many {
            div.scroll tabindex="0" role="region" aria-label=(of.kind) {
                table {
                    thead { tr {
                        th scope="col" { (told.say("主键", "key")) }
                        @for column in columns { th scope="col" class=[class(column)] { (labels::field(column, told.lang)) } }
                        @if !of.laid.is_empty() { th.n scope="col" { (told.say("计入", "counted")) } }
                    } }
                    tbody { @for (name, record) in shown { tr {
                        th scope="row" { (cell(&mask.text(&name.key))) @if record.is_none() { " " (not_kept(told)) } }
                        @for column in columns {
                            @let fields = record.map(|record| (record.fields.get(column), record.as_sent.get(column)));
                            @let (value, sent) = fields.unwrap_or_default();
                            td class=[class(column)] {
                                (cell(&mask.text(value.unwrap_or_default())))
                                @if let Some(sent) = sent { (as_sent(told, &mask.text(sent))) }
                            }
                        }
                        @if !of.laid.is_empty() {
                            td.n { @if let Some((laid, taken)) = of.laid.get(name.key.as_str()) { (taken_of(*laid, *taken)) } }
                        }
                    } } }
                }
            }
            @if of.records.len() > RECORDS { span.soft { (rest(told, of.records.len() - RECORDS)) } }
        }
    }
}

/// Whether a field holds a day or a time, which are not broken at their hyphens.
fn is_time(field: &str) -> bool {
    field.ends_with("time") || matches!(field, "invdate" | "expy_end" | "brdy" | "begin" | "end")
}

/// The class of a column: numbers stand right, times in one line.
fn class(field: &str) -> Option<&'static str> {
    let numbers = [
        "cnt",
        "pric",
        "det_item_fee_sumamt",
        "fund_amt",
        "fund_pay_sumamt",
        "acct_pay",
        "finl_trns_pric",
        "inv_cnt",
    ];
    match field {
        _ if numbers.contains(&field) => Some("n"),
        _ if is_time(field) => Some("nowrap"),
        _ => None,
    }
}

fn taken_of(laid: Fen, taken: Fen) -> Markup {
    html! { b { (grouped(taken)) } @if laid != taken { " " span.soft { "/ " (grouped(laid)) } } }
}

fn not_kept(told: &Told<'_>) -> Markup {
    html! { span.soft { (told.say("（记录未保留）", "(the record was not kept)")) } }
}

fn as_sent(told: &Told<'_>, sent: &str) -> Markup {
    html! { span.soft { (told.say("（上传值 ", " (sent as ")) (sent) (told.say("）", ")")) } }
}

/// Whether a field tells something that the page has not told yet.
fn shows(told: &Told<'_>, found: &Found, person: Option<&str>, (name, value): &(String, String)) -> bool {
    let family = found.alert.family.as_ref();
    match name.as_str() {
        _ if value.is_empty() => false,
        "fixmedins_code" => value != told.code(),
        "psn_no" => Some(value.as_str()) != person,
        "live" => value != "1",
        // These matter to some rules only; `explain` has them all.
        "recv_time" => family == "data_quality",
        "insutype" => family == "eligibility",
        "bill_code" | "bill_no" | "setl_id" | "rx_id" => family == "fake_receipt",
        _ => true,
    }
}

fn field(told: &Told<'_>, name: &str, value: &str, sent: Option<&str>) -> Markup {
    html! {
        span.f {
            i { (labels::field(name, told.lang)) } (value)
            @if let Some(sent) = sent { (as_sent(told, sent)) }
        }
    }
}

fn rest(told: &Told<'_>, more: usize) -> String {
    match told.lang {
        rulebank::Lang::Zh => format!("另有{more}条，见 fundwatch explain"),
        rulebank::Lang::En => format!("and {more} more: fundwatch explain tells them"),
    }
}
