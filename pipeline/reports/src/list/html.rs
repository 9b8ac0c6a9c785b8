//! A list as a page: who, how much, why, how the lots fell, and what is not known.
//!
//! A pure function of the rows and the published facts, so that a page can be made again with the estimate in it when
//! decisions have come back. Lengths stand where people would rather look than read.

mod lots;

use maud::{Markup, html};
use rulebank::Lang;
use wire::Fen;
use wire::list::{DrawReason, ListFacts, ListRow};

use super::columns::COLUMNS;
use super::made::expected_sum;
use super::words::number;
use super::words::{self, days_text};
use crate::html::plot::{self, Bar, Words};
use crate::html::table::{Table, cell};
use crate::html::{Document, Figure, figures, notice, section};
use crate::language::pick;
use crate::layout::Align;
use crate::mask::Mask;
use crate::number::{grouped, yuan};

pub use lots::facts;

/// How many stand in the plot.
const PLOTTED: usize = 25;

/// The page.
pub fn page(rows: &[ListRow], published: &ListFacts, mask: &mut Mask, lang: Lang) -> String {
    let of = words::of(&published.of, lang);
    let title = match lang {
        Lang::Zh => format!("检查名单：{of}"),
        Lang::En => format!("Whom to inspect: {of}"),
    };
    let subtitle = match lang {
        Lang::Zh => format!("疑点发生期间 {}", published.period),
        Lang::En => format!("Findings that occurred in {}", published.period),
    };
    let body = html! {
        (figures(&summary(rows, published, lang)))
        (notice(lead(lang)))
        (section("list", pick(lang, "名单", "The list"), html! {
            (drawing(rows, mask, lang))
            (table(rows, mask, lang))
            p.soft.small { (reading(lang)) }
        }))
        (gaps(rows, mask, lang))
        (lots::estimate(published, lang))
        (lots::draw(published, lang))
        (lots::teams(published, lang))
        (lots::chances(published, lang))
    };
    Document::new(&title, lang)
        .subtitle(&subtitle)
        .note(mask.note())
        .note(origin(published, lang).as_str())
        .page(&body)
}

fn summary(rows: &[ListRow], published: &ListFacts, lang: Lang) -> Vec<Figure> {
    let ranked = || rows.iter().filter(|row| row.drawn == DrawReason::Ranked);
    let money = |amount: Fen| yuan(amount.fen());
    let figure = |name: &str, value: String, hint: String| Figure { name: name.to_owned(), value, hint };
    let mut figures = vec![
        figure(
            pick(lang, "入榜", "ranked"),
            grouped(ranked().count() as u64),
            published.draw.as_ref().map_or(String::new(), |draw| match lang {
                Lang::Zh => format!("抽样框共{}家", grouped(draw.frame_size)),
                Lang::En => format!("of a frame of {}", grouped(draw.frame_size)),
            }),
        ),
        figure(
            pick(lang, "预计查实（元）", "expected, yuan"),
            money(expected_sum(ranked())),
            pick(lang, "入榜合计", "all that are ranked").to_owned(),
        ),
    ];
    if let Some(draw) = &published.draw {
        let hint = match lang {
            Lang::Zh => format!("其余{}家中随机抽取", grouped(draw.open)),
            Lang::En => format!("by lot, of the {} others", grouped(draw.open)),
        };
        figures.push(figure(pick(lang, "随机对照", "control group"), draw.drawn.len().to_string(), hint));
    }
    if let Some(plan) = &published.plan {
        let planned = rows.iter().filter(|row| row.planned == Some(true));
        let hint = match lang {
            Lang::Zh => format!("{}家，用{}", plan.planned, days_text(plan.days_planned, lang)),
            Lang::En => format!("{} visits, {}", plan.planned, days_text(plan.days_planned, lang)),
        };
        figures.push(figure(pick(lang, "可用人日", "inspector days"), plan.days.to_string(), hint));
        figures.push(figure(
            pick(lang, "排入者预计（元）", "expected of the planned, yuan"),
            money(expected_sum(planned)),
            String::new(),
        ));
    }
    figures
}

fn lead(lang: Lang) -> &'static str {
    pick(
        lang,
        "本名单是线索排序，不是结论。“预计”是计入金额乘以同类疑点被查实的概率，再减去已查处部分；是否违规由检查人员认定。",
        "This list orders leads and is no verdict. What is expected is counted money times the chance that such a finding is confirmed, without what was inspected already. People decide.",
    )
}

