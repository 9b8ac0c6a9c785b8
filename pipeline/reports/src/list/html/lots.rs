//! How the lots fell, who goes, what the chances are made of, and what the ranking misses.

use maud::{Markup, html};
use rulebank::Lang;
use wire::list::{Draw, ListFacts, Teams};

use crate::html::plot::{self, Bar, Dot, Words};
use crate::html::section;
use crate::html::table::{Table, cell};
use crate::language::pick;
use crate::list::estimated;
use crate::list::words::days_text;
use crate::list::words::number;
use crate::number::yuan;

/// The facts of a list as lines of what, code and value, for a sheet.
pub fn facts(published: &ListFacts, lang: Lang) -> Vec<(String, String, String)> {
    let mut facts = Vec::new();
    let mut add = |zh: &'static str, en: &'static str, code: &str, value: String| {
        facts.push((pick(lang, zh, en).to_owned(), code.to_owned(), value));
    };
    add("期间", "period", "", published.period.clone());
    for run in &published.runs {
        let now = run.now.clone().unwrap_or_default();
        add("运行", "run", &now, format!("alerts.ndjson {} SHA-256 {}", run.alerts, run.alerts_sha256));
        if let Some(bank) = &run.bank_sha256 {
            add("规则库版本", "rule bank", &now, format!("SHA-256 {bank}"));
        }
    }
    add("工作量表", "table of effort", "", format!("SHA-256 {}", published.effort_sha256));
    if let Some(plan) = &published.plan {
        add(
            "计划",
            "plan",
            "",
            format!("{} / {}", days_text(plan.days_planned, lang), days_text(plan.days, lang)),
        );
    }
    if let Some(draw) = &published.draw {
        add("种子", "seed", "", draw.seed.clone().unwrap_or_default());
        add("抽样框", "frame", "", format!("{} SHA-256 {}", draw.frame_size, draw.frame_hash));
        add("未入榜", "not ranked", "", draw.open.to_string());
        add("抽中概率", "chance to be drawn", "", draw.inclusion_probability.to_string());
        for lot in &draw.drawn {
            add("抽中", "drawn", &lot.fixmedins_code, lot.lot.clone());
        }
        for (code, why) in &draw.left_out {
            add("不在框内", "left out", code, why.clone());
        }
    }
    if let Some(teams) = &published.teams {
        add(
            "检查人员名册",
            "inspectors",
            "",
            format!("{} SHA-256 {}", teams.inspectors, teams.inspectors_sha256),
        );
        for team in &teams.teams {
            let recused = match (team.recused.is_empty(), lang) {
                (true, _) => String::new(),
                (false, Lang::Zh) => format!("（回避：{}）", team.recused.join(", ")),
                (false, Lang::En) => format!(" (recused: {})", team.recused.join(", ")),
            };
            add("检查组", "team", &team.fixmedins_code, team.team.join(", ") + &recused);
        }
        for (id, days) in &teams.workload {
            add("工作量", "workload", id, days_text(*days, lang));
        }
    }
    for chance in &published.chances {
        let name = if chance.indicator { pick(lang, "提示指标", "indicator") } else { "" };
        let rule = format!("{} {name}", chance.rule);
        add("查实概率", "chance", rule.trim(), chance.chance.to_string());
    }
    facts
}

/// What the ranking misses.
pub(super) fn estimate(published: &ListFacts, lang: Lang) -> Markup {
    let Some(estimate) = &published.estimate else { return html! {} };
    let sentences = estimated::sentences(estimate, lang);
    let drawn = match (&estimate.total, &estimate.low, &estimate.high) {
        (Some(total), Some(low), Some(high)) => {
            let dot = |label: &str, value: i64, low: i64, high: i64| Dot {
                label: label.to_owned(),
                value: number(value) / 100.0,
                low: number(low) / 100.0,
                high: number(high) / 100.0,
                text: yuan(value),
            };
            let found = estimate.found.fen();
            let rows = [
                dot(pick(lang, "抽中机构查实", "found at those drawn"), found, found, found),
                dot(
                    pick(lang, "未入榜机构合计", "all that were not ranked"),
                    total.fen(),
                    low.fen(),
                    high.fen(),
                ),
            ];
            let words = Words {
                title: pick(lang, "未入榜机构的金额（元）", "Money at those that were not ranked, yuan"),
                description: pick(
                    lang,
                    "点为估计值，线为区间。",
                    "The dot is the estimate, the line its interval.",
                ),
            };
            plot::dots(words, &rows, None)
        }
        _ => html! {},
    };
    let body = html! { @for line in sentences.lines() { p { (line) } } (drawn) };
    section("misses", pick(lang, "排名漏掉多少", "What the ranking misses"), body)
}

/// The control draw and how to repeat it.
pub(super) fn draw(published: &ListFacts, lang: Lang) -> Markup {
    let Some(draw) = &published.draw else { return html! {} };
    let heading = pick(lang, "随机对照的抽取", "How the control group was drawn");
    if draw.drawn.is_empty() {
        let none = pick(
            lang,
            "本名单没有随机对照：从不核对的排名只会证实自己。用 --control 与 --seed 抽取。",
            "There is no control group: a ranking that is never checked confirms itself. Draw one with --control and --seed.",
        );
        return section("draw", heading, html! { p { (none) } });
    }
    section("draw", heading, html! { (proof(draw, lang)) (lots(draw, lang)) (left_out(draw, lang)) })
}

