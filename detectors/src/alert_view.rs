//! The view: alerts that stand, and the feed of what happened to them, each event with its cause.
//!
//! The dataflow says which alerts are withdrawn and stated at a tick. The view keeps those that stand, turns
//! each change into at most one event, and names the changes of records that led to it: first those to the
//! records of the alert's evidence and amount, before or after; if there are none, those that made the
//! difference (contract section 3, *cause*).
//!
//! What shadow rules find is kept apart: it has its own alerts and events, and neither the coverage nor a cause of any
//! other alert knows it.

mod change;
mod transition;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use foldhash::fast::FixedState;
use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::ledger::FactChange;
use records::row::{self, Moment};
use records::time::DAY_SECONDS;
use rulebank::Verdict;
use wire::{Alert, Cause, Event, Keyword, RuleCoverage, alert_id};

use crate::alert::{cause, key_texts, render};
use crate::arrivals::{Arrivals, Unjudged, unjudged};
use crate::compiled_bank::CompiledBank;
use crate::coverage::{Count, InstitutionMonth};
use crate::detector::{Wait, spec_of};
use crate::finding::{KeyPart, ReconciledFinding, RuleIx, Value, institution_of};
use crate::money::visit_of;
use crate::views::{Diff, pair_key};
use crate::worker::{TickIn, TickOut};
use change::Banks;
pub use change::{Change, Snapshot};
use transition::Transition;

type Map<K, V> = HashMap<K, V, FixedState>;
type Set<K> = HashSet<K, FixedState>;

/// What happened to an alert at a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertEvent {
    /// The line of `events.ndjson`.
    pub line: Event,
    /// The records that show it.
    pub evidence: Vec<RowRef>,
    /// Whether its rule is a shadow rule: such an event is no line of `events.ndjson`.
    pub shadow: bool,
    /// How the alert stood under the old and the new bank; only where the bank changed at this tick.
    pub change: Option<Box<Change>>,
}

/// Alerts that stand, and the counts of the coverage.
pub struct AlertView {
    arena: Arc<Arena>,
    bank: Arc<CompiledBank>,
    standing: Map<u64, ReconciledFinding>,
    /// Those of shadow rules.
    shadow: Map<u64, ReconciledFinding>,
    counts: BTreeMap<Count, Diff>,
    reach: Arrivals,
    now: Option<Moment>,
}

/// What a reader sees of an alert: two alerts with the same content are the same line.
#[derive(PartialEq)]
struct Content<'a> {
    verdict: Verdict,
    institution: TextRef,
    occurred: Moment,
    amount: i64,
    counted: i64,
    exempted_by: TextRef,
    evidence: Vec<(Kind, (TextRef, TextRef))>,
    values: &'a [Value],
}

impl AlertView {
    /// A view without alerts.
    pub fn new(arena: Arc<Arena>, bank: Arc<CompiledBank>) -> AlertView {
        AlertView {
            arena,
            bank,
            standing: Map::default(),
            shadow: Map::default(),
            counts: BTreeMap::new(),
            reach: Arrivals::default(),
            now: None,
        }
    }

