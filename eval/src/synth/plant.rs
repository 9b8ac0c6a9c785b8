//! Schemes: cases built into ordinary visits, and their truth.
//!
//! A case waits for its turn, takes the next visit that suits it, changes the draft of that visit before it is told,
//! and puts what must follow on the agenda. From there on its records go the way of all others: late, corrected,
//! twice. A visit belongs to at most one case and is never refunded, so that no case undoes another.

use super::case::{Case, SCHEMES, day_text, serial_id, settlement_id, token_text, visit_id};
use super::catalogue::NEWBORN_DAYS_MAX;
use super::draft::Draft;
use super::life::{Cover, Life, REST};
use super::region::{COMMON_DRUGS, Class, Region, first_day};
use super::rng::{Rng, index, mix};
use super::stay::Stay;
use super::text::{DAY, HOUR, day_of, fen_of, owned};
use super::write::{Codes, Label, Order, Presence, Sale};
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

    fn after_death(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
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

    fn without_insurance(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
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

    fn claim_once(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.fund() <= 0 {
            return None;
        }
        let case = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let (book, number) = draft.invoice;
        let planted = &mut self.plan.cases[case];
        planted.key = vec![
            owned(|t| {
                t.book(book);
            }),
            owned(|t| {
                t.padded(number, 10);
            }),
        ];
        planted.records.push((Kind::Settlement, settlement_id(draft.head.visit)));
        planted.funds_needed = 2;
        planted.paid(draft.fund());
        self.plan.invoices.push_back((case, draft.invoice, self.visits + 20));
        Some(case)
    }

    fn claim_again(&mut self, draft: &mut Draft) -> bool {
        let Some(&(case, invoice, from)) = self.plan.invoices.front() else { return false };
        if self.visits < from || draft.fund() <= 0 {
            return false;
        }
        self.plan.invoices.pop_front();
        draft.invoice = invoice;
        draft.borrowed_invoice = true;
        let planted = &mut self.plan.cases[case];
        planted.involve(Some(draft.head.person), draft.head.institution);
        planted.records.push((Kind::Settlement, settlement_id(draft.head.visit)));
        planted.paid(draft.fund());
        true
    }

    fn newborn_drug(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head, day) = (self.region, draft.head, day_of(draft.visit.begin));
        let age = self.age_days(head.person, day);
        if age < self.plan.reach(NEWBORN_DAYS_MAX + 1, 6_600) {
            return None;
        }
        let (item, pair) =
            region.institutions[head.institution].newborn_drug(&region.catalogue, self.rng.index(3));
        if !self.bill_prescribed(draft, item, pair, 200) {
            return None;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(case, draft);
        Some(case)
    }

    /// The case is the draft's last line and its fund_amt.
    fn one_line(&mut self, case: usize, draft: &Draft) {
        let line = draft.lines.last().expect("just billed");
        let planted = &mut self.plan.cases[case];
        planted.key = vec![visit_id(draft.head.visit), line.sn.to_string()];
        planted.records = vec![(Kind::FeeLine, line_id(draft.head.visit, line.sn))];
        planted.amount = line.fund;
        planted.complete = true;
    }

    fn conflicting_pair(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let (paid, denied) = region.catalogue.pairs[self.rng.index(region.catalogue.pairs.len())];
        let at = self.during(draft);
        let count = 100 * self.plan.reach(1, 2).min(self.rng.span(1, 2));
        let first = draft.bill(region, paid, 100, at).sn;
        let second = *draft.bill(region, denied, count, at + 30);
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![
            visit_id(head.visit),
            day_text(day_of(at)),
            region.catalogue.items[paid].code.clone(),
            region.catalogue.items[denied].code.clone(),
        ];
        planted.records = vec![
            (Kind::FeeLine, line_id(head.visit, first)),
            (Kind::FeeLine, line_id(head.visit, second.sn)),
        ];
        planted.amount = second.amount;
        planted.complete = true;
        Some(case)
    }

    fn over_limit(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        if draft.limited {
            return None;
        }
        let (region, head) = (self.region, draft.head);
        let limited = region.catalogue.limited[self.rng.index(region.catalogue.limited.len())];
        let excess = self.rng.span(1, self.plan.reach(1, 4));
        // Each line alone is within the limit; together they are not.
        let mut left = (limited.max + excess) * 100;
        let mut records = Vec::new();
        let begin = self.during(draft);
        while left > 0 {
            let count = left.min(limited.max * 100);
            let at = begin + 30 * records.len().cast_signed() as i64;
            let sn = draft.bill(region, limited.item, count, at).sn;
            records.push((Kind::FeeLine, line_id(head.visit, sn)));
            left -= count;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![visit_id(head.visit), region.catalogue.items[limited.item].code.clone()];
        if !limited.per_visit {
            planted.key.push(day_text(day_of(begin)));
        }
        planted.records = records;
        planted.amount = fen_of(region.catalogue.items[limited.item].price, excess * 100);
        planted.complete = true;
        Some(case)
    }

    fn short_cycle(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        if draft.limited || !self.plan.taken.insert(head.person) {
            return None;
        }
        // Not the item that the person uses regularly.
        let cycles = &region.catalogue.cycles;
        let (item, min_days) = cycles[index((region.person(head.person).hash + 1) % cycles.len() as u64)];
        let days = self.rng.span(1, 4).max(min_days - 1 - self.plan.reach(0, min_days));
        let first = day_of(draft.visit.begin);
        let again = (first + days) * DAY + self.rng.span(9 * HOUR, 16 * HOUR);
        if again + DAY >= self.end {
            return None;
        }
        let at = self.during(draft);
        let sn = draft.bill(region, item, 100, at).sn;
        self.busy_until(head.person, again);
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.cases[case].records.push((Kind::FeeLine, line_id(head.visit, sn)));
        let institution = region.place(head.person, Class::Outpatient, &mut self.rng);
        let what = What::Visit(Step::Cycle { case, item, first });
        self.plan.put(Planned { at: again, person: head.person, institution, what });
        Some(case)
    }

    fn card_away(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
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

    fn never_prescribed(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        if self.places[head.institution].prescriptions == 0 {
            return None;
        }
        let ordered = |item: usize| {
            draft.orders.iter().any(|order| order.lines.iter().any(|&(other, _)| other == item))
        };
        let start = self.rng.index(COMMON_DRUGS);
        let (item, pair) = (0..COMMON_DRUGS)
            .map(|n| institution.drug(&region.catalogue, (start + n) % COMMON_DRUGS))
            .find(|&(item, _)| !ordered(item) && region.catalogue.items[item].fund_share > 0)?;
        let count = 100 * self.rng.span(1, self.plan.reach(1, 6));
        self.take(head.institution, item, pair, count);
        let order = match self.rng.below(3) {
            0 => Order::None,
            1 => Order::Unknown,
            _ if draft.orders.is_empty() => Order::None,
            _ => Order::Of(1),
        };
        let at = self.during(draft);
        draft.bill(region, item, count, at).order = order;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.one_line(case, draft);
        Some(case)
    }

    fn over_prescription(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let institution = &region.institutions[head.institution];
        let order = draft.orders.first()?;
        let place = (0..draft.lines.len()).find(|&n| {
            draft.lines[n].order == Order::Of(1)
                && draft.stands(n)
                && region.catalogue.items[draft.lines[n].item].list_type == "101"
        })?;
        let item = draft.lines[place].item;
        let prescribed = order.lines.iter().find(|&&(other, _)| other == item)?.1;
        let pair = (0..institution.drugs)
            .map(|n| institution.drug(&region.catalogue, n))
            .find(|&(other, _)| other == item)?
            .1;
        let excess = 100 * self.rng.span(1, self.plan.reach(1, 8));
        self.take(head.institution, item, pair, prescribed + excess - draft.lines[place].count);
        draft.lines[place].set_count(region, prescribed + excess);
        let sn = draft.lines[place].sn;
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![
            owned(|t| {
                t.prescription_id(head.visit, 1);
            }),
            region.catalogue.items[item].code.clone(),
        ];
        planted.records =
            vec![(Kind::FeeLine, line_id(head.visit, sn)), (Kind::Prescription, planted.key[0].clone())];
        planted.amount = fen_of(region.catalogue.items[item].price, excess);
        planted.complete = true;
        Some(case)
    }

    fn open_ghost(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head) = (self.region, draft.head);
        let large = region.hospitals / 10 + 1;
        let items = &region.catalogue.unstocked;
        let item = items[self.rng.index(items.len())];
        if head.institution < large
            || self.plan.ghosts.contains_key(&head.institution)
            || !self.plan.ghost_pairs.insert((head.institution, item))
        {
            return None;
        }
        self.stock_once(head.institution, item, SUPPLY.0, SUPPLY.1);
        let case = self.plan.open(scheme, None, head.institution);
        let code = &region.catalogue.items[item].code;
        self.plan.cases[case].key = vec![region.institutions[head.institution].code.clone(), code.clone()];
        let count = 100 * self.plan.reach(1, 9);
        self.plan.ghosts.insert(head.institution, Ghost { case, item, count, lines: 6 });
        self.bill_ghost(draft);
        Some(case)
    }

    fn bill_ghost(&mut self, draft: &mut Draft) -> bool {
        let Some(mut ghost) = self.plan.ghosts.remove(&draft.head.institution) else { return false };
        let at = self.during(draft);
        let sn = draft.bill(self.region, ghost.item, ghost.count, at).sn;
        ghost.lines -= 1;
        let planted = &mut self.plan.cases[ghost.case];
        planted.records.push((Kind::FeeLine, line_id(draft.head.visit, sn)));
        if ghost.lines == 0 {
            self.plan.settle_ghost(self.region, &ghost);
        } else {
            self.plan.ghosts.insert(draft.head.institution, ghost);
        }
        true
    }

    fn collect(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let (region, head, at) = (self.region, draft.head, draft.visit.begin);
        let shops = region.institutions.len() - region.hospitals;
        let drugs = region.catalogue.resale.len();
        // Not the drug that the person takes regularly.
        let drug = (index((region.person(head.person).hash >> 8) % drugs as u64) + 1) % drugs;
        let (more, packs) = (self.plan.reach(2, 4), self.plan.reach(4, 5).unsigned_abs());
        if day_of(at) + more + 2 >= region.end_day || !self.plan.taken.insert(head.person) {
            return None;
        }
        let case = self.plan.open(scheme, Some(head.person), head.institution);
        self.plan.cases[case].key = vec![
            token_text(region, head.person),
            region.catalogue.items[region.catalogue.resale[drug]].code.clone(),
        ];
        self.carry_out(Step::Collect { case, drug, packs, last: false }, draft);
        for n in 1..=more {
            let later = (day_of(at) + n) * DAY + self.rng.span(9 * HOUR, 17 * HOUR);
            let shop = head.institution - region.hospitals + index(n.unsigned_abs());
            let what = What::Visit(Step::Collect { case, drug, packs, last: n == more });
            let institution = region.hospitals + shop % shops;
            self.plan.put(Planned { at: later, person: head.person, institution, what });
            self.busy_until(head.person, later + REST);
        }
        Some(case)
    }

    fn sell_once(&mut self, scheme: usize, draft: &mut Draft) -> Option<usize> {
        let common = &self.region.catalogue.drugs[..COMMON_DRUGS];
        let returned = |sale: &Sale| draft.returns.iter().any(|(other, _)| other.codes == sale.codes);
        let sale = *draft.sales.iter().find(|s| !s.split && !returned(s) && common.contains(&s.item))?;
        let case = self.plan.open(scheme, Some(draft.head.person), draft.head.institution);
        let planted = &mut self.plan.cases[case];
        planted.key = vec![owned(|t| {
            t.trace_code(sale.codes.pair, sale.codes.first);
        })];
        planted.records.push((Kind::Dispensing, serial_id(b'L', sale.id)));
        self.plan.sold.push_back((case, sale, self.visits + 20));
        Some(case)
    }

    fn sell_again(&mut self, draft: &mut Draft) -> bool {
        let head = draft.head;
        let institution = &self.region.institutions[head.institution];
        let Some(&(case, sale, from)) = self.plan.sold.front() else { return false };
        if self.visits < from || !institution.pharmacy {
            return false;
        }
        self.plan.sold.pop_front();
        let local = self.region.catalogue.drugs.iter().position(|&drug| drug == sale.item);
        let (item, pair) = institution.drug(&self.region.catalogue, local.expect("a common drug"));
        self.take(head.institution, item, pair, 100);
        draft.bill(self.region, item, 100, draft.visit.begin);
        let again = Sale {
            id: self.serial(),
            at: draft.visit.begin + 25,
            count: 100,
            codes: Codes { len: 1, ..sale.codes },
            prescribed: false,
            ..sale
        };
        draft.sales.push(again);
        let planted = &mut self.plan.cases[case];
        planted.involve(Some(head.person), head.institution);
        planted.records.push((Kind::Dispensing, serial_id(b'L', again.id)));
        planted.amount = fen_of(self.region.catalogue.items[item].price, 100);
        planted.complete = true;
        true
    }

    fn two_stays(&mut self, scheme: usize, stay: &mut Stay) -> Option<usize> {
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

    fn unseen_stay(&mut self, scheme: usize, stay: &mut Stay) -> Option<usize> {
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
    fn group(&mut self, scheme: usize, now: i64) -> Option<usize> {
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

fn line_id(visit: u64, sn: u64) -> String {
    format!("{}/{sn}", visit_id(visit))
}
