//! What a detector states of itself: its name and table, what a rule may set, what its messages may use, what it
//! compares, what its alerts are about and what may have caused them.
//!
//! The detectors declare it, one constant each; everybody else reads it here instead of matching names.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use records::Kind;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::looks_back::{LooksBack, visit_alone};
use crate::{AmountKind, Population, Rule};

/// One way of looking for misuse, and all that it states of itself.
///
/// Rule files, explanations, pages and tests read it here; what a detector computes is its own business.
#[derive(Clone, Copy, Debug)]
pub struct DetectorSpec {
    /// The name that a rule file's `detector` gives.
    pub name: &'static str,
    /// The knowledge table that it reads, if any.
    pub table: Option<&'static str>,
    /// Further tables that it reads, whose rows name no rule: they hold for every rule of it.
    pub also: &'static [&'static str],
    /// What a rule may set.
    pub params: &'static [ParamSpec],
    /// The names that a rule's message may use as `{name}`, besides `{amount}`.
    pub values: &'static [&'static str],
    /// What it compares, by number; the test of a bank mutates them one by one and asks whether a case notices.
    pub comparisons: &'static [Comparison],
    /// What its alerts are about.
    pub subject: Subject,
    /// How many of the first parts of a key name the subject.
    pub subject_parts: usize,
    /// What the parts of a key are, by the names of fields; `day` is a civil day. Where there are subjects of two
    /// shapes both stand here, the longer first.
    pub keys: &'static [&'static [&'static str]],
    /// Whether the two parts of its key are an unordered pair, written in the order of their bytes.
    pub unordered: bool,
    /// How the amount of its alerts comes about; none if they carry no money.
    pub amount: Option<AmountKind>,
    /// Kinds of records whose change about the same person, visit or prescription may be the cause of an event.
    pub near: &'static [Kind],
    /// Kinds of records whose change at the same institution may be the cause of an event.
    pub far: &'static [Kind],
    /// Whether what moves the stock of the key's institution and item may be the cause of an event.
    pub stock: bool,
    /// The records of which it judges every one, if its subject is a single record.
    pub population: Option<Population>,
    /// How far back a rule of it looks beyond the visit that is judged.
    pub looks_back: LooksBack,
}

/// What the alerts of a detector are about, in the words of `subject.type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Always this.
    Always(&'static str),
    /// What a choice of the rule makes of it.
    ByChoice {
        /// The parameter that decides.
        param: &'static str,
        /// Each choice with its subject; there is at least one.
        subjects: &'static [(&'static str, &'static str)],
    },
}

/// One comparison of a detector: its sentence, tied to the number by which the judge asks for it.
///
/// A detector names each of its comparisons by a constant, lists the constants in its [`DetectorSpec`] in the order of
/// their numbers, and compares by them, so that a sentence and the judge cannot drift apart.
///
/// ```
/// use rulebank::Comparison;
///
/// const IN_DAYS: Comparison = Comparison::new(0, "the age in days is above max");
/// const IN_YEARS: Comparison = Comparison::new(1, "the age in years is at least max");
/// const _: () = assert!(Comparison::are_in_order(&[IN_DAYS, IN_YEARS]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comparison {
    number: u8,
    text: &'static str,
}

impl Comparison {
    /// The comparison with this number among those of its detector, from 0, and its sentence.
    pub const fn new(number: u8, text: &'static str) -> Comparison {
        Comparison { number, text }
    }

    /// Its number among those of its detector.
    pub const fn number(self) -> u8 {
        self.number
    }

    /// What holds if it is true, as a sentence.
    pub const fn text(self) -> &'static str {
        self.text
    }

    /// Whether each of these has the number of its place, from 0.
    pub const fn are_in_order(comparisons: &[Comparison]) -> bool {
        let mut position = 0;
        while position < comparisons.len() {
            if comparisons[position].number as usize != position {
                return false;
            }
            position += 1;
        }
        true
    }
}

/// One parameter of a detector.
#[derive(Clone, Copy, Debug)]
pub struct ParamSpec {
    /// The name under `[params]`, its unit last.
    pub name: &'static str,
    /// What it means, in a sentence.
    pub doc: &'static str,
    /// Its type and limits.
    pub kind: ParamKind,
    /// The value when a rule file gives none, written as in a rule file.
    pub default: &'static str,
}

/// The type and limits of a parameter; both limits are allowed values.
#[derive(Clone, Copy, Debug)]
pub enum ParamKind {
    /// A whole number.
    Integer {
        /// The least value allowed.
        min: i64,
        /// The greatest value allowed.
        max: i64,
    },
    /// An exact decimal number.
    Decimal {
        /// The least value allowed.
        min: &'static str,
        /// The greatest value allowed.
        max: &'static str,
    },
    /// One of a list of words.
    Choice(&'static [&'static str]),
}

/// The value of a parameter, within its limits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Param {
    /// A whole number.
    Integer(i64),
    /// An exact decimal number.
    Decimal(#[serde(with = "decimal_text")] Decimal),
    /// A word.
    Choice(String),
}

impl fmt::Display for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Param::Integer(value) => write!(f, "{value}"),
            Param::Decimal(value) => write!(f, "{}", value.normalize()),
            Param::Choice(value) => write!(f, "{value}"),
        }
    }
}

