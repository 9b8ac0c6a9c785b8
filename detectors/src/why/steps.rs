//! What was asked of a subject, and what came of it.

use records::Kind;
use records::arena::{RowRef, TextRef};
use records::codes::HospitalLevel;
use records::decimal::format_scaled;
use records::joined_key::join;
use records::render;
use records::row::{self, Day, Dispensing, FeeLine, Prescription, Settlement, Visit, day_of};
use records::time::{format_date, format_time, parse_date};
use rulebank::{Rule, Text2};

use super::scene::Scene;
use crate::classes::Class;
use crate::compile::Ruled;
pub use crate::condition::Values;
use crate::condition::{Answer, Judged, Wording};
use crate::coverage::Missing;
use crate::policy::RuleIx;
use crate::shape::element::{Asked, asked};
use crate::visited::Visited;

/// One condition, the values it was asked of, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The condition as a statement.
    pub condition: Text2,
    /// Values by the names of fields, parameters or messages.
    pub values: Values,
    /// What came of it.
    pub outcome: Outcome,
    /// The record by kind and key that does not stand, if that is why it fails.
    pub absent: Option<(Kind, Vec<String>)>,
}

/// What came of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// It cannot be said: something is missing, by the coverage's reason.
    Missing(&'static str),
}

/// Notes the conditions of a rule, one after the other.
pub struct Why<'s, 'a> {
    /// Where records are looked up.
    pub scene: &'s Scene<'a>,
    /// Whose conditions are asked.
    pub rule: &'s Rule,
    /// Its number.
    pub number: RuleIx,
    steps: Vec<Step>,
}

impl<'s, 'a> Why<'s, 'a> {
    /// Nothing asked so far.
    pub fn new(scene: &'s Scene<'a>, rule: &'s Rule, number: RuleIx) -> Why<'s, 'a> {
        Why { scene, rule, number, steps: Vec::new() }
    }

    /// What was asked.
    pub fn finish(self) -> Vec<Step> {
        self.steps
    }

    fn note(&mut self, [zh, en]: [&str; 2], values: Values, outcome: Outcome) {
        let condition = Text2 { zh: zh.to_owned(), en: en.to_owned() };
        self.steps.push(Step { condition, values, outcome, absent: None });
    }

    /// Notes a condition in both languages; `None` if it does not hold.
    pub fn check(&mut self, condition: [&str; 2], values: Values, holds: bool) -> Option<()> {
        self.note(condition, values, if holds { Outcome::Holds } else { Outcome::Fails });
        holds.then_some(())
    }

    /// Notes a condition that cannot be said for want of something; always `None`.
    pub fn missing<T>(&mut self, condition: [&str; 2], values: Values, missing: Missing) -> Option<T> {
        self.note(condition, values, Outcome::Missing(missing.reason()));
        None
    }

    /// The record with this key, noted with its fields; `None` if it does not stand: then there is no subject.
    pub fn record(&mut self, kind: Kind, key: (TextRef, TextRef)) -> Option<RowRef> {
        let scene = self.scene;
        let parts: Vec<String> =
            [key.0, key.1].into_iter().filter(|part| part.is_some()).map(|part| scene.text(part)).collect();
        let name = join(&parts);
        let found = scene.find(kind, key);
        let values = found.map(|row| render::fields(scene.arena, row)).unwrap_or_default();
        let outcome = if found.is_some() { Outcome::Holds } else { Outcome::Fails };
        self.note(
            [&format!("{} {name} 在册有效", zh(kind)), &format!("{} {name} stands", en(kind))],
            values,
            outcome,
        );
        if found.is_none()
            && let Some(step) = self.steps.last_mut()
        {
            step.absent = Some((kind, parts));
        }
        found
    }

    /// The record with this key that a condition needs; missing, if it does not stand.
    pub fn needed(&mut self, kind: Kind, key: TextRef, missing: Missing) -> Option<RowRef> {
        let found = self.scene.find(kind, (key, TextRef::NONE));
        let outcome = if found.is_some() { Outcome::Holds } else { Outcome::Missing(missing.reason()) };
        self.note_record(kind, key, found, outcome);
        found
    }

    fn note_record(&mut self, kind: Kind, key: TextRef, row: Option<RowRef>, outcome: Outcome) {
        let (name, [zh, en]) = (self.scene.text(key), [zh(kind), en(kind)]);
        let values = row.map(|row| render::fields(self.scene.arena, row)).unwrap_or_default();
        let condition = [&format!("{zh} {name} 的记录在册"), &format!("the record of {en} {name} stands")];
        self.note(condition.map(String::as_str), values, outcome);
    }

