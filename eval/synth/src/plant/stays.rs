//! Stays that are sent for: two at once, too many, billed too long, without a patient in the bed.
//!
//! Patients are adults without an earlier stay, beds are booked when the case is planned, and the stay itself is then
//! billed as every other; its pattern carries what is special about it.

use crate::diagnosis::{OPERATIONS, PLAIN_DIAGNOSES};
use crate::plan::{Planned, PlannedEvent, StayPlan, VisitPurpose};
use crate::planted::{day_text, token_text};
use crate::region::CareClass;
use crate::scheme::SCHEMES;
use crate::simulation::Simulation;
use crate::status::REST;
use crate::stay::StayPattern;
use crate::stay::{named, named_and_paid, paid, part};
use crate::text::{DAY, HOUR, day_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// Plans the stays of a scheme that is about them.
    pub(super) fn plan_stay_case(&mut self, scheme: usize) -> Option<usize> {
        match SCHEMES[scheme].rule {
            "A04" => self.away_from_bed(scheme),
            "A05" => self.two_stays(scheme),
            "A08" => self.unseen_stay(scheme),
            "A11" => self.group(scheme),
            "A14" => self.empty_bed(scheme),
            "A15" => self.full_house(scheme),
            "D10" | "S10" => self.long_course(scheme),
            "F08" => self.many_hours(scheme),
            "M05" => self.impossible_operation(scheme),
            "M08" => self.beside_stay(scheme),
            "M15" => self.split_stay(scheme),
            "M18" => self.many_stays(scheme),
            _ => None,
        }
    }

    /// While the patient lies in hospital, the card is used elsewhere.
    fn away_from_bed(&mut self, scheme: usize) -> Option<usize> {
        let (person, hospital, at, end) = self.inpatient(5, |_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].funds_needed = 1;
        let day = day_of(at) + self.plan.by_strength(0, 2);
        let away = (day * DAY + self.rng.span(10 * HOUR, 16 * HOUR)).max(at + HOUR);
        let there = self.region.institution_by_propensity(0..self.region.hospitals, &mut self.rng);
        let institution = if there == hospital { (there + 1) % self.region.hospitals } else { there };
        let what = PlannedEvent::Visit(VisitPurpose::Another { finding, named: true });
        self.plan.put(Planned { at: away, person, institution, what });
        self.plan_stay(person, hospital, at, StayPlan::new(end, vec![named(finding)]));
        Some(finding)
    }

    /// While a stay lasts, the person is admitted elsewhere too.
    fn two_stays(&mut self, scheme: usize) -> Option<usize> {
        let (hospital, at, end) = self.bed(7)?;
        let day = day_of(at) + 1;
        let nights = self.plan.by_strength(1, 4);
        let other = self.hospital_again(day, day + nights).filter(|&other| other != hospital)?;
        let person = self.patient(|_, _| true)?;
        self.note_repeat(other, day, day + nights);
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].funds_needed = 2;
        self.plan_stay(person, hospital, at, StayPlan::new(end, vec![named_and_paid(finding)]));
        let (at, end) = (self.admission(day), self.discharge_time(day + nights));
        self.plan_stay(person, other, at, StayPlan::new(end, vec![named_and_paid(finding)]));
        Some(finding)
    }

    /// Nobody ever checked that the patient was there.
    fn unseen_stay(&mut self, scheme: usize) -> Option<usize> {
        let (hospital, at, end) = self.bed(self.plan.by_strength(1, 4))?;
        if self.institution_states[hospital].presences == 0 {
            return None;
        }
        let person = self.patient(|_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].funds_needed = 1;
        let plan = StayPlan { unseen: true, ..StayPlan::new(end, vec![named_and_paid(finding)]) };
        self.plan_stay(person, hospital, at, plan);
        Some(finding)
    }

    /// Persons who never lay in hospital go there together, and some days later once more.
    fn group(&mut self, scheme: usize) -> Option<usize> {
        let size = 3 + self.rng.index(index(self.plan.by_strength(1, 4).unsigned_abs()));
        let nights = self.rng.span(3, 5);
        let first = self.tomorrow();
        let second = first + nights + self.rng.span(3, 5);
        // The weaker the scheme, the less they come and go on the same day.
        let late = if self.plan.strength < 500 { 2 } else { 0 };
        let again: &[i64] = if late == 0 { &[second] } else { &[second, second + late] };
        let days = [first, first + late, second, second + late];
        let hospital = self.house_for_group(size, &days, again, nights, &[])?;
        let members = self.members(size, |_, _| true)?;
        self.keep_for_group(hospital, again, nights);
        let finding = self.plan.open(scheme, None, hospital);
        self.plan.findings[finding].funds_needed = 2 * size;
        self.plan.findings[finding].key =
            members.iter().map(|&person| token_text(self.region, person)).min().into_iter().collect();
        for (n, &person) in members.iter().enumerate() {
            for begin in [first, second] {
                let shift = if n == 0 { late } else { 0 };
                let minutes = n.cast_signed() as i64 * 17;
                let at = (begin + shift) * DAY + 8 * HOUR + minutes * 60;
                let end = (begin + shift + nights) * DAY + 10 * HOUR + minutes * 30;
                self.plan_stay(person, hospital, at, StayPlan::new(end, vec![paid(finding)]));
            }
            self.persons[person].no_stays = true;
        }
        Some(finding)
    }

    /// Bed and nursing run for days on which nothing else is done.
    fn empty_bed(&mut self, scheme: usize) -> Option<usize> {
        let (person, hospital, at, end) = self.inpatient(self.plan.by_strength(2, 7), |_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        let plan =
            StayPlan { pattern: StayPattern::BedOnly(finding), ..StayPlan::new(end, vec![named(finding)]) };
        self.plan_stay(person, hospital, at, plan);
        Some(finding)
    }

    /// A small hospital has more patients for a night than beds and a tenth.
    fn full_house(&mut self, scheme: usize) -> Option<usize> {
        let day = self.tomorrow();
        let beds = |place: usize| self.region.institutions[place].beds;
        let smallest = (0..self.region.with_beds).map(beds).min()?;
        let place = self.region.institution_by_propensity(0..self.region.with_beds, &mut self.rng);
        // A house that is full already is full for another case.
        let fits = beds(place) <= smallest + 2 && self.has_room(place, day, day + 1, 1);
        if !fits || (day + 3) * DAY >= self.end {
            return None;
        }
        // As many as may be, and at full strength one more.
        let patients = beds(place) * 11 / 10 + self.plan.by_strength(0, 1).unsigned_abs();
        let members = self.members(index(patients), |_, _| true)?;
        let finding = self.plan.open(scheme, None, place);
        let code = self.region.institutions[place].code.clone();
        self.plan.findings[finding].key = vec![code.clone(), day_text(day)];
        self.plan.findings[finding].records = vec![(Kind::Institution, code)];
        self.plan.findings[finding].complete = true;
        for person in members {
            let (at, end) = (self.admission(day), self.discharge_time(day + 1));
            self.plan_stay(person, place, at, StayPlan::new(end, vec![part(finding)]));
        }
        Some(finding)
    }

    /// An item on more days of a stay than are paid.
    fn long_course(&mut self, scheme: usize) -> Option<usize> {
        let courses = &self.region.catalogue.limits.courses;
        let fitting: Vec<usize> =
            (0..courses.len()).filter(|&n| courses[n].rule == SCHEMES[scheme].rule).collect();
        let n = fitting[self.rng.index(fitting.len())];
        let days = courses[n].max + self.plan.by_strength(0, 3);
        let (person, hospital, at, end) = self.inpatient(days + 1, |_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        let pattern = StayPattern::Course(n, days, Some(finding));
        self.plan_stay(person, hospital, at, StayPlan { pattern, ..StayPlan::new(end, vec![part(finding)]) });
        Some(finding)
    }

    /// On the day of admission more hours are billed than were left of it.
    fn many_hours(&mut self, scheme: usize) -> Option<usize> {
        let (person, hospital, at, end) = self.inpatient(3, |_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        let pattern = StayPattern::Hours(self.plan.by_strength(0, 9), finding);
        self.plan_stay(person, hospital, at, StayPlan { pattern, ..StayPlan::new(end, vec![part(finding)]) });
        Some(finding)
    }

    /// An operation that this patient cannot have had.
    fn impossible_operation(&mut self, scheme: usize) -> Option<usize> {
        let (chapter, gend) = OPERATIONS[self.rng.index(OPERATIONS.len())];
        let (person, hospital, at, end) = self.inpatient(4, |life, person| {
            let other = life.region.person(person).gend;
            matches!(other, "1" | "2") && other != gend
        })?;
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].records.push((Kind::Person, token_text(self.region, person)));
        let pattern = StayPattern::Operated(chapter * 100 + self.rng.below(100), finding);
        self.plan_stay(
            person,
            hospital,
            at,
            StayPlan { pattern, ..StayPlan::new(end, vec![named(finding)]) },
        );
        Some(finding)
    }

    /// A test long before or long after the stay on whose bill it is.
    fn beside_stay(&mut self, scheme: usize) -> Option<usize> {
        let (person, hospital, at, end) = self.inpatient(3, |_, _| true)?;
        let days = self.plan.by_strength(3, 9);
        let after = (day_of(end) + days) * DAY + 11 * HOUR;
        let before = (day_of(at) - days) * DAY + 11 * HOUR;
        let beside = if self.rng.once_in(2) && after + DAY < self.end { after } else { before };
        let finding = self.plan.open(scheme, Some(person), hospital);
        let pattern = StayPattern::Beside(beside, Some(finding));
        self.plan_stay(person, hospital, at, StayPlan { pattern, ..StayPlan::new(end, vec![part(finding)]) });
        Some(finding)
    }

    /// One illness, two stays with some days between, at the same hospital.
    fn split_stay(&mut self, scheme: usize) -> Option<usize> {
        let (hospital, at, end) = self.bed(3)?;
        let day = day_of(end) + self.plan.by_strength(16, 4);
        let nights = self.rng.span(2, 4);
        let fits = (day + nights + 2) * DAY < self.end && self.has_room(hospital, day, day + nights, 1);
        if !fits || !self.repeat_fits(hospital, day, day + nights) {
            return None;
        }
        let person = self.patient(|_, _| true)?;
        self.note_repeat(hospital, day, day + nights);
        let main = Some(self.rng.index(PLAIN_DIAGNOSES));
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].funds_needed = 1;
        self.plan_stay(person, hospital, at, StayPlan { main, ..StayPlan::new(end, vec![named(finding)]) });
        let (at, end) = (self.admission(day), self.discharge_time(day + nights));
        self.plan_stay(
            person,
            hospital,
            at,
            StayPlan { main, ..StayPlan::new(end, vec![named_and_paid(finding)]) },
        );
        Some(finding)
    }

    /// Four stays within weeks, each for another illness.
    fn many_stays(&mut self, scheme: usize) -> Option<usize> {
        let (hospital, at, end) = self.bed(2)?;
        // The weaker the scheme, the fewer; three are nothing.
        let stays = self.plan.by_strength(3, 4);
        let mut later = Vec::new();
        for n in 1..stays {
            let day = day_of(end) + 3 * n;
            let place = self.hospital_again(day, day + 2).filter(|_| (day + 4) * DAY < self.end)?;
            later.push((place, self.admission(day), self.discharge_time(day + 2)));
        }
        let person = self.patient(|_, _| true)?;
        for &(place, at, end) in &later {
            self.note_repeat(place, day_of(at), day_of(end));
        }
        let finding = self.plan.open(scheme, Some(person), hospital);
        self.plan.findings[finding].funds_needed = 1;
        let main = self.rng.index(PLAIN_DIAGNOSES);
        self.persons[person].no_stays = true;
        let first = StayPlan { main: Some(main), ..StayPlan::new(end, vec![part(finding)]) };
        self.plan_stay(person, hospital, at, first);
        for (n, (place, at, end)) in later.into_iter().enumerate() {
            let last = n as i64 + 2 == stays;
            let part = if last { named_and_paid(finding) } else { part(finding) };
            let main = Some((main + n + 1) % PLAIN_DIAGNOSES);
            self.plan_stay(person, place, at, StayPlan { main, ..StayPlan::new(end, vec![part]) });
        }
        Some(finding)
    }

    /// A bill of a clinic whose agreement has ended.
    pub(super) fn without_agreement(&mut self, scheme: usize) -> Option<usize> {
        let region = self.region;
        let day = self.tomorrow();
        let at = day * DAY + self.rng.span(9 * HOUR, 16 * HOUR);
        if at + 2 * DAY >= self.end {
            return None;
        }
        // At no strength it is a clinic whose agreement runs.
        let closed = region.hospitals + region.pharmacies..region.institutions.len();
        let institution = match self.plan.strength {
            0..200 => region.institution_for(0, CareClass::Outpatient, &mut self.rng),
            _ => closed.start + self.rng.index(closed.len()),
        };
        let person = self.patient(|_, _| true)?;
        let finding = self.plan.open(scheme, Some(person), institution);
        let code = region.institutions[institution].code.clone();
        self.plan.findings[finding].funds_needed = 1;
        self.plan.findings[finding].records.push((Kind::Institution, code));
        self.busy_until(person, at + REST);
        self.plan.put(Planned {
            at,
            person,
            institution,
            what: PlannedEvent::Visit(VisitPurpose::Unagreed { finding }),
        });
        Some(finding)
    }
}
