//! Schemes: cases built into ordinary visits, and their truth.
//!
//! A case waits for its turn. Then it takes the next visit that suits it, at a place that leans the more readily, and
//! changes the draft of that visit before it is told, or it sends persons of its own on their way; what must follow it puts on the agenda. From there on its
//! records go the way of all others: late, corrected, twice. A visit belongs to at most one case and is never
//! refunded, and a person who lies in hospital for a case lies there for no other, so that no case undoes another.

mod beds;
mod bills;
mod compound;
mod goods;
mod limits;
mod people;
mod stays;
mod steps;

use super::case::{Case, SCHEMES, token_text, visit_id};
use super::draft::Draft;
use super::life::Life;
use super::record::Label;
use super::region::{LEANING_MAX, Region, first_day};
use super::stay::{Habit, Part};
use super::text::{DAY, HOUR};
use compound::Filled;
use goods::{Ghost, Sold};
use records::Kind;
use records::splitmix::{SplitMix64, scatter};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;

/// One case of each scheme in so many visits.
const VISITS_PER_CASE: u64 = 2_000;
/// And at least one in so many, up to [`CASES_MIN`].
const VISITS_FOR_ONE: u64 = 700;
const CASES_MIN: u64 = 3;

/// What is planned, what has begun, what is done.
pub(crate) struct Plan {
    /// Per mille of full strength.
    strength: i64,
    queues: Vec<Queue>,
    /// The number of the visit before which nothing is due.
    next_due: u64,
    pub(crate) cases: Vec<Case>,
    affairs: u64,
    /// What begins in which hour since 1970.
    agenda: BTreeMap<i64, Vec<Planned>>,
    /// Invoices that wait to be claimed again: the case, the invoice, and the first visit that may.
    invoices: VecDeque<(usize, (usize, u64), u64)>,
    /// By institution: what is being billed there that was never bought.
    ghosts: BTreeMap<usize, Ghost>,
    ghost_pairs: BTreeSet<(usize, usize)>,
    /// Persons in a case that looks at a person's other visits.
    taken: BTreeSet<usize>,
}

/// The cases of one scheme that are still to come.
struct Queue {
    scheme: usize,
    done: u64,
    count: u64,
    /// The number of the visit from which on the next one is due.
    due: u64,
    /// Visits over which the cases are spread.
    spread: u64,
    /// Visits after which a case takes any place.
    patience: u64,
    seed: u64,
}

/// Something that a case needs at a later time.
struct Planned {
    at: i64,
    person: usize,
    institution: usize,
    what: What,
}

enum What {
    Visit(Step),
    Stay(StayPlan),
}

/// A stay of a case.
struct StayPlan {
    end: i64,
    parts: Vec<Part>,
    habit: Habit,
    /// The main diagnosis, if it matters.
    main: Option<usize>,
    /// Whether identity is never checked.
    unseen: bool,
}

/// What a planned visit is for.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// The item of a cycle once more, too early.
    Cycle { case: usize, item: usize, first: i64 },
    /// The same card far away, after the identity check of this number.
    Away { case: usize, seen: u64 },
    /// Another visit that the key or the amount of a case names, with nobody checked.
    Another { case: usize, named: bool },
    /// A bill of an institution without an agreement.
    Unagreed { case: usize },
    /// Packs of a resale-prone drug, the last ones or not.
    Collect { case: usize, drug: usize, packs: u64, last: bool },
    /// A pack whose code another pharmacy will sell once more.
    SellFirst(Sold),
    /// A pack by a code that was sold before.
    SellAgain(Sold),
    /// Packs on a prescription, the first time or once more.
    Fill(Filled),
}

impl Plan {
    /// Cases of `schemes` (positions in [`SCHEMES`]) for a period with `visits` visits.
    pub(crate) fn new(schemes: &[usize], visits: u64, strength: f64, region: &Region) -> Plan {
        #[expect(clippy::cast_possible_truncation, reason = "checked to lie between 0 and 1")]
        let strength = (strength * 1000.0 + 0.5) as i64;
        let full = (visits / VISITS_PER_CASE).max((visits / VISITS_FOR_ONE).clamp(1, CASES_MIN));
        let count = (full * strength.unsigned_abs()).div_ceil(1000);
        let days = (region.end_day - first_day()).unsigned_abs();
        let queues = schemes
            .iter()
            .filter(|_| count > 0 && visits > 0)
            .map(|&scheme| {
                let usable = days.saturating_sub(SCHEMES[scheme].days + 2).min(days * 9 / 10).max(1);
                let spread = visits * usable / days;
                let patience = ((spread / count).min(visits / 10) / 4).max(1);
                let seed = scatter(region.seed ^ scheme as u64);
                let mut queue = Queue { scheme, done: 0, count, due: 0, spread, patience, seed };
                queue.due = queue.turn(0);
                queue
            })
            .collect();
        let mut plan = Plan {
            strength,
            queues,
            next_due: 0,
            cases: Vec::new(),
            affairs: 0,
            agenda: BTreeMap::new(),
            invoices: VecDeque::new(),
            ghosts: BTreeMap::new(),
            ghost_pairs: BTreeSet::new(),
            taken: BTreeSet::new(),
        };
        plan.settle_next();
        plan
    }

