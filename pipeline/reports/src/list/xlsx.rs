//! A list for those who work in a spreadsheet: rows, findings, draw and coverage, each a sheet with a frozen header
//! and filters.
//!
//! What the first sheet shows of a row is the array of [`super::columns`]. The file carries a fixed date: the same list is
//! the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use rulebank::Lang;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet, XlsxError};
use wire::list::{ListFacts, ListRow};
use wire::{Alert, Owners, Share};

use super::columns::{COLUMNS, WHO};
use super::made::List;
use super::runs::Runs;
use super::sheet::{Cell, Formats, Sheet};
use super::{estimated, words};
use crate::error::Error;
use crate::labels;
use crate::language::pick;
use crate::mask::{Mask, key_names};

/// Findings that are shown of each row, those of the most counted money first.
const FINDINGS: usize = 200;

/// The workbook.
///
/// # Errors
/// The runs cannot be read again, or the workbook is too large for its format.
pub fn bytes(list: &List, runs: &Runs<'_>, mask: &mut Mask, lang: Lang) -> Result<Vec<u8>, Error> {
    let findings = findings(list, runs, mask)?;
    let detectors = runs.detectors()?;
    let names = |alert: &Alert| {
        let detector = detectors.get(&alert.rule)?;
        key_names(detector, alert.key.len(), runs.specs())
    };
    let mut build = || {
        let mut book = Workbook::new();
        let date = ExcelDateTime::from_ymd(2026, 1, 1)?;
        book.set_properties(&DocProperties::new().set_author("fundwatch").set_creation_datetime(&date));
        let formats = Formats::new();
        rows_sheet(book.add_worksheet(), &formats, list, mask, lang)?;
        let left_out = findings_sheet(book.add_worksheet(), &formats, list, (&findings, &names), mask, lang)?;
        draw_sheet(book.add_worksheet(), &formats, &list.published, left_out, mask, lang)?;
        coverage_sheet(book.add_worksheet(), &formats, &list.rows, mask, lang)?;
        book.save_to_buffer()
    };
    build().map_err(|error: XlsxError| Error::Write {
        path: PathBuf::from("the workbook"),
        source: io::Error::other(error),
    })
}

fn rows_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    list: &List,
    mask: &mut Mask,
    lang: Lang,
) -> Result<(), XlsxError> {
    let columns = || COLUMNS.iter().filter_map(|column| column.sheet.as_ref());
    let headings = columns().map(|column| (column.heading(lang), column.look));
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "名单", "list"), headings)?;
    for row in &list.rows {
        sheet.row(columns().map(|column| column.cell(row, mask, lang)))?;
    }
    sheet.end()
}

/// Headings and widths of a sheet whose rows are of those on the list.
fn headings_of_who(lang: Lang, own: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    let who = WHO.iter().filter_map(|column| column.sheet.as_ref());
    who.map(|column| (column.heading(lang), column.look)).chain(own.iter().copied()).collect()
}

/// The first cells of such a row.
fn cells_of_who(row: &ListRow, mask: &mut Mask, lang: Lang) -> Vec<Cell> {
    let who = WHO.iter().filter_map(|column| column.sheet.as_ref());
    who.map(|column| column.cell(row, mask, lang)).collect()
}

/// A finding of a listed one.
struct Finding {
    counted_fen: i64,
    amount_fen: i64,
    alert: Alert,
}

/// The findings of most counted money of each row, and how many there are besides.
struct Findings {
    shown: Vec<Finding>,
    more: u64,
}

fn findings(list: &List, runs: &Runs<'_>, mask: &mut Mask) -> Result<BTreeMap<String, Findings>, Error> {
    let ids: BTreeSet<String> = list.rows.iter().map(|row| row.id().to_owned()).collect();
    let mut found: BTreeMap<String, Findings> = BTreeMap::new();
    let mut persons: BTreeSet<String> = BTreeSet::new();
    runs.alerts_of(list.of, &ids, |alert: Alert, owners: Owners| {
        let day = alert.occurred.get(..10).and_then(records::time::parse_date);
        if alert.exempted_by.is_some() || !day.is_some_and(|day| list.period.holds(day)) {
            return Ok(());
        }
        persons.extend(owners.persons.iter().map(|share| share.id.clone()));
        if matches!(alert.subject.r#type.as_ref(), "person" | "group") {
            persons.insert(alert.subject.id.clone());
        }
        let mine = list.of.shares(&owners).iter().filter(|share| ids.contains(&share.id));
        mine.into_iter().for_each(|share| keep(&mut found, share, &alert));
        Ok(())
    })?;
    mask.know_all(persons.iter().map(String::as_str));
    for of_row in found.values_mut() {
        of_row.cut();
    }
    Ok(found)
}

fn keep(found: &mut BTreeMap<String, Findings>, share: &Share, alert: &Alert) {
    let counted_fen = share.counted_amount.fen();
    let amount_fen = share.amount.fen();
    let of_row = found.entry(share.id.clone()).or_insert_with(|| Findings { shown: Vec::new(), more: 0 });
    of_row.shown.push(Finding { counted_fen, amount_fen, alert: alert.clone() });
    if of_row.shown.len() >= 2 * FINDINGS {
        of_row.cut();
    }
}

impl Findings {
    /// Leaves those of the most counted money, then of the most amount, then by id.
    fn cut(&mut self) {
        self.shown.sort_by(|a, b| {
            let key = |finding: &Finding| (finding.counted_fen, finding.amount_fen);
            key(b).cmp(&key(a)).then_with(|| a.alert.alert_id.cmp(&b.alert.alert_id))
        });
        self.more += self.shown.len().saturating_sub(FINDINGS) as u64;
        self.shown.truncate(FINDINGS);
    }
}

