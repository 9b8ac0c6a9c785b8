//! The life of the region, hour by hour: who comes, what is told about it, late, corrected, twice.
//!
//! Nothing is ever looked up again: a person is a few bytes of status, an open stay a few words, a shelf a
//! balance. What a visit leaves behind is told at once and waits in the outbox until it is received.
//!
//! A record that is corrected was wrong *before* its last revision. What stands in the end is therefore what
//! really happened, whatever the order of arrival.

use super::SynthError;
use super::draft::Draft;
use super::outbox::Outbox;
use super::plant::Plan;
use super::region::{Born, Class, Region, first_day};
use super::rng::{Rng, index, mix};
use super::stay::Stay;
use super::stock::Shelf;
use super::text::{DAY, HOUR, Text, civil, day_of};
use super::write::{Label, Prescription, Presence, Term};
use super::{Progress, Recipe};
use records::Kind;
use std::io::Write;

/// Of a thousand records that may be corrected, how many are.
const MENDED_PERMILLE: u64 = 26;
/// Seconds between the end of one visit of a person and the beginning of the next: time to travel anywhere.
pub(crate) const REST: i64 = 6 * HOUR;

/// What changes about a person.
#[derive(Clone, Copy, Default)]
pub(crate) struct Status {
    /// Seconds since 1970; no visit before.
    free_from: u32,
    /// Day of the period, from 1, on which the item of the person's cycle was last used; 0 never.
    cycle_day: u16,
    /// Day of the period, from 1, of the first visit; 0 not seen yet.
    first_day: u16,
    /// Stays so far.
    pub(crate) stays: u8,
    /// No ordinary visit any more: dead, or without insurance.
    pub(crate) gone: bool,
    /// No ordinary stay any more.
    pub(crate) no_stays: bool,
}

/// What changes about an institution.
#[derive(Clone, Default)]
pub(crate) struct Place {
    /// Invoices issued so far.
    invoices: u64,
    /// Passed identity checks so far.
    pub(crate) presences: u64,
    /// Prescriptions issued so far.
    pub(crate) prescriptions: u64,
    /// Begin and end day of the latest stays of persons who were in hospital before.
    repeats: Vec<(i64, i64)>,
    /// Until this day such a stay may not begin here.
    pub(crate) no_repeats_until: i64,
}

/// The state of the simulation.
pub(crate) struct Life<'a, W: Write> {
    pub(crate) region: &'a Region,
    pub(crate) rng: Rng,
    outbox: Outbox<W>,
    /// Begin of the present hour.
    pub(crate) now: i64,
    /// End of the period; nothing happens then or later.
    pub(crate) end: i64,
    pub(crate) persons: Vec<Status>,
    pub(crate) places: Vec<Place>,
    pub(crate) shelves: Vec<Shelf>,
    /// Open stays by the hour of the day in which they began.
    pub(crate) open: Vec<Vec<Stay>>,
    serial: u64,
    /// Visits so far; the latest one's number.
    pub(crate) visits: u64,
    pub(crate) fee_lines: u64,
    pub(crate) plan: Plan,
    pub(crate) draft: Draft,
}

/// What a finished simulation leaves beside its file.
pub(crate) struct Lived<W> {
    pub(crate) file: W,
    pub(crate) plan: Plan,
    pub(crate) kinds: [u64; 16],
    pub(crate) fee_lines: u64,
    pub(crate) visits: u64,
    pub(crate) bytes: u64,
}

