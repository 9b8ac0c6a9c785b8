//! What the schemes still have to do: cases that wait for their turn, visits and stays that cases need later, what is
//! half done.
//!
//! Only data and its arithmetic: who lives through it stands in `plant`.

use crate::planted::PlantedFinding;
use crate::record::TraceCodes;
use crate::region::{PROPENSITY_MAX, Region, first_day};
use crate::scheme::SCHEMES;
use crate::stay::{CaseRole, StayPattern};
use crate::text::{HOUR, ONE, fen_of};
use records::Kind;
use records::splitmix::{SplitMix64, scatter};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One case of each scheme in so many visits.
const VISITS_PER_CASE: u64 = 2_000;
/// And at least one in so many, up to [`CASES_MIN`].
const VISITS_FOR_ONE: u64 = 700;
const CASES_MIN: u64 = 3;

/// What is planned, what has begun, what is done.
pub(crate) struct Plan {
    /// Per mille of full strength.
    pub(crate) strength: i64,
    pub(crate) queues: Vec<Queue>,
    /// The number of the visit before which nothing is due.
    pub(crate) next_due: u64,
    pub(crate) findings: Vec<PlantedFinding>,
    pub(crate) case_count: u64,
    /// What begins in which hour since 1970.
    pub(crate) schedule: BTreeMap<i64, Vec<Planned>>,
    /// Invoices that wait to be claimed again: the case, the invoice, and the first visit that may.
    pub(crate) invoices: VecDeque<(usize, (usize, u64), u64)>,
    /// By institution: what is being billed there that was never bought.
    pub(crate) phantoms: BTreeMap<usize, PhantomBilling>,
    pub(crate) phantom_pairs: BTreeSet<(usize, usize)>,
    /// Persons in a case that looks at a person's other visits.
    pub(crate) taken: BTreeSet<usize>,
}

/// The cases of one scheme that are still to come.
pub(crate) struct Queue {
    pub(crate) scheme: usize,
    pub(crate) done: u64,
    pub(crate) count: u64,
    /// The number of the visit from which on the next one is due.
    pub(crate) due: u64,
    /// Visits over which the cases are spread.
    pub(crate) spread: u64,
    /// Visits after which a case takes any place.
    pub(crate) patience: u64,
    pub(crate) seed: u64,
}

/// Something that a case needs at a later time.
pub(crate) struct Planned {
    pub(crate) at: i64,
    pub(crate) person: usize,
    pub(crate) institution: usize,
    pub(crate) what: PlannedEvent,
}

pub(crate) enum PlannedEvent {
    Visit(VisitPurpose),
    Stay(StayPlan),
}

/// A stay of a case.
pub(crate) struct StayPlan {
    pub(crate) end: i64,
    pub(crate) parts: Vec<CaseRole>,
    pub(crate) pattern: StayPattern,
    /// The main diagnosis, if it matters.
    pub(crate) main: Option<usize>,
    /// Whether identity is never checked.
    pub(crate) unseen: bool,
}

/// What a planned visit is for.
#[derive(Clone, Copy)]
pub(crate) enum VisitPurpose {
    /// The item of a cycle once more, too early.
    Cycle { finding: usize, item: usize, first: i64 },
    /// The same card far away, after the identity check of this number.
    Away { finding: usize, seen: u64 },
    /// Another visit that the key or the amount of a case names, with nobody checked.
    Another { finding: usize, named: bool },
    /// A bill of an institution without an agreement.
    Unagreed { finding: usize },
    /// Packs of a resale-prone drug, the last ones or not.
    Collect { finding: usize, drug: usize, packs: u64, last: bool },
    /// A pack whose code another pharmacy will sell once more.
    SellFirst(ResoldCode),
    /// A pack by a code that was sold before.
    SellAgain(ResoldCode),
    /// Packs on a prescription, the first time or once more.
    Fill(RepeatFill),
}

/// What an institution bills beyond what it ever had.
pub(crate) struct PhantomBilling {
    pub(crate) finding: usize,
    pub(crate) item: usize,
    /// Ten-thousandths per line, and lines to come.
    pub(crate) count: i64,
    pub(crate) lines: u64,
}

/// A pack that is sold once and again by the same trace code.
#[derive(Clone, Copy)]
pub(crate) struct ResoldCode {
    /// Of the code on more than one sale.
    pub(crate) twice: usize,
    /// Of the code that the second pharmacy never bought; none if it is the first one's.
    pub(crate) unbought: Option<usize>,
    /// Which of the common drugs.
    pub(crate) drug: usize,
    /// The second pharmacy.
    pub(crate) shop: usize,
    /// The first sale: its number and its code; none before it.
    pub(crate) first: Option<(u64, TraceCodes)>,
}

