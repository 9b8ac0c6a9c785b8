//! What was judged, rule by rule, and what exemptions that are over would let off.

use std::collections::BTreeMap;

use records::row::{Day, day_of};
use rulebank::{Exemptable, Exemption};
use wire::{Keyword, RuleCoverage};

use super::AlertView;
use crate::alert::{key_texts, subject_id};
use crate::arrivals::{Unjudged, unjudged};
use crate::coverage::{Count, InstitutionMonth};
use crate::detector::spec_of;
use crate::exempt::items_of;
use crate::finding::RuleIx;
use records::arena::TextRef;
use records::row;

impl AlertView {
    /// What was judged, by active rule.
    pub fn coverage(&self) -> BTreeMap<String, RuleCoverage> {
        let mut coverage: BTreeMap<String, RuleCoverage> =
            self.bank.active().map(|rule| (rule.id.clone(), RuleCoverage::default())).collect();
        let id = |rule: RuleIx| self.bank.rules[usize::from(rule)].id.as_str();
        let mut found: BTreeMap<RuleIx, i64> = BTreeMap::new();
        let mut applicable: BTreeMap<String, i64> = BTreeMap::new();
        for alert in self.standing.values().map(|alert| alert.priced.finding.rule) {
            *found.entry(alert).or_default() += 1;
        }
        for (rule, found) in found {
            coverage.entry(id(rule).to_owned()).or_default().found = found;
        }
        for rule in self.bank.active() {
            if let Some(population) = spec_of(rule).population {
                let all = self.counts.get(&Count::Each(population)).copied().unwrap_or(0);
                coverage.entry(rule.id.clone()).or_default().judged += all;
            }
        }
        for (count, n) in self.counts.iter().filter(|(count, n)| **n != 0 && !self.is_of_shadow(count)) {
            match count {
                Count::Each(_) => (),
                Count::Applicable(rule) => *applicable.entry(id(*rule).to_owned()).or_default() += n,
                Count::Subject(rule) => coverage.entry(id(*rule).to_owned()).or_default().judged += n,
                Count::NotJudged(rule, missing, _) => {
                    let coverage = coverage.entry(id(*rule).to_owned()).or_default();
                    *coverage.not_judged.entry(Keyword::Borrowed(missing.reason())).or_default() += n;
                    coverage.judged -= n;
                }
            }
        }
        for (rule, coverage) in &mut coverage {
            // Candidates that several statements count are judged at least once for each finding.
            coverage.judged = coverage.judged.max(coverage.found);
            coverage.clean = coverage.judged - coverage.found;
            // A rule over a table whose subjects are single records judges all of them, whether or not a row is for them;
            // any other looks only at what has one.
            let Some(spec) = self.bank.active().find(|known| known.id == *rule).map(|rule| spec_of(rule))
            else {
                continue;
            };
            if spec.table.is_some() {
                let counted = || applicable.get(rule).copied().unwrap_or(0);
                let unjudged: i64 = coverage.not_judged.values().sum();
                coverage.applicable = Some(match spec.population {
                    Some(_) => (counted() - unjudged).max(coverage.found),
                    None => coverage.judged,
                });
            }
        }
        coverage
    }

    /// What active rules could not judge, by institution and month.
    pub fn unjudged(&self) -> BTreeMap<InstitutionMonth, Unjudged> {
        unjudged(self.counts.iter().filter(|(count, _)| !self.is_of_shadow(count)))
    }

    fn is_of_shadow(&self, count: &Count) -> bool {
        match count {
            Count::Each(_) => false,
            Count::Subject(rule) | Count::Applicable(rule) | Count::NotJudged(rule, ..) => {
                self.bank.is_shadow(*rule)
            }
        }
    }

    /// Alerts that stand and that an exemption would let off, had it not ended before the day on which they occurred.
    pub fn after_the_end_of(&self, exemption: &Exemption) -> usize {
        let is_after = |day: Day| exemption.is_over(day);
        let is_covered = |alert: &&crate::finding::ReconciledFinding| {
            let finding = &alert.priced.finding;
            let rule = &self.bank.rules[usize::from(finding.rule)];
            let institution = finding.institution;
            let row =
                Some(institution).filter(|code| code.is_some()).and_then(|code| self.reach.institution(code));
            let text = |text: TextRef| text.is_some().then(|| self.arena.text(text));
            let division = row.and_then(|row| text(row::institution(&self.arena, row).admdvs));
            let institution = text(institution);
            let subject = subject_id(rule, &key_texts(&self.arena, &finding.key));
            let items = items_of(&self.arena, &self.bank, finding);
            let asked = Exemptable {
                rule: &rule.id,
                institution: institution.as_deref(),
                division: division.as_deref(),
                subject: &subject,
                items: &items,
            };
            is_after(day_of(finding.occurred)) && exemption.is_about(&asked)
        };
        self.standing.values().filter(is_covered).count()
    }
}
