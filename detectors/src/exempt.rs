//! Findings that an exemption lets off: they stand with their amount, are marked, and count no money.
//!
//! Asked when a finding has its amount, for only then is it known when it occurred. An exemption of the bank
//! that no rule names which judges is not here; where several cover a finding, the first by id marks it.

use std::sync::Arc;

use records::arena::{Arena, TextRef};
use records::row::{Day, day_of};
use rulebank::{Bank, Rule};

use crate::alert::{key_texts, subject_id};
use crate::finding::Finding;
use crate::policy::{Policy, RuleIx};

/// An exemption by the identities of the records.
#[derive(Clone, Debug, PartialEq)]
pub struct Exempt {
    /// Its id, which alerts write.
    id: TextRef,
    rules: Vec<RuleIx>,
    /// Institutions; none: everywhere.
    institutions: Vec<TextRef>,
    /// Ids of subjects as alerts write them; none: all.
    subjects: Vec<String>,
    from: Day,
    until: Day,
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
                subjects: exemption.subjects.clone(),
                from: exemption.from,
                until: exemption.until.unwrap_or(Day::MAX),
            });
        }
    }
    exempts
}

/// The id of the exemption that covers a finding, whose `occurred` is final, if one does.
pub fn exempted_by(arena: &Arena, bank: &Policy, exempts: &[Exempt], finding: &Finding) -> TextRef {
    let day = day_of(finding.occurred);
    let covers = |exempt: &&Exempt| {
        exempt.rules.contains(&finding.rule)
            && (exempt.institutions.is_empty() || exempt.institutions.contains(&finding.institution))
            && exempt.from <= day
            && day <= exempt.until
            && exempt.is_about(arena, bank, finding)
    };
    exempts.iter().find(covers).map_or(TextRef::NONE, |exempt| exempt.id)
}

impl Exempt {
    /// Whether the finding's subject is among those it is for.
    fn is_about(&self, arena: &Arena, bank: &Policy, finding: &Finding) -> bool {
        let rule = &bank.rules[usize::from(finding.rule)];
        let subject = || subject_id(rule, &key_texts(arena, &finding.key));
        self.subjects.is_empty() || self.subjects.contains(&subject())
    }
}
