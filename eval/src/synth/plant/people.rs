//! Fake patients: the dead, the uninsured, the absent, and those who are everywhere at once.

use super::super::case::{serial_id, settlement_id, token_text, visit_id};
use super::super::draft::Draft;
use super::super::life::Life;
use super::super::person::{Cover, REST};
use super::super::record::Presence;
use super::super::rng::index;
use super::super::stay::Stay;
use super::super::text::{DAY, HOUR, day_of};
use super::{Planned, Step, What};
use records::Kind;
use std::io::Write;

impl<W: Write> Life<'_, W> {
    /// The person of this visit died days before it; no other visit of theirs is later than the death.
    pub(super) fn after_death(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (head, at) = (draft.head, draft.visit.begin);
        let latest = day_of(at) - 2 - self.plan.reach(0, 12).min(self.rng.span(0, 12));
        let earliest = match self.idle(head.person, at) {
            None => latest,
            Some(idle) => day_of(at - idle - REST),
        };
        if earliest > day_of(at) - 2 || draft.fund() <= 0 || self.age_days(head.person, day_of(at)) < 1_000 {
            return None;
        }
        let died = latest.max(earliest);
        let reported = at + self.rng.span(-DAY, 6 * DAY);
        let fact = self.fact(head.person, "death", died, None, reported);
        self.persons[head.person].gone = true;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![visit_id(head.visit), serial_id(b'F', fact)];
        planted.records =
            vec![(Kind::PersonFact, planted.key[1].clone()), (Kind::Visit, planted.key[0].clone())];
        planted.amount = draft.fund();
        planted.complete = true;
        Some(case)
    }

    /// A person seen for the first time, whose enrolment ended before, or is of the other scheme.
    pub(super) fn without_insurance(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (head, day) = (draft.head, day_of(draft.visit.begin));
        if !draft.first || draft.fund() <= 0 || self.age_days(head.person, day) < 1_000 {
            return None;
        }
        let ended = day - 1 - self.plan.reach(0, 40).min(self.rng.span(0, 40));
        draft.cover = if self.rng.once_in(3) { Cover::OtherType } else { Cover::Ended(ended) };
        self.persons[head.person].gone = true;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![settlement_id(head.visit)];
        planted.records = vec![(Kind::Settlement, planted.key[0].clone())];
        planted.amount = draft.fund();
        planted.complete = true;
        Some(case)
    }

    /// The same card is used at the other end of the region minutes later.
    pub(super) fn card_away(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (head, at) = (draft.head, draft.visit.begin);
        // 120 km/h with half an hour of slack reach 66 km in three minutes; the other place is 77 km away.
        let later = at + 180 + (1_000 - self.plan.strength) * 2;
        if day_of(later) != day_of(at) || later + DAY >= self.end {
            return None;
        }
        let seen = Presence { at, ..self.passed(at, "register") };
        draft.presences = vec![seen];
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let institution = self.region.far_from(head.institution, &mut self.rng);
        let what = What::Visit(Step::Away { case, seen: seen.id });
        self.plan.put(Planned { at: later, person: head.person, institution, what });
        Some(case)
    }

    /// While this stay lasts, the person is admitted elsewhere too.
    pub(super) fn two_stays(&mut self, scheme: usize, stay: &mut Stay) -> Option<usize> {
        let (head, begin) = (stay.head, stay.visit.begin);
        let day = day_of(begin) + 1;
        let nights = self.plan.reach(1, 4);
        if day_of(stay.end) < day + 3 || stay.end.max((day + nights) * DAY) + 2 * DAY >= self.end {
            return None;
        }
        let other = self.rng.index(self.region.with_beds);
        if other == head.institution || self.places[other].no_repeats_until >= day {
            return None;
        }
        let at = day * DAY + self.rng.span(10 * HOUR, 19 * HOUR);
        let end = (day + nights) * DAY + self.rng.span(9 * HOUR, 15 * HOUR);
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key.push(visit_id(head.visit));
        planted.records.push((Kind::Visit, visit_id(head.visit)));
        planted.funds_needed = 2;
        stay.case = Some(case);
        self.plan.put(Planned { at, person: head.person, institution: other, what: What::Stay(case, end) });
        Some(case)
    }

    /// Nobody ever checked that the patient was there.
    pub(super) fn unseen_stay(&mut self, scheme: usize, stay: &mut Stay) -> Option<usize> {
        let (head, begin) = (stay.head, stay.visit.begin);
        let rested = self.idle(head.person, begin).is_none_or(|idle| idle >= DAY);
        let long = stay.end - begin >= self.plan.reach(25, 34) * HOUR;
        if !rested || !long || stay.end + DAY >= self.end || self.places[head.institution].presences == 0 {
            return None;
        }
        stay.unseen = true;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key.push(visit_id(head.visit));
        planted.records.push((Kind::Visit, visit_id(head.visit)));
        planted.funds_needed = 1;
        stay.case = Some(case);
        Some(case)
    }

    /// Persons who never lay in hospital go there together, and some days later once more.
    pub(super) fn group(&mut self, scheme: usize, now: i64) -> Option<usize> {
        let size = 3 + self.rng.index(index(self.plan.reach(1, 4).unsigned_abs()));
        let hospital = self.rng.index(self.region.with_beds);
        let first = day_of(now) + 1;
        let nights = self.rng.span(3, 5);
        let second = first + nights + self.rng.span(3, 5);
        let (end, block) = (second + nights + 2, self.places[hospital].no_repeats_until);
        if end >= self.region.end_day || block >= day_of(now) - 12 && block > 0 {
            return None;
        }
        let mut members = Vec::new();
        for _ in 0..40 * size {
            let Some(person) = self.somebody(now - DAY) else { break };
            let status = self.persons[person];
            let grown = self.age_days(person, first) > 2_000;
            if status.stays == 0 && !status.no_stays && grown && !members.contains(&person) {
                members.push(person);
            }
            if members.len() == size {
                break;
            }
        }
        if members.len() < size {
            return None;
        }
        self.places[hospital].no_repeats_until = second + 2;
        let case = self.plan.open(scheme, None, hospital);
        self.plan.cases[case].funds_needed = 2 * size;
        self.plan.cases[case].key =
            members.iter().map(|&person| token_text(self.region, person)).min().into_iter().collect();
        for (n, &person) in members.iter().enumerate() {
            for begin in [first, second] {
                let minutes = n.cast_signed() as i64 * 17;
                // The weaker the scheme, the less they come and go on the same day.
                let shift = i64::from(self.plan.strength < 500 && n == 0);
                let at = (begin + shift) * DAY + 8 * HOUR + minutes * 60;
                let end = (begin + shift + nights) * DAY + 10 * HOUR + minutes * 30;
                self.plan.put(Planned { at, person, institution: hospital, what: What::Stay(case, end) });
            }
            let status = &mut self.persons[person];
            status.no_stays = true;
            self.busy_until(person, end * DAY);
        }
        Some(case)
    }
}
