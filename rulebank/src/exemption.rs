//! An exemption: findings that somebody with authority has looked at and let stand.
//!
//! Written as one TOML file in `exemptions/`: which rules, where, on which days, why, and who approved it.
//! An exempted finding is not hidden: it stands with its amount, is marked with the exemption's id, and counts no
//! money. Nothing is exempted by accident: an exemption and a rule have to name each other, so that who reads
//! the rule sees what is let off, and who reads the exemption sees of what.
//!
//! It may be for institutions by code or by the administrative division in which they stand, for items by code or by
//! what their codes begin with, and for subjects by id. Which division an institution stands in is what its record says
//! at the moment: who moves it moves it in or out of the exemption.

use records::time;
use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};

use crate::error::{BankError, Mistake, Source};
use crate::hint;
use crate::rule::{Rule, Text2, both, text2};
use crate::section::{At, Section};

/// An exemption, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemption {
    /// Its name, which alerts and rule files use.
    pub id: String,
    /// Ids of the rules whose findings it exempts; each of them names it in turn.
    pub rules: Vec<String>,
    /// The institutions (`fixmedins_code`) where it holds.
    pub institutions: Vec<String>,
    /// The administrative divisions where it holds besides: two, four or six digits with which the `admdvs` of an
    /// institution begins. Neither institutions nor divisions: everywhere.
    #[serde(default)]
    pub divisions: Vec<String>,
    /// The items for which it holds: codes, or with `*` at the end what codes begin with; none: all.
    #[serde(default)]
    pub items: Vec<String>,
    /// The subjects (an alert's `subject.id`) for which it holds; none: all.
    pub subjects: Vec<String>,
    /// The first day on which it holds, in days since 1970-01-01.
    pub from: i32,
    /// The last day on which it holds, in days since 1970-01-01; none: until it is taken back.
    pub until: Option<i32>,
    /// Why these findings are let stand.
    pub why: Text2,
    /// Who approved it.
    pub approved_by: String,
    /// The day of the approval, in days since 1970-01-01.
    pub approved_on: i32,
    /// The file it stands in.
    pub source_file: String,
}

/// What an exemption is asked about: a finding, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub struct Exemptable<'f> {
    /// The rule.
    pub rule: &'f str,
    /// fixmedins_code that its alert names, if it names one.
    pub institution: Option<&'f str>,
    /// The admdvs of that institution, if its record stands.
    pub division: Option<&'f str>,
    /// An alert's `subject.id`.
    pub subject: &'f str,
    /// The items it is about: that of its key, and those of the lines, sales and purchases of its evidence.
    pub items: &'f [String],
}

impl Exemption {
    /// Whether it holds for a finding on `day`.
    pub fn covers(&self, finding: &Exemptable<'_>, day: i32) -> bool {
        self.is_about(finding) && self.from <= day && !self.is_over(day)
    }

    /// The same, whatever the day.
    pub fn is_about(&self, finding: &Exemptable<'_>) -> bool {
        self.rules.iter().any(|known| known == finding.rule)
            && self.is_there(finding.institution, finding.division)
            && self.is_of(finding.items)
            && (self.subjects.is_empty() || self.subjects.iter().any(|known| known == finding.subject))
    }

    /// Whether it holds at an institution in a division.
    pub fn is_there(&self, institution: Option<&str>, division: Option<&str>) -> bool {
        let everywhere = self.institutions.is_empty() && self.divisions.is_empty();
        let named = |code: &str| self.institutions.iter().any(|known| known == code);
        let within = |code: &str| self.divisions.iter().any(|known| code.starts_with(known.as_str()));
        everywhere || institution.is_some_and(named) || division.is_some_and(within)
    }

    /// Whether it holds for a finding about these items: if it names any, all of them must be named.
    pub fn is_of(&self, items: &[String]) -> bool {
        let named = |item: &String| {
            self.items.iter().any(|known| match known.strip_suffix('*') {
                Some(prefix) => item.starts_with(prefix),
                None => item == known,
            })
        };
        self.items.is_empty() || (!items.is_empty() && items.iter().all(named))
    }

    /// Whether its last day lies before `day`.
    pub fn is_over(&self, day: i32) -> bool {
        self.until.is_some_and(|until| until < day)
    }

