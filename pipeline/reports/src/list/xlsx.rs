//! A list for those who work in a spreadsheet: rows, findings, draw and coverage, each a sheet with a frozen header
//! and filters.
//!
//! Every text is written as a text, so that nothing a hospital calls itself becomes a formula; amounts and shares are
//! numbers with a format. The file carries a fixed date: the same list is the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use rulebank::Lang;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use wire::list::{ListFacts, ListRow};
use wire::{Alert, Owners, Share};

use super::made::List;
use super::runs::Runs;
use super::{estimated, words};
use crate::error::Error;
use crate::labels;
use crate::language::pick;
use crate::mask::Mask;

/// Findings that are shown of each row, those of the most counted money first.
const FINDINGS: usize = 200;

/// Signs that a cell holds.
const TEXT_MAX: usize = 16_000;

/// The workbook.
///
/// # Errors
/// The runs cannot be read again, or the workbook is too large for its format.
pub fn bytes(list: &List, runs: &Runs<'_>, mask: &mut Mask, lang: Lang) -> Result<Vec<u8>, Error> {
    let findings = findings(list, runs, mask)?;
    let mut build = || {
        let mut book = Workbook::new();
        let date = ExcelDateTime::from_ymd(2026, 1, 1)?;
        book.set_properties(&DocProperties::new().set_author("fundwatch").set_creation_datetime(&date));
        let formats = Formats::new();
        rows_sheet(book.add_worksheet(), &formats, list, mask, lang)?;
        let left_out = findings_sheet(book.add_worksheet(), &formats, list, &findings, mask, lang)?;
        draw_sheet(book.add_worksheet(), &formats, &list.published, left_out, mask, lang)?;
        coverage_sheet(book.add_worksheet(), &formats, &list.rows, lang)?;
        book.save_to_buffer()
    };
    build().map_err(|error: XlsxError| Error::Write {
        path: PathBuf::from("the workbook"),
        source: io::Error::other(error),
    })
}

/// How cells look.
struct Formats {
    head: Format,
    text: Format,
    wrapped: Format,
    money: Format,
    count: Format,
    number: Format,
    share: Format,
}

impl Formats {
    fn new() -> Formats {
        let cell = || Format::new().set_align(FormatAlign::Top);
        Formats {
            head: Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top),
            text: cell(),
            wrapped: cell().set_text_wrap(),
            money: cell().set_num_format("#,##0.00"),
            count: cell().set_num_format("#,##0"),
            number: cell().set_num_format("0.######"),
            share: cell().set_num_format("0.0%"),
        }
    }
}

/// What a cell holds.
enum Cell {
    Text(String),
    Long(String),
    /// Fen.
    Money(i64),
    Count(u64),
    Number(f64),
    Share(f64),
    Nothing,
}

/// A sheet that grows downwards.
struct Sheet<'s> {
    sheet: &'s mut Worksheet,
    formats: &'s Formats,
    columns: u16,
    next: u32,
}

impl<'s> Sheet<'s> {
    fn begin(
        sheet: &'s mut Worksheet,
        formats: &'s Formats,
        name: &str,
        columns: &[(&str, f64)],
    ) -> Result<Sheet<'s>, XlsxError> {
        sheet.set_name(name)?;
        for (column, (heading, width)) in (0..).zip(columns) {
            sheet.write_string_with_format(0, column, *heading, &formats.head)?;
            sheet.set_column_width(column, *width)?;
        }
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
        Ok(Sheet { sheet, formats, columns: u16::try_from(columns.len()).unwrap_or(u16::MAX), next: 1 })
    }

    #[expect(clippy::cast_precision_loss, reason = "a spreadsheet counts in floats")]
    fn row(&mut self, cells: impl IntoIterator<Item = Cell>) -> Result<(), XlsxError> {
        let (sheet, formats, row) = (&mut *self.sheet, self.formats, self.next);
        for (column, cell) in (0..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    sheet.write_string_with_format(row, column, short(&text), &formats.text)?
                }
                Cell::Long(text) => {
                    sheet.write_string_with_format(row, column, short(&text), &formats.wrapped)?
                }
                Cell::Money(fen) => {
                    sheet.write_number_with_format(row, column, fen as f64 / 100.0, &formats.money)?
                }
                Cell::Count(count) => {
                    sheet.write_number_with_format(row, column, count as f64, &formats.count)?
                }
                Cell::Number(number) => {
                    sheet.write_number_with_format(row, column, number, &formats.number)?
                }
                Cell::Share(share) => sheet.write_number_with_format(row, column, share, &formats.share)?,
                Cell::Nothing => sheet,
            };
        }
        self.next += 1;
        Ok(())
    }

    fn end(self) -> Result<(), XlsxError> {
        self.sheet.autofilter(0, 0, self.next - 1, self.columns - 1)?;
        Ok(())
    }
}

/// A text that fits a cell.
fn short(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX {
        text.to_owned()
    } else {
        text.chars().take(TEXT_MAX).chain(['…']).collect()
    }
}

fn some(text: Option<&String>) -> Cell {
    text.map_or(Cell::Nothing, |text| Cell::Text(text.clone()))
}