    /// Asks the conditions of a detector, one after the other, until one does not hold; `None` if one does not.
    pub fn conditions<J: Judged>(&mut self, candidate: &J::Candidate<'_>) -> Option<()> {
        for condition in J::CONDITIONS {
            let Some(answer) = condition.ask(self.scene.policy, candidate) else { continue };
            let outcome = match answer {
                Answer::Holds => Outcome::Holds,
                Answer::Fails => Outcome::Fails,
                Answer::Missing(missing) => Outcome::Missing(missing.reason()),
            };
            match &condition.wording {
                Wording::Text(text) => self.note(*text, (condition.values)(candidate), outcome),
                Wording::Record { kind, key, row } => {
                    self.note_record(*kind, key(candidate), row(candidate), outcome);
                }
            }
            if answer != Answer::Holds {
                return None;
            }
        }
        Some(())
    }

    /// What the rule states, of a detector without a table.
    pub fn asked<'r, S>(&self, rules: &'r Ruled<S>) -> Option<Asked<'r, S>> {
        asked(rules).find(|asked| asked.rule == self.number)
    }

    /// A visit that stands.
    pub fn visit(&mut self, id: TextRef) -> Option<(RowRef, Visit)> {
        let row = self.record(Kind::Visit, (id, TextRef::NONE))?;
        Some((row, row::visit(self.scene.arena, row)))
    }

    /// A visit that stands and is a stay.
    pub fn stay(&mut self, id: TextRef) -> Option<(RowRef, Visit)> {
        let (row, visit) = self.visit(id)?;
        let values = vec![("med_type", self.scene.text(visit.med_type))];
        let is_stay = self.scene.is_stay(&visit);
        self.check(["该就诊为住院", "the visit is a stay"], values, is_stay)?;
        Some((row, visit))
    }

    /// The same with its class, as detectors that compare visits have it.
    pub fn stayed(&mut self, id: TextRef) -> Option<Visited> {
        self.stay(id).map(|(row, visit)| Visited { row, visit, class: Class::Inpatient })
    }

    /// A fee line that rules see.
    pub fn net_line(&mut self, visit: TextRef, sn: TextRef) -> Option<(RowRef, FeeLine)> {
        let row = self.record(Kind::FeeLine, (visit, sn))?;
        let line = row::fee_line(self.scene.arena, row);
        self.check(["该明细不是冲销", "the line is no reversal"], Vec::new(), line.reverses.is_none())?;
        let values = vec![("cnt", quantity(line.cnt))];
        self.check(
            ["冲销后数量大于零", "something is left of it after its reversals"],
            values,
            line.cnt > 0,
        )?;
        Some((row, line))
    }

    /// A sale of which something is left.
    pub fn sale(&mut self, id: TextRef) -> Option<(RowRef, Dispensing)> {
        let row = self.record(Kind::Dispensing, (id, TextRef::NONE))?;
        let sale = row::dispensing(self.scene.arena, row);
        self.check(["该记录是销售而不是退货", "it is a sale and no return"], Vec::new(), !sale.is_return)?;
        let values = vec![("cnt", quantity(sale.cnt))];
        self.check(["退货后数量大于零", "something is left of it after its returns"], values, sale.cnt > 0)?;
        Some((row, sale))
    }

    /// A settlement that stands and is live.
    pub fn live_settlement(&mut self, id: TextRef) -> Option<(RowRef, Settlement)> {
        let row = self.record(Kind::Settlement, (id, TextRef::NONE))?;
        let settlement = row::settlement(self.scene.arena, row);
        self.check(
            [
                "该结算有效（未退费、无负数、未被冲销）",
                "the settlement is live (not refunded, not negative, not taken back)",
            ],
            Vec::new(),
            settlement.live,
        )?;
        Some((row, settlement))
    }

    /// A prescription that stands and is not cancelled.
    pub fn prescription(&mut self, id: TextRef) -> Option<(RowRef, Prescription)> {
        let row = self.record(Kind::Prescription, (id, TextRef::NONE))?;
        let rx = row::prescription(self.scene.arena, row);
        self.check(["处方未作废", "the prescription is not cancelled"], Vec::new(), !rx.cancelled)?;
        Some((row, rx))
    }

    /// That two visits are of one person.
    pub fn same_person(&mut self, a: &Visit, b: &Visit) -> Option<()> {
        let values = vec![("psn_no", self.scene.text(a.psn_no)), ("psn_no", self.scene.text(b.psn_no))];
        self.check(["两次就诊为同一人", "both are of one person"], values, a.psn_no == b.psn_no)
    }

    /// The institutions of two visits.
    pub fn institutions(&self, a: &Visit, b: &Visit) -> Values {
        let text = |visit: &Visit| self.scene.text(visit.institution);
        vec![("institution_a", text(a)), ("institution_b", text(b))]
    }

    /// A day of a key.
    pub fn day(&mut self, part: TextRef) -> Option<Day> {
        let text = self.scene.text(part);
        let day = parse_date(&text);
        if day.is_none() {
            let condition = ["主键中的日期写作 YYYY-MM-DD", "a day of the key is written YYYY-MM-DD"];
            self.check(condition, vec![("day", text)], false)?;
        }
        day
    }

    /// Rows of the rule's table for an item on a day; `None` if there are none.
    pub fn table_rows(&mut self, table: &str, item: TextRef, day: Day) -> Option<Vec<&'a rulebank::Row>> {
        let rows = self.scene.rows_for(self.rule, table, item, day);
        let mut values = vec![("item", self.scene.text(item)), ("day", format_date(day))];
        values.extend(rows.iter().map(|row| ("row", row_text(row))));
        let id = &self.rule.id;
        self.check(
            [
                &format!("知识表 {table} 有该项目当日有效、归 {id} 的行"),
                &format!("table {table} has a row of {id} for the item that holds on the day"),
            ],
            values,
            !rows.is_empty(),
        )?;
        Some(rows)
    }
}

