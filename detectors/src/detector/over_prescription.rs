//! More on the bill than was prescribed.

use records::arena::{Arena, Ref};
use records::row::{self, FeeLine, Prescription};
use rulebank::DetectorSpec;

use crate::coverage::Count;
use crate::finding::{Claim, Finding, Money, Out, Part, RuleIx, Value};
use crate::judge::Sink;
use crate::knowledge::{Compiler, Knowledge, exact_quantity, fen_of};

/// What a rule may tell it.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "over_prescription",
    table: None,
    params: &[],
    values: &["item", "quantity", "prescribed", "rx_id"],
};

/// Its rules.
pub type Rules = Vec<RuleIx>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(ix, _)| ix).collect()
}

/// Judges a prescription with the net lines that name it.
pub fn judge(
    arena: &Arena,
    bank: &Knowledge,
    (rx_row, rx): (Ref, &Prescription),
    lines: &[(Ref, FeeLine)],
    sink: &mut Sink,
) {
    if rx.cancelled || bank.detectors.over_prescription.is_empty() {
        return;
    }
    for (nth, prescribed_line) in rx.lines.iter().enumerate() {
        let item = prescribed_line.item;
        if rx.lines[..nth].iter().any(|before| before.item == item) {
            continue;
        }
        for rule in &bank.detectors.over_prescription {
            sink.count(Count::Subject(*rule));
        }
        let of_item = rx.lines[nth..].iter().filter(|line| line.item == item);
        let prescribed = of_item.fold(0i64, |sum, line| sum.saturating_add(line.cnt));
        let of_item = lines.iter().filter(|(_, line)| line.item == item);
        let quantity = of_item.fold(0i64, |sum, (_, line)| sum.saturating_add(line.cnt));
        if quantity <= prescribed {
            continue;
        }
        let mut billed: Vec<&(Ref, FeeLine)> = lines.iter().filter(|(_, line)| line.item == item).collect();
        billed.sort_by(|(_, a), (_, b)| {
            arena.compare(a.visit, b.visit).then_with(|| arena.compare(a.sn, b.sn))
        });
        let price = billed.iter().map(|(_, line)| line.price).max().unwrap_or(0);
        let amount = fen_of(exact_quantity(quantity) - exact_quantity(prescribed), price);
        let money = billed.iter().map(|(row, line)| Money { row: *row, own: line.amount.max(0) }).collect();
        let latest = billed.iter().map(|(_, line)| line.time).max().unwrap_or(rx.time);
        let mut evidence: Vec<Ref> = billed.iter().map(|(row, _)| *row).collect();
        evidence.push(rx_row);
        let finding = Finding {
            rule: 0,
            verdict: 0,
            key: vec![Part::Text(rx.id), Part::Text(item)],
            institution: rx.institution,
            evidence,
            occurred: latest.max(rx.time),
            claim: Claim::Laid(amount, money),
            values: vec![
                Value::Text(item),
                Value::Quantity(quantity),
                Value::Quantity(prescribed),
                Value::Text(rx.id),
            ],
        };
        for rule in &bank.detectors.over_prescription {
            let finding = Finding { rule: *rule, verdict: bank.verdict(*rule, false), ..finding.clone() };
            sink.say(Out::Finding(Box::new(finding)));
        }
    }
}

/// Reads the net lines among rows.
pub fn net_lines(arena: &Arena, rows: &[(Ref, crate::views::Diff)]) -> Vec<(Ref, FeeLine)> {
    rows.iter()
        .map(|(place, _)| (*place, row::fee_line(arena, *place)))
        .filter(|(_, line)| line.is_net())
        .collect()
}
