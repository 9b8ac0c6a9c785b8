//! Stays: admitted, billed once a day for the 24 hours to come, settled at discharge.
//!
//! An open stay is a few words; what it bills on its next day follows from its seed. A stay that is still open when
//! the period ends stays open.

mod day;

use crate::case::operation_code;
use crate::life::Life;
use crate::record::{Bill, Head, Prescription, Presence, Visit, Which};
use crate::region::COMMON_DRUGS;
use crate::sickness::{PLAIN, TELLING, operable};
use crate::status::{Cover, REST};
use crate::stay::{Habit, Stay};
use crate::text::{DAY, HOUR, day_of};
use records::Kind;
use records::splitmix::index;
use std::io::Write;

const NIGHTS: [i64; 32] =
    [1, 2, 2, 3, 3, 3, 4, 4, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 17, 20];

impl<W: Write> Life<'_, W> {
    /// Admits a person, if there is a bed and it meets nobody twice; false: the person is sent home.
    pub(crate) fn admit(&mut self, person: usize, hospital: usize, at: i64) -> bool {
        if !self.may_stay(person, at) {
            return false;
        }
        let again = self.persons[person].stays > 0;
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
        let mut stay = self.begin_stay(person, hospital, at, end);
        stay.habit = self.habit(&stay);
        if stay.habit == Habit::Usual && self.rng.once_in(30) {
            let n = self.rng.index(TELLING.len());
            if TELLING[n].fits(self.region.person(person).gend, self.age_years(person, day_of(at))) {
                stay.visit.diagnose(PLAIN + n);
            }
        }
        self.start(stay);
        true
    }

    /// A stay from `at` to `end`, not yet told.
    pub(crate) fn begin_stay(&mut self, person: usize, hospital: usize, at: i64, end: i64) -> Stay {
        self.visits += 1;
        let mut visit = self.header(person, hospital, at);
        visit.med_type = if self.rng.once_in(30) { "52" } else { "21" };
        if self.continued(person, day_of(at)) == Some(visit.diagnoses[0]) {
            visit.diagnoses[0] = (visit.diagnoses[0] + 1) % PLAIN;
        }
        let drugs = self.daily_drugs(hospital);
        let drugs_len = 1 + self.rng.index(4);
        Stay {
            head: Head { visit: self.visits, person, institution: hospital },
            visit,
            end,
            drugs,
            drugs_len,
            electronic: self.rng.permille(650),
            days: 0,
            lines: 0,
            total: 0,
            fund: 0,
            habit: Habit::Usual,
            parts: Vec::new(),
            unseen: false,
        }
    }

    /// Near misses: courses and rest as long as they may be, tests as long before or after.
    fn habit(&mut self, stay: &Stay) -> Habit {
        let (begin, end) = (stay.visit.begin, stay.end);
        match self.rng.below(20) {
            0 | 1 => {
                let courses = &self.region.catalogue.limits.courses;
                let n = self.rng.index(courses.len());
                Habit::Course(n, courses[n].max, None)
            }
            2 => Habit::Beside((day_of(begin) - self.rng.span(1, 3)) * DAY + 10 * HOUR, None),
            3 => Habit::Beside((day_of(end) + self.rng.span(1, 3)) * DAY + 10 * HOUR, None),
            4 => Habit::Resting,
            _ => Habit::Usual,
        }
    }

    /// Four different drugs: two that everybody takes, two from deeper in the shelf.
    fn daily_drugs(&mut self, hospital: usize) -> [(u32, i64); 4] {
        let rare = self.region.institutions[hospital].drugs - COMMON_DRUGS;
        let (hot, cold) = (self.rng.index(COMMON_DRUGS), self.rng.index(rare));
        let locals =
            [hot, COMMON_DRUGS + cold, (hot + 11) % COMMON_DRUGS, COMMON_DRUGS + (cold + rare / 2) % rare];
        locals.map(|local| {
            (u32::try_from(local).expect("a shelf is short"), [100, 100, 200, 300][self.rng.index(4)])
        })
    }

    /// Tells of the admission and bills the first day.
    pub(crate) fn start(&mut self, mut stay: Stay) {
        let (head, begin) = (stay.head, stay.visit.begin);
        self.meet(head.person, begin, Cover::Usual);
        self.busy_until(head.person, stay.end + 2 * HOUR + REST);
        self.stayed(head.person, begin, stay.end, stay.visit.diagnoses[0]);
        let visit = stay.visit;
        self.tell(Kind::Visit, begin, |region, text, _, rev| text.visit(region, head, &visit, rev));
        if !stay.unseen {
            let at = begin + self.rng.span(60, 2_400);
            let seen = self.passed(at, "admit");
            if self.rng.once_in(25) {
                let failed = Presence { result: "fail", at: at - 40, score: 31, ..seen };
                let failed = Presence { id: self.serial(), ..failed };
                self.tell_presence(head, &failed);
            }
            self.tell_presence(head, &seen);
        }
        if stay.electronic {
            self.order_drugs(&stay);
        }
        if let Habit::Beside(at, case) = stay.habit
            && at < begin
        {
            self.bill_beside(&mut stay, at, case);
        }
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
        let course = match stay.habit {
            Habit::Course(n, days, _) => Some((region.catalogue.limits.courses[n].item, days * 100)),
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
        let way = if died { "5" } else { ["1", "1", "1", "1", "2", "4"][self.rng.index(6)] };
        let operation = self.operation(stay);
        let visit = Visit { end: Some(stay.end), discharge: Some(way), operation, ..stay.visit };
        self.tell_again(Kind::Visit, stay.end, |region, text, _| text.visit(region, head, &visit, 2));
        if died {
            self.fact(head.person, "death", day_of(stay.end), None, stay.end + 20 * HOUR);
            self.persons[head.person].gone = true;
        }
        let at = stay.end + self.rng.span(600, 2 * HOUR);
        if ordinary && self.rng.permille(500) {
            let seen = self.passed(stay.end - 300, "settle");
            self.tell_presence(head, &seen);
        }
        if let Habit::Beside(at, case) = stay.habit
            && at > stay.end
            && at < self.end
        {
            self.bill_beside(stay, at, case);
        }
        let bill = Bill {
            at,
            med_type: visit.med_type,
            employee: visit.employee,
            total: stay.total,
            fund: stay.fund,
            account: if visit.employee { (stay.total - stay.fund) / 3 } else { 0 },
            book: head.institution,
            number: self.next_invoice(head.institution),
            which: Which::First,
            terminal: 100,
        };
        self.tell_bill(head, &bill, true);
        for part in stay.parts.iter().filter(|part| part.pays) {
            self.plan.paid(part.case, bill.fund);
        }
        if let Some(case) = stay.habit.case() {
            self.plan.cases[case].complete = true;
        }
    }

    /// Three stays in ten have an operation, one that the patient can have, unless a case wants another.
    fn operation(&mut self, stay: &Stay) -> Option<(u64, i64)> {
        let at = stay.visit.begin + self.rng.span(0, stay.end - stay.visit.begin);
        if let Habit::Operated(code, case) = stay.habit {
            self.plan.cases[case].key.push(operation_code(code));
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
