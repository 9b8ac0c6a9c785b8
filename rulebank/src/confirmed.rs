//! How often findings of a rule hold up, as its owner states it before decisions have come back.
//!
//! A list of places to inspect weighs money by the chance that a finding is confirmed. Where enough decisions exist
//! they do; until then the rule file does, in a table that may be left out:
//!
//! ```toml
//! [confirmed]
//! prior     = 0.6     # of findings as the rule means them
//! indicator = 0.05    # of those that are indicators only; left out: as `prior`
//! weight    = 20      # how many decisions the statement is worth
//! ```
//!
//! It changes no finding and no alert, so no version of a rule mentions it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::error::Mistake;
use crate::section::{Section, as_written};
use crate::word::Verdict;
use crate::{Param, ParamKind};

/// The chance that a finding is confirmed, as far as nobody has decided yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Of a finding as the rule means it; 0 to 1.
    #[serde(with = "crate::detector::decimal_text")]
    prior: Decimal,
    /// Of a finding that is an indicator only; 0 to 1.
    #[serde(with = "crate::detector::decimal_text")]
    indicator: Decimal,
    /// How many decisions the statement is worth.
    weight: u32,
}

/// What a chance may be.
const CHANCE: ParamKind = ParamKind::Decimal { min: "0", max: "1" };
/// What a weight may be.
const WEIGHT: ParamKind = ParamKind::Integer { min: 1, max: 1_000_000 };
/// The weight where nothing is stated.
const WEIGHT_DEFAULT: u32 = 20;

impl Confirmed {
    /// What is assumed where nothing is stated: definite 0.8, suspect 0.4, indicator 0.1, worth twenty decisions.
    pub fn assumed(verdict: Verdict) -> Confirmed {
        Confirmed {
            prior: chance_of(verdict),
            indicator: chance_of(Verdict::Indicator),
            weight: WEIGHT_DEFAULT,
        }
    }

    /// The chance of a finding; `verdict` is the finding's own, which may be weaker than its rule's.
    pub fn prior(&self, verdict: Verdict) -> f64 {
        let chance = if verdict == Verdict::Indicator { self.indicator } else { self.prior };
        chance.to_string().parse().expect("a decimal is written as a number")
    }

    /// How many decisions the statement is worth; at least 1.
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

fn chance_of(verdict: Verdict) -> Decimal {
    let tenths = match verdict {
        Verdict::Definite => 8,
        Verdict::Suspect => 4,
        Verdict::Indicator => 1,
    };
    Decimal::new(tenths, 1)
}

/// Reads the table `[confirmed]` of a rule, which may be left out, as may each of its keys.
pub(crate) fn read(section: Option<Section<'_>>, verdict: Verdict, mistakes: &mut Vec<Mistake>) -> Confirmed {
    let assumed = Confirmed::assumed(verdict);
    let Some(mut section) = section else { return assumed };
    // A number within its limits, or a mistake that says them.
    let mut number = |key: &str, kind: ParamKind| {
        let value = section.get(key)?;
        let read = match as_written(value.value) {
            Some(text) => kind.read(&text),
            None => Err(format!("`{key}` is no number")),
        };
        read.map_err(|what| {
            mistakes.push(Mistake::new(value.span, what).hint(format!("{key}: {}", kind.range())))
        })
        .ok()
    };
    let chance = |read: Option<Param>| match read {
        Some(Param::Decimal(chance)) => Some(chance.normalize()),
        _ => None,
    };
    let prior = chance(number("prior", CHANCE));
    let indicator = chance(number("indicator", CHANCE));
    let weight = match number("weight", WEIGHT) {
        Some(Param::Integer(weight)) => u32::try_from(weight).expect("within the limits of a weight"),
        _ => assumed.weight,
    };
    // Who states one chance alone means it of indicators, too.
    section.close(mistakes);
    Confirmed {
        indicator: indicator.or(prior).unwrap_or(assumed.indicator),
        prior: prior.unwrap_or(assumed.prior),
        weight,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assumed_follows_the_verdict_of_the_finding() {
        let definite = Confirmed::assumed(Verdict::Definite);
        assert_eq!([Verdict::Definite, Verdict::Indicator].map(|v| definite.prior(v)), [0.8, 0.1]);
        assert_eq!(Confirmed::assumed(Verdict::Suspect).prior(Verdict::Suspect), 0.4);
    }
}
