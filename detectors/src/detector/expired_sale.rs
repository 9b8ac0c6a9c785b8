//! Goods sold after their date.
//!
//! Reads net sales, each by itself, where lines and sales are sorted (`LineOfVisit`): one look per sale, and one
//! whenever the sale is sorted again, as when its visit changes. Other rules cost a look only at sales that are expired
//! or have no date. Nothing is cut before.
//! A sale without a date of expiry is not judged (`Missing::ExpyEnd`).

use records::arena::TextRef;
use records::row::{Dispensing, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::{Compiler, Ruled};
use crate::condition::{Condition, comparisons};
use crate::coverage::{Missing, Population};
use crate::finding::{Finding, Value};
use crate::policy::Policy;
use crate::shape::one_record::{self, OfRecord, One, OneRecord};
use crate::why::steps::{Why, day, day_at, or_dash};

const EXPIRED: Comparison = Comparison::new(0, "the day of the sale is after expy_end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "expired_sale",
    values: &["item", "expired"],
    comparisons: &comparisons::<1, _>(ExpiredSale::CONDITIONS),
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    amount: Some(AmountKind::PriceOfSales),
    population: Some(Population::Sale),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Ruled<()>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.ruled(SPEC.name, |_| ())
}

/// Whether a rule would find or count something of a sale.
pub fn is_subject(sale: &Dispensing) -> bool {
    sale.expires.is_none_or(|expires| day_of(sale.time) > expires)
}

/// Sales of expired packs.
#[derive(Debug)]
pub struct ExpiredSale;

impl OneRecord for ExpiredSale {
    const CONDITIONS: &'static [Condition<OfRecord<ExpiredSale>>] = &[
        Condition::known(
            ["有效期已知", "the expiry day is known"],
            |one| one.record.expires.map(|expires| ("expy_end", day(expires))).into_iter().collect(),
            Missing::ExpyEnd,
            |one| one.record.expires.is_some(),
        ),
        Condition::holds(
            ["销售日晚于有效期", "it was sold on a day after it expired"],
            |one| {
                let expires = or_dash(one.record.expires.map(day));
                vec![("day", day_at(one.record.time)), ("expy_end", expires)]
            },
            &[EXPIRED],
            |bank, one| {
                let sold = day_of(one.record.time);
                one.record.expires.is_some_and(|expires| bank.over(EXPIRED, sold, expires))
            },
        ),
    ];
    type Params = ();
    type Record = Dispensing;
    type Beside = ();

    fn beside(_: &mut Why<'_, '_>, _: &Dispensing) -> Option<()> {
        Some(())
    }
    fn finding(bank: &Policy, one: &One<'_, ExpiredSale>) -> Finding {
        let expired = one.record.expires.map(Value::Day);
        let values = [Value::Text(one.record.item)].into_iter().chain(expired).collect();
        Finding::of_sale(bank, one.rule, (one.row, one.record), values)
    }
}

/// Goes through the conditions of a sale.
pub fn why(why: &mut Why<'_, '_>, rules: &Rules, key: &[TextRef]) -> Option<()> {
    one_record::why::<ExpiredSale>(why, rules, key)
}
