//! Schemes: cases built into ordinary visits, and their truth.
//!
//! A case waits for its turn. Then it takes the next visit that suits it, the more readily the greater the
//! institution's propensity, and changes the draft of that visit before its records are sent; or it makes persons of
//! its own visit. What must follow later is put on the schedule. Its records are then sent as all others: late,
//! corrected, twice. A visit belongs to at most one case and is never refunded, and a person who lies in hospital for a
//! case lies there for no other, so that no case undoes another.

mod beds;
mod bills;
mod compound;
mod goods;
mod limits;
mod people;
mod stays;
mod steps;

use crate::draft::VisitDraft;
use crate::plan::{Planned, PlannedEvent, StayPlan};
use crate::planted::{token_text, visit_id};
use crate::record::Label;
use crate::scheme::SCHEMES;
use crate::simulation::Simulation;
use crate::stay::StayPattern;
use crate::text::{DAY, HOUR};
use records::Kind;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// Lives through what is planned for this hour.
    pub(crate) fn run_schedule(&mut self) {
        while let Some(planned) = self.plan.schedule.remove(&(self.now / HOUR)) {
            for Planned { at, person, institution, what } in planned {
                match what {
                    PlannedEvent::Visit(step) if self.region.institutions[institution].pharmacy => {
                        self.buy_drugs(person, institution, at, Some(step));
                    }
                    PlannedEvent::Visit(step) => self.consult(person, institution, at, Some(step)),
                    PlannedEvent::Stay(plan) => self.planned_stay(person, institution, at, plan),
                }
            }
        }
    }

    fn planned_stay(&mut self, person: usize, hospital: usize, at: i64, plan: StayPlan) {
        let mut stay = self.begin_stay(person, hospital, at, plan.end);
        (stay.pattern, stay.unseen) = (plan.pattern, plan.unseen);
        if let Some(main) = plan.main {
            stay.visit.diagnoses[0] = main;
        }
        if matches!(plan.pattern, StayPattern::BedOnly(_)) {
            stay.on_paper();
        }
        let id = visit_id(stay.head.visit);
        for part in &plan.parts {
            let planted = &mut self.plan.findings[part.finding];
            planted.involve(Some(person), hospital);
            planted.records.push((Kind::Visit, id.clone()));
            if part.named {
                planted.key.push(id.clone());
            }
        }
        stay.parts = plan.parts;
        self.start(stay);
    }

    /// Builds a case into the draft, if one is due that it suits.
    pub(crate) fn plant(&mut self, draft: &mut VisitDraft) {
        if self.claim_again(draft) || self.bill_phantom(draft) {
            draft.planted = true;
            return;
        }
        self.plant_due(draft);
    }

    fn plant_due(&mut self, draft: &mut VisitDraft) {
        let visit = self.visits;
        if visit < self.plan.next_due {
            return;
        }
        for n in 0..self.plan.queues.len() {
            let queue = &self.plan.queues[n];
            if queue.done >= queue.count || queue.due > visit {
                continue;
            }
            let propensity = self.region.institutions[draft.head.institution].propensity;
            let here = queue.accepts(propensity, visit);
            let Some(finding) = self.plant_scheme(queue.scheme, here, draft) else { continue };
            let queue = &mut self.plan.queues[n];
            queue.done += 1;
            queue.due = queue.turn(queue.done);
            self.plan.settle_next();
            self.label_case(finding);
            return;
        }
    }

    /// One scheme, one draft: the case, if it suits. Some only take their turn from it and begin elsewhere; the others
    /// begin only `here`, at a place that the scheme takes.
    fn plant_scheme(&mut self, scheme: usize, here: bool, draft: &mut VisitDraft) -> Option<usize> {
        let pharmacy = self.region.institutions[draft.head.institution].pharmacy;
        if let Some(finding) = self.plan_stay_case(scheme).or_else(|| self.plan_others(scheme, draft)) {
            return Some(finding);
        }
        if !here {
            return None;
        }
        let finding = match (SCHEMES[scheme].rule, pharmacy) {
            ("A01", _) => self.after_death(scheme, draft),
            ("A02", _) => self.while_away(scheme, "custody", draft),
            ("A03", _) => self.while_away(scheme, "abroad", draft),
            ("A06", false) => self.card_away(scheme, draft),
            ("E01", _) => self.without_insurance(scheme, draft),
            ("E03", _) => self.insured_twice(scheme, draft),
            ("F01", _) => self.claim_once(scheme, draft),
            ("F06", false) => self.never_prescribed(scheme, draft),
            ("F07", false) => self.over_prescription(scheme, draft),
            ("G02" | "G03", false) => self.begin_phantom(scheme, draft),
            ("M02", false) => self.wrong_sum(scheme, draft),
            ("M07", false) => self.late_upload(scheme, draft),
            ("M12", false) => self.many_drugs(scheme, draft),
            ("M16", false) => self.many_visits(scheme, draft),
            ("M20" | "M21", false) => self.impossible_diagnosis(scheme, draft),
            ("S01", false) => self.above_cap(scheme, draft),
            ("S12", false) => self.conflicting_pair(scheme, draft),
            ("S14", false) => self.over_limit(scheme, draft),
            ("S18", false) => self.short_cycle(scheme, draft),
            ("P04" | "P06" | "P08" | "T01" | "T04" | "T05" | "T06", true) => self.bad_sale(scheme, draft),
            (_, false) => self.for_another(scheme, draft),
            _ => None,
        }?;
        draft.planted = true;
        Some(finding)
    }

    /// Cases that begin on the next days, with persons of their own.
    fn plan_others(&mut self, scheme: usize, draft: &VisitDraft) -> Option<usize> {
        match SCHEMES[scheme].name {
            "settled_without_agreement" => self.without_agreement(scheme),
            "village_admission" => self.village(scheme),
            "companion_ring" => self.ring(scheme),
            "trace_code_resale" => self.resell_codes(scheme, draft),
            "doctor_pharmacy_pair" => self.doctor_and_pharmacy(scheme),
            _ => None,
        }
    }

    /// Three cases in ten are decided (a label) before the period is over.
    fn label_case(&mut self, finding: usize) {
        let at = self.now + self.rng.span(4 * DAY, 30 * DAY);
        if at >= self.end || !self.rng.permille(300) {
            return;
        }
        let planted = &self.plan.findings[finding];
        let (subject_type, subject_id) = match (planted.persons.first(), planted.institutions.first()) {
            (Some(&person), _) => ("person", token_text(self.region, person)),
            (None, Some(&place)) => ("institution", self.region.institutions[place].code.clone()),
            (None, None) => return,
        };
        let scheme = Some(SCHEMES[planted.scheme].name);
        self.label(&Label { subject_type, subject_id, scheme, decision: "confirmed", at });
    }
}