fn rows_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    list: &List,
    mask: &mut Mask,
    lang: Lang,
) -> Result<(), XlsxError> {
    let columns = [
        (pick(lang, "排名", "rank"), 6.0),
        (pick(lang, "代码", "code"), 17.0),
        (pick(lang, "名称", "name"), 24.0),
        (pick(lang, "类别等级", "type and level"), 18.0),
        (pick(lang, "行政区划", "region"), 9.0),
        (pick(lang, "入选方式", "drawn"), 10.0),
        (pick(lang, "入选概率", "inclusion probability"), 10.0),
        (pick(lang, "已排入", "planned"), 8.0),
        (pick(lang, "检查组", "team"), 16.0),
        (pick(lang, "预计查实金额", "expected amount"), 15.0),
        (pick(lang, "每人日预计", "expected per day"), 14.0),
        (pick(lang, "所需人日", "effort days"), 8.0),
        (pick(lang, "计入金额", "counted amount"), 15.0),
        (pick(lang, "已查处金额", "settled amount"), 14.0),
        (pick(lang, "确定类占比", "share of definite"), 10.0),
        (pick(lang, "疑点数", "alerts"), 8.0),
        (pick(lang, "同类机构数", "peers"), 8.0),
        (pick(lang, "同类中位数", "peers' median"), 14.0),
        (pick(lang, "主要规则", "rules of most money"), 44.0),
        (pick(lang, "按类别", "by family"), 44.0),
        (pick(lang, "按月", "by month"), 40.0),
        (pick(lang, "数据缺口", "what could not be judged"), 40.0),
    ];
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "名单", "list"), &columns)?;
    for row in &list.rows {
        let rules = row.top_rules.iter().map(|top| format!("{} {}", top.rule, top.expected_amount));
        let families = row
            .by_family
            .iter()
            .map(|(name, part)| format!("{} {}", words::family(name, lang), part.expected_amount));
        let months = row.trend.iter().map(|(month, amount)| format!("{month} {amount}"));
        let planned = row
            .planned
            .map(|planned| pick(lang, if planned { "是" } else { "否" }, if planned { "yes" } else { "no" }));
        let joined =
            |parts: &mut dyn Iterator<Item = String>| Cell::Long(parts.collect::<Vec<_>>().join("; "));
        sheet.row([
            Cell::Count(row.rank),
            Cell::Text(words::id(row, mask)),
            some(row.fixmedins_name.as_ref()),
            Cell::Text(words::kind(row, lang)),
            some(row.admdvs.as_ref()),
            Cell::Text(words::drawn(row.drawn, lang).to_owned()),
            Cell::Number(row.inclusion_probability),
            planned.map_or(Cell::Nothing, |planned| Cell::Text(planned.to_owned())),
            row.team.as_ref().map_or(Cell::Nothing, |team| Cell::Text(team.join(", "))),
            Cell::Money(row.expected_amount.fen()),
            Cell::Money(row.expected_per_day.fen()),
            Cell::Number(row.effort_days),
            Cell::Money(row.counted_amount.fen()),
            Cell::Money(row.settled_amount.fen()),
            Cell::Share(row.definite_share),
            Cell::Count(row.alerts),
            Cell::Count(row.peers),
            Cell::Money(row.peers_median.fen()),
            joined(&mut rules.into_iter()),
            joined(&mut families.into_iter()),
            joined(&mut months.into_iter()),
            Cell::Long(words::gaps(row, lang)),
        ])?;
    }
    sheet.end()
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

/// Gives how many findings are left out.
fn findings_sheet(
    sheet: &mut Worksheet,
    formats: &Formats,
    list: &List,
    findings: &BTreeMap<String, Findings>,
    mask: &mut Mask,
    lang: Lang,
) -> Result<u64, XlsxError> {
    let columns = [
        (pick(lang, "排名", "rank"), 6.0),
        (pick(lang, "代码", "code"), 17.0),
        (pick(lang, "名称", "name"), 24.0),
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
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "疑点", "findings"), &columns)?;
    let mut left_out = 0;
    for row in &list.rows {
        let Some(of_row) = findings.get(row.id()) else { continue };
        for Finding { counted_fen, amount_fen, alert } in &of_row.shown {
            let message = if lang == Lang::Zh { &alert.message.zh } else { &alert.message.en };
            sheet.row([
                Cell::Count(row.rank),
                Cell::Text(words::id(row, mask)),
                some(row.fixmedins_name.as_ref()),
                Cell::Text(alert.rule.clone()),
                Cell::Text(labels::word(&alert.verdict, lang).to_owned()),
                Cell::Text(words::family(&alert.family, lang).to_owned()),
                Cell::Text(alert.occurred.clone()),
                Cell::Money(*counted_fen),
                Cell::Money(*amount_fen),
                Cell::Text(mask.text(&alert.key.join(" / ")).into_owned()),
                Cell::Long(mask.text(message).into_owned()),
                Cell::Long(alert.basis.join("; ")),
                Cell::Text(alert.alert_id.clone()),
            ])?;
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
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "抽取", "draw"), &columns)?;
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
    lang: Lang,
) -> Result<(), XlsxError> {
    let columns = [
        (pick(lang, "排名", "rank"), 6.0),
        (pick(lang, "代码", "code"), 17.0),
        (pick(lang, "名称", "name"), 24.0),
        (pick(lang, "情况", "what"), 20.0),
        (pick(lang, "记录或规则", "kind or rule"), 22.0),
        (pick(lang, "原因", "reason"), 30.0),
        (pick(lang, "数量", "number"), 10.0),
    ];
    let mut sheet = Sheet::begin(sheet, formats, pick(lang, "数据覆盖", "coverage"), &columns)?;
    for row in rows {
        let Some(coverage) = &row.coverage else { continue };
        let mut line = |what: &str, name: &str, reason: String, count: u64| {
            sheet.row([
                Cell::Count(row.rank),
                Cell::Text(row.id().to_owned()),
                some(row.fixmedins_name.as_ref()),
                Cell::Text(what.to_owned()),
                Cell::Text(name.to_owned()),
                Cell::Text(reason),
                Cell::Count(count),
            ])
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