    fn content<'a>(&self, alert: &'a ReconciledFinding) -> Content<'a> {
        let finding = &alert.priced.finding;
        let mut evidence: Vec<_> = finding
            .evidence
            .iter()
            .map(|e| (row::kind(&self.arena, *e), row::key(&self.arena, *e)))
            .collect();
        evidence.sort_unstable();
        evidence.dedup();
        Content {
            verdict: finding.verdict,
            institution: finding.institution,
            occurred: finding.occurred,
            amount: alert.priced.amount,
            counted: alert.counted,
            exempted_by: alert.priced.exempted_by,
            evidence,
            values: &finding.values,
        }
    }

    /// Applies a tick with the answers of all workers; gives its events, ordered by `alert_id`, and behind them those of
    /// shadow rules.
    pub fn apply_tick(&mut self, tick: &TickIn, answers: Vec<TickOut>) -> Vec<AlertEvent> {
        let mut changes: Vec<(ReconciledFinding, Diff)> = Vec::new();
        for answer in answers {
            changes.extend(answer.alerts);
            for (count, diff) in answer.counts {
                *self.counts.entry(count).or_insert(0) += diff;
            }
        }
        differential_dataflow::consolidation::consolidate(&mut changes);
        self.reach.take(&self.arena, &tick.facts);
        let now_before = self.now;
        self.now = tick.now;
        let bank_before = Arc::clone(&self.bank);
        if let Some(bank) = &tick.bank {
            self.bank = Arc::clone(bank);
        }
        let (shadow, active): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|(alert, _)| self.bank.is_shadow(alert.priced.finding.rule));
        let mut events = self.apply(tick, active, false, (now_before, &bank_before));
        events.extend(self.apply(tick, shadow, true, (now_before, &bank_before)));
        events
    }

    /// Applies what changed of the alerts of active rules, or of those of shadow rules.
    fn apply(
        &mut self,
        tick: &TickIn,
        changes: Vec<(ReconciledFinding, Diff)>,
        shadow: bool,
        (now_before, bank_before): (Option<Moment>, &CompiledBank),
    ) -> Vec<AlertEvent> {
        let stood = if shadow { &self.shadow } else { &self.standing };
        if changes.is_empty() && (tick.bank.is_none() || stood.is_empty()) {
            return Vec::new();
        }
        let mut passages: BTreeMap<u64, Transition> = BTreeMap::new();
        for (alert, diff) in changes {
            let id = self.bank.id_of(&alert.priced.finding);
            let transition = passages.entry(id).or_insert(Transition { before: None, after: None });
            if diff > 0 { transition.after = Some(alert) } else { transition.before = Some(alert) }
        }
        let banks = tick.bank.as_ref();
        let banks = banks.map(|after| Banks { arena: &self.arena, before: bank_before, after, shadow });
        if let Some(banks) = &banks {
            let reworded = banks.reworded();
            let of_these = stood.iter().filter(|(_, alert)| reworded.contains(&alert.priced.finding.rule));
            for (id, alert) in of_these.collect::<BTreeMap<_, _>>() {
                let transition = Transition { before: Some(alert.clone()), after: Some(alert.clone()) };
                passages.entry(*id).or_insert(transition);
            }
        }
        let same = |before: &ReconciledFinding, after: &ReconciledFinding| match &banks {
            Some(banks) => banks.same_line(before, after),
            None => self.content(before) == self.content(after),
        };
        let mut transitions: Vec<(&'static str, Transition)> = Vec::new();
        let mut now_standing: Vec<(u64, Option<ReconciledFinding>)> = Vec::with_capacity(passages.len());
        for (id, transition) in passages {
            now_standing.push((id, transition.after.clone()));
            let event = match (&transition.before, &transition.after) {
                (None, _) => "raised",
                (Some(_), None) => "withdrawn",
                (Some(before), Some(after)) if same(before, after) => continue,
                (Some(_), Some(_)) => "changed",
            };
            transitions.push((event, transition));
        }
        let causes = self.causes(tick, &transitions, (now_before, bank_before), shadow);
        let mut events: Vec<AlertEvent> = transitions
            .iter()
            .zip(causes)
            .filter_map(|((event, transition), cause)| {
                let bank = if transition.after.is_some() { &self.bank } else { bank_before };
                let alert = transition.after.as_ref().or(transition.before.as_ref())?;
                let change = banks.as_ref().map(|banks| Box::new(banks.change(transition)));
                let event = Keyword::Borrowed(*event);
                let line = Event { event, tick: tick.tick, cause, alert: render(&self.arena, bank, alert) };
                let evidence = alert.priced.finding.evidence.clone();
                Some(AlertEvent { line, evidence, shadow, change })
            })
            .collect();
        let stands = if shadow { &mut self.shadow } else { &mut self.standing };
        for (id, alert) in now_standing {
            match alert {
                Some(alert) => stands.insert(id, alert),
                None => stands.remove(&id),
            };
        }
        events.sort_by(|a, b| a.line.alert.alert_id.cmp(&b.line.alert.alert_id));
        events
    }

    /// The alerts that stand, sorted by `alert_id`.
    pub fn alerts(&self) -> Vec<Alert> {
        self.rendered(&self.standing)
    }

    /// What shadow rules find, sorted by `alert_id`.
    pub fn shadow_alerts(&self) -> Vec<Alert> {
        self.rendered(&self.shadow)
    }

    fn rendered(&self, alerts: &Map<u64, ReconciledFinding>) -> Vec<Alert> {
        let render = |alert: &ReconciledFinding| render(&self.arena, &self.bank, alert);
        let mut alerts: Vec<Alert> = alerts.values().map(render).collect();
        alerts.sort_by(|a, b| a.alert_id.cmp(&b.alert_id));
        alerts
    }

    /// The alerts that stand, as they left the dataflow, in no order.
    pub fn standing(&self) -> impl Iterator<Item = &ReconciledFinding> {
        self.standing.values()
    }

    /// What shadow rules find, as it left the dataflow, in no order.
    pub fn shadow(&self) -> impl Iterator<Item = &ReconciledFinding> {
        self.shadow.values()
    }

    /// The alerts that stand with their `alert_id`, sorted by it.
    pub fn by_id(&self) -> Vec<(String, &ReconciledFinding)> {
        let id = |alert: &ReconciledFinding| {
            let finding = &alert.priced.finding;
            let rule = &self.bank.rules[usize::from(finding.rule)];
            alert_id(&rule.id, &key_texts(&self.arena, &finding.key))
        };
        let mut alerts: Vec<(String, &ReconciledFinding)> =
            self.standing.values().map(|alert| (id(alert), alert)).collect();
        alerts.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        alerts
    }

    /// The memory that alerts refer to.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The bank that judged last.
    pub fn compiled_bank(&self) -> &CompiledBank {
        &self.bank
    }

    /// How many alerts stand.
    pub fn len(&self) -> usize {
        self.standing.len()
    }

    /// Whether no alert stands.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    /// What was judged, by active rule.
    pub fn coverage(&self) -> BTreeMap<String, RuleCoverage> {
        let mut coverage: BTreeMap<String, RuleCoverage> =
            self.bank.active().map(|rule| (rule.id.clone(), RuleCoverage::default())).collect();
        let id = |rule: RuleIx| self.bank.rules[usize::from(rule)].id.as_str();
        let mut found: BTreeMap<RuleIx, i64> = BTreeMap::new();
        for alert in self.standing.values().map(|alert| alert.priced.finding.rule) {
            *found.entry(alert).or_default() += 1;
        }
        for (rule, found) in found {
            coverage.entry(id(rule).to_owned()).or_default().found = found;
        }
        for rule in self.bank.active() {
            if let Some(population) = spec_of(rule).population {
                let all = self.counts.get(&Count::Each(population)).copied().unwrap_or(0);
                coverage.entry(rule.id.clone()).or_default().judged += all;
            }
        }
        for (count, n) in self.counts.iter().filter(|(count, n)| **n != 0 && !self.is_of_shadow(count)) {
            match count {
                Count::Each(_) => (),
                Count::Subject(rule) => coverage.entry(id(*rule).to_owned()).or_default().judged += n,
                Count::NotJudged(rule, missing, _) => {
                    let coverage = coverage.entry(id(*rule).to_owned()).or_default();
                    *coverage.not_judged.entry(Keyword::Borrowed(missing.reason())).or_default() += n;
                    coverage.judged -= n;
                }
            }
        }
        for coverage in coverage.values_mut() {
            // Candidates that several statements count are judged at least once for each finding.
            coverage.judged = coverage.judged.max(coverage.found);
            coverage.clean = coverage.judged - coverage.found;
        }
        coverage
    }

    /// What arrived from whom.
    pub fn reach(&self) -> &Arrivals {
        &self.reach
    }

    /// What active rules could not judge, by institution and month.
    pub fn unjudged(&self) -> BTreeMap<InstitutionMonth, Unjudged> {
        unjudged(self.counts.iter().filter(|(count, _)| !self.is_of_shadow(count)))
    }

    fn is_of_shadow(&self, count: &Count) -> bool {
        match count {
            Count::Each(_) => false,
            Count::Subject(rule) | Count::NotJudged(rule, ..) => self.bank.is_shadow(*rule),
        }
    }

    // --- causes ---

    fn causes(
        &self,
        tick: &TickIn,
        transitions: &[(&'static str, Transition)],
        (now_before, bank_before): (Option<Moment>, &CompiledBank),
        shadow: bool,
    ) -> Vec<Vec<Cause>> {
        let facts = TickIndex::new(&self.arena, &tick.facts);
        let mut causes: Vec<Set<RowRef>> =
            transitions.iter().map(|(_, transition)| facts.direct(transition)).collect();
        let mut by_time: Vec<bool> = transitions
            .iter()
            .map(|(_, transition)| self.came_due(transition, now_before, bank_before))
            .collect();
        let wanting = |causes: &[Set<RowRef>], by_time: &[bool]| -> Vec<usize> {
            (0..transitions.len()).filter(|nth| causes[*nth].is_empty() && !by_time[*nth]).collect()
        };
        // How full a hospital was follows from its visits and from time: both are named.
        let counted: Vec<bool> =
            transitions.iter().map(|(_, transition)| self.counts_beds(transition, bank_before)).collect();
        let besides: Vec<bool> =
            by_time.iter().zip(&counted).map(|(time, counted)| *time && !counted).collect();
        let lost = wanting(&causes, &besides);
        if !lost.is_empty() {
            let scopes: Vec<Scope> =
                lost.iter().map(|nth| self.scope(&transitions[*nth].1, bank_before)).collect();
            for (nth, found) in lost.iter().zip(facts.within(&scopes)) {
                causes[*nth] = found;
            }
            self.share(transitions, &mut causes, &mut by_time);
            for (nth, scope) in lost.iter().zip(&scopes) {
                if causes[*nth].is_empty() && !by_time[*nth] {
                    causes[*nth] = facts.anywhere(scope);
                }
            }
            self.share(transitions, &mut causes, &mut by_time);
        }
        let mut by_bank: Vec<Vec<Cause>> = transitions.iter().map(|_| Vec::new()).collect();
        if let Some(after) = &tick.bank {
            let banks = Banks { arena: &self.arena, before: bank_before, after, shadow };
            by_bank = banks.causes(transitions);
        }
        causes
            .into_iter()
            .zip(by_bank)
            .zip(by_time.into_iter().zip(counted))
            .map(|((changes, by_bank), (by_time, counted))| {
                let mut named: Vec<Cause> =
                    changes.iter().map(|change| cause(&self.arena, *change)).collect();
                if named.is_empty() && !by_time {
                    named = by_bank;
                }
                if named.is_empty() || (by_time && counted) {
                    debug_assert!(by_time || self.now != now_before, "an alert changed and nothing did");
                    let key = self.now.map_or_else(String::new, records::time::format_time);
                    named.push(Cause { kind: Keyword::Borrowed("now"), key, rev: None });
                }
                named.sort();
                named.dedup();
                named
            })
            .collect()
    }

    /// Whether *now* came, or went back, over the moment from which an alert with an open stay holds.
    fn came_due(&self, transition: &Transition, now_before: Option<Moment>, bank: &CompiledBank) -> bool {
        let (before, after) = (now_before.unwrap_or(Moment::MIN), self.now.unwrap_or(Moment::MIN));
        transition.sides().any(|alert| {
            let finding = &alert.priced.finding;
            let wait = match bank.wait_of(finding.rule) {
                None => return false,
                // What gathered until then has no change of its own that led to it.
                Some(Wait::Gathered) => return true,
                Some(Wait::DayOver) => {
                    let over = finding.occurred + DAY_SECONDS;
                    return (before < over) != (after < over);
                }
                Some(Wait::OpenStay(wait)) => wait,
            };
            let stays = finding.evidence.iter().map(|row| row::visit(&self.arena, *row));
            let (begin, open) = stays.fold((Moment::MIN, false), |(begin, open), stay| {
                (begin.max(stay.begin), open || stay.end.is_none())
            });
            let due = begin + wait + 1;
            open && (before < due) != (after < due)
        })
    }

    /// Whether the alert is about the number of stays of a day.
    fn counts_beds(&self, transition: &Transition, bank: &CompiledBank) -> bool {
        let rule = transition.sides().next().map(|alert| alert.priced.finding.rule);
        rule.and_then(|rule| bank.wait_of(rule)) == Some(Wait::DayOver)
    }

    /// Alerts that changed because another one took the money of the same visit share its cause, be it time.
    fn share(
        &self,
        transitions: &[(&'static str, Transition)],
        causes: &mut [Set<RowRef>],
        by_time: &mut [bool],
    ) {
        if (0..transitions.len()).all(|nth| !causes[nth].is_empty() || by_time[nth]) {
            return;
        }
        let visits: Vec<Set<u64>> = transitions
            .iter()
            .map(|(_, transition)| {
                transition
                    .sides()
                    .filter(|alert| alert.priced.exempted_by.is_none())
                    .flat_map(|alert| &alert.priced.laid)
                    .map(|(row, _)| visit_of(&self.arena, *row))
                    .collect()
            })
            .collect();
        let mut by_visit: Map<u64, Vec<usize>> = Map::default();
        for (nth, visits) in visits.iter().enumerate() {
            for visit in sorted(visits) {
                by_visit.entry(visit).or_default().push(nth);
            }
        }
        for nth in 0..transitions.len() {
            if causes[nth].is_empty() && !by_time[nth] {
                let mut shared: Set<RowRef> = Set::default();
                let mut timely = false;
                for other in visits[nth].iter().filter_map(|visit| by_visit.get(visit)).flatten() {
                    shared.extend(causes[*other].iter().copied());
                    timely |= by_time[*other];
                }
                by_time[nth] = timely && shared.is_empty();
                causes[nth] = shared;
            }
        }
    }

    /// Where to look for the changes that made a difference to an alert.
    fn scope(&self, transition: &Transition, bank: &CompiledBank) -> Scope {
        let arena = &self.arena;
        let mut scope = Scope::default();
        for alert in transition.sides() {
            let finding = &alert.priced.finding;
            let spec = spec_of(&bank.rules[usize::from(finding.rule)]);
            scope.near = spec.near;
            scope.far = spec.far;
            let texts = finding.key.iter().filter_map(|part| match part {
                KeyPart::Text(text) => Some(*text),
                KeyPart::Day(_) => None,
            });
            scope.ids.extend(texts);
            if spec.stock
                && let [KeyPart::Text(institution), KeyPart::Text(item)] = finding.key.as_slice()
            {
                scope.pairs.insert(pair_key(*institution, *item));
                scope.ids.clear();
            }
            for row in finding.evidence.iter().chain(&alert.priced.behind) {
                for id in ids_of(arena, *row) {
                    scope.ids.insert(id);
                }
                scope.institutions.insert(institution_of(arena, *row));
            }
            for (row, _) in &alert.priced.laid {
                scope.visits.insert(visit_of(arena, *row));
            }
        }
        scope.institutions.remove(&TextRef::NONE);
        scope.ids.remove(&TextRef::NONE);
        scope
    }
}

fn sorted<T: Ord + Copy>(set: &Set<T>) -> Vec<T> {
    let mut values: Vec<T> = set.iter().copied().collect();
    values.sort_unstable();
    values
}

/// Where to look for a cause that is not among an alert's own records.
#[derive(Default)]
struct Scope {
    /// Persons, visits, prescriptions, codes of the alert and its records.
    ids: Set<TextRef>,
    institutions: Set<TextRef>,
    pairs: Set<u64>,
    /// Visits whose money the alert speaks of.
    visits: Set<u64>,
    /// Kinds that matter when they share an id.
    near: &'static [Kind],
    /// Kinds that matter when they share the institution, or at all where there is none.
    far: &'static [Kind],
}

/// Identities by which a record is about something: person, visit, prescription, trace codes.
fn ids_of(arena: &Arena, row: RowRef) -> Vec<TextRef> {
    match row::kind(arena, row) {
        Kind::Person => vec![row::key(arena, row).0],
        Kind::PersonFact => vec![row::person_fact(arena, row).psn_no],
        Kind::Enrolment => vec![row::enrolment(arena, row).psn_no],
        Kind::Visit => {
            let visit = row::visit(arena, row);
            vec![visit.id, visit.psn_no]
        }
        Kind::Settlement => {
            let settlement = row::settlement(arena, row);
            vec![settlement.visit, settlement.psn_no, settlement.bill_no]
        }
        Kind::FeeLine => {
            let line = row::fee_line(arena, row);
            vec![line.visit, line.psn_no, line.rx]
        }
        Kind::Prescription => {
            let prescription = row::prescription(arena, row);
            vec![prescription.id, prescription.psn_no]
        }
        Kind::Dispensing => {
            let sale = row::dispensing(arena, row);
            let mut ids = vec![sale.visit, sale.psn_no, sale.rx];
            ids.extend(sale.codes);
            ids
        }
        Kind::Presence => vec![row::presence(arena, row).psn_no],
        Kind::Invoice => vec![row::key(arena, row).1],
        _ => Vec::new(),
    }
}

/// The facts of one tick, to be looked up.
struct TickIndex<'a> {
    arena: &'a Arena,
    facts: &'a [FactChange],
    /// Positions of facts, by row.
    by_row: Vec<(RowRef, u32)>,
    /// Positions of facts of records that were withdrawn in this tick: nothing links what stood before to
    /// what may stand again after.
    withdrawn: Map<(Kind, (TextRef, TextRef)), Vec<usize>>,
}

impl<'a> TickIndex<'a> {
    fn new(arena: &'a Arena, facts: &'a [FactChange]) -> TickIndex<'a> {
        let mut by_row: Vec<(RowRef, u32)> = (0..).zip(facts).map(|(nth, fact)| (fact.row, nth)).collect();
        // Mostly in order already: new rows are written one after the other.
        by_row.sort();
        let name = |row: RowRef| (row::kind(arena, row), row::key(arena, row));
        let mut withdrawn: Map<(Kind, (TextRef, TextRef)), Vec<usize>> = facts
            .iter()
            .filter(|fact| fact.diff <= 0 && row::head(arena, fact.cause).del)
            .map(|fact| (name(fact.cause), Vec::new()))
            .collect();
        if !withdrawn.is_empty() {
            for (nth, fact) in facts.iter().enumerate() {
                if let Some(positions) = withdrawn.get_mut(&name(fact.row)) {
                    positions.push(nth);
                }
            }
        }
        TickIndex { arena, facts, by_row, withdrawn }
    }

    fn of_row(&self, row: RowRef) -> impl Iterator<Item = usize> + '_ {
        let start = self.by_row.partition_point(|(other, _)| *other < row);
        self.by_row[start..].iter().take_while(move |(other, _)| *other == row).map(|(_, nth)| *nth as usize)
    }

    /// Changes to the records of an alert's evidence and amount, before or after.
    fn direct(&self, transition: &Transition) -> Set<RowRef> {
        let mut found = Set::default();
        let mut open: Vec<RowRef> = transition
            .sides()
            .flat_map(|alert| alert.priced.finding.evidence.iter().chain(&alert.priced.behind).copied())
            .collect();
        let mut seen: Set<RowRef> = Set::default();
        while let Some(row) = open.pop() {
            if !seen.insert(row) {
                continue;
            }
            let name = (row::kind(self.arena, row), row::key(self.arena, row));
            let again = self.withdrawn.get(&name).into_iter().flatten().copied();
            for nth in self.of_row(row).chain(again) {
                let change = self.facts[nth].cause;
                found.insert(change);
                // The record may have changed more than once in this tick: follow what this change replaced
                // and what it put there; the facts of one change stand side by side.
                let first =
                    self.facts[..nth].iter().rposition(|fact| fact.cause != change).map_or(0, |n| n + 1);
                let same_record = |fact: &&FactChange| {
                    row::key(self.arena, fact.row) == row::key(self.arena, row)
                        && row::kind(self.arena, fact.row) == row::kind(self.arena, row)
                };
                let of_change = self.facts[first..].iter().take_while(|fact| fact.cause == change);
                open.extend(of_change.filter(same_record).map(|fact| fact.row));
            }
        }
        found
    }

    /// For each scope the changes nearest to it.
    fn within(&self, scopes: &[Scope]) -> Vec<Set<RowRef>> {
        let mut by_id: Map<TextRef, Vec<usize>> = Map::default();
        let mut by_visit: Map<u64, Vec<usize>> = Map::default();
        let mut by_pair: Map<u64, Vec<usize>> = Map::default();
        let mut by_institution: Map<TextRef, Vec<usize>> = Map::default();
        for (nth, scope) in scopes.iter().enumerate() {
            sorted(&scope.ids).into_iter().for_each(|id| by_id.entry(id).or_default().push(nth));
            sorted(&scope.visits).into_iter().for_each(|id| by_visit.entry(id).or_default().push(nth));
            sorted(&scope.pairs).into_iter().for_each(|id| by_pair.entry(id).or_default().push(nth));
            sorted(&scope.institutions)
                .into_iter()
                .for_each(|id| by_institution.entry(id).or_default().push(nth));
        }
        let mut near: Vec<Set<RowRef>> = scopes.iter().map(|_| Set::default()).collect();
        let mut far = near.clone();
        for fact in self.facts.iter().filter(|fact| fact.diff != 0) {
            let kind = row::kind(self.arena, fact.row);
            for id in ids_of(self.arena, fact.row) {
                for nth in by_id.get(&id).into_iter().flatten() {
                    if scopes[*nth].near.contains(&kind) {
                        near[*nth].insert(fact.cause);
                    }
                }
            }
            if crate::alert::has_money(kind) {
                let visit = visit_of(self.arena, fact.row);
                for nth in by_visit.get(&visit).into_iter().flatten() {
                    near[*nth].insert(fact.cause);
                }
            }
            if !by_pair.is_empty()
                && let Some(pair) = stock_pair(self.arena, fact.row)
            {
                for nth in by_pair.get(&pair).into_iter().flatten() {
                    near[*nth].insert(fact.cause);
                }
            }
            let institution = institution_of(self.arena, fact.row);
            for nth in by_institution.get(&institution).into_iter().flatten() {
                if scopes[*nth].far.contains(&kind) {
                    far[*nth].insert(fact.cause);
                }
            }
        }
        near.into_iter().zip(far).map(|(near, far)| if near.is_empty() { far } else { near }).collect()
    }

    /// All changes of the kinds that matter to a scope, for one that found nothing nearer.
    fn anywhere(&self, scope: &Scope) -> Set<RowRef> {
        let matters = |kind: &Kind| scope.near.contains(kind) || scope.far.contains(kind);
        let facts = self.facts.iter().filter(|fact| fact.diff != 0);
        facts.filter(|fact| matters(&row::kind(self.arena, fact.row))).map(|fact| fact.cause).collect()
    }
}

/// The institution and item whose stock a record moves.
fn stock_pair(arena: &Arena, row: RowRef) -> Option<u64> {
    let item = match row::kind(arena, row) {
        Kind::FeeLine => row::fee_line(arena, row).item,
        Kind::Dispensing => row::dispensing(arena, row).item,
        Kind::Purchase => row::purchase(arena, row).item,
        Kind::StockChange => row::stock_change(arena, row).item,
        Kind::StockCount => row::stock_count(arena, row).item,
        _ => return None,
    };
    Some(pair_key(institution_of(arena, row), item))
}