impl<'a, W: Write> Life<'a, W> {
    /// The region before its first day.
    pub(crate) fn new(region: &'a Region, plan: Plan, file: W) -> Life<'a, W> {
        let now = first_day() * DAY;
        Life {
            region,
            rng: Rng::new(mix(region.seed ^ 0x11fe)),
            outbox: Outbox::new(file, now / HOUR, mix(region.seed ^ 0xb0c5)),
            now,
            end: region.end_day * DAY,
            persons: vec![Status::default(); region.persons],
            places: vec![Place::default(); region.institutions.len()],
            shelves: vec![Shelf::default(); region.pairs],
            open: vec![Vec::new(); 24],
            serial: 0,
            visits: 0,
            fee_lines: 0,
            plan,
            draft: Draft::default(),
        }
    }

    /// Lives through the whole period.
    pub(crate) fn live(
        mut self,
        recipe: &Recipe,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Lived<W>, std::io::Error> {
        self.registers();
        let total: u64 = (first_day()..self.region.end_day).map(day_weight).sum::<u64>() * HOURS_WEIGHT;
        let mut reached = 0;
        let arrived = |reached: u64| scaled(recipe.visits, reached, total.max(1));
        for day in first_day()..self.region.end_day {
            for (hour, &weight) in HOUR_WEIGHTS.iter().enumerate() {
                self.now = day * DAY + i64::try_from(hour).expect("below 24") * HOUR;
                self.open_stays(hour);
                let before = arrived(reached);
                reached += day_weight(day) * weight;
                for _ in before..arrived(reached) {
                    self.arrival();
                }
                self.agenda();
                self.outbox.end_hour()?;
            }
            let records = self.outbox.kinds.iter().sum();
            progress(Progress {
                visits: self.visits,
                visits_total: recipe.visits,
                records,
                fee_lines: self.fee_lines,
                bytes: self.outbox.bytes,
            });
        }
        let (file, kinds, bytes) = self.outbox.finish()?;
        Ok(Lived { file, plan: self.plan, kinds, fee_lines: self.fee_lines, visits: self.visits, bytes })
    }

    /// The registers that everybody has from the beginning.
    fn registers(&mut self) {
        for institution in 0..self.region.institutions.len() {
            self.tell(Kind::Institution, self.now, |region, text, _, rev| {
                text.institution(&region.institutions[institution], rev);
            });
        }
        for doctor in 0..self.region.doctors.len() {
            self.tell(Kind::Practitioner, self.now, |region, text, _, rev| {
                text.practitioner(region, doctor, rev);
            });
        }
    }

    /// One more visit in this hour.
    fn arrival(&mut self) {
        let at = self.now + self.rng.span(0, HOUR - 1);
        let Some(person) = self.somebody(at) else { return };
        let class = match self.rng.below(1000) {
            0..80 => Class::Stay,
            80..124 => Class::Pharmacy,
            _ => Class::Outpatient,
        };
        let place = self.region.place(person, class, &mut self.rng);
        match class {
            Class::Stay if self.admit(person, place, at) => {}
            Class::Pharmacy => self.buy_drugs(person, place, at, None),
            _ => self.consult(person, place % self.region.hospitals, at, None),
        }
    }

    /// A person who is free at `at`; half of the time one of the chronic ones.
    pub(crate) fn somebody(&mut self, at: i64) -> Option<usize> {
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

    /// Whether a repeated stay of these days would meet no other one there; then it is noted.
    ///
    /// Two persons can only lie side by side twice if the later time is a repeated stay of both. As no two
    /// repeated stays of one hospital begin and end within a day of each other, that never happens by chance.
    pub(crate) fn repeat_fits(&mut self, place: usize, begin: i64, end: i64) -> bool {
        let place = &mut self.places[place];
        if begin <= place.no_repeats_until {
            return false;
        }
        place.repeats.retain(|&(other, _)| other >= begin - 2);
        let near = |&(b, e): &(i64, i64)| (b - begin).abs() <= 1 && (e - end).abs() <= 1;
        if place.repeats.iter().any(near) {
            return false;
        }
        place.repeats.push((begin, end));
        true
    }

    /// Age in days on `day`, if the person is not seen for the first time after that.
    pub(crate) fn age_days(&self, person: usize, day: i64) -> i64 {
        day - self.born(person, day)
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

    /// Tells who the person is and how insured, if this is the first visit.
    pub(crate) fn meet(&mut self, person: usize, at: i64, cover: Cover) {
        if self.persons[person].first_day > 0 {
            return;
        }
        let day = day_of(at);
        let born = self.born(person, day);
        self.persons[person].first_day = u16::try_from(day - first_day() + 1).unwrap_or(u16::MAX);
        let who = self.region.person(person);
        let token = self.region.token(person);
        self.post_mended(Kind::Person, at - 60, |_, text, _, rev, first_try| {
            text.person(token, who.gend, born, who.hash ^ u64::from(first_try), rev);
        });
        let begin = born.max(first_day() - 400 - (who.hash >> 12 & 0xfff).cast_signed() % 2_000).min(day);
        let years = (day - begin).unsigned_abs() / 365;
        let mut term = Term {
            number: 1,
            employee: who.employee,
            district: who.district,
            status: "1",
            begin,
            end: None,
            years,
        };
        match cover {
            Cover::Usual => term.end = (who.hash % 9 == 0).then_some(first_day() + 20_000),
            Cover::Ended(day) => term.end = Some(day),
            Cover::OtherType => term.employee = !term.employee,
        }
        self.post_mended(Kind::Enrolment, at - 50, |_, text, _, rev, first_try| {
            text.enrolment(token, &Term { years: term.years + u64::from(first_try), ..term }, rev);
        });
        // A former scheme, ended or paused before the present one began: no overlap, no second cover.
        if who.hash % 12 == 1 && begin - born > 2_000 {
            let status = if who.hash & 64 == 0 { "3" } else { "2" };
            let former = Term {
                number: 2,
                employee: !who.employee,
                status,
                begin: begin - 900,
                end: Some(begin - 1),
                years: 2,
                ..term
            };
            self.tell(Kind::Enrolment, at - 50, |_, text, _, rev| text.enrolment(token, &former, rev));
        }
        // Facts of other registers that forbid nothing now.
        if who.hash % 400 == 7 && begin < first_day() - 400 {
            let fact = ["custody", "abroad", "work_injury", "third_party"][index(who.hash >> 30 & 3)];
            self.fact(person, fact, first_day() - 300, Some(first_day() - 200), at);
        }
    }

    /// Tells a fact of another register; returns its number.
    pub(crate) fn fact(&mut self, person: usize, fact: &str, begin: i64, end: Option<i64>, at: i64) -> u64 {
        let id = self.serial();
        let token = self.region.token(person);
        self.tell(Kind::PersonFact, at, |_, text, _, rev| text.fact(id, token, fact, begin, end, rev));
        id
    }

    /// The next number of records that are only counted.
    pub(crate) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The next invoice of an institution.
    pub(crate) fn next_invoice(&mut self, institution: usize) -> u64 {
        self.places[institution].invoices += 1;
        self.places[institution].invoices
    }

    /// An identity check that was passed.
    pub(crate) fn passed(&mut self, at: i64, scene: &'static str) -> Presence {
        Presence { id: self.serial(), at, scene, result: "pass", score: 80 + self.rng.below(20) }
    }

    /// Tells a prescription; some are dispensed later, which is a new revision of the same record.
    pub(crate) fn prescribe(&mut self, visit: u64, person: usize, order: &Prescription) {
        self.places[order.institution].prescriptions += 1;
        let head = super::write::Head { visit, person, institution: order.institution };
        let later = self.rng.permille(110);
        let state = if later { "issued" } else { ["reviewed", "dispensed", "issued"][self.rng.index(3)] };
        self.tell(Kind::Prescription, order.at, |region, text, _, rev| {
            text.prescription(region, head, order, state, rev);
        });
        if later {
            let at = order.at + self.rng.span(HOUR, 40 * HOUR);
            self.outbox.post(Kind::Prescription, at, |text, _| {
                text.prescription(self.region, head, order, "dispensed", 2);
            });
        }
    }

    /// Tells a decision about somebody.
    pub(crate) fn label(&mut self, label: &Label) {
        let id = self.serial();
        self.tell(Kind::Label, label.at, |_, text, _, _| text.label(id, label));
    }

    /// Tells one record that happened at `at`.
    pub(crate) fn tell(&mut self, kind: Kind, at: i64, write: impl Fn(&Region, &mut Text<'_>, i64, u64)) {
        let received = at + self.delay();
        self.outbox.post(kind, received, |text, received| write(self.region, text, received, 1));
    }

    /// Tells a further revision of a record, at about `at`.
    pub(crate) fn tell_again(&mut self, kind: Kind, at: i64, write: impl Fn(&Region, &mut Text<'_>, i64)) {
        let received = at + self.delay();
        self.outbox.post(kind, received, |text, received| write(self.region, text, received));
    }

    /// Tells one record that happened at `at`, sometimes wrong at first. Returns its last revision.
    pub(crate) fn tell_mended(
        &mut self,
        kind: Kind,
        at: i64,
        write: impl Fn(&Region, &mut Text<'_>, i64, u64, bool),
    ) -> u64 {
        let received = at + self.delay();
        self.post_mended(kind, received, write)
    }

    /// As [`Life::tell_mended`], received at once.
    fn post_mended(
        &mut self,
        kind: Kind,
        at: i64,
        write: impl Fn(&Region, &mut Text<'_>, i64, u64, bool),
    ) -> u64 {
        let wrong = self.rng.permille(MENDED_PERMILLE);
        self.outbox.post(kind, at, |text, received| write(self.region, text, received, 1, wrong));
        if !wrong {
            return 1;
        }
        // At least a quarter of an hour after the first try was sent; it may overtake it all the same.
        let at = at.max(self.now) + self.rng.span(900, 60 * HOUR);
        self.outbox.post(kind, at, |text, received| write(self.region, text, received, 2, false));
        2
    }

    /// Seconds from event to receipt: minutes, now and then a day or two, rarely most of a week.
    fn delay(&mut self) -> i64 {
        match self.rng.below(1000) {
            0..962 => self.rng.span(5, 900),
            962..993 => self.rng.span(HOUR, 40 * HOUR),
            _ => self.rng.span(40 * HOUR, 144 * HOUR),
        }
    }
}

/// How the enrolment of a person relates to the first visit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Cover {
    #[default]
    Usual,
    /// Ended on that day.
    Ended(i64),
    /// Of the other scheme.
    OtherType,
}

/// Doors open at seven; most come in the morning.
const HOUR_WEIGHTS: [u64; 24] = [0, 0, 0, 0, 0, 0, 0, 5, 14, 16, 14, 9, 4, 6, 11, 10, 8, 5, 3, 3, 2, 0, 0, 0];
const HOURS_WEIGHT: u64 = 110;

/// Weight of a civil day: fewer come at the weekend, more in winter.
fn day_weight(day: i64) -> u64 {
    let of_week = [122, 106, 103, 101, 104, 70, 58][index((day + 3).rem_euclid(7).unsigned_abs())];
    let (_, month, _) = civil(day);
    let season = match month {
        12 | 1 | 2 => 124,
        3 | 11 => 108,
        6..=8 => 91,
        _ => 98,
    };
    of_week * season
}

/// `visits × reached / total` without overflow, rounded down.
fn scaled(visits: u64, reached: u64, total: u64) -> u64 {
    let exact = u128::from(visits) * u128::from(reached) / u128::from(total);
    u64::try_from(exact).expect("at most all visits")
}

/// The error of a file that could not be written.
pub(crate) fn io_error(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> SynthError {
    let path = path.to_path_buf();
    move |source| SynthError::Io { path, source }
}
