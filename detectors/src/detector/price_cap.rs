//! An item above the price that is allowed at this level of hospital.

use records::Kind;
use records::arena::Ref;
use records::row::{FeeLine, Institution, day_of, level_rank};
use rulebank::DetectorSpec;

use super::About;
use crate::coverage::{Missing, Population, Spot};
use crate::finding::{Claim, Finding, Money, Out, RuleIx, Value};
use crate::judge::Sink;
use crate::knowledge::{ByRef, Compiler, Knowledge, Validity, exact, fen_of, sort_rows};

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "price_cap",
    table: Some("price_cap"),
    params: &[],
    values: &["item", "price", "cap"],
    comparisons: &["the price is above the cap"],
};

/// What its alerts are about.
pub const ABOUT: About =
    About::of("fee_line").named_by(2).far(&[Kind::Institution]).all_of(Population::NetLine);

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cap {
    rule: RuleIx,
    /// The level it is for; `None` for all.
    level: Option<u8>,
    /// Yuan in units of 10^-10.
    cap: i128,
    validity: Validity,
    own: bool,
}

impl Cap {
    /// Days on which the row holds.
    pub fn validity(&self) -> Validity {
        self.validity
    }
}

/// Rows by item, the strictest (lowest cap) of a rule first.
pub type Rules = ByRef<Vec<Cap>>;

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let mut items: Rules = ByRef::default();
    for (rule, row) in compiler.rows_of(SPEC.name, "price_cap") {
        let item = (compiler.intern)(row.text("item"));
        let level = row.text("hosp_lv");
        items.entry(item).or_default().push(Cap {
            rule,
            level: (!level.is_empty()).then(|| level_rank(level)),
            cap: exact(row.decimal("cap").unwrap_or_default()),
            validity: Validity::of(&row),
            own: row.reading_own,
        });
    }
    sort_rows(&mut items, |cap| (cap.rule, cap.cap, cap.own));
    items
}

/// Judges a net line of an item in the table with its institution.
pub fn judge(
    bank: &Knowledge,
    (line_row, line): (Ref, &FeeLine),
    institution: Option<(Ref, &Institution)>,
    sink: &mut Sink,
) {
    let Some(caps) = bank.detectors.price_cap.get(&line.item) else { return };
    let day = day_of(line.time);
    let valid: Vec<&Cap> = caps.iter().filter(|cap| cap.validity.holds(day)).collect();
    for of_rule in valid.chunk_by(|a, b| a.rule == b.rule) {
        let rule = of_rule[0].rule;
        let level = institution.map_or(0, |(_, institution)| institution.level);
        if level == 0 && of_rule.iter().any(|cap| cap.level.is_some()) {
            let missing = if institution.is_none() { Missing::Institution } else { Missing::HospLv };
            sink.not_judged(rule, missing, Spot::at(line.institution, line.time));
            continue;
        }
        // A row of this level stands before one for all.
        let of_level = of_rule.iter().find(|cap| cap.level == Some(level));
        let Some(cap) = of_level.or_else(|| of_rule.iter().find(|cap| cap.level.is_none())) else { continue };
        // Prices stand in millionths.
        let over = i128::from(line.price) * 10_000 - cap.cap;
        if !bank.over(0, over, 0) {
            continue;
        }
        let Some((institution_row, _)) = institution else {
            sink.not_judged(rule, Missing::Institution, Spot::at(line.institution, line.time));
            continue;
        };
        let shown = i64::try_from(cap.cap / 10_000).unwrap_or(i64::MAX);
        let values = vec![Value::Text(line.item), Value::Price(line.price), Value::Price(shown)];
        let mut finding = Finding::of_line(bank, rule, cap.own, (line_row, line), values);
        finding.evidence.push(institution_row);
        // A quantity of 10^-4 taken for a price of 10^-6: both factors keep their places.
        let amount = fen_of(over, line.cnt.saturating_mul(100));
        finding.claim = Claim::Laid(amount, vec![Money { row: line_row, own: line.amount.max(0) }]);
        sink.say(Out::Finding(Box::new(finding)));
    }
}
