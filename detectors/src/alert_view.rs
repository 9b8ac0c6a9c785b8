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
mod coverage;
mod maps;
mod scope;
mod takers;
mod tick_index;
mod told;
mod transition;

use std::collections::BTreeMap;
use std::sync::Arc;

use records::Kind;
use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, Moment};
use records::time::DAY_SECONDS;
use rulebank::Verdict;
use wire::{Alert, Cause, Event, Keyword, alert_id};

use crate::alert::{cause, key_texts, render};
use crate::arrivals::Arrivals;
use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::detector::{Wait, spec_of};
use crate::finding::{KeyPart, ReconciledFinding, RuleIx, Value, id_of_key, institution_of};
use crate::money::visit_of;
use crate::views::{Diff, pair_key};
use crate::worker::{TickIn, TickOut};
use change::Banks;
pub use change::{Change, Snapshot};
use maps::{Map, Set, sorted};
use scope::{Scope, ids_of};
use takers::Takers;
use tick_index::TickIndex;
use told::key_of;
pub use told::{Found, Told};
use transition::Transition;

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
    /// Who took of which visit, of active rules and of shadow rules.
    takers: [Takers; 2],
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
            takers: Default::default(),
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
        let stood = self.side(shadow);
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
            self.takers[usize::from(shadow)].change(&self.arena, id, [stands.get(&id), alert.as_ref()]);
            match alert {
                Some(alert) => stands.insert(id, alert),
                None => stands.remove(&id),
            };
        }
        events.sort_by(|a, b| a.line.alert.alert_id.cmp(&b.line.alert.alert_id));
        events
    }

    fn side(&self, shadow: bool) -> &Map<u64, ReconciledFinding> {
        if shadow { &self.shadow } else { &self.standing }
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

    /// The alert of a rule with this key; none if it does not stand, among the alerts of active rules or, with `shadow`,
    /// among those of shadow rules.
    ///
    /// Of each part of the key it is said where its text stands in the arena; a part that stands nowhere there may be
    /// a day. The first call looks at all alerts, unless [`AlertView::expect_questions`] did so before.
    pub fn found(&self, rule: &str, key: &[(String, Option<TextRef>)], shadow: bool) -> Option<Found> {
        let first = self.bank.rules.iter().position(|known| known.id == rule)?;
        let parts = key_of(&self.bank.rules[first], key)?;
        let id = id_of_key(RuleIx::try_from(first).ok()?, &parts);
        let alert = self.side(shadow).get(&id).filter(|alert| alert.priced.finding.key == parts)?;
        let beside = self.takers[usize::from(shadow)].beside(&self.arena, self.side(shadow), (id, alert));
        Some(Found::new((&self.arena, &self.bank), alert, beside.cloned().collect()))
    }

    /// Looks at all alerts now, so that no question has to: for each visit, which of them took money of it.
    pub fn expect_questions(&self) {
        for shadow in [false, true] {
            self.takers[usize::from(shadow)].know(&self.arena, self.side(shadow));
        }
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

    /// What arrived from whom.
    pub fn reach(&self) -> &Arrivals {
        &self.reach
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
