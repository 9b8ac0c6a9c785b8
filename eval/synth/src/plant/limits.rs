//! Items beyond the limits of the tables: for another patient, at another institution, for another illness, too dear,
//! too much, too soon.
//!
//! Each function bills one item beyond its limit into a draft that is otherwise ordinary. The strength decides how far
//! beyond; at none the item is billed exactly at the limit.

use crate::draft::VisitDraft;
use crate::plan::{Planned, PlannedEvent, VisitPurpose};
use crate::planted::{day_text, line_id, token_text, visit_id};
use crate::region::CareClass;
use crate::scheme::SCHEMES;
use crate::simulation::Simulation;
use crate::status::REST;
use crate::text::{DAY, HOUR, ONE, day_of, fen_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

/// Caps of their own; the others are those of ordinary services.
const CAPPED: usize = 6;

impl<W: Write> Simulation<'_, W> {
    /// An item that is not for this patient, not for this hospital, or not for what the patient has.
    pub(super) fn for_another(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (item, beside) = self.item_for_another(SCHEMES[scheme].rule, draft)?;
        let count = ONE * self.rng.span(1, 2);
        if !self.bill_item(draft, item, count) {
            return None;
        }
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        self.one_line(finding, draft, beside);
        Some(finding)
    }

    /// An item of the rule that this draft may not have, and what shows that beside the line.
    fn item_for_another(&mut self, rule: &str, draft: &VisitDraft) -> Option<(usize, Vec<(Kind, String)>)> {
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        let limits = &region.catalogue.limits;
        let person = vec![(Kind::Person, token_text(region, head.person))];
        let start = self.rng.index(4);
        if let Some(limit) = limits.ages.iter().filter(|limit| limit.rule == rule).cycle().nth(start) {
            // The weaker the scheme, the nearer to the limit.
            let far = if limit.in_days { 6_600 - limit.max } else { 10 };
            let over = if limit.in_days {
                self.age_days(head.person, day) - limit.max - 1
            } else {
                self.age_years(head.person, day) - limit.max
            };
            return (over >= self.plan.by_strength(0, far)).then_some((limit.item, person));
        }
        if let Some(limit) = limits.sexes.iter().filter(|limit| limit.rule == rule).cycle().nth(start) {
            let gend = region.person(head.person).gend;
            let wrong = matches!(gend, "1" | "2") && gend != limit.gend;
            return wrong.then_some((limit.item, person));
        }
        if let Some(limit) = limits.levels.iter().filter(|limit| limit.rule == rule).cycle().nth(start) {
            let institution = &region.institutions[head.institution];
            let below = institution.level > limit.lowest;
            return below.then(|| (limit.item, vec![(Kind::Institution, institution.code.clone())]));
        }
        let limit = limits.indications.iter().filter(|limit| limit.rule == rule).cycle().nth(start)?;
        let diagnoses = &draft.visit.diagnoses[..draft.visit.diagnoses_len];
        let fits = |&n: &usize| limit.prefixes.iter().any(|prefix| region.diagnoses[n].starts_with(prefix));
        let without = !diagnoses.is_empty() && !diagnoses.iter().any(fits);
        without.then(|| (limit.item, vec![(Kind::Visit, visit_id(head.visit))]))
    }

    /// The case is the draft's last line and its fund_amt.
    pub(super) fn one_line(&mut self, finding: usize, draft: &VisitDraft, beside: Vec<(Kind, String)>) {
        let line = draft.lines.last().expect("just billed");
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![visit_id(draft.head.visit), line.sn.to_string()];
        planted.records = beside;
        planted.records.push((Kind::FeeLine, line_id(draft.head.visit, line.sn)));
        planted.amount = line.fund;
        planted.complete = true;
    }

    /// A price above what this hospital may ask.
    pub(super) fn above_cap(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        let limit = region.catalogue.limits.caps[self.rng.index(CAPPED)];
        let cap = limit.at(institution.level);
        // Per cent above it, whole fen; at no strength just the cap.
        let price = cap + cap * self.plan.by_strength(0, 60).min(self.rng.span(1, 60)) / 10_000 * 100;
        let count = ONE * self.rng.span(1, 3);
        let at = self.during(draft);
        let line = draft.bill(region, limit.item, count, at);
        line.price = price;
        line.set_count(region, count);
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(finding, draft, vec![(Kind::Institution, institution.code.clone())]);
        self.plan.findings[finding].amount = fen_of(price - cap, count);
        Some(finding)
    }

    /// A service and another one that includes it, on one day.
    pub(super) fn conflicting_pair(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let (paid, denied) =
            region.catalogue.limits.pairs[self.rng.index(region.catalogue.limits.pairs.len())];
        let at = self.during(draft);
        let count = ONE * self.plan.by_strength(1, 2).min(self.rng.span(1, 2));
        let first = draft.bill(region, paid, ONE, at).sn;
        let second = *draft.bill(region, denied, count, at + 30);
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![
            visit_id(head.visit),
            day_text(day_of(at)),
            region.catalogue.items[paid].code.clone(),
            region.catalogue.items[denied].code.clone(),
        ];
        planted.records = vec![
            (Kind::FeeLine, line_id(head.visit, first)),
            (Kind::FeeLine, line_id(head.visit, second.sn)),
        ];
        planted.amount = second.amount;
        planted.complete = true;
        Some(finding)
    }

    /// More of a limited service than a day or a visit allows.
    pub(super) fn over_limit(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let limits = &region.catalogue.limits.quantities;
        let limited = limits[self.rng.index(limits.len())];
        let excess = self.rng.span(1, self.plan.by_strength(1, 4));
        // Each line alone is within the limit; together they are not.
        let mut left = (limited.max + excess) * ONE;
        let mut records = Vec::new();
        let begin = self.during(draft);
        while left > 0 {
            let count = left.min(limited.max * ONE);
            let at = begin + 30 * records.len().cast_signed() as i64;
            let sn = draft.bill(region, limited.item, count, at).sn;
            records.push((Kind::FeeLine, line_id(head.visit, sn)));
            left -= count;
        }
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![visit_id(head.visit), region.catalogue.items[limited.item].code.clone()];
        if !limited.per_visit {
            planted.key.push(day_text(day_of(begin)));
        }
        planted.records = records;
        planted.amount = fen_of(region.catalogue.items[limited.item].price, excess * ONE);
        planted.complete = true;
        Some(finding)
    }

    /// A test that is repeated within days, at another visit, where weeks should lie between.
    pub(super) fn short_cycle(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        if draft.limited || !self.plan.taken.insert(head.person) {
            return None;
        }
        // Not the item that the person uses regularly.
        let cycles = &region.catalogue.limits.cycles;
        let (item, min_days) = cycles[index((region.person(head.person).hash + 1) % cycles.len() as u64)];
        let days = self.rng.span(1, 4).max(min_days - 1 - self.plan.by_strength(0, min_days));
        let first = day_of(draft.visit.begin);
        let again = (first + days) * DAY + self.rng.span(9 * HOUR, 16 * HOUR);
        if again + DAY >= self.end {
            return None;
        }
        let at = self.during(draft);
        let sn = draft.bill(region, item, ONE, at).sn;
        self.busy_until(head.person, again + REST);
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.findings[finding].records.push((Kind::FeeLine, line_id(head.visit, sn)));
        let institution = region.institution_for(head.person, CareClass::Outpatient, &mut self.rng);
        let what = PlannedEvent::Visit(VisitPurpose::Cycle { finding, item, first });
        self.plan.put(Planned { at: again, person: head.person, institution, what });
        Some(finding)
    }
}