    fn settle_next(&mut self) {
        let open = self.queues.iter().filter(|queue| queue.done < queue.count);
        self.next_due = open.map(|queue| queue.due).min().unwrap_or(u64::MAX);
    }

    /// From `low` at no strength to `high` at full strength.
    fn reach(&self, low: i64, high: i64) -> i64 {
        low + (high - low) * self.strength / 1000
    }

    /// The fund paid `fund` for one of the case's stays.
    pub(crate) fn paid(&mut self, case: usize, fund: i64) {
        self.cases[case].paid(fund);
    }

    /// Opens the case of a simple scheme.
    fn open(&mut self, scheme: usize, person: Option<usize>, institution: usize) -> usize {
        let affair = self.affair();
        self.open_in(affair, scheme, SCHEMES[scheme].rule, person, institution)
    }

    /// The number of a new affair.
    fn affair(&mut self) -> u64 {
        self.affairs += 1;
        self.affairs
    }

    /// Opens one finding of an affair.
    fn open_in(
        &mut self,
        affair: u64,
        scheme: usize,
        rule: &'static str,
        person: Option<usize>,
        institution: usize,
    ) -> usize {
        self.cases.push(Case { scheme, affair, rule, ..Case::default() });
        let case = self.cases.len() - 1;
        self.cases[case].involve(person, institution);
        case
    }

    fn put(&mut self, planned: Planned) {
        self.agenda.entry(planned.at.div_euclid(HOUR)).or_default().push(planned);
    }

    /// Ends what only the end of the period ends.
    pub(crate) fn close(&mut self, region: &Region) {
        for ghost in std::mem::take(&mut self.ghosts).into_values() {
            self.settle_ghost(region, &ghost);
        }
    }
}

impl Queue {
    /// The visit from which on case number `n` is due.
    fn turn(&self, n: u64) -> u64 {
        let within = SplitMix64::seeded(self.seed ^ n).below(1000);
        let exact = u128::from(self.spread) * u128::from(n * 1000 + within) / u128::from(self.count * 1000);
        u64::try_from(exact).expect("at most all visits").max(self.spread / 20)
    }
}

impl Queue {
    /// Whether the case that is due takes a place of this leaning for visit number `visit`.
    ///
    /// The chance is the leaning's share of the greatest one, so places are taken by leaning times visits; with the
    /// third power of the time waited it comes to one, for a case that finds no crooked place is planted all the same.
    fn accepts(&self, leaning: u64, visit: u64) -> bool {
        let waited = u128::from((visit - self.due).min(self.patience));
        let urgency = 1_000 * waited.pow(3) / u128::from(self.patience).pow(3);
        let chance = u128::from(1_000 * leaning / LEANING_MAX) + urgency;
        u128::from(SplitMix64::seeded(self.seed ^ scatter(visit)).below(1_000)) < chance
    }
}

