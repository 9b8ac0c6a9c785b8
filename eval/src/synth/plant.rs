//! Schemes: cases built into ordinary visits, and their truth.
//!
//! A case waits for its turn, takes the next visit that suits it, changes the draft of that visit before it is told,
//! and puts what must follow on the agenda. From there on its records go the way of all others: late, corrected,
//! twice. A visit belongs to at most one case and is never refunded, so that no case undoes another.

mod bills;
mod goods;
mod people;

use super::case::{Case, SCHEMES, day_text, serial_id, token_text, visit_id};
use super::draft::Draft;
use super::life::Life;
use super::record::{Label, Presence, Sale};
use super::region::{Region, first_day};
use super::rng::{Rng, mix};
use super::stay::Stay;
use super::text::{DAY, HOUR, day_of, fen_of};
use records::Kind;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::Write;

/// One case of each scheme in so many visits.
const VISITS_PER_CASE: u64 = 2_000;

/// What is planned, what has begun, what is done.
pub(crate) struct Plan {
    /// Per mille of full strength.
    strength: i64,
    queues: Vec<Queue>,
    /// The number of the visit before which nothing is due.
    next_due: u64,
    pub(crate) cases: Vec<Case>,
    /// What begins in which hour since 1970.
    agenda: BTreeMap<i64, Vec<Planned>>,
    /// Invoices that wait to be claimed again: the case, the invoice, and the first visit that may.
    invoices: VecDeque<(usize, (usize, u64), u64)>,
    /// Trace codes that wait to be sold again: the case, the sale, and the first visit that may.
    sold: VecDeque<(usize, Sale, u64)>,
    /// By institution: what is being billed there beyond its stock.
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
    seed: u64,
}

struct Ghost {
    case: usize,
    item: usize,
    /// Hundredths per line, and lines to come.
    count: i64,
    lines: u64,
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
    /// A stay that ends then; of a case.
    Stay(usize, i64),
}

/// What a planned visit is for.
#[derive(Clone, Copy)]
pub(crate) enum Step {
    /// The item of a cycle once more, too early.
    Cycle { case: usize, item: usize, first: i64 },
    /// The same card far away, after the identity check of this number.
    Away { case: usize, seen: u64 },
    /// Packs of a resale-prone drug, the last ones or not.
    Collect { case: usize, drug: usize, packs: u64, last: bool },
}

/// Hundredths counted and bought of what is billed beyond its stock.
const SUPPLY: (i64, i64) = (300, 500);

impl Plan {
    /// Cases of `schemes` (positions in [`SCHEMES`]) for a period with `visits` visits.
    pub(crate) fn new(schemes: &[usize], visits: u64, strength: f64, region: &Region) -> Plan {
        #[expect(clippy::cast_possible_truncation, reason = "checked to lie between 0 and 1")]
        let strength = (strength * 1000.0 + 0.5) as i64;
        let count = ((visits / VISITS_PER_CASE).max(3) * strength.unsigned_abs()).div_ceil(1000);
        let days = (region.end_day - first_day()).unsigned_abs();
        let queues = schemes
            .iter()
            .filter(|_| count > 0 && visits > 0)
            .map(|&scheme| {
                let usable = days.saturating_sub(SCHEMES[scheme].days + 2).min(days * 9 / 10).max(1);
                let spread = visits * usable / days;
                let mut queue =
                    Queue { scheme, done: 0, count, due: 0, spread, seed: mix(region.seed ^ scheme as u64) };
                queue.due = queue.turn(0);
                queue
            })
            .collect();
        let mut plan = Plan {
            strength,
            queues,
            next_due: 0,
            cases: Vec::new(),
            agenda: BTreeMap::new(),
            invoices: VecDeque::new(),
            sold: VecDeque::new(),
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

    fn open(&mut self, scheme: usize, person: Option<usize>, institution: usize) -> usize {
        self.cases.push(Case { scheme, ..Case::default() });
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

    fn settle_ghost(&mut self, region: &Region, ghost: &Ghost) {
        let case = &mut self.cases[ghost.case];
        let lines = case.records.iter().filter(|(kind, _)| *kind == Kind::FeeLine).count();
        let supply = SUPPLY.0 + SUPPLY.1;
        let excess = ghost.count * lines.cast_signed() as i64 - (supply * 105 / 100 + 200);
        case.amount = fen_of(region.catalogue.items[ghost.item].price, excess.max(0));
        case.complete = excess > 0 || ghost.lines == 0;
    }
}

impl Queue {
    /// The visit from which on case number `n` is due.
    fn turn(&self, n: u64) -> u64 {
        let within = Rng::new(self.seed ^ n).below(1000);
        let exact = u128::from(self.spread) * u128::from(n * 1000 + within) / u128::from(self.count * 1000);
        u64::try_from(exact).expect("at most all visits").max(self.spread / 20)
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
                    What::Stay(case, end) => self.planned_stay(person, institution, at, end, case),
                }
            }
        }
    }

