//! Persons and beds for the stays of a case.
//!
//! Stays begin tomorrow, with adults who never lay in hospital, so that no other stay of theirs is near. Beds are
//! booked when the case is planned.

use crate::plan::{Planned, PlannedEvent, StayPlan};
use crate::simulation::Simulation;
use crate::status::REST;
use crate::text::{DAY, HOUR, day_of};
use std::io::Write;

/// Years of life from which on a person is grown.
const GROWN: i64 = 18;
/// Houses that are asked for a bed before a case waits for another day.
const TRIES: u32 = 60;

impl<W: Write> Simulation<'_, W> {
    pub(super) fn tomorrow(&self) -> i64 {
        day_of(self.now) + 1
    }

    /// An adult who never lay in hospital, was at none since yesterday and is in no other case.
    pub(super) fn patient(&mut self, suits: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let (now, today) = (self.now, day_of(self.now));
        for _ in 0..200 {
            let person = self.free_person(now - DAY)?;
            let status = &self.persons[person];
            let first = status.stays == 0 && !status.no_stays;
            let fits = first && self.age_years(person, today) >= GROWN && suits(self, person);
            if fits && self.plan.taken.insert(person) {
                return Some(person);
            }
        }
        None
    }

    /// A hospital with a bed in these nights, at first by propensity.
    pub(super) fn hospital(&mut self, begin: i64, end: i64) -> Option<usize> {
        (0..TRIES).find_map(|n| {
            let place = self.house(n);
            self.has_room(place, begin, end, 1).then_some(place)
        })
    }

    /// The same for somebody who lay in hospital before.
    pub(super) fn hospital_again(&mut self, begin: i64, end: i64) -> Option<usize> {
        (0..TRIES).find_map(|n| {
            let place = self.house(n);
            let fits = self.has_room(place, begin, end, 1) && self.repeat_fits(place, begin, end);
            fits.then_some(place)
        })
    }

    /// Some hospital with beds: at first by propensity, at last any.
    fn house(&mut self, tried: u32) -> usize {
        let houses = self.region.with_beds;
        if tried < TRIES / 2 {
            self.region.institution_by_propensity(0..houses, &mut self.rng)
        } else {
            self.rng.index(houses)
        }
    }

    /// A moment at which one is admitted, and one at which one goes home.
    pub(super) fn admission(&mut self, day: i64) -> i64 {
        day * DAY + self.rng.span(8 * HOUR, 18 * HOUR)
    }

    pub(super) fn discharge_time(&mut self, day: i64) -> i64 {
        day * DAY + self.rng.span(9 * HOUR, 15 * HOUR)
    }

    /// Books a bed and sends the person there; nothing else happens to the person until the stay is over.
    pub(super) fn plan_stay(&mut self, person: usize, hospital: usize, at: i64, plan: StayPlan) {
        self.book(hospital, day_of(at), day_of(plan.end), 1);
        self.busy_until(person, plan.end + 2 * HOUR + REST);
        self.plan.put(Planned { at, person, institution: hospital, what: PlannedEvent::Stay(plan) });
    }

    /// A bed for so many nights from tomorrow on; none if that would last beyond the period.
    pub(super) fn bed(&mut self, nights: i64) -> Option<(usize, i64, i64)> {
        let day = self.tomorrow();
        let (at, end) = (self.admission(day), self.discharge_time(day + nights));
        let hospital = self.hospital(day, day + nights).filter(|_| end + 2 * DAY < self.end)?;
        Some((hospital, at, end))
    }

    /// A bed as above, and somebody for it.
    pub(super) fn inpatient(
        &mut self,
        nights: i64,
        suits: impl Fn(&Self, usize) -> bool,
    ) -> Option<(usize, usize, i64, i64)> {
        let (hospital, at, end) = self.bed(nights)?;
        let person = self.patient(suits)?;
        Some((person, hospital, at, end))
    }

    /// A hospital, none of `others`, where so many find beds from each of these days on, and where those who come
    /// `again` meet nobody else who does.
    pub(super) fn house_for_group(
        &mut self,
        size: usize,
        begins: &[i64],
        again: &[i64],
        nights: i64,
        others: &[usize],
    ) -> Option<usize> {
        let last = begins.last().copied()? + nights;
        if (last + 3) * DAY >= self.end {
            return None;
        }
        (0..TRIES).find_map(|n| {
            let place = self.house(n);
            let room = begins.iter().all(|&day| self.has_room(place, day, day + nights, size as u64));
            let alone = again.iter().all(|&day| self.repeat_fits(place, day, day + nights));
            (room && alone && !others.contains(&place)).then_some(place)
        })
    }

    /// Nobody else comes there again on these days and goes so many nights later.
    pub(super) fn keep_for_group(&mut self, place: usize, again: &[i64], nights: i64) {
        for &day in again {
            self.note_repeat(place, day, day + nights);
        }
    }

    /// So many patients, each of whom suits beside the first.
    pub(super) fn members(
        &mut self,
        size: usize,
        suits: impl Fn(usize, usize) -> bool,
    ) -> Option<Vec<usize>> {
        let mut members: Vec<usize> = Vec::with_capacity(size);
        while members.len() < size {
            let first = members.first().copied();
            members.push(self.patient(|_, person| first.is_none_or(|first| suits(first, person)))?);
        }
        Some(members)
    }
}
