//! Findings that an exemption lets off: they stand with their amount, are marked, and count no money.
//!
//! Asked when a finding has its amount, for only then is it known when it occurred. An exemption of the bank
//! that no rule names which judges is not here; where several cover a finding, the first by id marks it.

use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, day_of};
use rulebank::{Bank, Exemption, Rule};

use crate::alert::{key_texts, subject_id};
use crate::detector::spec_of;
use crate::finding::{Finding, KeyPart};
use crate::policy::{Policy, RuleIx};

/// An exemption by the identities of the records.
#[derive(Clone, Debug, PartialEq)]
pub struct Exempt {
    /// Its id, which alerts write.
    id: TextRef,
    rules: Vec<RuleIx>,
    /// Institutions, by which it is asked most.
    institutions: Vec<TextRef>,
    /// What it says in words.
    written: Exemption,
}

/// Compiles the exemptions that name a rule that judges.
pub fn compile(
    bank: &Bank,
    rules: &[Arc<Rule>],
    enabled: &[bool],
    intern: &mut dyn FnMut(&str) -> TextRef,
) -> Vec<Exempt> {
    let mut exempts = Vec::new();
    for exemption in &bank.exemptions {
        let named = (0..).zip(rules).zip(enabled);
        let named = named.filter(|((_, rule), enabled)| **enabled && exemption.rules.contains(&rule.id));
        let named: Vec<RuleIx> = named.map(|((number, _), _)| number).collect();
        if !named.is_empty() {
            exempts.push(Exempt {
                id: intern(&exemption.id),
                rules: named,
                institutions: exemption.institutions.iter().map(|code| intern(code)).collect(),
                written: exemption.clone(),
            });
        }
    }
    exempts
}

/// The id of the exemption that covers a finding, whose `occurred` is final, if one does.
///
/// The finding comes with the row of its institution, if that stands and an exemption asks for divisions.
pub fn exempted_by(
    arena: &Arena,
    bank: &Policy,
    exempts: &[Exempt],
    (finding, institution): (&Finding, Option<RowRef>),
) -> TextRef {
    let day = day_of(finding.occurred);
    let covers = |exempt: &&Exempt| {
        let written = &exempt.written;
        exempt.rules.contains(&finding.rule)
            && written.from <= day
            && !written.is_over(day)
            && exempt.is_there(arena, finding, institution)
            && written.is_of(&if written.items.is_empty() {
                Vec::new()
            } else {
                items_of(arena, bank, finding)
            })
            && exempt.is_about(arena, bank, finding)
    };
    exempts.iter().find(covers).map_or(TextRef::NONE, |exempt| exempt.id)
}

impl Exempt {
    /// Whether it has to be known in which division an institution stands.
    pub fn asks_for_division(&self) -> bool {
        !self.written.divisions.is_empty()
    }

    fn is_there(&self, arena: &Arena, finding: &Finding, institution: Option<RowRef>) -> bool {
        if !self.asks_for_division() {
            return self.institutions.is_empty() || self.institutions.contains(&finding.institution);
        }
        let division = institution.map(|row| arena.text(row::institution(arena, row).admdvs));
        let code = finding.institution.is_some().then(|| arena.text(finding.institution));
        self.written.is_there(code.as_deref(), division.as_deref())
    }

    /// Whether the finding's subject is among those it is for.
    fn is_about(&self, arena: &Arena, bank: &Policy, finding: &Finding) -> bool {
        let rule = &bank.rules[usize::from(finding.rule)];
        let subject = || subject_id(rule, &key_texts(arena, &finding.key));
        self.written.subjects.is_empty() || self.written.subjects.contains(&subject())
    }
}

/// The items that a finding is about: those of its key, and those of the lines, sales, purchases and counts that it
/// rests on.
pub fn items_of(arena: &Arena, bank: &Policy, finding: &Finding) -> Vec<String> {
    let shapes = spec_of(&bank.rules[usize::from(finding.rule)]).keys;
    let shape = shapes.iter().find(|shape| shape.len() == finding.key.len()).copied().unwrap_or_default();
    let of_key = shape.iter().zip(&finding.key).filter_map(|(name, part)| match part {
        KeyPart::Text(text) if matches!(*name, "med_list_codg" | "item" | "item_paid" | "item_denied") => {
            Some(*text)
        }
        _ => None,
    });
    let of_evidence = finding.evidence.iter().filter_map(|row| match row::kind(arena, *row) {
        Kind::FeeLine | Kind::Dispensing => Some(row::item(arena, *row)),
        Kind::Purchase => Some(row::purchase(arena, *row).item),
        Kind::StockCount => Some(row::stock_count(arena, *row).item),
        _ => None,
    });
    let mut items: Vec<TextRef> = of_key.chain(of_evidence).collect();
    items.sort_unstable();
    items.dedup();
    items.into_iter().map(|item| arena.text(item)).collect()
}
