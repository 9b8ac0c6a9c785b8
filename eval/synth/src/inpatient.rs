//! Stays: admitted, billed once a day for the 24 hours to come, settled at discharge.
//!
//! An open stay is a few words; what it bills on its next day follows from its seed. A stay that is still open when
//! the period ends stays open.

mod day;

use crate::diagnosis::{PLAIN_DIAGNOSES, SPECIFIC, operable};
use crate::planted::operation_code;
use crate::record::{Bill, Prescription, Presence, SettlementKind, Visit, VisitHead};
use crate::region::COMMON_DRUGS;
use crate::simulation::Simulation;
use crate::status::{Cover, REST};
use crate::stay::{Stay, StayPattern};
use crate::text::{DAY, HOUR, ONE, day_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

const NIGHTS: [i64; 32] =
    [1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 17, 20];

impl<W: Write> Simulation<'_, W> {
    /// Admits a person, if there is a bed and it meets nobody twice; false: the person is sent home.
    pub(crate) fn admit(&mut self, person: usize, hospital: usize, at: i64) -> bool {
        if !self.may_stay(person, at) {
            return false;
        }
        let again = self.persons[person].stays > 0;
        // Four tries at a length for which there is a bed, and for who comes again nobody to meet twice.
        let mut end = 0;
        let fits = (0..4).any(|_| {
            let nights = NIGHTS[self.rng.index(NIGHTS.len())];
            end = (day_of(at) + nights) * DAY + self.rng.span(9 * HOUR, 15 * HOUR);
            self.has_room(hospital, day_of(at), day_of(end), 1)
                && (!again || self.repeat_fits(hospital, day_of(at), day_of(end)))
        });
        if !fits {
            return false;
        }
        self.book(hospital, day_of(at), day_of(end), 1);
        if again {
            self.note_repeat(hospital, day_of(at), day_of(end));
        }
        // One stay in thirty of the usual has a diagnosis that some rule knows.
        let mut stay = self.begin_stay(person, hospital, at, end);
        stay.pattern = self.pattern(&stay);
        if stay.pattern == StayPattern::Usual && self.rng.once_in(30) {
            let n = self.rng.index(SPECIFIC.len());
            if SPECIFIC[n].fits(self.region.person(person).gend, self.age_years(person, day_of(at))) {
                stay.visit.diagnose(PLAIN_DIAGNOSES + n);
            }
        }
        self.start(stay);
        true
    }

    /// A stay from `at` to `end`, whose records are not yet sent.
    pub(crate) fn begin_stay(&mut self, person: usize, hospital: usize, at: i64, end: i64) -> Stay {
        self.visits += 1;
        let mut visit = self.header(person, hospital, at);
        visit.med_type = if self.rng.once_in(30) { "52" } else { "21" };
        if self.continued(person, day_of(at)) == Some(visit.diagnoses[0]) {
            visit.diagnoses[0] = (visit.diagnoses[0] + 1) % PLAIN_DIAGNOSES;
        }
        let drugs = self.daily_drugs(hospital);
        let drugs_len = 1 + self.rng.index(4);
        Stay {
            head: VisitHead { visit: self.visits, person, institution: hospital },
            visit,
            end,
            drugs,
            drugs_len,
            electronic: self.rng.permille(650),
            days: 0,
            lines: 0,
            total: 0,
            fund: 0,
            pattern: StayPattern::Usual,
            parts: Vec::new(),
            unseen: false,
        }
    }

    /// Near misses: courses and rest as long as they may be, tests as long before or after.
    fn pattern(&mut self, stay: &Stay) -> StayPattern {
        let (begin, end) = (stay.visit.begin, stay.end);
        match self.rng.below(20) {
            0 | 1 => {
                let courses = &self.region.catalogue.limits.courses;
                let n = self.rng.index(courses.len());
                StayPattern::Course(n, courses[n].max, None)
            }
            2 => StayPattern::Beside((day_of(begin) - self.rng.span(1, 3)) * DAY + 10 * HOUR, None),
            3 => StayPattern::Beside((day_of(end) + self.rng.span(1, 3)) * DAY + 10 * HOUR, None),
            4 => StayPattern::Resting,
            _ => StayPattern::Usual,
        }
    }

    /// Four different drugs: two that everybody takes, two from deeper in the shelf.
    fn daily_drugs(&mut self, hospital: usize) -> [(u32, i64); 4] {
        let rare = self.region.institutions[hospital].drugs - COMMON_DRUGS;
        let (hot, cold) = (self.rng.index(COMMON_DRUGS), self.rng.index(rare));
        let locals =
            [hot, COMMON_DRUGS + cold, (hot + 11) % COMMON_DRUGS, COMMON_DRUGS + (cold + rare / 2) % rare];
        locals.map(|local| {
            (u32::try_from(local).expect("a shelf is short"), [1, 1, 2, 3][self.rng.index(4)] * ONE)
        })
    }

    /// Sends the admission and bills the first day.
    pub(crate) fn start(&mut self, mut stay: Stay) {
        // The admission, and who was seen there.
        let (head, begin) = (stay.head, stay.visit.begin);
        self.register_person(head.person, begin, Cover::Usual);
        self.busy_until(head.person, stay.end + 2 * HOUR + REST);
        self.stayed(head.person, begin, stay.end, stay.visit.diagnoses[0]);
        let visit = stay.visit;
        self.send(Kind::Visit, begin, |region, text, _, rev| text.visit(region, head, &visit, rev));
        if !stay.unseen {
            let at = begin + self.rng.span(60, 2_400);
            let seen = self.identity_check(at, "admit");
            if self.rng.once_in(25) {
                let failed = Presence { result: "fail", at: at - 40, score: 31, ..seen };
                let failed = Presence { id: self.serial(), ..failed };
                self.send_presence(head, &failed);
            }
            self.send_presence(head, &seen);
        }
        // Orders, and what is billed before the stay begins.
        if stay.electronic {
            self.order_drugs(&stay);
        }
        if let StayPattern::Beside(at, finding) = stay.pattern
            && at < begin
        {
            self.bill_beside(&mut stay, at, finding);
        }
        // A stay that goes on waits for its hour of the next day.
        if !self.bill_day(&mut stay) {
            let hour = index((begin.rem_euclid(DAY) / HOUR).unsigned_abs());
            self.open[hour].push(stay);
        }
    }

    fn order_drugs(&mut self, stay: &Stay) {
        let region = self.region;
        let institution = &region.institutions[stay.head.institution];
        let days = (stay.end - stay.visit.begin) / DAY + 1;
        let daily = stay.drugs[..stay.drugs_len].iter().map(|&(local, count)| {
            let (item, _) = institution.drug(&region.catalogue, local as usize);
            (item, count * days)
        });
        let course = match stay.pattern {
            StayPattern::Course(n, days, _) => Some((region.catalogue.limits.courses[n].item, days * ONE)),
            _ => None,
        };
        let is_drug = |&(item, _): &(usize, i64)| region.catalogue.items[item].list_type == "101";
        let order = Prescription {
            number: 1,
            at: stay.visit.begin + 1_200,
            institution: stay.head.institution,
            doctor: stay.visit.doctor,
            online: false,
            cancelled: false,
            lines: daily.chain(course.filter(is_drug)).collect(),
        };
        self.prescribe(stay.head.visit, stay.head.person, &order);
    }

    /// Bills the next day of the stays that began in this hour of the day.
    pub(crate) fn open_stays(&mut self, hour: usize) {
        let mut stays = std::mem::take(&mut self.open[hour]);
        stays.retain_mut(|stay| !self.bill_day(stay));
        stays.append(&mut self.open[hour]);
        self.open[hour] = stays;
    }

    fn discharge(&mut self, stay: &mut Stay) {
        let head = stay.head;
        let ordinary = stay.parts.is_empty();
        let died = self.region.is_chronic(head.person) && ordinary && self.rng.permille(12);
        // How it ended.
        let way = if died { "5" } else { ["1", "1", "1", "1", "2", "4"][self.rng.index(6)] };
        let operation = self.operation(stay);
        let visit = Visit { end: Some(stay.end), discharge: Some(way), operation, ..stay.visit };
        self.send_revision(Kind::Visit, stay.end, |region, text, _| text.visit(region, head, &visit, 2));
        if died {
            self.fact(head.person, "death", day_of(stay.end), None, stay.end + 20 * HOUR);
            self.persons[head.person].gone = true;
        }
        // At the counter: the check of the card, and what is billed after the end.
        let at = stay.end + self.rng.span(600, 2 * HOUR);
        if ordinary && self.rng.permille(500) {
            let seen = self.identity_check(stay.end - 300, "settle");
            self.send_presence(head, &seen);
        }
        if let StayPattern::Beside(at, finding) = stay.pattern
            && at > stay.end
            && at < self.end
        {
            self.bill_beside(stay, at, finding);
        }
        // The bill, of which planted findings take their money.
        let bill = Bill {
            at,
            med_type: visit.med_type,
            employee: visit.employee,
            total: stay.total,
            fund: stay.fund,
            account: if visit.employee { (stay.total - stay.fund) / 3 } else { 0 },
            book: head.institution,
            number: self.next_invoice(head.institution),
            which: SettlementKind::First,
            terminal: 100,
        };
        self.send_bill(head, &bill, true);
        for part in stay.parts.iter().filter(|part| part.pays) {
            self.plan.paid(part.finding, bill.fund);
        }
        if let Some(finding) = stay.pattern.finding() {
            self.plan.findings[finding].complete = true;
        }
    }

    /// Three stays in ten have an operation, one that the patient can have, unless a case wants another.
    fn operation(&mut self, stay: &Stay) -> Option<(u64, i64)> {
        let at = stay.visit.begin + self.rng.span(0, stay.end - stay.visit.begin);
        if let StayPattern::Operated(code, finding) = stay.pattern {
            self.plan.findings[finding].key.push(operation_code(code));
            return Some((code, at));
        }
        if !self.rng.permille(300) {
            return None;
        }
        let code = 1_000 + self.rng.below(8_900);
        let gend = self.region.person(stay.head.person).gend;
        Some((if operable(code / 100, gend) { code } else { 4_000 + code % 1_000 }, at))
    }
}