/// What the parts of an alert's key are called, if its rule is known.
type KeyNames<'a> = dyn Fn(&Alert) -> Option<&'static [&'static str]> + 'a;

/// Gives how many findings are left out.
fn findings_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    list: &List,
    (findings, names): (&BTreeMap<String, Findings>, &KeyNames<'_>),
    mask: &mut Mask,
    lang: Lang,
) -> Result<u64, XlsxError> {
    let own = [
        (pick(lang, "规则", "rule"), 6.0),
        (pick(lang, "结论", "verdict"), 9.0),
        (pick(lang, "类别", "family"), 14.0),
        (pick(lang, "发生时间", "occurred"), 19.0),
        (pick(lang, "计入金额", "counted amount"), 14.0),
        (pick(lang, "疑点金额", "suspected amount"), 14.0),
        (pick(lang, "对象", "key"), 30.0),
        (pick(lang, "说明", "message"), 70.0),
        (pick(lang, "依据", "basis"), 50.0),
        (pick(lang, "疑点编号", "alert_id"), 38.0),
    ];
    let headings = headings_of_who(lang, &own);
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "疑点", "findings"), headings)?;
    let mut left_out = 0;
    for row in &list.rows {
        let Some(of_row) = findings.get(row.id()) else { continue };
        for Finding { counted_fen, amount_fen, alert } in &of_row.shown {
            let message = if lang == Lang::Zh { &alert.message.zh } else { &alert.message.en };
            let who = cells_of_who(row, mask, lang);
            let own = [
                Cell::Text(alert.rule.clone()),
                Cell::Text(labels::word(&alert.verdict, lang).to_owned()),
                Cell::Text(words::family(&alert.family, lang).to_owned()),
                Cell::Text(alert.occurred.clone()),
                Cell::Money(*counted_fen),
                Cell::Money(*amount_fen),
                Cell::Text(mask.key(names(alert), &alert.subject, &alert.key).join(" / ")),
                Cell::Long(mask.sentence(message, alert.institution.as_deref()).into_owned()),
                Cell::Long(alert.basis.join("; ")),
                Cell::Text(alert.alert_id.clone()),
            ];
            sheet.row(who.into_iter().chain(own))?;
        }
        left_out += of_row.more;
    }
    sheet.end()?;
    Ok(left_out)
}

fn draw_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    published: &ListFacts,
    left_out: u64,
    mask: &Mask,
    lang: Lang,
) -> Result<(), XlsxError> {
    let columns = [
        (pick(lang, "事项", "what"), 26.0),
        (pick(lang, "代码", "code"), 18.0),
        (pick(lang, "内容", "value"), 90.0),
    ];
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "抽取", "draw"), columns)?;
    for (what, code, value) in super::html::facts(published, lang) {
        sheet.row([Cell::Text(what), Cell::Text(code), Cell::Long(value)])?;
    }
    if let Some(estimate) = &published.estimate {
        let what = pick(lang, "漏查估计", "what the ranking misses");
        sheet.row([
            Cell::Text(what.to_owned()),
            Cell::Nothing,
            Cell::Long(estimated::sentences(estimate, lang).trim_end().to_owned()),
        ])?;
    }
    let note = match lang {
        Lang::Zh => format!("每行列示计入金额最大的{FINDINGS}条，另有{left_out}条未列"),
        Lang::En => {
            format!("of each row the {FINDINGS} of the most counted money; {left_out} more are not shown")
        }
    };
    sheet.row([Cell::Text(pick(lang, "疑点", "findings").to_owned()), Cell::Nothing, Cell::Long(note)])?;
    sheet.row([
        Cell::Text(pick(lang, "人员", "persons").to_owned()),
        Cell::Nothing,
        Cell::Long(mask.note().to_owned()),
    ])?;
    sheet.end()
}

fn coverage_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    rows: &[ListRow],
    mask: &mut Mask,
    lang: Lang,
) -> Result<(), XlsxError> {
    let own = [
        (pick(lang, "情况", "what"), 20.0),
        (pick(lang, "记录或规则", "kind or rule"), 22.0),
        (pick(lang, "原因", "reason"), 30.0),
        (pick(lang, "数量", "number"), 10.0),
    ];
    let headings = headings_of_who(lang, &own);
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "数据覆盖", "coverage"), headings)?;
    for row in rows {
        let Some(coverage) = &row.coverage else { continue };
        let mut line = |what: &str, name: &str, reason: String, count: u64| {
            let own = [
                Cell::Text(what.to_owned()),
                Cell::Text(name.to_owned()),
                Cell::Text(reason),
                Cell::Count(count),
            ];
            sheet.row(cells_of_who(row, mask, lang).into_iter().chain(own))
        };
        for kind in &coverage.never {
            let what = pick(lang, "从未上传（月）", "never sent (months)");
            line(what, labels::kind(kind, lang), String::new(), coverage.months)?;
        }
        for (kind, months) in &coverage.silent {
            line(
                pick(lang, "未上传（月）", "silent (months)"),
                labels::kind(kind, lang),
                String::new(),
                *months,
            )?;
        }
        for (rule, reasons) in &coverage.not_judged {
            for (reason, count) in reasons {
                let reason = crate::dossier::words::reason(reason, lang);
                line(pick(lang, "未能判断", "not judged"), rule, reason, count.unsigned_abs())?;
            }
        }
    }
    sheet.end()
}
