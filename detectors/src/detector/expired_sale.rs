//! Goods sold after their date.
//!
//! Reads net sales, each by itself, where lines and sales are sorted (`LineOfVisit`): one look per sale, and one
//! whenever the sale is sorted again, as when its visit changes. Other rules cost a look only at sales that are expired
//! or have no date. Nothing is cut before.
//! A sale without a date of expiry is not judged (`Missing::ExpyEnd`).

use records::arena::RowRef;
use records::row::{Dispensing, day_of};
use rulebank::{AmountKind, Comparison, DetectorSpec, Subject};

use crate::compile::Compiler;
use crate::coverage::{InstitutionMonth, Missing, Population};
use crate::finding::{Finding, RuleIx, Value};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;

const EXPIRED: Comparison = Comparison::new(0, "the day of the sale is after expy_end");

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "expired_sale",
    values: &["item", "expired"],
    comparisons: &[EXPIRED],
    subject: Subject::Always("dispensing"),
    keys: &[&["sel_id"]],
    amount: Some(AmountKind::PriceOfSales),
    population: Some(Population::Sale),
    ..DetectorSpec::BARE
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rule_numbers(SPEC.name)
}

/// Whether a rule would find or count something of a sale.
pub fn is_subject(sale: &Dispensing) -> bool {
    sale.expires.is_none_or(|expires| day_of(sale.time) > expires)
}

/// Judges a sale.
pub fn judge(bank: &Policy, rules: &Rules, sale_row: RowRef, sale: &Dispensing, sink: &mut Sink) {
    for rule in rules {
        let Some(expires) = sale.expires else {
            sink.not_judged(*rule, Missing::ExpyEnd, InstitutionMonth::at(sale.institution, sale.time));
            continue;
        };
        if bank.over(EXPIRED, day_of(sale.time), expires) {
            let values = vec![Value::Text(sale.item), Value::Day(expires)];
            sink.emit(Out::Finding(Box::new(Finding::of_sale(bank, *rule, (sale_row, sale), values))));
        }
    }
}