fn proof(draw: &Draw, lang: Lang) -> Markup {
    let seed = draw.seed.as_deref().unwrap_or_default();
    let chance = format!("{} / {} = {}", draw.drawn.len(), draw.open, draw.inclusion_probability);
    html! {
        p { (pick(
            lang,
            "每家的签号是 SHA-256（种子、换行、机构代码）；未入榜机构中签号最小者抽中。任何人都可复算：",
            "The lot of an institution is SHA-256(seed, line feed, code); of those not ranked the smallest lots are drawn. Anybody can repeat it:",
        )) }
        (crate::html::facts(&[
            (pick(lang, "种子", "seed"), seed.to_owned()),
            (pick(lang, "抽样框", "frame"), draw.frame_size.to_string()),
            (pick(lang, "未入榜", "not ranked"), draw.open.to_string()),
            (pick(lang, "抽中概率", "chance to be drawn"), chance),
        ]))
        p { (pick(lang, "抽样框的 SHA-256：", "SHA-256 of the frame: ")) code { (draw.frame_hash) } }
        p.small { code { "fundwatch list verify FILE --frame FRAME --seed TEXT" } br;
            code { "sha256sum FRAME; printf '%s\\n%s' SEED CODE | sha256sum" } }
    }
}

fn lots(draw: &Draw, lang: Lang) -> Table {
    let mut table = Table::new(pick(lang, "抽中者，签号由小到大", "DrawReason, the smallest lot first"))
        .text(pick(lang, "机构代码", "code"))
        .text(pick(lang, "签号（SHA-256）", "lot (SHA-256)"));
    for lot in &draw.drawn {
        table.row([cell(&lot.fixmedins_code), html! { code { (lot.lot) } }]);
    }
    table
}

fn left_out(draw: &Draw, lang: Lang) -> Markup {
    if draw.left_out.is_empty() {
        return html! {};
    }
    let heading = pick(lang, "不在抽样框内：", "Not in the frame: ");
    let codes: Vec<String> = draw.left_out.iter().map(|(code, why)| format!("{code} ({why})")).collect();
    html! { p { (heading) (codes.join("; ")) } }
}

/// Who goes where, and how much each does.
pub(super) fn teams(published: &ListFacts, lang: Lang) -> Markup {
    let Some(teams) = &published.teams else { return html! {} };
    let mut table = Table::new(pick(lang, "检查组，按抽取顺序", "Teams, in the order of the draw"))
        .text(pick(lang, "机构代码", "code"))
        .text(pick(lang, "行政区划", "region"))
        .number(pick(lang, "人日", "days"))
        .text(pick(lang, "检查组", "team"))
        .text(pick(lang, "回避", "recused"));
    for team in &teams.teams {
        table.row([
            cell(&team.fixmedins_code),
            cell(team.admdvs.as_deref().unwrap_or_default()),
            html! { (team.effort_days) },
            cell(&team.team.join(", ")),
            cell(&team.recused.join(", ")),
        ]);
    }
    let lead = pick(
        lang,
        "机构按签号排序，逐家为检查人员抽签：本地与应回避者跳过，已排人日不高于平均者优先。名册的 SHA-256：",
        "Places are taken in the order of their lots; for each the inspectors draw lots. Who is at home there or recused is passed over, and those with no more days than the mean go first. SHA-256 of the inspectors' file: ",
    );
    let body = html! { p { (lead) code { (teams.inspectors_sha256) } } (table) (workload(teams, lang)) };
    section("teams", pick(lang, "检查人员的抽取", "How the inspectors were drawn"), body)
}

fn workload(teams: &Teams, lang: Lang) -> Markup {
    let bar = |(id, days): (&String, &f64)| Bar {
        label: id.clone(),
        value: *days,
        second: None,
        text: days_text(*days, lang),
    };
    let bars: Vec<Bar> = teams.workload.iter().map(bar).collect();
    let words = Words {
        title: pick(lang, "各人工作量", "Workload"),
        description: pick(
            lang,
            "每位检查人员所去机构的人日之和。",
            "Days of the visits to which each inspector goes.",
        ),
    };
    plot::bars(words, ["", ""], &bars)
}

/// What each chance is made of.
pub(super) fn chances(published: &ListFacts, lang: Lang) -> Markup {
    let mut table =
        Table::new(pick(lang, "各规则疑点被查实的概率", "How likely a finding of each rule is confirmed"))
            .text(pick(lang, "规则", "rule"))
            .number(pick(lang, "先验", "stated"))
            .number(pick(lang, "相当于结论数", "worth decisions"))
            .number(pick(lang, "已有结论", "decided"))
            .number(pick(lang, "其中查实", "confirmed"))
            .number(pick(lang, "概率", "chance"));
    for chance in &published.chances {
        let name = match chance.indicator {
            true => format!("{} ({})", chance.rule, pick(lang, "提示指标", "indicator")),
            false => chance.rule.clone(),
        };
        table.row([
            cell(&name),
            html! { (chance.prior) },
            html! { (chance.weight) },
            html! { (chance.decided) },
            cell(&format!("{:.2}", chance.confirmed)),
            cell(&format!("{:.3}", chance.chance)),
        ]);
    }
    let labels = &published.labels;
    let text = match lang {
        Lang::Zh => format!(
            "概率 =（先验 × 权重 + 查实数）÷（权重 + 结论数）。结论{}条，其中未定{}条、无法对应{}条。",
            labels.labels, labels.undecided, labels.vague
        ),
        Lang::En => format!(
            "Chance = (stated × worth + confirmed) / (worth + decided). There are {} labels; {} are undecided and {} too vague to say anything here.",
            labels.labels, labels.undecided, labels.vague
        ),
    };
    section(
        "chances",
        pick(lang, "查实概率从何而来", "Where the chances come from"),
        html! { p { (text) } (table) },
    )
}
