//! Stock: what was counted, what can have been there and what was billed, as far as a run keeps it.
//!
//! A finding of the stock balance keeps its opening count and the values of its sentence; the records that its money
//! lies on are some of the uses. Purchases and changes of stock are not kept, and the page states so.

use maud::{Markup, html};
use records::time::{parse_date, start_of};
use wire::RecordName;

use super::super::read::Found;
use super::context::RenderContext;
use super::lanes::{drawn, time_of};
use crate::html::notice;
use crate::html::plot::{Bar, Lane, Look, Mark, Words, bars};
use crate::html::table::{Table, cell};
use crate::number::yuan;

/// Items that are drawn.
const ITEMS: usize = 24;

/// The findings that compare uses with stock or purchases.
pub(super) fn stock(context: &RenderContext<'_>) -> Markup {
    let of_detector = |name: &str| -> Vec<&Found> {
        let is = |id: &str| context.rule(id).is_some_and(|rule| rule.detector == name);
        context.dossier.shown().filter(|found| is(&found.alert.rule)).collect()
    };
    let (balance, gap) = (of_detector("stock_balance"), of_detector("supply_gap"));
    if balance.is_empty() && gap.is_empty() {
        return html! {};
    }
    html! {
        h3 { (context.pick("库存", "Stock")) }
        @if !balance.is_empty() { (supply(context, &balance)) (table(context, &balance)) }
        (uses(context, &balance, &gap))
        (notice(context.pick(
            "本页只有运行留下的内容：期初盘点、截至最大超出日的可供量与使用量、金额所落的使用记录。采购、出入库变更和其余使用记录未随运行保留，须到现场调取，本页不作推测。",
            "Only what the run kept stands here: the opening count, supply and uses up to the day of the greatest excess, and the uses that the money lies on. Purchases, changes of stock and the other uses are not kept; ask for them on the spot. Nothing is guessed.",
        )))
    }
}

fn item<'f>(context: &RenderContext<'_>, found: &'f Found) -> &'f str {
    found.alert.key.iter().map(String::as_str).find(|part| *part != context.code()).unwrap_or_default()
}

fn value<'f>(context: &RenderContext<'_>, found: &'f Found, name: &str) -> &'f str {
    let both = found.finding.as_ref().and_then(|finding| finding.values.get(name));
    both.map_or("", |both| match context.lang {
        rulebank::Lang::Zh => both.zh.as_str(),
        rulebank::Lang::En => both.en.as_str(),
    })
}

fn number(text: &str) -> f64 {
    text.replace(',', "").parse().unwrap_or(0.0)
}

fn supply(context: &RenderContext<'_>, balance: &[&Found]) -> Markup {
    let rows: Vec<Bar> = balance
        .iter()
        .take(ITEMS)
        .map(|found| Bar {
            label: item(context, found).to_owned(),
            value: number(value(context, found, "supply")),
            second: Some(number(value(context, found, "used"))),
            text: format!("{} / {}", value(context, found, "supply"), value(context, found, "used")),
        })
        .collect();
    let words = Words {
        title: context.pick("可供量与使用量，截至最大超出日", "Supply and uses, up to the day of the greatest excess"),
        description: context.pick(
            "每个品种一行：深色为可供量，浅色为使用量；浅色长出的部分没有货可供。",
            "A row for each item: dark is what can have been there, pale what was billed; where pale is longer there was nothing to give.",
        ),
    };
    bars(words, [context.pick("可供", "supply"), context.pick("使用", "billed")], &rows)
}

fn table(context: &RenderContext<'_>, balance: &[&Found]) -> Markup {
    let mut table = Table::new(context.pick("库存平衡", "The balance"))
        .text(context.pick("品种", "item"))
        .text(context.pick("期初盘点", "opening count"))
        .text(context.pick("截至", "up to"))
        .number(context.pick("可供", "supply"))
        .number(context.pick("使用", "billed"))
        .number(context.pick("超出容许", "beyond tolerance"))
        .number(context.pick("计入（元）", "counted, yuan"));
    for found in balance {
        let opening = found.alert.evidence.iter().find(|name| name.kind == "stock_count");
        let opening = opening.and_then(|name| context.dossier.records.get(name)).map_or_else(
            || context.pick("无：自零起算", "none: taken as zero").to_owned(),
            |record| {
                let show = |name| record.fields.get(name).unwrap_or_default();
                format!("{} ({})", show("inv_cnt"), show("invdate"))
            },
        );
        table.row([
            cell(item(context, found)),
            cell(&opening),
            cell(value(context, found, "day")),
            cell(value(context, found, "supply")),
            cell(value(context, found, "used")),
            cell(value(context, found, "excess")),
            cell(&yuan(found.counted)),
        ]);
    }
    html! { (table) }
}

/// Counts, the day of the greatest excess and the uses that carry money, on an axis of days.
fn uses(context: &RenderContext<'_>, balance: &[&Found], gap: &[&Found]) -> Markup {
    let both: Vec<&Found> = balance.iter().chain(gap).copied().collect();
    let lanes: Vec<Lane> = both.iter().take(ITEMS).map(|found| lane(context, found)).collect();
    let key = [
        (Look::Main, context.pick("金额所落的使用", "uses that carry the money")),
        (Look::Warn, context.pick("期初盘点", "opening count")),
        (Look::Beside, context.pick("最大超出日、发现日", "day of the greatest excess, or found")),
    ];
    let words = Words {
        title: context.pick("盘点与使用，按品种", "Counts and uses by item"),
        description: context.pick(
            "每行一个品种，圆点为期初盘点、金额所落的使用记录和最大超出日。",
            "A lane for each item; dots are the opening count, the uses that carry the money, and the day of the greatest excess.",
        ),
    };
    drawn(context, words, &key, &lanes, both.len())
}

fn lane(context: &RenderContext<'_>, found: &Found) -> Lane {
    let label = format!("{} {}", found.alert.rule, item(context, found));
    let mut lane = Lane { label, spans: Vec::new(), marks: Vec::new() };
    let counts = found.alert.evidence.iter().filter(|name| name.kind == "stock_count").cloned();
    let laid = found.laid().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() });
    for record in counts.chain(laid).filter_map(|name| context.dossier.records.get(&name)) {
        let Some(time) = time_of(record) else { continue };
        let (look, field) = match record.kind.as_ref() {
            "stock_count" => (Look::Warn, "inv_cnt"),
            _ => (Look::Main, "cnt"),
        };
        let text = format!("{} × {}", record.key, record.fields.get(field).unwrap_or_default());
        lane.marks.push(Mark { time, look, text });
    }
    let day = value(context, found, "day");
    if let Some(day) = parse_date(day) {
        let text = found.alert.occurred.clone();
        lane.marks.push(Mark { time: start_of(day), look: Look::Beside, text });
    }
    lane
}