/// What a table row says.
pub fn row_text(row: &rulebank::Row) -> String {
    let cells: Vec<String> = row
        .columns()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| format!("{name} {text}"))
        .collect();
    cells.join(", ")
}

/// A quantity in ten-thousandths.
pub fn quantity(quantity: i64) -> String {
    format_scaled(quantity, 4)
}

/// A price in millionths of a yuan.
pub fn price(price: i64) -> String {
    format_scaled(price, 6)
}

/// A day.
pub fn day(day: Day) -> String {
    format_date(day)
}

/// The day of a moment.
pub fn day_at(moment: i64) -> String {
    format_date(day_of(moment))
}

/// A moment.
pub fn moment(moment: i64) -> String {
    format_time(moment)
}

/// A text, or a dash where there is none.
pub fn or_dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// The code of a level, or a dash.
pub fn level(level: Option<HospitalLevel>) -> String {
    level.map_or("-", HospitalLevel::code).to_owned()
}

/// Days from a first to a last, which may be open.
pub fn interval(begin: Day, end: Option<Day>) -> String {
    format!("{}/{}", day(begin), end.map_or_else(|| "..".to_owned(), day))
}

/// Hours of seconds, with two places, cut.
pub fn hours(seconds: i64) -> String {
    let hundredths = i128::from(seconds) * 100 / 3600;
    format_scaled(i64::try_from(hundredths).unwrap_or(i64::MAX), 2)
}

fn zh(kind: Kind) -> &'static str {
    match kind {
        Kind::Institution => "机构",
        Kind::Practitioner => "医务人员",
        Kind::Person => "参保人",
        Kind::PersonFact => "外部事实",
        Kind::Enrolment => "参保登记",
        Kind::Visit => "就诊",
        Kind::Settlement => "结算",
        Kind::FeeLine => "费用明细",
        Kind::Prescription => "处方",
        Kind::Dispensing => "销售",
        Kind::Purchase => "采购",
        Kind::StockChange => "库存变更",
        Kind::StockCount => "库存盘点",
        Kind::Presence => "身份核验",
        Kind::Invoice => "票据",
        Kind::Label => "认定",
    }
}

fn en(kind: Kind) -> &'static str {
    match kind {
        Kind::PersonFact => "fact",
        Kind::FeeLine => "fee line",
        Kind::Dispensing => "sale",
        Kind::StockChange => "stock change",
        Kind::StockCount => "stock count",
        Kind::Presence => "identity check",
        kind => kind.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_cut_to_two_places() {
        assert_eq!([hours(3600), hours(5400), hours(-1), hours(3599)], ["1", "1.5", "0", "0.99"]);
    }
}