fn reading(lang: Lang) -> &'static str {
    pick(
        lang,
        "按每人日预计金额排序。“同类中位数”是同类别同等级机构预计金额的中位数（含本机构）。小柱为逐月预计金额。",
        "Ordered by what is expected per inspector day. The peers' median is that of the expected amounts of all of the same type and level, itself among them. Small bars: expected by month.",
    )
}

fn origin(published: &ListFacts, lang: Lang) -> String {
    let alerts: u64 = published.runs.iter().map(|run| run.alerts).sum();
    let now = published.runs.iter().filter_map(|run| run.now.as_deref()).max().unwrap_or("-");
    match lang {
        Lang::Zh => format!("依据{}次运行的{}条疑点，数据截至{now}。", published.runs.len(), grouped(alerts)),
        Lang::En => {
            format!(
                "Made of {} alerts of {} run(s); data as of {now}.",
                grouped(alerts),
                published.runs.len()
            )
        }
    }
}

/// Who it is, in a line.
fn name(row: &ListRow, mask: &mut Mask) -> String {
    let id = words::id(row, mask);
    match &row.fixmedins_name {
        Some(name) => format!("{} {name}", row.rank),
        None => format!("{} {id}", row.rank),
    }
}

fn drawing(rows: &[ListRow], mask: &mut Mask, lang: Lang) -> Markup {
    let bars: Vec<Bar> = rows
        .iter()
        .filter(|row| row.drawn == DrawReason::Ranked)
        .take(PLOTTED)
        .map(|row| Bar {
            label: name(row, mask),
            value: number(row.expected_amount.fen()),
            second: Some(number(row.counted_amount.fen() - row.settled_amount.fen())),
            text: match lang {
                Lang::Zh => format!(
                    "{}（每人日{}）",
                    yuan(row.expected_amount.fen()),
                    yuan(row.expected_per_day.fen())
                ),
                Lang::En => format!(
                    "{} ({} a day)",
                    yuan(row.expected_amount.fen()),
                    yuan(row.expected_per_day.fen())
                ),
            },
        })
        .collect();
    if bars.is_empty() {
        return html! {};
    }
    let title = match lang {
        Lang::Zh => format!("前{}名：预计查实金额（元）", bars.len()),
        Lang::En => format!("The first {}: expected amount, yuan", bars.len()),
    };
    let description = pick(
        lang,
        "每行一家，深色为预计查实金额，浅色为尚未查处的计入金额。",
        "One row each: dark what is expected, pale the counted money that was not inspected yet.",
    );
    let names =
        [pick(lang, "预计查实", "expected"), pick(lang, "计入、未查处", "counted, not inspected yet")];
    plot::bars(Words { title: &title, description }, names, &bars)
}

fn table(rows: &[ListRow], mask: &mut Mask, lang: Lang) -> Table {
    let columns = || COLUMNS.iter().filter_map(|column| column.page.as_ref());
    let mut table = Table::new(pick(lang, "入榜与随机对照", "Ranked, and the control group"));
    for column in columns() {
        let heading = column.heading(lang);
        table = if column.look == Align::Right { table.number(heading) } else { table.text(heading) };
    }
    for row in rows {
        table.row(columns().map(|column| column.cell(row, mask, lang)));
    }
    table
}

fn gaps(rows: &[ListRow], mask: &mut Mask, lang: Lang) -> Markup {
    let mut table = Table::new(pick(lang, "数据缺口", "What is missing"))
        .number("#")
        .text(pick(lang, "对象", "who"))
        .text(pick(lang, "情况", "what"));
    for row in rows {
        let gaps = words::gaps(row, lang);
        if !gaps.is_empty() {
            let who = row.fixmedins_name.clone().unwrap_or_else(|| words::id(row, mask));
            table.row([html! { (row.rank) }, cell(&who), cell(&gaps)]);
        }
    }
    if table.is_empty() {
        return html! {};
    }
    let lead = pick(
        lang,
        "没有数据的地方规则说不出话：下列机构的金额可能偏低，不等于清白。",
        "Where records are missing the rules are silent: what is expected of these may be too low, and silence is not clean.",
    );
    section("gaps", pick(lang, "未能判断的部分", "What could not be judged"), html! { p { (lead) } (table) })
}
