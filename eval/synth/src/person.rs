//! Persons: who is free to visit at a moment, and what the registers hold about those who did.
//!
//! A person is registered (person, enrolment, facts of other registers) at the first visit, so that registers hold no
//! one without records. Between two visits of a person there is time to travel anywhere, so that no two can collide.

use crate::record::EnrolmentTerm;
use crate::region::{Born, first_day};
use crate::simulation::Simulation;
use crate::status::Cover;
use crate::text::{DAY, civil, day_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

/// Days after a stay in which one with the same main diagnosis would be its continuation.
const CONTINUED_DAYS: i64 = 15;
/// Seconds from the beginning of one stay to that of the next, so that there are at most three in 90 days.
const STAY_TO_STAY: i64 = 30 * DAY;

impl<W: Write> Simulation<'_, W> {
    /// A person who is free at `at`; half of the time one of the chronic ones.
    pub(crate) fn free_person(&mut self, at: i64) -> Option<usize> {
        let all = self.persons.len();
        for _ in 0..60 {
            let among = if self.rng.once_in(2) { all / 5 } else { all };
            let person = self.rng.index(among);
            if self.is_free(person, at) {
                return Some(person);
            }
        }
        None
    }

    /// Whether an ordinary visit of the person may begin at `at`.
    pub(crate) fn is_free(&self, person: usize, at: i64) -> bool {
        let status = &self.persons[person];
        !status.gone && i64::from(status.free_from) <= at
    }

    /// Seconds since the last visit's end and rest; none: never seen.
    pub(crate) fn idle(&self, person: usize, at: i64) -> Option<i64> {
        let status = &self.persons[person];
        (status.first_day > 0).then(|| at - i64::from(status.free_from))
    }

    /// No visit of the person before `at`.
    pub(crate) fn busy_until(&mut self, person: usize, at: i64) {
        let status = &mut self.persons[person];
        status.free_from = status.free_from.max(u32::try_from(at).expect("a moment of this century"));
    }

    /// Notes a stay; the next ordinary one may come a month later, and after a second one that came sooner, two.
    pub(crate) fn stayed(&mut self, person: usize, begin: i64, end: i64, main: usize) {
        let status = &mut self.persons[person];
        let soon = status.stays > 0 && begin < i64::from(status.stay_from);
        let next = begin + if soon { 2 * STAY_TO_STAY } else { STAY_TO_STAY };
        status.stay_from = status.stay_from.max(u32::try_from(next).expect("a moment of this century"));
        let day = u16::try_from(day_of(end) - first_day() + 1).unwrap_or(u16::MAX);
        status.last_stay = (day, u16::try_from(main).expect("few diagnoses"));
        status.stays = status.stays.saturating_add(1);
    }

    /// Whether an ordinary stay of the person may begin at `at`: the second one may, soon after the first.
    pub(crate) fn may_stay(&self, person: usize, at: i64) -> bool {
        let status = &self.persons[person];
        !status.no_stays && (status.stays <= 1 || at >= i64::from(status.stay_from))
    }

    /// The main diagnosis that a stay from `day` on may not have, for it would continue the last one.
    pub(crate) fn continued(&self, person: usize, day: i64) -> Option<usize> {
        let (last, main) = self.persons[person].last_stay;
        let today = day - first_day() + 1;
        (last > 0 && today - i64::from(last) <= CONTINUED_DAYS).then_some(usize::from(main))
    }

    /// Whether the person's own cycle item may be used again on `day`, and if so, notes that it is.
    pub(crate) fn cycle_again(&mut self, person: usize, day: i64, min_days: i64) -> bool {
        let today = u16::try_from(day - first_day() + 1).unwrap_or(u16::MAX);
        let status = &mut self.persons[person];
        let free = status.cycle_day == 0 || i64::from(today) - i64::from(status.cycle_day) >= min_days;
        if free && today < u16::MAX {
            status.cycle_day = today;
            return true;
        }
        false
    }

    /// Age in days on `day`, if the person is not seen for the first time after that.
    pub(crate) fn age_days(&self, person: usize, day: i64) -> i64 {
        day - self.born(person, day)
    }

    /// Completed years on `day`.
    pub(crate) fn age_years(&self, person: usize, day: i64) -> i64 {
        let ((year, month, of_month), born) = (civil(day), civil(self.born(person, day)));
        year - born.0 - i64::from((month, of_month) < (born.1, born.2))
    }

    fn born(&self, person: usize, today: i64) -> i64 {
        match self.region.person(person).born {
            Born::On(day) => day,
            Born::DaysBefore(days) => match self.persons[person].first_day {
                0 => today - days,
                first => first_day() + i64::from(first) - 1 - days,
            },
        }
    }

    /// Sends the person and the enrolment, if this is the first visit.
    pub(crate) fn register_person(&mut self, person: usize, at: i64, cover: Cover) {
        if self.persons[person].first_day > 0 {
            return;
        }
        let day = day_of(at);
        let born = self.born(person, day);
        self.persons[person].first_day = u16::try_from(day - first_day() + 1).unwrap_or(u16::MAX);
        let who = self.region.person(person);
        let token = self.region.token(person);
        self.post_corrected(Kind::Person, at - 60, |_, text, _, rev, first_try| {
            text.person(token, who.gend, born, who.hash ^ u64::from(first_try), rev);
        });
        let begin = born.max(first_day() - 400 - (who.hash >> 12 & 0xfff).cast_signed() % 2_000).min(day);
        let years = (day - begin).unsigned_abs() / 365;
        let mut term = EnrolmentTerm {
            number: 1,
            employee: who.employee,
            district: who.district,
            status: "1",
            begin,
            end: None,
            years,
        };
        match cover {
            Cover::Usual => term.end = (who.hash.is_multiple_of(9)).then_some(first_day() + 20_000),
            Cover::Ended(day) => term.end = Some(day),
            Cover::OtherType => term.employee = !term.employee,
        }
        self.post_corrected(Kind::Enrolment, at - 50, |_, text, _, rev, first_try| {
            text.enrolment(token, &EnrolmentTerm { years: term.years + u64::from(first_try), ..term }, rev);
        });
        // A former scheme, ended or paused before the present one began: no overlap, no second cover.
        if who.hash % 12 == 1 && begin - born > 2_000 {
            let status = ["3", "2", "1", "1"][index(who.hash >> 6 & 3)];
            let former = EnrolmentTerm {
                number: 2,
                employee: !who.employee,
                status,
                begin: begin - 900,
                end: Some(begin - 1),
                years: 2,
                ..term
            };
            self.send(Kind::Enrolment, at - 50, |_, text, _, rev| text.enrolment(token, &former, rev));
        }
        // Facts of other registers that forbid nothing now.
        if who.hash % 400 == 7 && begin < first_day() - 400 {
            let fact = ["custody", "abroad", "work_injury", "third_party"][index(who.hash >> 30 & 3)];
            self.fact(person, fact, first_day() - 300, Some(first_day() - 200), at);
        }
    }

    /// Sends a fact of another register; returns its number.
    pub(crate) fn fact(&mut self, person: usize, fact: &str, begin: i64, end: Option<i64>, at: i64) -> u64 {
        let id = self.serial();
        let token = self.region.token(person);
        self.send(Kind::PersonFact, at, |_, text, _, rev| text.fact(id, token, fact, begin, end, rev));
        id
    }
}