    fn planned_stay(&mut self, person: usize, hospital: usize, at: i64, end: i64, case: usize) {
        let group = SCHEMES[self.plan.cases[case].scheme].rule == "A11";
        // A second stay gives way to other repeated stays by some nights, which only makes the overlap longer.
        let fitting = (0..4)
            .map(|nights| end + nights * DAY)
            .find(|&end| group || self.repeat_fits(hospital, day_of(at), day_of(end)));
        let Some(end) = fitting.filter(|&end| end < self.end) else { return };
        let mut stay = self.begin_stay(person, hospital, at, end);
        stay.case = Some(case);
        let id = visit_id(stay.head.visit);
        let planted = &mut self.plan.cases[case];
        planted.involve(Some(person), hospital);
        planted.records.push((Kind::Visit, id.clone()));
        if !group {
            planted.key.push(id);
        }
        self.start(stay);
    }

    /// Builds a case into the draft, if one is due that it suits.
    pub(crate) fn plant(&mut self, draft: &mut Draft) {
        if self.claim_again(draft) || self.sell_again(draft) || self.bill_ghost(draft) {
            draft.planted = true;
            return;
        }
        self.plant_due(|life, scheme| life.plant_visit(scheme, draft));
    }

    /// Builds a case into the stay, if one is due that it suits.
    pub(crate) fn plant_stay(&mut self, stay: &mut Stay) {
        self.plant_due(|life, scheme| match SCHEMES[scheme].rule {
            "A05" => life.two_stays(scheme, stay),
            "A08" => life.unseen_stay(scheme, stay),
            _ => None,
        });
    }

    fn plant_due(&mut self, mut plant: impl FnMut(&mut Self, usize) -> Option<usize>) {
        let visit = self.visits;
        if visit < self.plan.next_due {
            return;
        }
        for n in 0..self.plan.queues.len() {
            let queue = &self.plan.queues[n];
            if queue.done >= queue.count || queue.due > visit {
                continue;
            }
            let Some(case) = plant(self, queue.scheme) else { continue };
            let queue = &mut self.plan.queues[n];
            queue.done += 1;
            queue.due = queue.turn(queue.done);
            self.plan.settle_next();
            self.label_case(case);
            return;
        }
    }

    /// One scheme, one draft: the case, if it suits.
    fn plant_visit(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let pharmacy = self.region.institutions[draft.head.institution].pharmacy;
        let case = match (SCHEMES[scheme].rule, pharmacy) {
            ("A01", _) => self.after_death(scheme, draft),
            ("E01", _) => self.without_insurance(scheme, draft),
            ("F01", _) => self.claim_once(scheme, draft),
            ("D06", false) => self.newborn_drug(scheme, draft),
            ("S12", false) => self.conflicting_pair(scheme, draft),
            ("S14", false) => self.over_limit(scheme, draft),
            ("S18", false) => self.short_cycle(scheme, draft),
            ("A06", false) => self.card_away(scheme, draft),
            ("A11", false) => self.group(scheme, draft.visit.begin),
            ("F06", false) => self.never_prescribed(scheme, draft),
            ("F07", false) => self.over_prescription(scheme, draft),
            ("G02", false) => self.open_ghost(scheme, draft),
            ("P08", true) => self.collect(scheme, draft),
            ("T01", true) => self.sell_once(scheme, draft),
            _ => None,
        }?;
        // A group only takes its turn from this visit.
        draft.planted = SCHEMES[scheme].rule != "A11";
        Some(case)
    }

    /// The rest of a case that began at another visit.
    pub(crate) fn carry_out(&mut self, step: Step, draft: &mut Draft) {
        draft.planted = true;
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        match step {
            Step::Cycle { case, item, first } => {
                let at = self.during(draft);
                let line = *draft.bill(region, item, 100, at);
                let planted = &mut self.plan.cases[case];
                planted.records.push((Kind::FeeLine, line_id(head.visit, line.sn)));
                planted.involve(None, head.institution);
                planted.key = vec![
                    token_text(region, head.person),
                    region.catalogue.items[item].code.clone(),
                    day_text(first),
                    day_text(day),
                ];
                planted.amount = line.amount;
                planted.complete = true;
            }
            Step::Away { case, seen } => {
                draft.presences.clear();
                let away = Presence { at: draft.visit.begin, ..self.passed(draft.visit.begin, "register") };
                draft.presences.push(away);
                let planted = &mut self.plan.cases[case];
                planted.key = vec![serial_id(b'I', seen), serial_id(b'I', away.id)];
                planted.records = planted.key.iter().map(|id| (Kind::Presence, id.clone())).collect();
                planted.involve(None, head.institution);
                planted.complete = true;
            }
            Step::Collect { case, drug, packs, last } => {
                let (item, pair) = region.institutions[head.institution].resale_drug(&region.catalogue, drug);
                self.sell(draft, item, pair, packs, false);
                let sale = draft.sales.last().expect("just sold").id;
                let planted = &mut self.plan.cases[case];
                planted.records.push((Kind::Dispensing, serial_id(b'L', sale)));
                planted.involve(None, head.institution);
                planted.amount += fen_of(region.catalogue.items[item].price, packs.cast_signed() * 100);
                planted.complete = last;
            }
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

fn line_id(visit: u64, sn: u64) -> String {
    format!("{}/{sn}", visit_id(visit))
}
