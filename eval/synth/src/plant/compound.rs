//! Cases that several rules see: each alert that should be raised is one finding of the case.
//!
//! A village admitted together, a ring of companions and a doctor whose prescriptions one pharmacy fills twice. The
//! findings are opened together and share their case number; the visits that follow complete them one by one.

use crate::diagnosis::PLAIN_DIAGNOSES;
use crate::draft::VisitDraft;
use crate::plan::{Planned, PlannedEvent, RepeatFill, StayPlan, VisitPurpose};
use crate::planted::{day_text, line_id, prescription_id, serial_id, token_text};
use crate::record::{PrescriptionRef, Sale};
use crate::simulation::Simulation;
use crate::status::REST;
use crate::stay::StayPattern;
use crate::stay::{named, named_and_paid, paid, part};
use crate::text::{DAY, HOUR, ONE, day_of, fen_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// A hospital admits persons of one district together, keeps their beds billed with nobody in them, sends
    /// them home together, and does it again: a group (A11), stays without patient (A08), beds without care
    /// (A14), and each second stay continues the first (M15).
    pub(super) fn village(&mut self, scheme: usize) -> Option<usize> {
        let size = index(self.plan.by_strength(2, 5).unsigned_abs());
        let nights = self.plan.by_strength(2, 5);
        let first = self.tomorrow();
        let second = first + nights + 4;
        let hospital = self.house_for_group(size, &[first, second], &[second], nights, &[])?;
        if self.institution_states[hospital].presences == 0 {
            return None;
        }
        let region = self.region;
        let members = self
            .members(size, |first, other| region.person(first).district == region.person(other).district)?;
        self.keep_for_group(hospital, &[second], nights);
        let case_number = self.plan.next_case_number();
        let main = self.rng.index(PLAIN_DIAGNOSES);
        let group = self.plan.open_in(case_number, scheme, "A11", None, hospital);
        self.plan.findings[group].funds_needed = 2 * size;
        self.plan.findings[group].key =
            members.iter().map(|&person| token_text(region, person)).min().into_iter().collect();
        for (n, &person) in members.iter().enumerate() {
            let split = self.plan.open_in(case_number, scheme, "M15", Some(person), hospital);
            self.plan.findings[split].funds_needed = 1;
            for begin in [first, second] {
                let unseen = self.plan.open_in(case_number, scheme, "A08", Some(person), hospital);
                self.plan.findings[unseen].funds_needed = 1;
                let empty = self.plan.open_in(case_number, scheme, "A14", Some(person), hospital);
                let again = if begin == first { named(split) } else { named_and_paid(split) };
                let parts = vec![paid(group), named_and_paid(unseen), named(empty), again];
                let minutes = n.cast_signed() as i64 * 11;
                let at = begin * DAY + 8 * HOUR + minutes * 60;
                let end = (begin + nights) * DAY + 10 * HOUR + minutes * 60;
                let pattern = StayPattern::BedOnly(empty);
                let plan = StayPlan { pattern, main: Some(main), unseen: true, ..StayPlan::new(end, parts) };
                self.plan_stay(person, hospital, at, plan);
            }
            self.persons[person].no_stays = true;
        }
        Some(group)
    }

    /// Four persons; each lies twice beside the next, so that all belong together (A11) though nobody ever lay
    /// beside the one across. Each pair has a hospital of its own, where its second stay continues the first (M15),
    /// and the fourth stay of each is one too many (M18).
    pub(super) fn ring(&mut self, scheme: usize) -> Option<usize> {
        const SIZE: usize = 4;
        const NIGHTS: i64 = 2;
        let first = self.tomorrow();
        let rounds = [first, first + 3, first + 6, first + 9];
        // In the last two rounds everybody has been in hospital before.
        let days = |pair: usize| match pair {
            0 | 1 => (&rounds[..2], &rounds[1..2]),
            _ => (&rounds[2..], &rounds[2..]),
        };
        let mut houses: Vec<usize> = Vec::new();
        for pair in 0..SIZE {
            let (begins, again) = days(pair);
            houses.push(self.house_for_group(2, begins, again, NIGHTS, &houses)?);
        }
        let members = self.members(SIZE, |_, _| true)?;
        for (pair, &house) in houses.iter().enumerate() {
            self.keep_for_group(house, days(pair).1, NIGHTS);
        }
        let case_number = self.plan.next_case_number();
        let group = self.plan.open_in(case_number, scheme, "A11", None, houses[0]);
        self.plan.findings[group].funds_needed = SIZE * 4;
        self.plan.findings[group].key =
            members.iter().map(|&person| token_text(self.region, person)).min().into_iter().collect();
        let mut frequent = Vec::new();
        for &person in &members {
            let finding = self.plan.open_in(case_number, scheme, "M18", Some(person), houses[0]);
            self.plan.findings[finding].institutions.clear();
            self.plan.findings[finding].funds_needed = 1;
            self.persons[person].no_stays = true;
            frequent.push(finding);
        }
        // In the first two rounds 0 lies beside 1 and 2 beside 3, in the last two 1 beside 2 and 3 beside 0.
        for (pair, (one, other)) in [(0, 1), (2, 3), (1, 2), (3, 0)].into_iter().enumerate() {
            let main = Some(self.rng.index(PLAIN_DIAGNOSES / 4) * 4 + pair);
            for (n, member) in [one, other].into_iter().enumerate() {
                let person = members[member];
                let split = self.plan.open_in(case_number, scheme, "M15", Some(person), houses[pair]);
                self.plan.findings[split].funds_needed = 1;
                for round in 0..2 {
                    let day = rounds[if pair < 2 { round } else { round + 2 }];
                    let fourth = pair >= 2 && round == 1;
                    let often =
                        if fourth { named_and_paid(frequent[member]) } else { part(frequent[member]) };
                    let again = if round == 0 { named(split) } else { named_and_paid(split) };
                    let at = day * DAY + (9 + n.cast_signed() as i64) * HOUR;
                    let end = (day + NIGHTS) * DAY + 11 * HOUR;
                    let parts = vec![paid(group), often, again];
                    self.plan_stay(person, houses[pair], at, StayPlan { main, ..StayPlan::new(end, parts) });
                }
            }
        }
        Some(group)
    }

    /// A doctor's patients fill one prescription twice at one pharmacy: more is sold (P06) and billed (F07) than
    /// was prescribed, and long before the first packs can be used up (S18).
    pub(super) fn doctor_and_pharmacy(&mut self, scheme: usize) -> Option<usize> {
        let region = self.region;
        let patients = index(self.plan.by_strength(1, 5).unsigned_abs());
        if (self.tomorrow() + 15) * DAY >= self.end {
            return None;
        }
        let pharmacies = region.hospitals..region.hospitals + region.pharmacies;
        let hospital = region.institution_by_propensity(0..region.hospitals, &mut self.rng);
        let pharmacy = region.institution_by_propensity(pharmacies, &mut self.rng);
        let doctors = region.institutions[hospital].doctors.clone();
        let doctor = doctors.start + self.rng.index(doctors.len());
        let members = self.members(patients, |_, _| true)?;
        let case_number = self.plan.next_case_number();
        let first_of_all = self.plan.findings.len();
        for (n, person) in members.into_iter().enumerate() {
            let first_case = self.plan.findings.len();
            for rule in ["P06", "F07", "S18"] {
                self.plan.open_in(case_number, scheme, rule, Some(person), pharmacy);
            }
            let day = self.tomorrow() + n.cast_signed() as i64 % 3;
            let at = day * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
            let step = VisitPurpose::Fill(RepeatFill { first_case, hospital, doctor, before: None });
            self.plan.put(Planned { at, person, institution: pharmacy, what: PlannedEvent::Visit(step) });
            self.busy_until(person, at + REST);
        }
        Some(first_of_all)
    }

    /// One filling; after the first one the second is planned.
    pub(super) fn fill(&mut self, filled: RepeatFill, draft: &mut VisitDraft) {
        const PACKS: i64 = 2;
        let (region, head, at) = (self.region, draft.head, draft.visit.begin);
        let RepeatFill { first_case, hospital, doctor, before } = filled;
        let (item, min_days) = region.catalogue.limits.refill;
        // What else the person buys has no prescription.
        let others = std::mem::take(&mut draft.sales);
        self.sell_limited(draft, item, PACKS.unsigned_abs(), true);
        let line = draft.lines.len() - 1;
        let Some((first_day, rx_visit, first_line, first_sale)) = before else {
            self.prescribe_sales(draft, hospital, doctor);
            let sale = draft.sales[0].id;
            draft.sales.extend(others);
            let sn = draft.lines[line].sn;
            // The stronger the scheme, the sooner.
            let days = self.plan.by_strength(min_days.min(12), 4);
            let later = (day_of(at) + days) * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
            let before = Some((day_of(at), head.visit, sn, sale));
            let step = VisitPurpose::Fill(RepeatFill { before, ..filled });
            let planned = Planned {
                at: later,
                person: head.person,
                institution: head.institution,
                what: PlannedEvent::Visit(step),
            };
            self.plan.put(planned);
            self.busy_until(head.person, later + REST);
            return;
        };
        let sale = &mut draft.sales[0];
        (sale.order, sale.flagged) = (PrescriptionRef::Other(rx_visit), true);
        let sale: Sale = *sale;
        draft.sales.extend(others);
        draft.lines[line].order = PrescriptionRef::Other(rx_visit);
        let (rx, code) = (prescription_id(rx_visit), region.catalogue.items[item].code.clone());
        let price = region.catalogue.items[item].price;
        let lines = [line_id(rx_visit, first_line), line_id(head.visit, draft.lines[line].sn)];
        let lines = lines.map(|id| (Kind::FeeLine, id));
        let sales = [first_sale, sale.id].map(|id| (Kind::Dispensing, serial_id(b'L', id)));
        let [sold_twice, billed_twice, too_soon] = [first_case, first_case + 1, first_case + 2];
        for (finding, records) in [(sold_twice, &sales), (billed_twice, &lines)] {
            let planted = &mut self.plan.findings[finding];
            planted.key = vec![rx.clone(), code.clone()];
            planted.records = records.to_vec();
            planted.records.push((Kind::Prescription, rx.clone()));
            planted.amount = fen_of(price, PACKS * ONE);
            planted.complete = true;
        }
        let planted = &mut self.plan.findings[too_soon];
        let days = [first_day, day_of(at)].map(day_text);
        planted.key = [vec![token_text(region, head.person), code], days.to_vec()].concat();
        planted.records = lines.to_vec();
        planted.amount = draft.lines[line].amount;
        planted.complete = true;
    }
}