impl ParamKind {
    /// The value that `text` writes, or what is wrong with it.
    pub(crate) fn read(self, text: &str) -> Result<Param, String> {
        match self {
            ParamKind::Integer { min, max } => match number(text).filter(Decimal::is_integer) {
                Some(value) if value < Decimal::from(min) || value > Decimal::from(max) => {
                    Err(format!("{text} is outside of {min} to {max}"))
                }
                Some(value) => {
                    Ok(Param::Integer(i64::try_from(value).expect("between two limits of this type")))
                }
                None => Err(format!("{text} is no whole number")),
            },
            ParamKind::Decimal { min, max } => match number(text) {
                Some(value) if value < limit(min) || value > limit(max) => {
                    Err(format!("{text} is outside of {min} to {max}"))
                }
                Some(value) => Ok(Param::Decimal(value)),
                None => Err(format!("{text} is no number")),
            },
            ParamKind::Choice(words) if words.contains(&text) => Ok(Param::Choice(text.to_owned())),
            ParamKind::Choice(_) => Err(format!("`{text}` is no choice here")),
        }
    }

    /// What may be written, for hints and for pages about rules.
    pub fn range(self) -> String {
        match self {
            ParamKind::Integer { min, max } => format!("a whole number from {min} to {max}"),
            ParamKind::Decimal { min, max } => format!("a number from {min} to {max}"),
            ParamKind::Choice(words) => format!("one of: {}", words.join(", ")),
        }
    }
}

impl DetectorSpec {
    /// Nothing: no table, no parameters, no money, no causes but the alert's own records; the rest of a declaration.
    ///
    /// ```
    /// use rulebank::{DetectorSpec, Subject};
    ///
    /// const SPEC: DetectorSpec = DetectorSpec {
    ///     name: "too_long",
    ///     values: &["hours"],
    ///     subject: Subject::Always("visit"),
    ///     keys: &[&["mdtrt_id"]],
    ///     ..DetectorSpec::BARE
    /// };
    /// assert!(SPEC.is_complete() && SPEC.table.is_none() && SPEC.subject_parts == 1);
    /// ```
    pub const BARE: DetectorSpec = DetectorSpec {
        name: "",
        table: None,
        also: &[],
        params: &[],
        values: &[],
        comparisons: &[],
        subject: Subject::Always(""),
        subject_parts: 1,
        keys: &[],
        unordered: false,
        amount: None,
        near: &[],
        far: &[],
        stock: false,
        population: None,
        looks_back: visit_alone,
    };

    /// Whether it has a name, a subject and keys, and each comparison has the number of its place.
    pub const fn is_complete(&self) -> bool {
        let named = match self.subject {
            Subject::Always(subject) => !subject.is_empty(),
            Subject::ByChoice { subjects, .. } => !subjects.is_empty(),
        };
        named && !self.name.is_empty() && !self.keys.is_empty() && Comparison::are_in_order(self.comparisons)
    }

    /// What the alerts of a rule of this detector are about.
    pub fn subject_type(&self, rule: &Rule) -> &'static str {
        match self.subject {
            Subject::Always(subject) => subject,
            Subject::ByChoice { param, subjects } => {
                let is_chosen = |(choice, _): &&(&str, &str)| matches!(rule.params.get(param), Some(Param::Choice(chosen)) if chosen == choice);
                subjects.iter().find(is_chosen).or(subjects.first()).map_or("", |(_, subject)| subject)
            }
        }
    }

    /// Every parameter with its default.
    pub(crate) fn defaults(&self) -> BTreeMap<String, Param> {
        let default = |param: &ParamSpec| {
            param.kind.read(param.default).expect("the default of a parameter is within its own limits")
        };
        self.params.iter().map(|param| (param.name.to_owned(), default(param))).collect()
    }
}

fn limit(text: &str) -> Decimal {
    Decimal::from_str(text).expect("the limits of a parameter are numbers")
}

/// The exact number that `text` writes as JSON writes numbers; none if it does not, or needs more digits than
/// money ever has.
pub(crate) fn number(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let exponent_holds =
        |part: &str| all_digits(part.strip_prefix(['+', '-']).unwrap_or(part)) && part.len() <= 3;
    let holds = all_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(all_digits)
        && exponent.is_none_or(exponent_holds);
    if !holds {
        return None;
    }
    match exponent {
        Some(_) => Decimal::from_scientific(text).ok(),
        None => Decimal::from_str_exact(text).ok(),
    }
}

/// Decimals cross JSON as text, so that no reader makes a float of them.
pub(crate) mod decimal_text {
    use std::str::FromStr;

    use rust_decimal::Decimal;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&value.to_string())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        let text = String::deserialize(deserializer)?;
        Decimal::from_str(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_writes_them() {
        for (text, value) in
            [("0", "0"), ("-0.50", "-0.50"), ("1e3", "1000"), ("28", "28"), ("2.5E-1", "0.25")]
        {
            assert_eq!(number(text), Some(Decimal::from_str(value).unwrap()), "{text}");
        }
        for wrong in ["", "+1", " 1", "01", "1.", ".5", "1e", "NaN", "inf", "1_000", "１"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn limits_are_allowed_values() {
        let kmh = ParamKind::Decimal { min: "1", max: "2000" };
        assert_eq!(kmh.read("2000"), Ok(Param::Decimal(Decimal::from(2000))));
        assert_eq!(kmh.read("2000.01"), Err("2000.01 is outside of 1 to 2000".to_owned()));
        let days = ParamKind::Integer { min: 0, max: 3650 };
        assert_eq!(days.read("1.5"), Err("1.5 is no whole number".to_owned()));
        assert_eq!(days.read("3650"), Ok(Param::Integer(3650)));
    }
}
