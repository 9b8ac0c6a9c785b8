//! The records behind a finding, kind by kind, each on a line or two with what was laid on it.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use wire::{Fen, KeptRecord, RecordName};

use super::super::read::Found;
use super::context::RenderContext;
use crate::html::table::{cell, narrowest};
use crate::labels;
use crate::mask::Mask;
use crate::number::amount as grouped;

/// Records of one kind that a finding shows.
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
pub(super) fn only_person<'d>(context: &RenderContext<'d>, found: &Found) -> Option<&'d str> {
    let records = &context.dossier.records;
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
pub(super) fn evidence(
    context: &RenderContext<'_>,
    found: &Found,
    person: Option<&str>,
    mask: &mut Mask,
) -> Markup {
    let mut kinds: BTreeMap<String, Vec<RecordName>> = BTreeMap::new();
    for name in names(found) {
        // The institution itself stands at the head of the page.
        if name.kind != "institution" || name.key != context.code() {
            kinds.entry(name.kind.to_string()).or_default().push(name);
        }
    }
    html! {
        ul.records { @for (kind, names) in &kinds { (of_kind(context, found, kind, names, person, mask)) } }
    }
}

fn of_kind(
    context: &RenderContext<'_>,
    found: &Found,
    kind: &str,
    names: &[RecordName],
    person: Option<&str>,
    mask: &mut Mask,
) -> Markup {
    let called = labels::kind(kind, context.lang);
    let records: Vec<(&RecordName, Option<&KeptRecord>)> =
        names.iter().map(|name| (name, context.dossier.records.get(name))).collect();
    let is_shown = |field: &(String, String)| shows(context, found, person, field);
    let same: Vec<(String, String)> = match records.as_slice() {
        [(_, Some(first)), rest @ ..] if !rest.is_empty() => {
            let everywhere = |(name, value): &&(String, String)| {
                rest.iter().all(|(_, record)| {
                    record.is_some_and(|record| {
                        record.fields.get(name) == Some(value.as_str()) && record.as_sent.get(name).is_none()
                    })
                }) && first.as_sent.get(name).is_none()
            };
            first.fields.0.iter().filter(everywhere).filter(|field| is_shown(field)).cloned().collect()
        }
        _ => Vec::new(),
    };
    let laid: BTreeMap<&str, (Fen, Fen)> = found
        .laid()
        .filter(|laid| laid.kind == kind)
        .map(|laid| (laid.key.as_str(), (laid.laid, laid.taken)))
        .collect();
    let of = KindRecords { kind: called, records, same, laid };
    let columns = columns(&of, is_shown);
    let width: usize = columns.iter().map(|column| room(context, &of, column)).sum();
    if of.records.len() < 2 || width + KEY > PAPER {
        flow(context, &of, is_shown, mask)
    } else {
        rows(context, &of, &columns, mask)
    }
}

/// The records of one kind that a finding names.
struct KindRecords<'d> {
    kind: &'d str,
    records: Vec<(&'d RecordName, Option<&'d KeptRecord>)>,
    /// Fields that are the same in all of them.
    same: Vec<(String, String)>,
    /// What was laid on each and taken of it, by key.
    laid: BTreeMap<&'d str, (Fen, Fen)>,
}

type Field = (String, String);

/// Records with their fields one after the other: a single one, or those with too many fields for a table.
fn flow(
    context: &RenderContext<'_>,
    of: &KindRecords<'_>,
    is_shown: impl Fn(&Field) -> bool,
    mask: &mut Mask,
) -> Markup {
    html! {
        @if of.records.len() > 1 { (together(context, of, mask)) }
        @for (name, record) in of.records.iter().take(RECORDS) {
            li {
                @if of.records.len() == 1 { b { (of.kind) } " " }
                span.f { (mask.id(&name.kind, &name.key)) }
                @match record {
                    Some(record) => {
                        @for pair in record.fields.0.iter().filter(|pair| is_shown(pair) && !of.same.contains(pair)) {
                            @let sent = record.as_sent.get(&pair.0).map(|sent| mask.field(&pair.0, sent).into_owned());
                            (field(context, &pair.0, &mask.field(&pair.0, &pair.1), sent.as_deref()))
                        }
                    }
                    None => { (not_kept(context)) }
                }
                @if let Some((laid, taken)) = of.laid.get(name.key.as_str()) {
                    span.f { i { (context.pick("计入", "counted")) } (taken_of(*laid, *taken)) }
                }
            }
        }
        @if of.records.len() > RECORDS { li.soft { (rest(context, of.records.len() - RECORDS)) } }
    }
}

