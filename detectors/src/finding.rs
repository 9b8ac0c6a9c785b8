//! What a detector concludes of a subject, before and after its amount is known and reconciled.
//!
//! A [`Finding`] speaks of an amount ([`AmountBasis`]); priced it lays the amount on records ([`PricedFinding`]);
//! reconciled with the findings of the same visit it takes what nobody before it took ([`ReconciledFinding`]).

use records::Kind;
use records::arena::{Arena, RowRef, TextRef, Word as _};
use records::codes::{HospitalLevel, Sex};
use records::row::{self, Day, Dispensing, FeeLine, Moment, Settlement};
use rulebank::{Severity, Verdict};
use serde::{Deserialize, Serialize};

use crate::exact::{fen_of, sale_money};
use crate::policy::Policy;
pub use crate::policy::RuleIx;
use crate::profile::ProfileColumn;

/// One part of a subject's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyPart {
    /// An identity or a code.
    Text(TextRef),
    /// A civil day, written `YYYY-MM-DD`.
    Day(Day),
}

/// A value that a rule's message may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Value {
    /// A text of the records.
    Text(TextRef),
    /// A civil day.
    Day(Day),
    /// A moment.
    Moment(Moment),
    /// A whole number.
    Int(i64),
    /// A number that is only known to be greater than this one.
    MoreThan(i64),
    /// A quantity in ten-thousandths.
    Quantity(i64),
    /// A price in millionths of a yuan.
    Price(i64),
    /// A hosp_lv; `00` where it is not known.
    Level(Option<HospitalLevel>),
    /// A word in the reader's language.
    Word(MessageWord),
    /// A month, written `YYYY-MM`.
    Month(i32),
    /// A number in thousandths.
    Thousandths(i64),
    /// A column that made a month unusual.
    Driver {
        /// The column.
        column: ProfileColumn,
        /// Whether it is held against the subject's own past, not the peers'.
        history: bool,
        /// The value, in thousandths of the column's unit.
        value: i64,
        /// What it is held against.
        usual: i64,
    },
}

/// Declares the words, each with its Chinese and its English.
macro_rules! message_words {
    ($($(#[$doc:meta])* $word:ident = $zh:literal, $en:literal;)+) => {
        /// A word that messages need in both languages.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum MessageWord { $($(#[$doc])* $word,)+ }

        impl MessageWord {
            /// The word in Chinese.
            pub const fn zh(self) -> &'static str {
                match self { $(MessageWord::$word => $zh,)+ }
            }

            /// The word in English.
            pub const fn en(self) -> &'static str {
                match self { $(MessageWord::$word => $en,)+ }
            }
        }
    };
}

message_words! {
    /// An age in days.
    Days = "天", "days";
    /// An age in years.
    Years = "岁", "years";
    /// A limit for each day.
    EachDay = "每日", "day";
    /// A limit for each visit.
    EachVisit = "每次就诊", "visit";
    /// A line or sale names no prescription.
    NoPrescription = "没有处方号", "it has no prescription number";
    /// It names one on which nothing can rest.
    InvalidPrescription = "处方不存在或已作废", "the prescription does not stand or was cancelled";
    /// A reversal has no original.
    ReversesNothing = "冲销的原明细不存在", "it reverses no line that stands";
    /// A line does not add up.
    WrongAmount = "金额与数量乘单价不符", "its amount is not quantity times price";
    /// For men.
    Men = "男性", "men";
    /// For women.
    Women = "女性", "women";
}

/// A number in units of 10^-10 as a message shows it: to four places.
pub fn shown(exact: i128) -> Value {
    Value::Quantity(i64::try_from(exact / 1_000_000).unwrap_or(i64::MAX))
}

/// The word for those of a sex.
pub fn sex_word(gend: Sex) -> Value {
    Value::Word(if gend == Sex::Male { MessageWord::Men } else { MessageWord::Women })
}

/// One record whose money the amount of a finding is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// The record, as the fact that was seen.
    pub row: RowRef,
    /// Its own money, fen, never below 0.
    pub own: i64,
}

/// What the amount of a finding speaks of (contract section 3, `counted_amount`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AmountBasis {
    /// No money.
    Nothing,
    /// The sum of `fund(v)` of these visits.
    Fund(Vec<TextRef>),
    /// The smaller `fund(v)` of two visits; on a tie the first.
    SmallerFund(TextRef, TextRef),
    /// The sum of `fund(v)` of these visits, sorted by key, less the largest; on a tie the first is left out.
    AllButLargestFund(Vec<TextRef>),
    /// `det_item_fee_sumamt` of the visit's net lines on the days of these runs, before they were looked up.
    LinesOn(Vec<(Day, Day)>),
    /// The uses of these days, before they were looked up.
    UsesOn(Vec<Day>),
    /// `fund_amt` of these lines and price x quantity of these sales.
    Uses(Vec<RowRef>),
    /// `fund_amt` of a net line.
    FundAmount(RowRef),
    /// An amount in fen, laid on records in this order.
    Laid(i64, Vec<Money>),
}

