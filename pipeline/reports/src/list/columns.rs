//! The columns of a list: what each is called and what it holds of a row, in the workbook, on the page and on the
//! terminal.
//!
//! One array, in the order in which each of the three shows its columns: a column is added by one entry here. What has no
//! form in one of them is left out there. NDJSON has no columns, it writes the row itself.

use maud::{Markup, html};
use rulebank::Lang;
use wire::list::{DrawReason, ListRow};

use super::page_cells;
use super::sheet::Cell;
use super::words::{self, days_text};
use crate::html::table::cell;
use crate::language::pick;
use crate::layout::Align::{self, Left, Right};
use crate::mask::Mask;
use crate::number::yuan;

/// What a column is called, Chinese and English.
type Heading = [&'static str; 2];

/// What a column holds of a row.
type Show<C> = fn(&ListRow, &mut Mask, Lang) -> C;

/// A column in one of the three: its heading, how it looks, and its cells.
#[derive(Debug)]
pub struct Form<L, C> {
    heading: Heading,
    /// The width of the column in signs, or where its cells stand.
    pub look: L,
    show: Show<C>,
}

impl<L, C> Form<L, C> {
    /// What it is called.
    pub fn heading(&self, lang: Lang) -> &'static str {
        let [zh, en] = self.heading;
        pick(lang, zh, en)
    }

    /// What it holds of a row.
    pub fn cell(&self, row: &ListRow, mask: &mut Mask, lang: Lang) -> C {
        (self.show)(row, mask, lang)
    }
}

/// A column of the list.
#[derive(Debug)]
pub struct Column {
    /// In the workbook, as wide as so many signs.
    pub sheet: Option<Form<f64, Cell>>,
    /// On the page.
    pub page: Option<Form<Align, Markup>>,
    /// On the terminal.
    pub terminal: Option<Form<Align, String>>,
}

impl Column {
    const NOWHERE: Column = Column { sheet: None, page: None, terminal: None };

    const fn on_sheet(self, heading: Heading, look: f64, show: Show<Cell>) -> Column {
        Column { sheet: Some(Form { heading, look, show }), ..self }
    }

    const fn on_page(self, heading: Heading, look: Align, show: Show<Markup>) -> Column {
        Column { page: Some(Form { heading, look, show }), ..self }
    }

    const fn on_terminal(self, heading: Heading, look: Align, show: Show<String>) -> Column {
        Column { terminal: Some(Form { heading, look, show }), ..self }
    }
}

/// The rank of the row.
const RANK: Column = Column::NOWHERE
    .on_sheet(["排名", "rank"], 6.0, |row, _, _| Cell::Count(row.rank))
    .on_page(["#", "#"], Right, |row, _, _| html! { (row.rank) })
    .on_terminal(["", ""], Right, |row, _, _| row.rank.to_string());

/// Whose row it is.
const CODE: Column = Column::NOWHERE
    .on_sheet(["代码", "code"], 17.0, |row, mask, _| Cell::Text(words::id(row, mask)))
    .on_terminal(["代码", "code"], Left, |row, mask, _| words::id(row, mask));

/// The name; on the page with code, type, level, region, team and how it was drawn.
const NAME: Column = Column::NOWHERE
    .on_sheet(["名称", "name"], 24.0, |row, _, _| Cell::some(row.fixmedins_name.as_ref()))
    .on_page(["对象", "who"], Left, page_cells::who)
    .on_terminal(["名称", "name"], Left, |row, _, _| row.fixmedins_name.clone().unwrap_or_default());

/// The columns by which a row is recognised on the other sheets of the workbook.
pub const WHO: &[Column] = &[RANK, CODE, NAME];