impl<W: Write> Life<'_, W> {
    /// Lives through what is planned for this hour.
    pub(crate) fn agenda(&mut self) {
        while let Some(planned) = self.plan.agenda.remove(&(self.now / HOUR)) {
            for Planned { at, person, institution, what } in planned {
                match what {
                    What::Visit(step) if self.region.institutions[institution].pharmacy => {
                        self.buy_drugs(person, institution, at, Some(step));
                    }
                    What::Visit(step) => self.consult(person, institution, at, Some(step)),
                    What::Stay(plan) => self.planned_stay(person, institution, at, plan),
                }
            }
        }
    }

    fn planned_stay(&mut self, person: usize, hospital: usize, at: i64, plan: StayPlan) {
        let mut stay = self.begin_stay(person, hospital, at, plan.end);
        (stay.habit, stay.unseen) = (plan.habit, plan.unseen);
        if let Some(main) = plan.main {
            stay.visit.diagnoses[0] = main;
        }
        if matches!(plan.habit, Habit::BedOnly(_)) {
            stay.on_paper();
        }
        let id = visit_id(stay.head.visit);
        for part in &plan.parts {
            let planted = &mut self.plan.cases[part.case];
            planted.involve(Some(person), hospital);
            planted.records.push((Kind::Visit, id.clone()));
            if part.named {
                planted.key.push(id.clone());
            }
        }
        stay.parts = plan.parts;
        self.start(stay);
    }

    /// Builds a case into the draft, if one is due that it suits.
    pub(crate) fn plant(&mut self, draft: &mut Draft) {
        if self.claim_again(draft) || self.bill_ghost(draft) {
            draft.planted = true;
            return;
        }
        self.plant_due(draft);
    }

    fn plant_due(&mut self, draft: &mut Draft) {
        let visit = self.visits;
        if visit < self.plan.next_due {
            return;
        }
        for n in 0..self.plan.queues.len() {
            let queue = &self.plan.queues[n];
            if queue.done >= queue.count || queue.due > visit {
                continue;
            }
            let leaning = self.region.institutions[draft.head.institution].leaning;
            let here = queue.accepts(leaning, visit);
            let Some(case) = self.plant_scheme(queue.scheme, here, draft) else { continue };
            let queue = &mut self.plan.queues[n];
            queue.done += 1;
            queue.due = queue.turn(queue.done);
            self.plan.settle_next();
            self.label_case(case);
            return;
        }
    }

    /// One scheme, one draft: the case, if it suits. Some only take their turn from it and begin elsewhere; the others
    /// begin only `here`, at a place that the scheme takes.
    fn plant_scheme(&mut self, scheme: usize, here: bool, draft: &mut Draft) -> Option<usize> {
        let pharmacy = self.region.institutions[draft.head.institution].pharmacy;
        if let Some(case) = self.plan_stays(scheme).or_else(|| self.plan_others(scheme, draft)) {
            return Some(case);
        }
        if !here {
            return None;
        }
        let case = match (SCHEMES[scheme].rule, pharmacy) {
            ("A01", _) => self.after_death(scheme, draft),
            ("A02", _) => self.while_away(scheme, "custody", draft),
            ("A03", _) => self.while_away(scheme, "abroad", draft),
            ("A06", false) => self.card_away(scheme, draft),
            ("E01", _) => self.without_insurance(scheme, draft),
            ("E03", _) => self.insured_twice(scheme, draft),
            ("F01", _) => self.claim_once(scheme, draft),
            ("F06", false) => self.never_prescribed(scheme, draft),
            ("F07", false) => self.over_prescription(scheme, draft),
            ("G02" | "G03", false) => self.open_ghost(scheme, draft),
            ("M02", false) => self.wrong_sum(scheme, draft),
            ("M07", false) => self.late_upload(scheme, draft),
            ("M12", false) => self.many_drugs(scheme, draft),
            ("M16", false) => self.many_visits(scheme, draft),
            ("M20" | "M21", false) => self.impossible_diagnosis(scheme, draft),
            ("S01", false) => self.above_cap(scheme, draft),
            ("S12", false) => self.conflicting_pair(scheme, draft),
            ("S14", false) => self.over_limit(scheme, draft),
            ("S18", false) => self.short_cycle(scheme, draft),
            ("P04" | "P06" | "P08" | "T01" | "T04" | "T05" | "T06", true) => self.bad_sale(scheme, draft),
            (_, false) => self.for_another(scheme, draft),
            _ => None,
        }?;
        draft.planted = true;
        Some(case)
    }

    /// Cases that begin on the next days, with persons of their own.
    fn plan_others(&mut self, scheme: usize, draft: &Draft) -> Option<usize> {
        match SCHEMES[scheme].name {
            "settled_without_agreement" => self.without_agreement(scheme),
            "village_admission" => self.village(scheme),
            "companion_ring" => self.ring(scheme),
            "trace_code_resale" => self.resell_codes(scheme, draft),
            "doctor_pharmacy_pair" => self.doctor_and_pharmacy(scheme),
            _ => None,
        }
    }

    /// Three cases in ten are known to somebody before the period is over.
    fn label_case(&mut self, case: usize) {
        let at = self.now + self.rng.span(4 * DAY, 30 * DAY);
        if at >= self.end || !self.rng.permille(300) {
            return;
        }
        let planted = &self.plan.cases[case];
        let (subject_type, subject_id) = match (planted.persons.first(), planted.institutions.first()) {
            (Some(&person), _) => ("person", token_text(self.region, person)),
            (None, Some(&place)) => ("institution", self.region.institutions[place].code.clone()),
            (None, None) => return,
        };
        let scheme = Some(SCHEMES[planted.scheme].name);
        self.label(&Label { subject_type, subject_id, scheme, decision: "confirmed", at });
    }
}
