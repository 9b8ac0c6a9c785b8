//! `fundwatch explain`: why an alert stands, or why a subject raised none.
//!
//! [`keep`] writes at the end of a run what is needed; [`kept`] reads it back; [`money`] follows the amount record
//! by record; [`page`] tells it to people, `--json` to programs. [`not`] answers for a subject without an alert:
//! it reads the records again and goes through the rule's conditions one by one.

pub mod amounts;
pub mod keep;
pub mod kept;
pub mod labels;
pub mod layout;
pub mod money;
pub mod not;
pub mod page;

use std::collections::BTreeSet;

use rulebank::{Lang, Rule, Text2};
use serde::Serialize;
use wire::explanation::{Explanation, RuleText};
use wire::{Bilingual, RecordName};

use crate::args::ExplainArgs;
use crate::error::Error;
use kept::Kept;

/// A rule's text as outputs have it.
pub fn bilingual(text: &Text2) -> Bilingual {
    Bilingual::new(&text.zh, &text.en)
}

/// What a rule says of itself.
pub fn rule_text(rule: &Rule) -> RuleText {
    RuleText {
        id: rule.id.clone(),
        version: rule.version.clone(),
        title: bilingual(&rule.title),
        why: bilingual(&rule.why),
        basis: rule.basis.clone(),
        amount: amounts::sentence(rule).map(|(zh, en)| Bilingual::new(zh, en)),
        excuses: rule.excuses.iter().map(bilingual).collect(),
        next_step: bilingual(&rule.next_step),
    }
}

/// Explains as the command line says; gives the text for stdout.
///
/// # Errors
/// Arguments that do not fit, an id that names no alert or several, files that cannot be read.
pub fn explain(args: &ExplainArgs) -> Result<String, Error> {
    let lang = language(args.lang.as_deref(), |name| std::env::var(name).ok());
    let kept = Kept::open(&args.from)?;
    if !args.not.is_empty() {
        return not::not(&kept, &args.not, &args.things, args.json, lang);
    }
    let [id] = args.things.as_slice() else {
        return Err(Error::Arguments(
            "explain takes one ALERT_ID, or --not RULE KEY... and PATHs".to_owned(),
        ));
    };
    let (told, rule) = gather(&kept, &id.to_string_lossy())?;
    if args.json {
        return Ok(json(&told));
    }
    Ok(page::page(&told, &rule, lang))
}

/// A JSON document with a line end.
fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and numbers are written to a string");
    text.push('\n');
    text
}

/// All that explains the alert whose id begins like this.
///
/// # Errors
/// As [`explain`].
pub fn gather(kept: &Kept, id: &str) -> Result<(Explanation, Rule), Error> {
    let alert = kept.alert(id)?;
    let bank = kept.bank()?;
    let rule = bank.rule(&alert.rule).cloned().ok_or_else(|| {
        Error::Arguments(format!("the kept bank has no rule {}; somebody changed it", alert.rule))
    })?;
    let finding = kept.finding(&alert.alert_id)?;
    let mut names: BTreeSet<RecordName> = alert.evidence.iter().cloned().collect();
    let money = match &finding {
        Some(finding) => {
            names.extend(
                finding.laid.iter().map(|laid| RecordName { kind: laid.kind.clone(), key: laid.key.clone() }),
            );
            Some(money::money(kept, &alert, finding)?)
        }
        None => None,
    };
    let told = Explanation {
        rule: rule_text(&rule),
        values: finding.map(|finding| finding.values).unwrap_or_default(),
        params: rule.params.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
        records: kept.records(&names)?,
        money,
        history: kept.history(&alert.alert_id)?,
        alert,
    };
    Ok((told, rule))
}

/// The language asked for, else the one of the surroundings (`LC_ALL`, `LC_MESSAGES`, `LANG`), else English.
pub fn language(asked: Option<&str>, variable: impl Fn(&str) -> Option<String>) -> Lang {
    let surroundings = || {
        let mut set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable);
        set.find(|value| !value.is_empty())
    };
    match asked.map(str::to_owned).or_else(surroundings) {
        Some(locale) if locale.to_ascii_lowercase().starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_that_asked_for_or_that_of_the_surroundings() {
        let says = |asked: Option<&str>, set: &[(&str, &str)]| {
            language(asked, |name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(says(Some("zh"), &[("LC_ALL", "en_GB.UTF-8")]), Lang::Zh);
        assert_eq!(says(None, &[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(says(None, &[("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")]), Lang::En);
        assert_eq!(says(None, &[("LC_ALL", ""), ("LC_MESSAGES", "zh_TW"), ("LANG", "C")]), Lang::Zh);
        assert_eq!(says(None, &[]), Lang::En);
    }
}