/// A rule's condition holds of a subject.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Finding {
    /// The rule.
    pub rule: RuleIx,
    /// How sure it is: the rule's verdict, or a weaker one.
    pub verdict: Verdict,
    /// Parts of the subject's key.
    pub key: Vec<KeyPart>,
    /// fixmedins_code that the alert names, if it names one.
    pub institution: TextRef,
    /// Records without which it would not stand, as the facts that were seen.
    pub evidence: Vec<RowRef>,
    /// Greatest event time known so far, or the moment the rule prescribes.
    pub occurred: Moment,
    /// What its amount speaks of.
    pub amount_basis: AmountBasis,
    /// Values for the message, in the order of the detector's `values`.
    pub values: Vec<Value>,
}

impl Finding {
    /// About a net line and its `fund_amt`.
    pub fn of_line(
        bank: &Policy,
        rule: RuleIx,
        own_reading: bool,
        (row, line): (RowRef, &FeeLine),
        values: Vec<Value>,
    ) -> Finding {
        Finding {
            rule,
            verdict: bank.verdict(rule, own_reading),
            key: vec![KeyPart::Text(line.visit), KeyPart::Text(line.sn)],
            institution: line.institution,
            evidence: vec![row],
            occurred: line.time,
            amount_basis: AmountBasis::FundAmount(row),
            values,
        }
    }

    /// About a sale and its price.
    pub fn of_sale(
        bank: &Policy,
        rule: RuleIx,
        (row, sale): (RowRef, &Dispensing),
        values: Vec<Value>,
    ) -> Finding {
        let own = sale_money(sale);
        Finding {
            rule,
            verdict: bank.verdict(rule, false),
            key: vec![KeyPart::Text(sale.id)],
            institution: sale.institution,
            evidence: vec![row],
            occurred: sale.time,
            amount_basis: AmountBasis::Laid(own, vec![Money { row, own }]),
            values,
        }
    }

    /// About a settlement and what the fund paid of it.
    pub fn of_settlement(
        bank: &Policy,
        rule: RuleIx,
        (row, settlement): (RowRef, &Settlement),
        values: Vec<Value>,
    ) -> Finding {
        let own = settlement.fund.max(0);
        Finding {
            rule,
            verdict: bank.verdict(rule, false),
            key: vec![KeyPart::Text(settlement.id)],
            institution: settlement.institution,
            evidence: vec![row],
            occurred: settlement.time,
            amount_basis: AmountBasis::Laid(own, vec![Money { row, own }]),
            values,
        }
    }

    /// A number that stands for rule and key: 64 bits of a hash of both.
    pub fn id(&self) -> u64 {
        self.id_as(self.rule)
    }

    /// As [`Finding::id`], were it of another rule.
    pub fn id_as(&self, rule: RuleIx) -> u64 {
        id_of_key(rule, &self.key)
    }
}

/// The number of a finding of a rule with this key, as [`Finding::id`].
pub fn id_of_key(rule: RuleIx, key: &[KeyPart]) -> u64 {
    let mut bytes = Vec::with_capacity(4 + key.len() * 9);
    bytes.extend_from_slice(&rule.to_le_bytes());
    for part in key {
        match part {
            KeyPart::Text(text) => {
                bytes.push(0);
                bytes.extend_from_slice(&text.word().to_le_bytes());
            }
            KeyPart::Day(day) => {
                bytes.push(1);
                bytes.extend_from_slice(&day.to_le_bytes());
            }
        }
    }
    xxhash_rust::xxh3::xxh3_64(&bytes)
}

/// A finding with its amount, and where that is laid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PricedFinding {
    /// The finding; its `occurred` covers the records of the amount too.
    pub finding: Finding,
    /// Suspected amount, fen.
    pub amount: i64,
    /// Records and the fen laid on each, only where that is more than 0.
    pub laid: Vec<(RowRef, i64)>,
    /// Records whose money is in the amount, for the causes of events.
    pub behind: Vec<RowRef>,
    /// The id of the exemption that lets it off, so that it takes nothing of what it laid.
    pub exempted_by: TextRef,
}

/// The sum of det_item_fee_sumamt of lines, never below 0, and the money it is made of.
pub fn money_of_lines(lines: &[(RowRef, FeeLine)]) -> (i64, Vec<Money>) {
    let sum: i128 = lines.iter().map(|(_, line)| i128::from(line.amount)).sum();
    (
        i64::try_from(sum.max(0)).unwrap_or(i64::MAX),
        lines.iter().map(|(row, line)| Money { row: *row, own: line.amount.max(0) }).collect(),
    )
}

