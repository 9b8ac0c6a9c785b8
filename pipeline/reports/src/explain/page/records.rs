//! The records behind an alert: a single one of its kind field by field, several as a table.

use rulebank::Lang;

use super::rows::{ROWS, rest};
use crate::labels;
use crate::language::pick;
use crate::layout::{Align, Page};
use wire::KeptRecord;
use wire::explanation::Explanation;

/// Shows the records, kind by kind.
pub(super) fn records(page: &mut Page, explanation: &Explanation, lang: Lang) {
    if explanation.records.is_empty() {
        return;
    }
    page.heading(pick(lang, "依据的记录", "The records"));
    for of_kind in explanation.records.chunk_by(|a, b| a.kind == b.kind) {
        let name = labels::kind(&of_kind[0].kind, lang);
        match of_kind {
            [record] => one(page, name, record, lang),
            several => many(page, name, several, lang),
        }
    }
}

/// A single record, its fields one below the other.
fn one(page: &mut Page, kind: &str, record: &KeptRecord, lang: Lang) {
    page.plain(&format!("  {kind} {}{}", record.key, revision(record, lang)));
    let fields: Vec<Vec<String>> = record
        .fields
        .0
        .iter()
        .map(|(name, value)| {
            let sent = record.as_sent.get(name).map(|sent| {
                format!("{}{sent}", pick(lang, "（上传值 ", "(sent as ")) + pick(lang, "）", ")")
            });
            vec![
                format!("  {}", labels::field(name, lang)),
                name.clone(),
                format!("{value}{}", sent.map(|sent| format!(" {sent}")).unwrap_or_default()),
            ]
        })
        .collect();
    page.rows(&fields, &[]);
}

/// Records of one kind as a table; what all of them have in common stands above it.
fn many(page: &mut Page, kind: &str, records: &[KeptRecord], lang: Lang) {
    page.plain(&format!("  {kind}: {}", records.len()));
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in records.iter().flat_map(|record| &record.fields.0) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let (same, differ): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| {
        let first = records[0].fields.get(name);
        first.is_some() && records.iter().all(|record| record.fields.get(name) == first)
    });
    let common: Vec<Vec<String>> = same
        .iter()
        .map(|name| {
            let value = records[0].fields.get(name).unwrap_or_default();
            vec![format!("  {}", labels::field(name, lang)), (*name).to_owned(), value.to_owned()]
        })
        .collect();
    if !common.is_empty() {
        page.plain(pick(lang, "  共同项", "  the same in all"));
        page.rows(&common, &[]);
    }
    let mut rows = vec![
        [pick(lang, "  主键", "  key").to_owned(), pick(lang, "版次", "rev").to_owned()]
            .into_iter()
            .chain(differ.iter().map(|name| labels::field(name, lang).to_owned()))
            .collect::<Vec<_>>(),
    ];
    for record in records.iter().take(ROWS) {
        let rev = record.rev.map(|rev| rev.to_string()).unwrap_or_default();
        let mut row = vec![format!("  {}", record.key), rev];
        row.extend(differ.iter().map(|name| {
            let value = record.fields.get(name).unwrap_or_default();
            match record.as_sent.get(name) {
                Some(sent) => format!("{value} ({}{sent})", pick(lang, "上传 ", "sent ")),
                None => value.to_owned(),
            }
        }));
        rows.push(row);
    }
    let mut aligns = vec![Align::Left, Align::Right];
    aligns.extend(differ.iter().map(|name| match *name {
        "cnt"
        | "pric"
        | "det_item_fee_sumamt"
        | "fund_amt"
        | "fund_pay_sumamt"
        | "acct_pay"
        | "finl_trns_pric"
        | "inv_cnt" => Align::Right,
        _ => Align::Left,
    }));
    page.rows(&rows, &aligns);
    rest(page, records.len(), ROWS, lang);
}

fn revision(record: &KeptRecord, lang: Lang) -> String {
    record.rev.map(|rev| format!("  {} {rev}", pick(lang, "版次", "revision"))).unwrap_or_default()
}
