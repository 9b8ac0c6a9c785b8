//! The region through time, hour by hour: who visits whom, and which records the bureau receives about it and when.
//!
//! Nothing is ever looked up again: a person is a few bytes of status, an open stay a few words, a shelf a
//! balance. What a visit leaves behind is sent at once and waits in the outbox until it is received.

use crate::draft::VisitDraft;
use crate::outbox::Outbox;
use crate::plan::Plan;
use crate::recipe::{Progress, Recipe};
use crate::record::Presence;
use crate::region::{CareClass, Region, first_day};
use crate::shelf::Shelf;
use crate::status::Status;
use crate::stay::Stay;
use crate::text::{DAY, HOUR, civil, day_of};
use records::Kind;
use records::splitmix::{SplitMix64, index, scatter};
use std::io::Write;

/// What changes about an institution.
#[derive(Clone, Default)]
pub(crate) struct InstitutionState {
    /// Invoices issued so far.
    invoices: u64,
    /// Passed identity checks so far.
    pub(crate) presences: u64,
    /// Prescriptions issued so far.
    pub(crate) prescriptions: u64,
    /// Whether it ever bought anything.
    pub(crate) buys: bool,
    /// Beds taken in the night after each day, the days in a ring.
    nights: Vec<u32>,
    /// Begin and end day of the latest stays of persons who were in hospital before.
    repeats: Vec<(i64, i64)>,
}

/// Nights that can be booked ahead.
const NIGHTS_MAX: i64 = 64;

/// The state of the simulation.
pub(crate) struct Simulation<'a, W: Write> {
    pub(crate) region: &'a Region,
    pub(crate) rng: SplitMix64,
    pub(crate) outbox: Outbox<W>,
    /// Begin of the present hour.
    pub(crate) now: i64,
    /// End of the period; nothing happens then or later.
    pub(crate) end: i64,
    pub(crate) persons: Vec<Status>,
    pub(crate) institution_states: Vec<InstitutionState>,
    pub(crate) shelves: Vec<Shelf>,
    /// Open stays by the hour of the day in which they began.
    pub(crate) open: Vec<Vec<Stay>>,
    serial: u64,
    /// Visits so far; the latest one's number.
    pub(crate) visits: u64,
    pub(crate) fee_lines: u64,
    pub(crate) plan: Plan,
    pub(crate) draft: VisitDraft,
}

/// What a finished simulation leaves beside its file.
pub(crate) struct Simulated<W> {
    pub(crate) file: W,
    pub(crate) plan: Plan,
    pub(crate) kinds: [u64; 16],
    pub(crate) fee_lines: u64,
    pub(crate) visits: u64,
    pub(crate) bytes: u64,
}

