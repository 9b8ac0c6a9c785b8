//! Persons who cannot have been there: the dead, the absent, the uninsured, and those at two places at once.
//!
//! The visit is an ordinary one; what makes it a case is a fact of another register or a second visit, which is sent
//! besides.

use crate::diagnosis::{PLAIN_DIAGNOSES, SPECIFIC, SpecificDiagnosis};
use crate::draft::VisitDraft;
use crate::plan::{Planned, PlannedEvent, VisitPurpose};
use crate::planted::{day_text, serial_id, settlement_id, token_text, visit_id};
use crate::record::{EnrolmentTerm, Presence};
use crate::region::CareClass;
use crate::scheme::SCHEMES;
use crate::simulation::Simulation;
use crate::status::{Cover, REST};
use crate::text::{DAY, HOUR, day_of, owned};
use records::Kind;
use std::io::Write;

impl<W: Write> Simulation<'_, W> {
    /// The person of this visit died days before it; no other visit of theirs is later than the death.
    pub(super) fn after_death(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (head, at) = (draft.head, draft.visit.begin);
        let latest = day_of(at) - 2 - self.plan.by_strength(0, 12).min(self.rng.span(0, 12));
        let earliest = self.last_seen(draft).unwrap_or(latest);
        if earliest > day_of(at) - 2 || draft.fund() <= 0 || self.age_days(head.person, day_of(at)) < 1_000 {
            return None;
        }
        let died = latest.max(earliest);
        let reported = at + self.rng.span(-DAY, 6 * DAY);
        let fact = self.fact(head.person, "death", died, None, reported);
        self.persons[head.person].gone = true;
        Some(self.visit_and_fact(scheme, draft, fact))
    }

    /// The person of this visit was in custody or abroad, from before it until after it.
    pub(super) fn while_away(&mut self, scheme: usize, fact: &str, draft: &mut VisitDraft) -> Option<usize> {
        let (head, day) = (draft.head, day_of(draft.visit.begin));
        // On the day on which one goes or comes back, one may be seen.
        let away = self.plan.by_strength(0, 20).min(self.rng.span(1, 20));
        let begin = (day - away).max(self.last_seen(draft).unwrap_or(day - away));
        if begin >= day && away > 0 || draft.fund() <= 0 || self.age_days(head.person, day) < 7_000 {
            return None;
        }
        let back = day + 1 + self.rng.span(0, 30);
        let open = self.rng.once_in(4);
        let fact = self.fact(head.person, fact, begin, (!open).then_some(back), draft.visit.begin + DAY);
        self.persons[head.person].gone |= open;
        self.busy_until(head.person, back * DAY);
        Some(self.visit_and_fact(scheme, draft, fact))
    }

    /// The day on which the last visit of the draft's person ended; none: never seen before.
    fn last_seen(&self, draft: &VisitDraft) -> Option<i64> {
        let at = draft.visit.begin;
        self.idle(draft.head.person, at).map(|idle| day_of(at - idle - REST))
    }

    fn visit_and_fact(&mut self, scheme: usize, draft: &VisitDraft, fact: u64) -> usize {
        let finding = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![visit_id(draft.head.visit), serial_id(b'F', fact)];
        planted.records =
            vec![(Kind::PersonFact, planted.key[1].clone()), (Kind::Visit, planted.key[0].clone())];
        planted.amount = draft.fund();
        planted.complete = true;
        finding
    }

    /// A person seen for the first time, whose enrolment ended before, or is of the other scheme.
    pub(super) fn without_insurance(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (head, day) = (draft.head, day_of(draft.visit.begin));
        if !draft.first || draft.fund() <= 0 || self.age_days(head.person, day) < 1_000 {
            return None;
        }
        let ended = day - 1 - self.plan.by_strength(0, 40).min(self.rng.span(0, 40));
        draft.cover = if self.rng.once_in(3) { Cover::OtherType } else { Cover::Ended(ended) };
        self.persons[head.person].gone = true;
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![settlement_id(head.visit)];
        planted.records = vec![(Kind::Settlement, planted.key[0].clone())];
        planted.amount = draft.fund();
        planted.complete = true;
        Some(finding)
    }

    /// The person is enrolled once more, elsewhere or with the other scheme, without leaving.
    pub(super) fn insured_twice(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (region, person, day) = (self.region, draft.head.person, day_of(draft.visit.begin));
        if !self.plan.taken.insert(person) {
            return None;
        }
        let who = region.person(person);
        // Elsewhere with the same scheme, or here with the other.
        let elsewhere = self.rng.once_in(2);
        let term = EnrolmentTerm {
            number: 3,
            employee: who.employee == elsewhere,
            district: if elsewhere { 990_101 + (who.district - 990_100) % 8 } else { who.district },
            status: "1",
            begin: day,
            end: Some(day + self.rng.span(0, self.plan.by_strength(0, 300))),
            years: 0,
        };
        let token = region.token(person);
        self.send(Kind::Enrolment, draft.visit.begin, |_, text, _, rev| text.enrolment(token, &term, rev));
        let finding = self.plan.open(scheme, Some(person), draft.head.institution);
        // The finding is about the two enrolments, and about no institution.
        let planted = &mut self.plan.findings[finding];
        planted.institutions.clear();
        planted.key = [1, 3]
            .map(|number| {
                owned(|t| {
                    t.enrolment_id(token, number);
                })
            })
            .to_vec();
        planted.records = planted.key.iter().map(|id| (Kind::Enrolment, id.clone())).collect();
        planted.complete = true;
        Some(finding)
    }

    /// The same card is used at the other end of the region minutes later.
    pub(super) fn card_away(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (head, at) = (draft.head, draft.visit.begin);
        // 120 km/h with half an hour of slack reach 66 km in three minutes; the other place is 77 km away.
        let later = at + 180 + (1_000 - self.plan.strength) * 2;
        if day_of(later) != day_of(at) || later + DAY >= self.end {
            return None;
        }
        let seen = Presence { at, ..self.identity_check(at, "register") };
        draft.presences = vec![seen];
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let institution = self.region.far_from(head.institution, &mut self.rng);
        let what = PlannedEvent::Visit(VisitPurpose::Away { finding, seen: seen.id });
        self.plan.put(Planned { at: later, person: head.person, institution, what });
        self.busy_until(head.person, later + REST);
        Some(finding)
    }

    /// From morning to evening the person is treated at one place after the other.
    pub(super) fn many_visits(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (head, at) = (draft.head, draft.visit.begin);
        let morning = at - day_of(at) * DAY;
        if morning >= 10 * HOUR || !self.plan.taken.insert(head.person) {
            return None;
        }
        // Three a day are nothing yet.
        let visits = self.plan.by_strength(3, 5);
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![token_text(self.region, head.person), day_text(day_of(at))];
        planted.records.push((Kind::Visit, visit_id(head.visit)));
        planted.funds_needed = usize::try_from(visits).expect("a few");
        planted.paid(draft.fund());
        for n in 1..visits {
            let later = at + n * 5 * HOUR / 2;
            let institution = self.region.institution_for(head.person, CareClass::Outpatient, &mut self.rng);
            let what = PlannedEvent::Visit(VisitPurpose::Another { finding, named: false });
            self.plan.put(Planned { at: later, person: head.person, institution, what });
            self.busy_until(head.person, later + REST);
        }
        Some(finding)
    }

    /// A diagnosis that this patient cannot have.
    pub(super) fn impossible_diagnosis(&mut self, scheme: usize, draft: &mut VisitDraft) -> Option<usize> {
        let (head, day) = (draft.head, day_of(draft.visit.begin));
        let (gend, years) = (self.region.person(head.person).gend, self.age_years(head.person, day));
        if draft.limited || draft.visit.diagnoses_len == 0 || !matches!(gend, "1" | "2") {
            return None;
        }
        let by_sex = SCHEMES[scheme].rule == "M20";
        // The weaker the scheme, the nearer to an age at which one can have it.
        let near = 3 + self.plan.by_strength(0, 100);
        let wrong = |specific: &SpecificDiagnosis| {
            if by_sex {
                return !specific.gend.is_empty() && specific.gend != gend;
            }
            let young = specific.min_years.is_some_and(|min| years < min && min - years <= near);
            young || specific.max_years.is_some_and(|max| years > max && years - max <= near)
        };
        let start = self.rng.index(SPECIFIC.len());
        let n = (0..SPECIFIC.len()).map(|n| (start + n) % SPECIFIC.len()).find(|&n| wrong(&SPECIFIC[n]))?;
        draft.diagnose(PLAIN_DIAGNOSES + n);
        let finding = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.findings[finding];
        planted.key = vec![visit_id(head.visit), SPECIFIC[n].code.to_owned()];
        planted.records =
            vec![(Kind::Person, token_text(self.region, head.person)), (Kind::Visit, visit_id(head.visit))];
        planted.complete = true;
        Some(finding)
    }
}
