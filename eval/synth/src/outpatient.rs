//! A visit to a hospital or clinic that ends on the same day: services, drugs on prescription, and near misses.
//!
//! Near misses are what a careless rule would take for fraud: items exactly at their limit, lines beyond it that are
//! reversed, age-limited items for those who may have them. They make the ordinary region a test of false alarms.

use crate::diagnosis::{PLAIN_DIAGNOSES, SPECIFIC, specific_diagnosis};
use crate::draft::VisitDraft;
use crate::limits::NEWBORN_DAYS_MAX;
use crate::plan::VisitPurpose;
use crate::record::{Prescription, PrescriptionRef};
use crate::simulation::Simulation;
use crate::text::{DAY, ONE, day_of};
use records::splitmix::index;
use std::io::Write;

/// Kinds of drugs on one prescription.
const KINDS_MAX: i64 = 5;

impl<W: Write> Simulation<'_, W> {
    /// A visit to a hospital or clinic that ends on the same day.
    pub(crate) fn consult(&mut self, person: usize, institution: usize, at: i64, step: Option<VisitPurpose>) {
        let mut draft = std::mem::take(&mut self.draft);
        let minutes = self.rng.span(30, 120);
        self.begin_draft(&mut draft, person, institution, at, minutes);
        draft.visit.med_type = match self.rng.below(100) {
            _ if self.region.is_chronic(person) && self.rng.once_in(2) => "14",
            0..78 => "11",
            78..90 => "13",
            90..95 => "16",
            _ => "12",
        };
        // What is done, prescribed and billed.
        self.bill_services(&mut draft);
        // What is for newborns goes to newborns, and they are few.
        let newborn = self.age_days(person, day_of(at)) <= NEWBORN_DAYS_MAX;
        self.bill_drugs(&mut draft);
        if step.is_none() {
            if newborn {
                self.bill_for_newborn(&mut draft);
            }
            self.bill_limited(&mut draft);
        }
        self.reverse_something(&mut draft);
        // Who was seen at the registration and at the counter.
        if self.rng.permille(560) {
            let later = self.rng.span(0, 300);
            let seen = self.identity_check(at + later, "register");
            draft.presences.push(seen);
        }
        if self.rng.permille(480) {
            let seen = self.identity_check(draft.settled, "settle");
            draft.presences.push(seen);
        }
        // What was planned for this visit, else what is planted on it.
        match step {
            Some(step) => self.carry_out(step, &mut draft),
            None => self.plant(&mut draft),
        }
        self.send_draft(&draft);
        self.draft = draft;
    }

    fn bill_services(&mut self, draft: &mut VisitDraft) {
        let catalogue = &self.region.catalogue;
        let at = draft.visit.begin + self.rng.span(0, 300);
        if self.rng.permille(720) {
            draft.bill(self.region, catalogue.registrations[self.rng.index(3)], ONE, at);
        }
        if self.rng.permille(620) || draft.lines.is_empty() {
            draft.bill(self.region, catalogue.consultations[self.rng.index(6)], ONE, at + 60);
        }
        for _ in 0..self.rng.index(4) {
            let item = catalogue.services[self.region.service_heat.rank(self.rng.next_bits())];
            let count = [1, 1, 1, 2, 3][self.rng.index(5)] * ONE;
            let at = self.during(draft);
            draft.bill(self.region, item, count, at);
        }
    }

    fn bill_drugs(&mut self, draft: &mut VisitDraft) {
        let kinds = match draft.visit.med_type {
            "16" => 6,
            "12" => 0,
            _ if self.rng.permille(740) => 1 + self.rng.index(4),
            _ => return,
        };
        let institution = &self.region.institutions[draft.head.institution];
        let catalogue = &self.region.catalogue;
        for n in 0..kinds {
            let chance = self.rng.next_bits();
            let (item, pair) = if draft.visit.med_type == "16" {
                institution.herb(catalogue, (draft.visit.diagnoses[0] + n * 7) % catalogue.herbs.len())
            } else {
                institution.drug(catalogue, self.region.drug_heat.rank(chance) % institution.drugs)
            };
            let count = if draft.visit.med_type == "16" {
                [60 * ONE, 90 * ONE, 105 * ONE + ONE / 2][n % 3]
            } else {
                [1, 1, 2, 2, 3, 4][self.rng.index(6)] * ONE
            };
            self.bill_prescribed(draft, item, pair, count);
        }
    }

    /// Bills a drug and adds it to the visit's prescription; nothing if it is there already, or the prescription
    /// has all the drugs that one may have.
    pub(crate) fn bill_prescribed(
        &mut self,
        draft: &mut VisitDraft,
        item: usize,
        pair: usize,
        count: i64,
    ) -> bool {
        self.bill_prescribed_beyond(draft, item, pair, count, KINDS_MAX)
    }

    /// As above, with another number of drugs that the prescription may have.
    pub(crate) fn bill_prescribed_beyond(
        &mut self,
        draft: &mut VisitDraft,
        item: usize,
        pair: usize,
        count: i64,
        kinds_max: i64,
    ) -> bool {
        if draft.orders.is_empty() {
            draft.orders.push(Prescription {
                number: 1,
                at: draft.visit.begin + 120,
                institution: draft.head.institution,
                doctor: draft.visit.doctor,
                online: false,
                cancelled: false,
                lines: Vec::with_capacity(6),
            });
        }
        let is_drug = |item: usize| self.region.catalogue.items[item].list_type == "101";
        let lines = &draft.orders[0].lines;
        let kinds = lines.iter().filter(|&&(other, _)| is_drug(other)).count();
        if lines.iter().any(|&(other, _)| other == item) || kinds as i64 >= kinds_max && is_drug(item) {
            return false;
        }
        // Some leave a pack of what was prescribed.
        let spare = if self.rng.once_in(30) { ONE } else { 0 };
        draft.orders[0].lines.push((item, count + spare));
        self.take(draft.head.institution, item, pair, count);
        let at = self.during(draft).max(draft.orders[0].at);
        draft.bill(self.region, item, count, at).order = PrescriptionRef::Of(1);
        true
    }

    /// Bills an item that a table limits: a drug on prescription, goods from the shelf. False if it could not be.
    pub(crate) fn bill_item(&mut self, draft: &mut VisitDraft, item: usize, count: i64) -> bool {
        let region = self.region;
        let shelf = region.institutions[draft.head.institution].shelf(&region.catalogue, item);
        match (shelf, region.catalogue.items[item].list_type) {
            (Some(pair), "101") => self.bill_prescribed(draft, item, pair, count),
            (Some(pair), _) => {
                self.take(draft.head.institution, item, pair, count);
                let at = self.during(draft);
                draft.bill(region, item, count, at);
                true
            }
            (None, _) => {
                let at = self.during(draft);
                draft.bill(region, item, count, at);
                true
            }
        }
    }

    /// Near misses: items that a table limits, within their limits, often exactly at them.
    fn bill_limited(&mut self, draft: &mut VisitDraft) {
        let limits = &self.region.catalogue.limits;
        let day = day_of(draft.visit.begin);
        let person = draft.head.person;
        if self.rng.permille(60) {
            self.bill_quantity(draft);
        }
        if self.rng.permille(40) {
            self.bill_pair(draft);
        }
        let cycle = limits.cycles[index(self.region.person(person).hash % limits.cycles.len() as u64)];
        if self.rng.permille(120) && self.cycle_again(person, day, cycle.1) {
            draft.limited |= self.bill_item(draft, cycle.0, ONE);
        }
        if self.rng.permille(130) {
            self.bill_for_patient(draft);
        }
        if self.rng.permille(12) {
            self.diagnose_fitting(draft);
        }
        if self.rng.permille(15) {
            let item = limits.hourly[self.rng.index(limits.hourly.len())];
            let hours = [1, 2, 3, 24][self.rng.index(4)];
            draft.limited |= self.bill_item(draft, item, hours * ONE);
        }
    }

    fn bill_for_newborn(&mut self, draft: &mut VisitDraft) {
        let ages = &self.region.catalogue.limits.ages;
        for limit in ages.iter().filter(|limit| limit.in_days) {
            if self.rng.permille(300) {
                draft.limited |= self.bill_item(draft, limit.item, ONE);
            }
        }
    }

    fn bill_quantity(&mut self, draft: &mut VisitDraft) {
        let region = self.region;
        let limits = &region.catalogue.limits.quantities;
        let limited = limits[self.rng.index(limits.len())];
        let too_many = self.rng.once_in(10);
        let at = self.during(draft);
        draft.bill(region, limited.item, (limited.max + i64::from(too_many)) * ONE, at);
        if too_many {
            draft.reverse(region, draft.lines.len() - 1, ONE, at + 600);
        }
        draft.limited = true;
    }

    fn bill_pair(&mut self, draft: &mut VisitDraft) {
        let region = self.region;
        let pairs = &region.catalogue.limits.pairs;
        let (paid, denied) = pairs[self.rng.index(pairs.len())];
        let both = self.rng.once_in(20);
        let one = if self.rng.once_in(2) { paid } else { denied };
        let at = self.during(draft);
        draft.bill(region, if both { paid } else { one }, ONE, at);
        if both {
            draft.bill(region, denied, ONE, at + 60);
            draft.reverse(region, draft.lines.len() - 1, ONE, at + 900);
        }
        draft.limited = true;
    }

    /// Something that is for this person, here, with these diagnoses, and would not be for everybody.
    fn bill_for_patient(&mut self, draft: &mut VisitDraft) {
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        let limits = &region.catalogue.limits;
        let (days, years) = (self.age_days(head.person, day), self.age_years(head.person, day));
        let institution = &region.institutions[head.institution];
        let item = match self.rng.below(5) {
            0 | 1 => {
                let limit = limits.ages[self.rng.index(limits.ages.len())];
                limit.allows(days, years).then_some(limit.item)
            }
            2 => {
                let limit = limits.sexes[self.rng.index(limits.sexes.len())];
                (limit.gend == region.person(head.person).gend).then_some(limit.item)
            }
            3 => {
                let limit = limits.levels[self.rng.index(limits.levels.len())];
                (institution.level <= limit.lowest).then_some(limit.item)
            }
            _ => {
                let limit = limits.indications[self.rng.index(limits.indications.len())];
                draft.diagnose(specific_diagnosis(limit.prefixes[self.rng.index(limit.prefixes.len())]));
                Some(limit.item)
            }
        };
        if let Some(item) = item {
            draft.limited |= self.bill_item(draft, item, ONE);
        }
    }

    /// A diagnosis that not everybody can have, of somebody who can.
    fn diagnose_fitting(&mut self, draft: &mut VisitDraft) {
        let n = self.rng.index(SPECIFIC.len());
        let (person, day) = (draft.head.person, day_of(draft.visit.begin));
        if !draft.limited && SPECIFIC[n].fits(self.region.person(person).gend, self.age_years(person, day)) {
            draft.diagnose(PLAIN_DIAGNOSES + n);
            draft.limited = true;
        }
    }

    fn reverse_something(&mut self, draft: &mut VisitDraft) {
        if !self.rng.permille(60) {
            return;
        }
        let nth = self.rng.index(draft.lines.len());
        let whole = draft.lines[nth].count;
        let later = if self.rng.once_in(4) { self.rng.span(DAY, 6 * DAY) } else { self.rng.span(60, 1_200) };
        let at = draft.lines[nth].at + later;
        if draft.stands(nth) && at < self.end {
            let count = if whole % (2 * ONE) == 0 && self.rng.once_in(2) { whole / 2 } else { whole };
            draft.reverse(self.region, nth, count, at);
        }
    }
}