    /// Its days as people write them: `2025-01-01 to 2025-06-30`, `2025-01-01 on`.
    pub fn days(&self) -> String {
        match self.until {
            Some(until) => format!("{} to {}", time::format_date(self.from), time::format_date(until)),
            None => format!("{} on", time::format_date(self.from)),
        }
    }
}

/// An exemption as it was read, with the places of what other files have to agree with.
pub(crate) struct Draft {
    pub(crate) exemption: Exemption,
    id: At<String>,
    rules: Vec<At<String>>,
}

/// Reads one exemption file.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn read(source: Source<'_>) -> Result<Draft, Vec<BankError>> {
    let (document, faults) = DeTable::parse_recoverable(source.text);
    if !faults.is_empty() {
        let place = |fault: &toml::de::Error| fault.span().unwrap_or(0..0);
        return Err(faults.iter().map(|f| source.error(Mistake::new(place(f), f.message()))).collect());
    }
    let mut mistakes = Vec::new();
    let draft = read_document(source, document.get_ref(), &mut mistakes);
    match draft {
        Some(draft) if mistakes.is_empty() => Ok(draft),
        _ => {
            mistakes.sort_by_key(|mistake| mistake.span.start);
            Err(mistakes.into_iter().map(|mistake| source.error(mistake)).collect())
        }
    }
}

fn read_document<'d>(
    source: Source<'_>,
    document: &'d DeTable<'d>,
    mistakes: &mut Vec<Mistake>,
) -> Option<Draft> {
    let mut file = Section::new(document, 0..0, "the exemption");
    // Whom it concerns: rules, and institutions or subjects.
    let id = file.text("id", mistakes);
    let rules = file.texts_at("rules", mistakes);
    let institutions = texts_if_any(&mut file, "institutions", mistakes);
    let divisions = divisions(&mut file, mistakes);
    let items = texts_if_any(&mut file, "items", mistakes);
    let subjects = texts_if_any(&mut file, "subjects", mistakes);
    // On which days.
    let from = file.need("from").and_then(|at| day_of("from", at, mistakes));
    let until = file.get("until").map(|at| day_of("until", at, mistakes));
    if let (Some(from), Some(Some(until))) = (&from, &until)
        && until.value < from.value
    {
        let mistake = Mistake::new(until.span.clone(), "the exemption ends before it begins");
        mistakes.push(mistake.hint("`from` and `until` are its first and its last day"));
    }
    // Who allowed it, and why.
    let why = both(&mut file, "why", mistakes);
    let approved_by = file.text("approved_by", mistakes);
    let approved_on = file.need("approved_on").and_then(|at| day_of("approved_on", at, mistakes));
    file.close(mistakes);
    let exemption = Exemption {
        id: id.value.clone(),
        rules: rules.iter().map(|rule| rule.value.clone()).collect(),
        institutions,
        divisions,
        items,
        subjects,
        from: from?.value,
        until: match until {
            Some(until) => Some(until?.value),
            None => None,
        },
        why: text2(why?),
        approved_by: approved_by.value,
        approved_on: approved_on?.value,
        source_file: source.file.to_owned(),
    };
    Some(Draft { exemption, id, rules })
}