impl<'a, W: Write> Simulation<'a, W> {
    /// The region before its first day.
    pub(crate) fn new(region: &'a Region, plan: Plan, file: W) -> Simulation<'a, W> {
        let now = first_day() * DAY;
        Simulation {
            region,
            rng: SplitMix64::seeded(scatter(region.seed ^ 0x11fe)),
            outbox: Outbox::new(file, now / HOUR, scatter(region.seed ^ 0xb0c5)),
            now,
            end: region.end_day * DAY,
            persons: vec![Status::default(); region.persons],
            institution_states: region
                .institutions
                .iter()
                .map(|institution| InstitutionState {
                    nights: vec![0; if institution.beds > 0 { index(NIGHTS_MAX.unsigned_abs()) } else { 0 }],
                    ..InstitutionState::default()
                })
                .collect(),
            shelves: vec![Shelf::default(); region.pairs],
            open: vec![Vec::new(); 24],
            serial: 0,
            visits: 0,
            fee_lines: 0,
            plan,
            draft: VisitDraft::default(),
        }
    }

    /// Lives through the whole period.
    pub(crate) fn run(
        mut self,
        recipe: &Recipe,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Simulated<W>, std::io::Error> {
        self.registers();
        // Visits are spread over days and hours by their weights; none is lost to rounding.
        let total: u64 = (first_day()..self.region.end_day).map(day_weight).sum::<u64>() * HOURS_WEIGHT;
        let mut reached = 0;
        let arrived = |reached: u64| scaled(recipe.visits, reached, total.max(1));
        for day in first_day()..self.region.end_day {
            // Hour by hour: stays first, then the arrivals of the hour, then what schemes have scheduled.
            self.end_night(day - 1);
            for (hour, &weight) in HOUR_WEIGHTS.iter().enumerate() {
                self.now = day * DAY + i64::try_from(hour).expect("below 24") * HOUR;
                self.open_stays(hour);
                let before = arrived(reached);
                reached += day_weight(day) * weight;
                for _ in before..arrived(reached) {
                    self.arrival();
                }
                self.run_schedule();
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
        Ok(Simulated { file, plan: self.plan, kinds, fee_lines: self.fee_lines, visits: self.visits, bytes })
    }

    /// The registers that everybody has from the beginning.
    fn registers(&mut self) {
        for institution in 0..self.region.institutions.len() {
            self.send(Kind::Institution, self.now, |region, text, _, rev| {
                text.institution(&region.institutions[institution], rev);
            });
        }
        for doctor in 0..self.region.doctors.len() {
            self.send(Kind::Practitioner, self.now, |region, text, _, rev| {
                text.practitioner(region, doctor, rev);
            });
        }
    }

    /// One more visit in this hour.
    fn arrival(&mut self) {
        let at = self.now + self.rng.span(0, HOUR - 1);
        let Some(person) = self.free_person(at) else { return };
        let class = match self.rng.below(1000) {
            0..80 => CareClass::Stay,
            80..124 => CareClass::Pharmacy,
            _ => CareClass::Outpatient,
        };
        let place = self.region.institution_for(person, class, &mut self.rng);
        match class {
            CareClass::Stay if self.admit(person, place, at) => {}
            CareClass::Pharmacy => self.buy_drugs(person, place, at, None),
            _ => self.consult(person, place % self.region.hospitals, at, None),
        }
    }

    /// Whether a repeated stay of these days would meet no other one there.
    ///
    /// Two persons can only lie side by side twice if the later time is a repeated stay of both. As no two
    /// repeated stays of one hospital begin and end within a day of each other, that never happens by chance. Those
    /// who belong together have one such stay in common, noted once.
    pub(crate) fn repeat_fits(&self, place: usize, begin: i64, end: i64) -> bool {
        let near = |&(b, e): &(i64, i64)| (b - begin).abs() <= 1 && (e - end).abs() <= 1;
        !self.institution_states[place].repeats.iter().any(near)
    }

    /// Notes a repeated stay.
    pub(crate) fn note_repeat(&mut self, place: usize, begin: i64, end: i64) {
        let today = day_of(self.now);
        let place = &mut self.institution_states[place];
        place.repeats.retain(|&(other, _)| other >= today - 2);
        place.repeats.push((begin, end));
    }

    /// Whether `more` beds are free in every night from `begin` to `end`.
    pub(crate) fn has_room(&self, place: usize, begin: i64, end: i64, more: u64) -> bool {
        let beds = self.region.institutions[place].beds;
        let nights = &self.institution_states[place].nights;
        end - begin < NIGHTS_MAX / 2 && (begin..end).all(|day| u64::from(nights[night(day)]) + more <= beds)
    }

    /// Takes `more` beds for the nights from `begin` to `end`, whether they are free or not.
    pub(crate) fn book(&mut self, place: usize, begin: i64, end: i64, more: u32) {
        assert!(end < day_of(self.now) + NIGHTS_MAX, "stays and plans are shorter than the ring of nights");
        for day in begin..end {
            self.institution_states[place].nights[night(day)] += more;
        }
    }

    fn end_night(&mut self, day: i64) {
        for place in &mut self.institution_states[..self.region.with_beds] {
            place.nights[night(day)] = 0;
        }
    }

    /// The next number of records that are only counted.
    pub(crate) fn serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// The next invoice of an institution.
    pub(crate) fn next_invoice(&mut self, institution: usize) -> u64 {
        self.institution_states[institution].invoices += 1;
        self.institution_states[institution].invoices
    }

    /// An identity check that was passed.
    pub(crate) fn identity_check(&mut self, at: i64, scene: &'static str) -> Presence {
        Presence { id: self.serial(), at, scene, result: "pass", score: 80 + self.rng.below(20) }
    }
}

fn night(day: i64) -> usize {
    index(day.rem_euclid(NIGHTS_MAX).unsigned_abs())
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