/// How many there are, and what is the same in all of them.
fn together(context: &RenderContext<'_>, of: &KindRecords<'_>, mask: &mut Mask) -> Markup {
    html! {
        li {
            b { (of.kind) " × " (of.records.len()) } " "
            @if !of.same.is_empty() { span.soft { (context.pick("共同项：", "the same in all: ")) } }
            @for (name, value) in &of.same { (field(context, name, &mask.field(name, value), None)) }
        }
    }
}

/// The fields that distinguish records.
fn columns<'d>(of: &KindRecords<'d>, is_shown: impl Fn(&Field) -> bool) -> Vec<&'d str> {
    let mut columns: Vec<&str> = Vec::new();
    for pair in of.records.iter().flat_map(|(_, record)| record.iter().flat_map(|r| &r.fields.0)) {
        if is_shown(pair) && !of.same.contains(pair) && !columns.contains(&pair.0.as_str()) {
            columns.push(&pair.0);
        }
    }
    columns
}

/// Letters that a column needs on paper.
fn room(context: &RenderContext<'_>, of: &KindRecords<'_>, column: &str) -> usize {
    let values = of.records.iter().filter_map(|(_, record)| record.and_then(|r| r.fields.get(column)));
    let heading = narrowest(labels::field(column, context.lang));
    let need = |value: &str| if is_time(column) { value.len() } else { narrowest(value) };
    values.map(need).max().unwrap_or(0).max(heading) + 2
}

/// Several records as a table; what is the same in all stands above it.
fn rows(context: &RenderContext<'_>, of: &KindRecords<'_>, columns: &[&str], mask: &mut Mask) -> Markup {
    let shown = of.records.iter().take(RECORDS);
    html! {
        (together(context, of, mask))
        li.many {
            div.scroll tabindex="0" role="region" aria-label=(of.kind) {
                table {
                    thead { tr {
                        th scope="col" { (context.pick("主键", "key")) }
                        @for column in columns { th scope="col" class=[class(column)] { (labels::field(column, context.lang)) } }
                        @if !of.laid.is_empty() { th.n scope="col" { (context.pick("计入", "counted")) } }
                    } }
                    tbody { @for (name, record) in shown { tr {
                        th scope="row" { (cell(&mask.id(&name.kind, &name.key))) @if record.is_none() { " " (not_kept(context)) } }
                        @for column in columns {
                            @let fields = record.map(|record| (record.fields.get(column), record.as_sent.get(column)));
                            @let (value, sent) = fields.unwrap_or_default();
                            td class=[class(column)] {
                                (cell(&mask.field(column, value.unwrap_or_default())))
                                @if let Some(sent) = sent { (as_sent(context, &mask.field(column, sent))) }
                            }
                        }
                        @if !of.laid.is_empty() {
                            td.n { @if let Some((laid, taken)) = of.laid.get(name.key.as_str()) { (taken_of(*laid, *taken)) } }
                        }
                    } } }
                }
            }
            @if of.records.len() > RECORDS { span.soft { (rest(context, of.records.len() - RECORDS)) } }
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

fn not_kept(context: &RenderContext<'_>) -> Markup {
    html! { span.soft { (context.pick("（记录未保留）", "(the record was not kept)")) } }
}

fn as_sent(context: &RenderContext<'_>, sent: &str) -> Markup {
    html! { span.soft { (context.pick("（上传值 ", " (sent as ")) (sent) (context.pick("）", ")")) } }
}

/// Whether a field shows something that the page has not shown yet.
fn shows(
    context: &RenderContext<'_>,
    found: &Found,
    person: Option<&str>,
    (name, value): &(String, String),
) -> bool {
    let family = found.alert.family.as_ref();
    match name.as_str() {
        _ if value.is_empty() => false,
        "fixmedins_code" => value != context.code(),
        "psn_no" => Some(value.as_str()) != person,
        "live" => value != "1",
        // These matter to some rules only; `explain` has them all.
        "recv_time" => family == "data_quality",
        "insutype" => family == "eligibility",
        "bill_code" | "bill_no" | "setl_id" | "rx_id" => family == "fake_receipt",
        _ => true,
    }
}

fn field(context: &RenderContext<'_>, name: &str, value: &str, sent: Option<&str>) -> Markup {
    html! {
        span.f {
            i { (labels::field(name, context.lang)) } (value)
            @if let Some(sent) = sent { (as_sent(context, sent)) }
        }
    }
}

fn rest(context: &RenderContext<'_>, more: usize) -> String {
    match context.lang {
        rulebank::Lang::Zh => format!("另有{more}条，见 fundwatch explain"),
        rulebank::Lang::En => format!("and {more} more: fundwatch explain tells them"),
    }
}