/// A list of texts that may be left out; none of them is empty.
fn texts_if_any(file: &mut Section<'_>, key: &str, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    let texts = file.texts_if_any(key, mistakes);
    for text in texts.iter().filter(|text| text.value.trim() != text.value || text.value.is_empty()) {
        let mistake = Mistake::new(text.span.clone(), format!("`{}` is no code", text.value));
        mistakes.push(mistake.hint("codes are compared as they stand: no spaces around them"));
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// Administrative divisions; each is of a province, a city or a county.
fn divisions(file: &mut Section<'_>, mistakes: &mut Vec<Mistake>) -> Vec<String> {
    let texts = file.texts_if_any("divisions", mistakes);
    let is_division =
        |text: &str| matches!(text.len(), 2 | 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit());
    for text in texts.iter().filter(|text| !is_division(&text.value)) {
        let mistake = Mistake::new(text.span.clone(), format!("`{}` is no division", text.value));
        mistakes.push(mistake.hint("two, four or six digits with which admdvs begins, as \"4401\""));
    }
    texts.into_iter().map(|text| text.value).collect()
}

fn day_of(key: &str, at: At<&DeValue<'_>>, mistakes: &mut Vec<Mistake>) -> Option<At<i32>> {
    let written = match at.value {
        DeValue::Datetime(when) => time::parse_date(&when.to_string()),
        _ => None,
    };
    if written.is_none() {
        let mistake = Mistake::new(at.span.clone(), format!("`{key}` is no day"));
        mistakes.push(mistake.hint(format!("{key} = 2025-01-01, without quotes")));
    }
    written.map(|value| At { value, span: at.span })
}

/// The exemptions and rules of a bank that do not name each other, and exemptions of one name.
///
/// `rules` are the rules that could be read with their texts. What refers to a file that could not be read is
/// no mistake of its own: `all_rules` and `all_exemptions` are whether every file of the sort was read.
pub(crate) fn disagreements(
    drafts: &[(Draft, Source<'_>)],
    rules: &[(Rule, Source<'_>)],
    all_rules: bool,
    all_exemptions: bool,
) -> Vec<BankError> {
    let mut errors = Vec::new();
    // From the exemption to the rule: its id is its own, and each rule that it names names it.
    for (nth, (draft, source)) in drafts.iter().enumerate() {
        let id = &draft.exemption.id;
        if let Some((other, _)) = drafts[..nth].iter().find(|(other, _)| other.exemption.id == *id) {
            let what = format!("the exemption {id} stands in {} already", other.exemption.source_file);
            errors.push(source.error(Mistake::new(draft.id.span.clone(), what).hint("one file, one id")));
        }
        for named in &draft.rules {
            let mistake = match rules.iter().find(|(rule, _)| rule.id == named.value) {
                Some((rule, _)) if rule.exemptions.contains(id) => continue,
                Some((rule, _)) => {
                    let what = format!("rule {} does not name the exemption {id}", rule.id);
                    let hint = format!("add exemptions = [\"{id}\"] to {}", rule.source_file);
                    Mistake::new(named.span.clone(), what).hint(hint)
                }
                None if all_rules => {
                    let known = rules.iter().map(|(rule, _)| rule.id.as_str());
                    let what = format!("there is no rule {}", named.value);
                    Mistake::new(named.span.clone(), what).hint(hint::for_word(&named.value, known))
                }
                None => continue,
            };
            errors.push(source.error(mistake));
        }
    }
    // And back: each exemption that a rule names names the rule.
    for (rule, source) in rules {
        for named in &rule.exemptions {
            let mistake = match drafts.iter().find(|(draft, _)| draft.exemption.id == *named) {
                Some((draft, _)) if draft.exemption.rules.contains(&rule.id) => continue,
                Some((draft, _)) => {
                    let what = format!("the exemption {named} does not name rule {}", rule.id);
                    let hint = format!("add \"{}\" to the rules of {}", rule.id, draft.exemption.source_file);
                    Mistake::new(named_in(source.text, named), what).hint(hint)
                }
                None if all_exemptions => {
                    let known: Vec<&str> = drafts.iter().map(|(d, _)| d.exemption.id.as_str()).collect();
                    let hint = match known.is_empty() {
                        true => "an exemption is a file of the bank's folder exemptions/".to_owned(),
                        false => hint::for_word(named, known),
                    };
                    let what = format!("there is no exemption {named}");
                    Mistake::new(named_in(source.text, named), what).hint(hint)
                }
                None => continue,
            };
            errors.push(source.error(mistake));
        }
    }
    errors
}

/// Where a rule file names an exemption: the first such text after the key.
fn named_in(text: &str, id: &str) -> std::ops::Range<usize> {
    let key = text.find("\nexemptions").unwrap_or(0);
    let quoted = [format!("\"{id}\""), format!("'{id}'")];
    let found = quoted.iter().filter_map(|quoted| text[key..].find(quoted.as_str())).min();
    found.map_or(key..key, |at| key + at..key + at + id.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Exemption, Vec<String>> {
        let source = Source { file: "exemptions/x.toml", text };
        read(source)
            .map(|draft| draft.exemption)
            .map_err(|errors| errors.iter().map(|error| format!("{}: {}", error.line, error.what)).collect())
    }

    const WHOLE: &str = r#"
id = "ferry"
rules = ["A06"]
institutions = ["H1", "H2"]
from = 2025-01-01
until = 2025-06-30
approved_by = "the bureau"
approved_on = 2024-12-30
why = { zh = "轮渡", en = "The ferry" }
"#;

    #[test]
    fn it_covers_its_rules_places_and_days_both_ends_included() {
        let ferry = read_text(WHOLE).unwrap();
        let day = |text: &str| time::parse_date(text).unwrap();
        let covers = |rule: &str, institution: Option<&str>, on: &str| {
            ferry.covers(
                &Exemptable { rule, institution, division: None, subject: "any", items: &[] },
                day(on),
            )
        };
        assert!(covers("A06", Some("H1"), "2025-01-01") && covers("A06", Some("H2"), "2025-06-30"));
        assert!(!covers("A06", Some("H1"), "2024-12-31") && !covers("A06", Some("H1"), "2025-07-01"));
        assert!(!covers("A05", Some("H1"), "2025-03-01"), "another rule");
        assert!(!covers("A06", Some("H3"), "2025-03-01"), "another institution");
        assert!(!covers("A06", None, "2025-03-01"), "no institution");
        assert!(ferry.is_over(day("2025-07-01")) && !ferry.is_over(day("2025-06-30")));
        assert_eq!(ferry.days(), "2025-01-01 to 2025-06-30");
    }

    #[test]
    fn without_places_it_holds_everywhere_and_without_an_end_for_good() {
        let text = WHOLE.replace("institutions = [\"H1\", \"H2\"]\n", "subjects = [\"P1\"]\n");
        let ferry = read_text(&text.replace("until = 2025-06-30\n", "")).unwrap();
        let covers = |subject: &str| {
            let finding = Exemptable { rule: "A06", institution: None, division: None, subject, items: &[] };
            ferry.covers(&finding, i32::MAX)
        };
        assert!(covers("P1") && !covers("P2"));
        assert_eq!(ferry.days(), "2025-01-01 on");
    }

    #[test]
    fn it_may_be_for_divisions_beside_institutions_and_for_items_and_what_they_begin_with() {
        let text =
            WHOLE.replace("from =", "divisions = [\"4401\", \"33\"]\nitems = [\"T*\", \"XA01\"]\nfrom =");
        let herbs = read_text(&text).unwrap();
        for (institution, division, is_there) in [
            (Some("H1"), None, true),
            (Some("H3"), Some("440106"), true),
            (Some("H3"), Some("330100"), true),
            (Some("H3"), Some("440200"), false),
            (Some("H3"), None, false),
            (None, None, false),
        ] {
            assert_eq!(herbs.is_there(institution, division), is_there, "{institution:?} {division:?}");
        }
        for (items, is_of) in [
            (&["T000100001"][..], true),
            (&["XA01"], true),
            (&["XA011"], false),
            (&["T1", "XA02"], false),
            (&["T1", "XA01"], true),
            (&[], false),
        ] {
            let items: Vec<String> = items.iter().map(|item| (*item).to_owned()).collect();
            assert_eq!(herbs.is_of(&items), is_of, "{items:?}");
        }
        let wrong = WHOLE.replace("from =", "divisions = [\"4\", \"44010\", \"GD\", \"44\"]\nfrom =");
        assert_eq!(
            read_text(&wrong).unwrap_err(),
            ["5: `4` is no division", "5: `44010` is no division", "5: `GD` is no division"]
        );
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let wrong = "id = \"\"\nrules = []\ninstitutions = [\" H1\"]\nfrom = \"2025-01-01\"\n";
        let found = read_text(wrong).unwrap_err();
        assert_eq!(
            found,
            [
                "1: the exemption lacks `why`, `approved_by`, `approved_on`",
                "1: `id` says nothing",
                "2: `rules` says nothing",
                "3: ` H1` is no code",
                "4: `from` is no day",
            ]
        );
        let backwards = WHOLE.replace("until = 2025-06-30", "until = 2024-06-30");
        assert_eq!(read_text(&backwards).unwrap_err(), ["6: the exemption ends before it begins"]);
        let unknown = WHOLE.replace("institutions", "institution");
        assert_eq!(read_text(&unknown).unwrap_err(), ["4: the exemption has no key `institution`"]);
    }
}
