//! Money: fen inside, text with two places outside.
//!
//! Nothing here passes through binary floating point. Reading takes what any decimal of a record may be (`12`, `12.5`),
//! writing gives two places always; a text that is no amount is an error that names it.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use records::decimal::{DecimalFault, format_fen, parse_scaled};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// An amount in fen; in outputs the text of its yuan, `"12.34"`.
///
/// ```
/// use wire::Fen;
///
/// assert_eq!(Fen(-5).to_string(), "-0.05");
/// assert_eq!("1200.5".parse(), Ok(Fen(120_050)));
/// assert_eq!("12,00".parse::<Fen>().unwrap_err().to_string(), "`12,00` is no amount of money");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fen(pub i64);

/// A sum of amounts that may be more than 64 bits hold; written as [`Fen`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FenSum(pub i128);

/// A text that is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of money")]
pub struct BadAmount(pub String);

impl Fen {
    /// The fen.
    pub const fn fen(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Fen {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.pad(&format_fen(self.0))
    }
}

impl FromStr for Fen {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<Fen, BadAmount> {
        match parse_scaled(text, 2) {
            Ok(fen) => Some(Fen(fen)),
            // Sums may be larger than any amount of a record.
            Err(DecimalFault::TooLarge) => hundredths(text).map(Fen),
            Err(_) => None,
        }
        .ok_or_else(|| BadAmount(text.to_owned()))
    }
}

/// Yuan with exactly two places as an integer of fen, if it fits.
fn hundredths<T: FromStr>(text: &str) -> Option<T> {
    let (yuan, fen) = text.split_once('.')?;
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_amount = fen.len() == 2 && is_digits(fen) && is_digits(yuan.strip_prefix('-').unwrap_or(yuan));
    is_amount.then(|| format!("{yuan}{fen}").parse().ok()).flatten()
}

impl Sum for Fen {
    /// Saturates, as all sums of 64-bit fen do.
    fn sum<I: Iterator<Item = Fen>>(amounts: I) -> Fen {
        Fen(amounts.fold(0, |sum, amount| sum.saturating_add(amount.0)))
    }
}

impl fmt::Display for FenSum {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match i64::try_from(self.0) {
            Ok(fen) => to.pad(&format_fen(fen)),
            Err(_) => to.pad(&format!("{}.{:02}", self.0 / 100, (self.0 % 100).abs())),
        }
    }
}

impl FromStr for FenSum {
    type Err = BadAmount;

    fn from_str(text: &str) -> Result<FenSum, BadAmount> {
        match text.parse::<Fen>() {
            Ok(amount) => Ok(FenSum(i128::from(amount.0))),
            Err(bad) => hundredths(text).map(FenSum).ok_or(bad),
        }
    }
}

/// The name under which serde knows an amount; the schema recognises it by that.
pub(crate) const AMOUNT: &str = "amount";

/// Reads the text of an amount.
struct AmountText<T>(std::marker::PhantomData<T>);

impl<'de, T: FromStr<Err = BadAmount>> Visitor<'de> for AmountText<T> {
    type Value = T;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an amount in yuan as text, such as \"12.34\"")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<T, D::Error> {
        text.deserialize_str(self)
    }
}

impl Serialize for Fen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fen, D::Error> {
        deserializer.deserialize_newtype_struct(AMOUNT, AmountText(std::marker::PhantomData))
    }
}

impl Serialize for FenSum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FenSum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<FenSum, D::Error> {
        deserializer.deserialize_newtype_struct(AMOUNT, AmountText(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for fen in [0, 1, -1, -5, 99, 100, -12_345, i64::MAX, i64::MIN] {
            assert_eq!(Fen(fen).to_string().parse(), Ok(Fen(fen)));
            let sum = FenSum(i128::from(fen) * 1_000);
            assert_eq!(sum.to_string().parse(), Ok(sum));
        }
    }

    #[test]
    fn what_is_no_amount_is_an_error() {
        for text in ["", "x", "1.234", "1,5", " 1", "--1.00", "99999999999999999999.00"] {
            assert_eq!(text.parse::<Fen>(), Err(BadAmount(text.to_owned())));
        }
        let error = serde_json::from_str::<Fen>("\"1.234\"").unwrap_err();
        assert!(error.to_string().starts_with("`1.234` is no amount of money"), "{error}");
        assert!(serde_json::from_str::<Fen>("12").is_err());
    }
}
