//! What came of the changes: events by rule, and alerts that stand.

use std::collections::BTreeMap;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use wire::Event;

use crate::about::{HELD, SHADOW};

/// What can happen to an alert.
const EVENTS: [&str; 4] = ["raised", "changed", "withdrawn", "aged"];

type Rule = [(&'static str, String); 1];
type RuleAndEvent = [(&'static str, String); 2];

/// Counters of events and alerts.
#[derive(Debug)]
pub struct Outcome {
    events: Family<RuleAndEvent, Counter>,
    standing: Family<Rule, Gauge>,
    held: Family<Rule, Gauge>,
    shadow: Family<Rule, Gauge>,
}

fn of_rule(rule: &str) -> Rule {
    [("rule", rule.to_owned())]
}

fn of_event(rule: &str, event: &str) -> RuleAndEvent {
    [("rule", rule.to_owned()), ("event", event.to_owned())]
}

impl Outcome {
    pub(super) fn register(registry: &mut Registry) -> Outcome {
        let gauges = Family::<Rule, Gauge>::default;
        let outcome =
            Outcome { events: Family::default(), standing: gauges(), held: gauges(), shadow: gauges() };
        registry.register("fundwatch_events", "Events that were committed", outcome.events.clone());
        registry.register("fundwatch_alerts", "Alerts that stand", outcome.standing.clone());
        let held = "Alerts that are held back from the feed until the budget of their rule has room";
        registry.register("fundwatch_alerts_held", held, outcome.held.clone());
        registry.register("fundwatch_alerts_shadow", "What shadow rules find", outcome.shadow.clone());
        outcome
    }

    /// The alerts in a state aside of the feed.
    fn aside(&self, state: &str) -> Option<&Family<Rule, Gauge>> {
        match state {
            HELD => Some(&self.held),
            SHADOW => Some(&self.shadow),
            _ => None,
        }
    }

    /// How many alerts of a rule are in a state aside of the feed.
    pub fn set_aside(&self, state: &str, rule: &str, alerts: u64) {
        if let Some(of) = self.aside(state) {
            of.get_or_create(&of_rule(rule)).set(i64::try_from(alerts).unwrap_or(i64::MAX));
        }
    }

    /// A rule is there in a state aside of the feed, also without alerts.
    pub fn name_aside(&self, state: &str, rule: &str) {
        if let Some(of) = self.aside(state) {
            drop(of.get_or_create_owned(&of_rule(rule)));
        }
    }

    /// Events of alerts that are aside of the feed were committed, each with the state.
    pub fn add_aside<'a>(&self, events: impl Iterator<Item = (&'a str, &'a Event)>) {
        for (state, event) in events {
            let Some(of) = self.aside(state) else { continue };
            match &*event.event {
                "raised" => of.get_or_create(&of_rule(&event.alert.rule)).inc(),
                "withdrawn" | "released" => of.get_or_create(&of_rule(&event.alert.rule)).dec(),
                _ => 0,
            };
        }
    }

    /// The alerts that stand by rule.
    pub fn set_standing(&self, rules: impl IntoIterator<Item = (String, usize)>) {
        for (rule, alerts) in rules {
            self.name(&rule);
            self.standing.get_or_create(&of_rule(&rule)).set(i64::try_from(alerts).unwrap_or(i64::MAX));
        }
    }

    /// A rule is there from now on, also without alerts.
    pub fn name(&self, rule: &str) {
        drop(self.standing.get_or_create_owned(&of_rule(rule)));
        drop(self.held.get_or_create_owned(&of_rule(rule)));
        drop(self.shadow.get_or_create_owned(&of_rule(rule)));
        for event in EVENTS {
            drop(self.events.get_or_create_owned(&of_event(rule, event)));
        }
    }

    /// Events were committed.
    pub fn add<'a>(&self, events: impl Iterator<Item = &'a Event>) {
        let mut counts: BTreeMap<(&str, &str), u64> = BTreeMap::new();
        for event in events {
            *counts.entry((&event.alert.rule, &event.event)).or_default() += 1;
        }
        for ((rule, event), count) in counts {
            self.events.get_or_create(&of_event(rule, event)).inc_by(count);
            let alerts = i64::try_from(count).unwrap_or(i64::MAX);
            match event {
                "raised" => self.standing.get_or_create(&of_rule(rule)).inc_by(alerts),
                "withdrawn" | "aged" => self.standing.get_or_create(&of_rule(rule)).dec_by(alerts),
                _ => 0,
            };
        }
    }
}
