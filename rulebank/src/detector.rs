//! What a bank has to know of a detector: its name, its table, what it may be told and what it can say.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// One way of looking for misuse, as rule files see it.
#[derive(Clone, Copy, Debug)]
pub struct DetectorSpec {
    /// The name that a rule file's `detector` gives.
    pub name: &'static str,
    /// The knowledge table that it reads, if any.
    pub table: Option<&'static str>,
    /// What a rule may tell it.
    pub params: &'static [ParamSpec],
    /// The names that a rule's message may use as `{name}`, besides `{amount}`.
    pub values: &'static [&'static str],
    /// What it compares, each a sentence; the test of a bank bends them one by one and asks whether a case
    /// notices.
    pub comparisons: &'static [&'static str],
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
    /// The value when a rule file says nothing, written as in a rule file.
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