/// The sum of price x quantity of sales, rounded once, fen.
pub fn sale_fen<'a>(sales: impl Iterator<Item = &'a Dispensing>) -> i64 {
    let exact = sales
        .map(|sale| i128::from(sale.cnt) * i128::from(sale.price.unwrap_or(0)))
        .fold(0i128, i128::saturating_add);
    // A quantity of 10^-4 at 10^-6 yuan, brought to the 10^-10 of the first factor.
    fen_of(exact.saturating_mul(1_000_000), 1)
}

/// The money of sales.
pub fn money_of_sales(sales: &[(RowRef, Dispensing)]) -> Vec<Money> {
    sales.iter().map(|(row, sale)| Money { row: *row, own: sale_money(sale) }).collect()
}

/// Lines in the order in which amounts are laid: by key, part by part, by bytes.
pub fn sorted_lines(arena: &Arena, lines: &[(RowRef, FeeLine)]) -> Vec<(RowRef, FeeLine)> {
    let mut lines = lines.to_vec();
    lines.sort_by(|(_, a), (_, b)| arena.compare(a.visit, b.visit).then_with(|| arena.compare(a.sn, b.sn)));
    lines
}

/// What one finding laid on one record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Laid {
    /// How much the finding weighs.
    pub severity: Severity,
    /// How sure it is.
    pub verdict: Verdict,
    /// The rule.
    pub rule: RuleIx,
    /// The subject's key.
    pub key: Vec<KeyPart>,
    /// [`Finding::id`].
    pub finding: u64,
    /// The record.
    pub row: RowRef,
    /// Fen laid on it.
    pub fen: i64,
}

/// An alert as it leaves the dataflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReconciledFinding {
    /// The finding and its amount.
    pub priced: PricedFinding,
    /// The part of the amount charged to this alert, fen.
    pub counted: i64,
    /// What was taken of each record, fen.
    pub taken: Vec<(RowRef, i64)>,
}

/// Compares two keys part by part by the bytes of their texts.
pub fn compare_keys(arena: &Arena, a: &[KeyPart], b: &[KeyPart]) -> std::cmp::Ordering {
    use std::cmp::Ordering;
    for (left, right) in a.iter().zip(b) {
        let order = match (left, right) {
            (KeyPart::Text(left), KeyPart::Text(right)) => arena.compare(*left, *right),
            (KeyPart::Day(left), KeyPart::Day(right)) => left.cmp(right),
            // A key's shape is its rule's; the same rule never mixes them, different rules are ordered before.
            (KeyPart::Text(_), KeyPart::Day(_)) => Ordering::Less,
            (KeyPart::Day(_), KeyPart::Text(_)) => Ordering::Greater,
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Compares two records as the contract orders evidence and laying: by kind, then key part by part, by bytes.
pub fn compare_records(arena: &Arena, a: RowRef, b: RowRef) -> std::cmp::Ordering {
    let kinds = |row| row::kind(arena, row).name();
    kinds(a).cmp(kinds(b)).then_with(|| {
        let ((a1, a2), (b1, b2)) = (row::key(arena, a), row::key(arena, b));
        arena.compare(a1, b1).then_with(|| arena.compare(a2, b2))
    })
}

/// The institution of a record, if its kind has one.
pub fn institution_of(arena: &Arena, row: RowRef) -> TextRef {
    match row::kind(arena, row) {
        Kind::Institution => row::key(arena, row).0,
        Kind::Visit => row::visit(arena, row).institution,
        Kind::Settlement => row::settlement(arena, row).institution,
        Kind::FeeLine => row::fee_line_institution(arena, row),
        Kind::Prescription => row::prescription(arena, row).institution,
        Kind::Dispensing => row::dispensing(arena, row).institution,
        Kind::Purchase => row::purchase(arena, row).institution,
        Kind::StockChange => row::stock_change(arena, row).institution,
        Kind::StockCount => row::stock_count(arena, row).institution,
        Kind::Presence => row::presence(arena, row).institution,
        Kind::Invoice => row::invoice(arena, row).institution,
        Kind::Practitioner | Kind::Person | Kind::PersonFact | Kind::Enrolment | Kind::Label => TextRef::NONE,
    }
}

/// The institution of a subject that lines of a visit form: the visit's; without it the lines'.
pub fn institution_of_lines(arena: &Arena, visit: Option<RowRef>, lines: &[RowRef]) -> TextRef {
    match visit {
        Some(visit) => row::visit(arena, visit).institution,
        None => common_institution(arena, lines),
    }
}

/// The institution that all these records have; none if they differ or one has none.
pub fn common_institution(arena: &Arena, rows: &[RowRef]) -> TextRef {
    let mut institutions = rows.iter().map(|row| institution_of(arena, *row));
    let Some(first) = institutions.next() else { return TextRef::NONE };
    if institutions.all(|other| other == first) { first } else { TextRef::NONE }
}
