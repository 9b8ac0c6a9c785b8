//! Persons and beds for the stays of a case.
//!
//! Stays begin tomorrow, with adults who never lay in hospital, so that no other stay of theirs is near. Beds are
//! booked when the case is planned.

use super::super::life::Life;
use super::super::person::REST;
use super::super::stay::{Habit, Part};
use super::super::text::{DAY, HOUR, day_of};
use super::{Planned, StayPlan, What};
use std::io::Write;

/// Years of life from which on a person is grown.
const GROWN: i64 = 18;

/// A stay that is only part of its case.
pub(super) fn part(case: usize) -> Part {
    Part { case, named: false, pays: false }
}

/// A stay whose name is in the key.
pub(super) fn named(case: usize) -> Part {
    Part { named: true, ..part(case) }
}

/// A stay whose payment is in the amount.
pub(super) fn paid(case: usize) -> Part {
    Part { pays: true, ..part(case) }
}

/// A stay that a case names and whose payment is in the amount.
pub(super) fn named_and_paid(case: usize) -> Part {
    Part { named: true, pays: true, case }
}

impl StayPlan {
    /// A stay of these parts, like any other but for them.
    pub(super) fn new(end: i64, parts: Vec<Part>) -> StayPlan {
        StayPlan { end, parts, habit: Habit::Usual, main: None, unseen: false }
    }
}

impl<W: Write> Life<'_, W> {
    pub(super) fn tomorrow(&self) -> i64 {
        day_of(self.now) + 1
    }

    /// An adult who never lay in hospital, was at none since yesterday and is in no other case.
    pub(super) fn patient(&mut self, suits: impl Fn(&Self, usize) -> bool) -> Option<usize> {
        let (now, today) = (self.now, day_of(self.now));
        for _ in 0..200 {
            let person = self.somebody(now - DAY)?;
            let status = &self.persons[person];
            let first = status.stays == 0 && !status.no_stays;
            let fits = first && self.age_years(person, today) >= GROWN && suits(self, person);
            if fits && self.plan.taken.insert(person) {
                return Some(person);
            }
        }
        None
    }

    /// A hospital with a bed in these nights.
    pub(super) fn hospital(&mut self, begin: i64, end: i64) -> Option<usize> {
        for _ in 0..20 {
            let place = self.rng.index(self.region.with_beds);
            if self.has_room(place, begin, end, 1) {
                return Some(place);
            }
        }
        None
    }

    /// A moment at which one is admitted, and one at which one goes home.
    pub(super) fn admission(&mut self, day: i64) -> i64 {
        day * DAY + self.rng.span(8 * HOUR, 18 * HOUR)
    }

    pub(super) fn discharge_time(&mut self, day: i64) -> i64 {
        day * DAY + self.rng.span(9 * HOUR, 15 * HOUR)
    }

    /// Books a bed and sends the person there; nothing else happens to the person until the stay is over.
    pub(super) fn lay(&mut self, person: usize, hospital: usize, at: i64, plan: StayPlan) {
        self.book(hospital, day_of(at), day_of(plan.end), 1);
        self.busy_until(person, plan.end + 2 * HOUR + REST);
        self.plan.put(Planned { at, person, institution: hospital, what: What::Stay(plan) });
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

    /// A hospital, none of `others`, where so many find beds from each of these days on and to which no person of
    /// another plan returns in the meantime.
    pub(super) fn house_for_group(
        &mut self,
        size: usize,
        begins: &[i64],
        nights: i64,
        others: &[usize],
    ) -> Option<usize> {
        let last = begins.last().copied()? + nights;
        if (last + 3) * DAY >= self.end {
            return None;
        }
        for _ in 0..30 {
            let place = self.rng.index(self.region.with_beds);
            let room = begins.iter().all(|&day| self.has_room(place, day, day + nights, size as u64));
            if room && self.nobody_returns(place) && !others.contains(&place) {
                return Some(place);
            }
        }
        None
    }

    /// From now on to that day nobody but the group returns there.
    pub(super) fn keep_for_group(&mut self, place: usize, day: i64) {
        self.places[place].no_repeats_until = day;
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