/// Every column.
pub const COLUMNS: &[Column] = &[
    RANK,
    CODE,
    NAME,
    Column::NOWHERE
        .on_sheet(["类别等级", "type and level"], 18.0, |row, _, lang| Cell::Text(words::kind(row, lang))),
    Column::NOWHERE.on_sheet(["行政区划", "region"], 9.0, |row, _, _| Cell::some(row.admdvs.as_ref())),
    Column::NOWHERE.on_sheet(["入选方式", "drawn"], 10.0, |row, _, lang| {
        Cell::Text(words::drawn(row.drawn, lang).to_owned())
    }),
    Column::NOWHERE.on_sheet(["入选概率", "inclusion probability"], 10.0, |row, _, _| {
        Cell::Number(row.inclusion_probability)
    }),
    Column::NOWHERE.on_sheet(["已排入", "planned"], 8.0, planned),
    Column::NOWHERE.on_sheet(["检查组", "team"], 16.0, |row, _, _| {
        Cell::some(row.team.as_ref().map(|team| team.join(", ")).as_ref())
    }),
    Column::NOWHERE
        .on_sheet(["预计查实金额", "expected amount"], 15.0, |row, _, _| {
            Cell::Money(row.expected_amount.fen())
        })
        .on_page(["预计", "expected"], Right, |row, _, _| html! { b { (yuan(row.expected_amount.fen())) } })
        .on_terminal(["预计查实", "expected"], Right, |row, _, _| yuan(row.expected_amount.fen())),
    Column::NOWHERE
        .on_sheet(["每人日预计", "expected per day"], 14.0, |row, _, _| {
            Cell::Money(row.expected_per_day.fen())
        })
        .on_page(["每人日", "per day"], Right, |row, _, lang| {
            html! { (yuan(row.expected_per_day.fen())) br; span.soft { "× " (days_text(row.effort_days, lang)) } }
        })
        .on_terminal(["每人日", "per day"], Right, |row, _, _| yuan(row.expected_per_day.fen())),
    Column::NOWHERE
        .on_sheet(["所需人日", "effort days"], 8.0, |row, _, _| Cell::Number(row.effort_days))
        .on_terminal(["用时", "days"], Right, |row, _, _| row.effort_days.to_string()),
    Column::NOWHERE
        .on_sheet(["计入金额", "counted amount"], 15.0, |row, _, _| Cell::Money(row.counted_amount.fen()))
        .on_page(["计入", "counted"], Right, page_cells::counted),
    Column::NOWHERE
        .on_sheet(["已查处金额", "settled amount"], 14.0, |row, _, _| Cell::Money(row.settled_amount.fen())),
    Column::NOWHERE
        .on_sheet(["确定类占比", "share of definite"], 10.0, |row, _, _| Cell::Share(row.definite_share))
        .on_page(["确定类", "definite"], Right, |row, _, _| cell(&words::percent(row.definite_share))),
    Column::NOWHERE
        .on_sheet(["疑点数", "alerts"], 8.0, |row, _, _| Cell::Count(row.alerts))
        .on_terminal(["疑点", "alerts"], Right, |row, _, _| row.alerts.to_string()),
    Column::NOWHERE.on_sheet(["同类机构数", "peers"], 8.0, |row, _, _| Cell::Count(row.peers)),
    Column::NOWHERE
        .on_sheet(["同类中位数", "peers' median"], 14.0, |row, _, _| Cell::Money(row.peers_median.fen()))
        .on_page(["同类中位数", "peers' median"], Right, |row, _, _| {
            html! { (yuan(row.peers_median.fen())) br; span.soft { "n = " (row.peers) } }
        }),
    Column::NOWHERE
        .on_sheet(["主要规则", "rules of most money"], 44.0, |row, _, _| {
            joined(row.top_rules.iter().map(|top| format!("{} {}", top.rule, top.expected_amount)))
        })
        .on_page(["主要规则", "rules"], Left, page_cells::rules)
        .on_terminal(["主要规则", "rules"], Left, |row, _, _| {
            row.top_rules.iter().take(3).map(|top| top.rule.as_str()).collect::<Vec<_>>().join(" ")
        }),
    Column::NOWHERE.on_sheet(["按类别", "by family"], 44.0, |row, _, lang| {
        let family = |name| words::family(name, lang);
        joined(row.by_family.iter().map(|(name, part)| format!("{} {}", family(name), part.expected_amount)))
    }),
    Column::NOWHERE
        .on_sheet(["按月", "by month"], 40.0, |row, _, _| {
            joined(row.trend.iter().map(|(month, amount)| format!("{month} {amount}")))
        })
        .on_page(["逐月", "by month"], Left, page_cells::spark),
    Column::NOWHERE.on_sheet(["数据缺口", "what could not be judged"], 40.0, |row, _, lang| {
        Cell::Long(words::gaps(row, lang))
    }),
    Column::NOWHERE.on_terminal(["", ""], Left, marks),
];

fn planned(row: &ListRow, _: &mut Mask, lang: Lang) -> Cell {
    match row.planned {
        None => Cell::Nothing,
        Some(true) => Cell::Text(pick(lang, "是", "yes").to_owned()),
        Some(false) => Cell::Text(pick(lang, "否", "no").to_owned()),
    }
}

fn joined(parts: impl Iterator<Item = String>) -> Cell {
    Cell::Long(parts.collect::<Vec<_>>().join("; "))
}

/// That it is of the control group, and that it is planned.
fn marks(row: &ListRow, _: &mut Mask, lang: Lang) -> String {
    let mut marks = Vec::new();
    if row.drawn == DrawReason::Control {
        marks.push(words::drawn(row.drawn, lang));
    }
    if row.planned == Some(true) {
        marks.push(pick(lang, "已排入", "planned"));
    }
    marks.join(" ")
}
