//! When: months of money, the stays and the sales of the findings on an axis of days.
//!
//! Only what the findings name is drawn, for only that a run keeps.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};
use records::time::{day_of, parse_time};
use wire::{KeptRecord, RecordName};

use super::super::read::Found;
use super::context::RenderContext;
use super::lanes::{drawn, time_of};
use super::money::{length, percent};
use super::stock;
use crate::html::plot::{Lane, Line, Look, Mark, Shape, Span, Words, series};
use crate::html::table::{Table, cell};
use crate::labels;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

/// Lanes of a plot.
const LANES: usize = 26;

/// Months, stays, sales, stock.
pub(super) fn times(context: &RenderContext<'_>, mask: &mut Mask) -> Markup {
    html! {
        (months(context))
        (stays(context, mask))
        (sales(context, mask))
        (stock::stock(context))
    }
}

/// What was paid, and what counts, month by month.
fn months(context: &RenderContext<'_>) -> Markup {
    let paid = &context.dossier.institution.months;
    let all: BTreeSet<&String> = paid
        .keys()
        .chain(context.dossier.months.keys())
        .chain(context.dossier.reach.iter().map(|r| &r.month))
        .collect();
    if all.is_empty() {
        return html! {};
    }
    let mut table = Table::new(context.pick("逐月", "Month by month"))
        .text(context.pick("月份", "month"))
        .number(context.pick("结算笔数", "settlements"))
        .number(context.pick("基金支付（元）", "paid by the fund, yuan"))
        .number(context.pick("发现", "findings"))
        .number(context.pick("计入（元）", "counted, yuan"))
        .number(context.pick("计入占支付", "counted of paid"));
    let (mut money, mut found) = (Vec::new(), Vec::new());
    for month in &all {
        let turnover = paid.get(*month);
        let fen =
            turnover.map_or(0, |turnover| i64::try_from(turnover.fund_pay_sumamt.0).unwrap_or(i64::MAX));
        let settlements = turnover.map_or(0, |turnover| u64::try_from(turnover.settlements).unwrap_or(0));
        let (findings, counted) = context.dossier.months.get(*month).copied().unwrap_or_default();
        money.push(Some(length(fen) / 100.0));
        found.push(Some(length(counted) / 100.0));
        table.row([
            cell(month),
            cell(&grouped(settlements)),
            cell(&yuan(fen)),
            cell(&grouped(findings)),
            cell(&yuan(counted)),
            cell(&percent(counted, fen)),
        ]);
    }
    let labels: Vec<String> = all.iter().map(|month| (*month).clone()).collect();
    let drawn = |title, description, values| {
        let line = Line { name: String::new(), values };
        series(Words { title, description }, context.pick("元", "yuan"), &labels, &[line], Shape::Straight)
    };
    html! {
        @if labels.len() > 1 {
            (drawn(
                context.pick("基金支付，逐月", "Paid by the fund, by month"),
                context.pick("折线：每月基金支付；数字见下表。", "A line: what the fund paid in each month; the table below has the figures."),
                money,
            ))
            (drawn(
                context.pick("计入金额，按发生月份", "Counted money, by the month in which it occurred"),
                context.pick("折线：每月计入金额；数字见下表。", "A line: counted money of each month; the table below has the figures."),
                found,
            ))
        }
        (table)
    }
}

/// The records of a finding that are kept, evidence and money.
fn kept<'d>(context: &RenderContext<'d>, found: &Found) -> Vec<&'d KeptRecord> {
    let laid = found.laid().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() });
    let names: BTreeSet<RecordName> = found.alert.evidence.iter().cloned().chain(laid).collect();
    names.iter().filter_map(|name| context.dossier.records.get(name)).collect()
}

/// Whether a visit is a stay by the bank's table of classes.
fn is_stay(context: &RenderContext<'_>, record: &KeptRecord) -> bool {
    let (Some(code), Some(begin)) = (record.fields.get("med_type"), time_of(record)) else { return false };
    let rows = context.dossier.bank.tables.rows("med_type");
    let row = rows.iter().find(|row| row.text("code") == code && row.holds_on(day_of(begin)));
    row.is_some_and(|row| row.text("class") == "inpatient")
}

fn here(context: &RenderContext<'_>, record: &KeptRecord) -> Look {
    if record.fields.get("fixmedins_code") == Some(context.code()) { Look::Main } else { Look::Other }
}

/// A person's records of findings.
#[derive(Default)]
struct Person<'d> {
    counted: i64,
    records: BTreeMap<(&'d str, &'d str), &'d KeptRecord>,
}