/// Ten-thousandths counted and bought of what is billed beyond its stock.
pub(crate) const SUPPLY: (i64, i64) = (3 * ONE, 5 * ONE);
/// One filling of a prescription at the pharmacy that its doctor works with.
#[derive(Clone, Copy)]
pub(crate) struct RepeatFill {
    /// The three findings about the person: P06, F07 and S18, in this order.
    pub(crate) first_case: usize,
    pub(crate) hospital: usize,
    pub(crate) doctor: usize,
    /// Day of the first filling, and the visit, line and sale of it; none: this is the first.
    pub(crate) before: Option<(i64, u64, u64, u64)>,
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
            findings: Vec::new(),
            case_count: 0,
            schedule: BTreeMap::new(),
            invoices: VecDeque::new(),
            phantoms: BTreeMap::new(),
            phantom_pairs: BTreeSet::new(),
            taken: BTreeSet::new(),
        };
        plan.settle_next();
        plan
    }

    pub(crate) fn settle_next(&mut self) {
        let open = self.queues.iter().filter(|queue| queue.done < queue.count);
        self.next_due = open.map(|queue| queue.due).min().unwrap_or(u64::MAX);
    }

    /// From `low` at no strength to `high` at full strength.
    pub(crate) fn by_strength(&self, low: i64, high: i64) -> i64 {
        low + (high - low) * self.strength / 1000
    }

    /// The fund paid `fund` for one of the case's stays.
    pub(crate) fn paid(&mut self, finding: usize, fund: i64) {
        self.findings[finding].paid(fund);
    }

    /// Opens the case of a simple scheme.
    pub(crate) fn open(&mut self, scheme: usize, person: Option<usize>, institution: usize) -> usize {
        let case_number = self.next_case_number();
        self.open_in(case_number, scheme, SCHEMES[scheme].rule, person, institution)
    }

    /// The number of a new case.
    pub(crate) fn next_case_number(&mut self) -> u64 {
        self.case_count += 1;
        self.case_count
    }

    /// Opens one finding of a case.
    pub(crate) fn open_in(
        &mut self,
        case_number: u64,
        scheme: usize,
        rule: &'static str,
        person: Option<usize>,
        institution: usize,
    ) -> usize {
        self.findings.push(PlantedFinding { scheme, case_number, rule, ..PlantedFinding::default() });
        let finding = self.findings.len() - 1;
        self.findings[finding].involve(person, institution);
        finding
    }

    pub(crate) fn put(&mut self, planned: Planned) {
        self.schedule.entry(planned.at.div_euclid(HOUR)).or_default().push(planned);
    }

    /// Sets what a phantom billing comes to.
    pub(crate) fn close_phantom(&mut self, region: &Region, phantom: &PhantomBilling) {
        let finding = &mut self.findings[phantom.finding];
        if finding.rule == "G03" {
            finding.complete = true;
            return;
        }
        let lines = finding.records.iter().filter(|(kind, _)| *kind == Kind::FeeLine).count();
        let supply = SUPPLY.0 + SUPPLY.1;
        let excess = phantom.count * lines.cast_signed() as i64 - (supply * 105 / 100 + 2 * ONE);
        finding.amount = fen_of(region.catalogue.items[phantom.item].price, excess.max(0));
        finding.complete = excess > 0 || phantom.lines == 0;
    }

    /// Ends what only the end of the period ends.
    pub(crate) fn close(&mut self, region: &Region) {
        for phantom in std::mem::take(&mut self.phantoms).into_values() {
            self.close_phantom(region, &phantom);
        }
    }
}

impl Queue {
    /// The visit from which on case number `n` is due.
    pub(crate) fn turn(&self, n: u64) -> u64 {
        let within = SplitMix64::seeded(self.seed ^ n).below(1000);
        let exact = u128::from(self.spread) * u128::from(n * 1000 + within) / u128::from(self.count * 1000);
        u64::try_from(exact).expect("at most all visits").max(self.spread / 20)
    }

    /// Whether the case that is due takes an institution of this propensity for visit number `visit`.
    ///
    /// The chance is the share of the greatest propensity, so institutions are taken by propensity times visits; with
    /// the third power of the time waited it comes to one, for a case that finds no such institution is planted all the
    /// same.
    pub(crate) fn accepts(&self, propensity: u64, visit: u64) -> bool {
        let waited = u128::from((visit - self.due).min(self.patience));
        let urgency = 1_000 * waited.pow(3) / u128::from(self.patience).pow(3);
        let chance = u128::from(1_000 * propensity / PROPENSITY_MAX) + urgency;
        u128::from(SplitMix64::seeded(self.seed ^ scatter(visit)).below(1_000)) < chance
    }
}

impl StayPlan {
    /// A stay of these parts, like any other but for them.
    pub(crate) fn new(end: i64, parts: Vec<CaseRole>) -> StayPlan {
        StayPlan { end, parts, pattern: StayPattern::Usual, main: None, unseen: false }
    }
}
