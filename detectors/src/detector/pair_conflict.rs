//! Two items that are not paid together, billed on one day of one visit.
//!
//! Reads the net lines of a visit whose items are in a table of items by visit, all together, beside the visit: read
//! once for this detector, `quantity_limit`, `course_limit` and `hour_item`, and again when one of these lines or the
//! visit's record changes. Lines of other items never come here.
//! Rows are looked up by `item_paid`, and must hold on the day.
//!
//! It needs no record but the lines, so that no reason for not judging is stated; the visit serves to name the
//! institution.

use std::collections::BTreeMap;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{Day, FeeLine, day_of};
use rulebank::{AmountKind, DetectorSpec, Subject};

use crate::compile::{ByText, Compiler, Validity, sort_rows};
use crate::coverage::Count;
use crate::finding::{
    AmountBasis, Finding, KeyPart, RuleIx, Value, institution_of_lines, money_of_lines, sorted_lines,
};
use crate::policy::Policy;
use crate::sink::Sink;
use crate::statement::Out;
use crate::why::steps::{Why, day};

/// What it states of itself.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "pair_conflict",
    table: Some("pair_conflict"),
    values: &["day", "item_paid", "item_denied"],
    subject: Subject::Always("visit"),
    keys: &[&["mdtrt_id", "day", "med_list_codg", "med_list_codg"]],
    amount: Some(AmountKind::ChargesOfDeniedItem),
    near: &[Kind::FeeLine, Kind::Visit],
    ..DetectorSpec::BARE
};

/// A row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conflict {
    rule: RuleIx,
    paid: TextRef,
    denied: TextRef,
    validity: Validity,
    own: bool,
}
/// Rows by either item.
#[derive(Debug, Default, PartialEq)]
pub struct Rules {
    /// Rows by `item_paid`, ordered by rule and the other item.
    by_paid: ByText<Vec<Conflict>>,
    /// Days on which any row holds, by either item.
    pub items: ByText<Vec<Validity>>,
}

/// Compiles its rows.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    let mut rules = Rules::default();
    for (rule, row) in compiler.rows_of(SPEC.name, "pair_conflict") {
        let (paid, denied) =
            ((compiler.intern)(row.text("item_paid")), (compiler.intern)(row.text("item_denied")));
        if paid == denied {
            continue;
        }
        let validity = Validity::of(&row);
        for item in [paid, denied] {
            rules.items.entry(item).or_default().push(validity);
        }
        let conflict = Conflict { rule, paid, denied, validity, own: row.reading_own };
        rules.by_paid.entry(paid).or_default().push(conflict);
    }
    sort_rows(&mut rules.by_paid, |row| (row.rule, row.denied, row.own));
    rules
}

/// Judges the net lines of a visit by item.
pub fn judge(
    arena: &Arena,
    bank: &Policy,
    rules: &Rules,
    lines: &BTreeMap<TextRef, Vec<(RowRef, FeeLine)>>,
    visit: Option<RowRef>,
    sink: &mut Sink,
) {
    if !lines.keys().any(|item| rules.by_paid.contains_key(item)) {
        return;
    }
    let mut of_day: BTreeMap<(Day, TextRef), Vec<(RowRef, FeeLine)>> = BTreeMap::new();
    let conflicting = lines.iter().filter(|(item, _)| rules.items.contains_key(item));
    for (row, line) in conflicting.flat_map(|(_, lines)| lines) {
        of_day.entry((day_of(line.time), line.item)).or_default().push((*row, *line));
    }
    for ((day, paid), paid_lines) in &of_day {
        let Some(conflicts) = rules.by_paid.get(paid) else { continue };
        let holding: Vec<&Conflict> = conflicts.iter().filter(|c| c.validity.holds(*day)).collect();
        for same in holding.chunk_by(|a, b| (a.rule, a.denied) == (b.rule, b.denied)) {
            let conflict = same[0];
            sink.count(Count::Subject(conflict.rule));
            let Some(denied_lines) = of_day.get(&(*day, conflict.denied)) else { continue };
            let (amount, money) = money_of_lines(&sorted_lines(arena, denied_lines));
            let evidence: Vec<RowRef> = paid_lines.iter().chain(denied_lines).map(|(row, _)| *row).collect();
            let institution = institution_of_lines(arena, visit, &evidence);
            let occurred =
                paid_lines.iter().chain(denied_lines).map(|(_, line)| line.time).max().unwrap_or(i64::MIN);
            sink.emit(Out::Finding(Box::new(Finding {
                rule: conflict.rule,
                verdict: bank.verdict(conflict.rule, conflict.own),
                key: vec![
                    KeyPart::Text(paid_lines[0].1.visit),
                    KeyPart::Day(*day),
                    KeyPart::Text(*paid),
                    KeyPart::Text(conflict.denied),
                ],
                institution,
                evidence,
                occurred,
                amount_basis: AmountBasis::Laid(amount, money),
                values: vec![Value::Day(*day), Value::Text(*paid), Value::Text(conflict.denied)],
            })));
        }
    }
}

/// (visit, day, item paid, item denied) billed together.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[visit, on, paid, denied] = key else { return None };
    let items = [paid, denied];
    let scene = why.scene;
    let on = why.day(on)?;
    let [paid, denied] = items.map(|item| scene.text(item));
    let rows = scene
        .table(why.rule, "pair_conflict")
        .filter(|row| row.text("item_paid") == paid && row.text("item_denied") == denied && row.holds_on(on));
    let rows = rows.count();
    why.check(
        [
            "知识表 pair_conflict 有这两个项目当日有效的行",
            "table pair_conflict has a row for the two items that holds on the day",
        ],
        vec![("item_paid", paid), ("item_denied", denied), ("day", day(on))],
        rows > 0,
    )?;
    let mut lines = scene.lines_of(visit);
    lines.retain(|(_, line)| day_of(line.time) == on);
    for (item, condition) in items.into_iter().zip([
        ["当日有已付项目的明细", "the visit has a line of the paid item on the day"],
        ["当日另有不应另付项目的明细", "and one of the item that is not paid beside it"],
    ]) {
        let of_item = lines.iter().filter(|(_, line)| line.item == item);
        let sns: Vec<String> = of_item.map(|(_, line)| scene.text(line.sn)).collect();
        let values = vec![("item", scene.text(item)), ("feedetl_sn", sns.join("; "))];
        why.check(condition, values, !sns.is_empty())?;
    }
    Some(())
}
