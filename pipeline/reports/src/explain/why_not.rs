//! The answer to `--not` as a page: each condition with its values, then what became of lines about the subject.

use rulebank::Lang;

use crate::labels;
use crate::language::pick;
use crate::layout::Page;
use wire::explanation::{AbsentRecord, RejectedLine, WhyNot};

/// The answer as a page.
pub fn page(answer: &WhyNot, lang: Lang) -> String {
    let mut page = Page::default();
    page.plain(&format!("{}  {}", answer.rule, pick(lang, &answer.title.zh, &answer.title.en)));
    let key = answer.key.join("  ");
    let result = result(answer, lang);
    page.pairs(&[
        (pick(lang, "对象", "about"), key.as_str()),
        (pick(lang, "规则版本", "rule version"), &answer.rule_version),
        (pick(lang, "结论", "result"), &result),
    ]);
    page.heading(pick(lang, "逐条核对", "The conditions, one by one"));
    for (number, condition) in (1..).zip(&answer.conditions) {
        let outcome = match condition.outcome.as_ref() {
            "holds" => pick(lang, "成立", "holds"),
            "fails" => pick(lang, "不成立", "FAILS"),
            _ => pick(lang, "缺失", "MISSING"),
        };
        let text = pick(lang, &condition.condition.zh, &condition.condition.en);
        let reason = condition.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        page.plain(&format!("  {number}. {outcome}{reason}: {text}"));
        let values: Vec<(String, &str)> = condition
            .values
            .iter()
            .filter(|value| !value.value.is_empty())
            .map(|value| (format!("     {}", labels::field(&value.name, lang)), value.value.as_str()))
            .collect();
        page.pairs(&values.iter().map(|(name, value)| (name.as_str(), *value)).collect::<Vec<_>>());
        if let Some(absent) = &condition.absent {
            page.plain(&format!("       {}", because(absent, lang)));
        }
    }
    if !answer.withdrawn.is_empty() {
        page.heading(pick(lang, "已撤回的记录", "Records that were withdrawn"));
        let lines: Vec<String> = answer
            .withdrawn
            .iter()
            .map(|gone| {
                let rev = gone.rev.map(|rev| format!(" ({} {rev})", pick(lang, "版次", "revision")));
                format!("{} {}{}", labels::kind(&gone.kind, lang), gone.key, rev.unwrap_or_default())
            })
            .collect();
        page.points(lines.iter().map(String::as_str));
    }
    if !answer.rejected.is_empty() {
        page.heading(pick(lang, "提到该对象而被拒收的行", "Rejected lines that name the subject"));
        let lines: Vec<String> = answer.rejected.iter().map(|line| rejected(line, lang)).collect();
        page.points(lines.iter().map(String::as_str));
    }
    page.finish()
}

fn result(answer: &WhyNot, lang: Lang) -> String {
    let id = &answer.alert_id;
    let draft =
        if answer.active { "" } else { pick(lang, "（规则未启用）", " (the rule is not active)") };
    let result = match (answer.verdict.as_ref(), answer.in_run, lang) {
        ("stands", true, Lang::Zh) => format!("告警成立：{id}"),
        ("stands", true, Lang::En) => format!("the alert stands: {id}"),
        ("stands", false, Lang::Zh) => {
            format!("按所读记录应有告警 {id}，但该次运行中没有：所读文件与运行时不同")
        }
        ("stands", false, Lang::En) => {
            format!("by these records alert {id} stands, but the run has none: it read other records")
        }
        (other, true, Lang::Zh) => {
            format!("该次运行有告警 {id}，但按所读记录{}：所读文件与运行时不同", verdict_zh(other))
        }
        (other, true, Lang::En) => {
            format!(
                "the run has alert {id}, but by these records {}: it read other records",
                verdict_en(other)
            )
        }
        ("not_judged", false, Lang::Zh) => {
            format!("没有告警：未能判断（{}）", answer.reason.as_deref().unwrap_or_default())
        }
        ("not_judged", false, Lang::En) => {
            format!("no alert: it was not judged ({})", answer.reason.as_deref().unwrap_or_default())
        }
        (_, false, Lang::Zh) => "没有告警：有条件不成立".to_owned(),
        (_, false, Lang::En) => "no alert: a condition fails".to_owned(),
    };
    result + draft
}

fn verdict_zh(verdict: &str) -> &'static str {
    if verdict == "not_judged" { "未能判断" } else { "有条件不成立" }
}

fn verdict_en(verdict: &str) -> &'static str {
    if verdict == "not_judged" { "it was not judged" } else { "a condition fails" }
}

fn because(absent: &AbsentRecord, lang: Lang) -> &'static str {
    match absent.because.as_ref() {
        "withdrawn" => pick(lang, "该记录已被撤回。", "The record was withdrawn."),
        "rejected" => pick(lang, "该记录的数据被拒收，见下。", "Its line was rejected, see below."),
        _ => pick(
            lang,
            "所读数据中没有该记录。",
            "No line of this record was accepted: it was never sent, or is told under another key.",
        ),
    }
}

fn rejected(line: &RejectedLine, lang: Lang) -> String {
    let colon = pick(lang, "：", ": ");
    let origin = &line.origin;
    let (file, number) = (origin.file.as_deref().unwrap_or_default(), origin.line.unwrap_or_default());
    format!("{file}:{number} {}{colon}{}", line.code, line.text)
}
