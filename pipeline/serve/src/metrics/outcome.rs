//! What came of the changes: events by rule, and alerts that stand.

use std::collections::BTreeMap;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use wire::Event;

/// What can happen to an alert.
const EVENTS: [&str; 4] = ["raised", "changed", "withdrawn", "aged"];

type Rule = [(&'static str, String); 1];
type RuleAndEvent = [(&'static str, String); 2];

/// Counters of events and alerts.
#[derive(Debug)]
pub struct Outcome {
    events: Family<RuleAndEvent, Counter>,
    standing: Family<Rule, Gauge>,
}

fn of_rule(rule: &str) -> Rule {
    [("rule", rule.to_owned())]
}

fn of_event(rule: &str, event: &str) -> RuleAndEvent {
    [("rule", rule.to_owned()), ("event", event.to_owned())]
}

impl Outcome {
    pub(super) fn register(registry: &mut Registry) -> Outcome {
        let outcome = Outcome { events: Family::default(), standing: Family::default() };
        registry.register("fundwatch_events", "Events that were committed", outcome.events.clone());
        registry.register("fundwatch_alerts", "Alerts that stand", outcome.standing.clone());
        outcome
    }

    /// The alerts that stand by rule.
    pub fn set_standing<'r>(&self, rules: impl IntoIterator<Item = (&'r str, usize)>) {
        for (rule, alerts) in rules {
            self.name(rule);
            self.standing.get_or_create(&of_rule(rule)).set(i64::try_from(alerts).unwrap_or(i64::MAX));
        }
    }

    /// A rule is there from now on, also without alerts.
    pub fn name(&self, rule: &str) {
        drop(self.standing.get_or_create_owned(&of_rule(rule)));
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