fn stays(context: &RenderContext<'_>, mask: &mut Mask) -> Markup {
    let mut persons: BTreeMap<&str, Person<'_>> = BTreeMap::new();
    for found in context.dossier.shown() {
        let records = kept(context, found);
        let staying: BTreeSet<&str> = records
            .iter()
            .filter(|record| record.kind == "visit" && is_stay(context, record))
            .filter_map(|record| record.fields.get("psn_no"))
            .collect();
        for token in &staying {
            let person = persons.entry(token).or_default();
            person.counted = person.counted.saturating_add(found.counted);
            for record in records.iter().filter(|record| record.fields.get("psn_no") == Some(token)) {
                if matches!(record.kind.as_ref(), "visit" | "person_fact" | "presence") {
                    person.records.insert((&record.kind, &record.key), record);
                }
            }
        }
    }
    if persons.is_empty() {
        return html! {};
    }
    let all = persons.len();
    let mut persons: Vec<(&str, Person<'_>)> = persons.into_iter().collect();
    // What stands alone in its lane shows little: persons with several records come first.
    persons.sort_by_key(|(token, person)| {
        (std::cmp::Reverse(person.records.len().min(2)), std::cmp::Reverse(person.counted), *token)
    });
    let now = context.dossier.run.now.as_deref().and_then(parse_time);
    let lanes: Vec<Lane> =
        persons.iter().take(LANES).map(|(token, person)| lane(context, token, person, now, mask)).collect();
    let key = [
        (Look::Main, context.pick("本机构就诊", "visits here")),
        (Look::Other, context.pick("其他机构就诊", "visits elsewhere")),
        (Look::Warn, context.pick("死亡、羁押、出境等事实", "death, custody, travel")),
        (Look::Beside, context.pick("身份核验", "identity checks")),
    ];
    let title = context.pick("发现所涉人员的住院与就诊", "Stays and visits of the persons found");
    let description = context.pick(
        "每行一人：横条为住院的起止，圆点为门诊、核验与外部事实。",
        "A lane for each person: bars are stays from begin to end, dots are other visits, checks and facts.",
    );
    drawn(context, Words { title, description }, &key, &lanes, all)
}

fn lane(
    context: &RenderContext<'_>,
    token: &str,
    person: &Person<'_>,
    now: Option<i64>,
    mask: &mut Mask,
) -> Lane {
    let mut lane = Lane { label: mask.person(token), spans: Vec::new(), marks: Vec::new() };
    for record in person.records.values() {
        let Some(begin) = time_of(record) else { continue };
        let show = |name| record.fields.get(name).unwrap_or_default();
        let kind = labels::kind(&record.kind, context.lang);
        let text = match record.kind.as_ref() {
            "visit" => {
                format!(
                    "{} {} – {} {}",
                    mask.id("visit", &record.key),
                    show("begntime"),
                    show("endtime"),
                    show("fixmedins_code")
                )
            }
            "person_fact" => format!("{kind} {} {}", show("fact"), show("begin")),
            _ => format!("{kind} {} {}", show("idv_time"), show("fixmedins_code")),
        };
        if record.kind == "visit" && is_stay(context, record) {
            let end = record.fields.get("endtime").and_then(parse_time).or(now).unwrap_or(begin);
            lane.spans.push(Span { begin, end, look: here(context, record), text });
        } else {
            let look = match record.kind.as_ref() {
                "visit" => here(context, record),
                "person_fact" => Look::Warn,
                _ => Look::Beside,
            };
            lane.marks.push(Mark { time: begin, look, text });
        }
    }
    lane
}

fn sales(context: &RenderContext<'_>, mask: &mut Mask) -> Markup {
    let mut lanes: BTreeMap<(bool, std::cmp::Reverse<i64>, String), Lane> = BTreeMap::new();
    let mut items: BTreeMap<String, (i64, Lane)> = BTreeMap::new();
    for found in context.dossier.shown() {
        let sales: Vec<&KeptRecord> =
            kept(context, found).into_iter().filter(|record| record.kind == "dispensing").collect();
        let alone = sales.len() == 1;
        for record in sales {
            let Some(time) = time_of(record) else { continue };
            let show = |name| record.fields.get(name).unwrap_or_default();
            let item = show("med_list_codg");
            let key = mask.id("dispensing", &record.key);
            let text = format!("{} {key} {item} × {}", show("sel_time"), show("cnt"));
            let mark = Mark { time, look: here(context, record), text };
            let empty = || Lane { label: String::new(), spans: Vec::new(), marks: Vec::new() };
            if alone {
                let entry = items.entry(item.to_owned()).or_insert_with(|| (0, empty()));
                entry.0 = entry.0.saturating_add(found.counted);
                entry.1.marks.push(mark);
            } else {
                let order = (false, std::cmp::Reverse(found.counted), found.alert.alert_id.clone());
                let lane = lanes.entry(order).or_insert_with(empty);
                let parts = context.key(found, mask);
                let first = found.alert.key.iter().zip(&parts).find(|(part, _)| *part != context.code());
                lane.label =
                    format!("{} {}", found.alert.rule, first.map_or("", |(_, masked)| masked.as_str()));
                lane.marks.push(mark);
            }
        }
    }
    for (item, (counted, mut lane)) in items {
        lane.label.clone_from(&item);
        lanes.insert((true, std::cmp::Reverse(counted), item), lane);
    }
    if lanes.is_empty() {
        return html! {};
    }
    let all = lanes.len();
    let lanes: Vec<Lane> = lanes.into_values().take(LANES).collect();
    let key = [
        (Look::Main, context.pick("本机构销售", "sales here")),
        (Look::Other, context.pick("其他机构销售", "sales elsewhere")),
    ];
    let title = context.pick("发现所涉销售", "The sales found");
    let description = context.pick(
        "每行一条发现（多笔销售）或一个品种（单笔销售），圆点为销售。",
        "A lane for each finding of several sales, and for each item of single ones; dots are sales.",
    );
    drawn(context, Words { title, description }, &key, &lanes, all)
}
