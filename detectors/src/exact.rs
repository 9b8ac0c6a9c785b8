//! Exact numbers: quantities, prices, factors and amounts without a float.
//!
//! Everything that a rule compares is brought to units of 10^-10 in 128 bits, so products of a quantity (four
//! places), a price (six) and a factor are exact; only the amount of a finding is rounded, half up, to the fen.

use records::row::Dispensing;
use rust_decimal::Decimal;

/// Places of [`exact`] numbers.
pub const EXACT_PLACES: u32 = 10;

/// A decimal in units of 10^-10; further places are cut.
pub fn exact(value: Decimal) -> i128 {
    let places = EXACT_PLACES;
    let mantissa = value.mantissa();
    let scale = value.scale();
    if scale <= places {
        mantissa.saturating_mul(10i128.pow(places - scale))
    } else {
        mantissa / 10i128.pow(scale - places)
    }
}

/// A number in units of 10^-10 as text, without zeros at its end.
pub fn exact_text(exact: i128) -> String {
    match Decimal::try_from_i128_with_scale(exact, EXACT_PLACES) {
        Ok(value) => value.normalize().to_string(),
        Err(_) => (exact / 10i128.pow(EXACT_PLACES)).to_string(),
    }
}

/// A whole number in units of 10^-10.
pub fn exact_units(number: i64) -> i128 {
    i128::from(number) * 10i128.pow(EXACT_PLACES)
}

/// A quantity in ten-thousandths, in units of 10^-10.
pub fn exact_quantity(quantity: i64) -> i128 {
    i128::from(quantity) * 1_000_000
}

/// Fen of a quantity of 10^-10 at a price of 10^-6 yuan, rounded half up; never below 0.
///
/// Limit: amounts are 64 bits of fen; what is more is the greatest, of which no finding is made (`beyond:amount`).
pub fn fen_of(quantity: i128, price: i64) -> i64 {
    const UNITS: i128 = 100_000_000_000_000; // 10^-16 yuan in a fen
    let exact = quantity.saturating_mul(i128::from(price)).max(0);
    let fen = exact / UNITS + i128::from(exact % UNITS >= UNITS / 2);
    i64::try_from(fen).unwrap_or(i64::MAX)
}

/// Own money of a sale: finl_trns_pric x cnt, rounded half up, in fen.
pub fn sale_money(sale: &Dispensing) -> i64 {
    fen_of(exact_quantity(sale.cnt), sale.price.unwrap_or(0))
}
