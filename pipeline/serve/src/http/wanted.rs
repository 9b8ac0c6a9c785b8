//! By what alerts, incidents and events are asked for: parameters that mean the same on each of these routes, read and
//! checked in one place.
//!
//! A struct of parameters is declared by one of two macros, with its own fields behind those that it shares:
//! [`of_events`] for what can be told of an event by itself, [`of_alerts`] for those and what the database knows
//! besides. serde can flatten one struct into another, but then it neither refuses parameters that are not known nor
//! reads numbers, and the OpenAPI document could not list them.

use database::AlertFilter;
use rulebank::{Family, Phase, Severity, Verdict};

use super::Problem;
use super::asked::{amount, division, moment, of_state};
use crate::access::viewer::Viewer;
use crate::wanted::Wanted;

/// Parameters that can be told of an event, and those of a route itself.
macro_rules! of_events {
    ($(#[$about:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub(super) struct $name {
            rule: Option<String>,
            family: Option<String>,
            verdict: Option<String>,
            severity: Option<String>,
            fixmedins_code: Option<String>,
            division: Option<String>,
            $($field: $type,)*
        }

        impl $name {
            /// What is wanted of an event's alert, checked.
            fn wanted(&self) -> Result<crate::wanted::Wanted, $crate::http::Problem> {
                let of = self.clone();
                $crate::http::wanted::checked(crate::wanted::Wanted {
                    event: None,
                    rule: of.rule,
                    family: of.family,
                    verdict: of.verdict,
                    severity: of.severity,
                    institution: of.fixmedins_code,
                    division: of.division,
                })
            }
        }
    };
}

/// Parameters by which alerts are found in the database, and those of a route itself.
macro_rules! of_alerts {
    ($(#[$about:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $crate::http::wanted::of_events! {
            $(#[$about])*
            $name {
                phase: Option<String>,
                occurred_from: Option<String>,
                occurred_to: Option<String>,
                amount_min: Option<String>,
                amount_max: Option<String>,
                state: Option<String>,
                $($field: $type,)*
            }
        }

        impl $name {
            /// The alerts that are wanted, of those that a viewer sees.
            fn filter(
                &self,
                viewer: &$crate::access::viewer::Viewer,
            ) -> Result<database::AlertFilter, $crate::http::Problem> {
                let more = $crate::http::wanted::OfStored {
                    phase: self.phase.as_deref(),
                    occurred: [self.occurred_from.as_deref(), self.occurred_to.as_deref()],
                    amount: [self.amount_min.as_deref(), self.amount_max.as_deref()],
                    state: self.state.as_deref(),
                };
                $crate::http::wanted::filter(self.wanted()?, &more, viewer)
            }
        }
    };
}
pub(super) use {of_alerts, of_events};

/// What only the database tells of an alert, as it is asked for.
pub(super) struct OfStored<'a> {
    pub(super) phase: Option<&'a str>,
    /// The first and the last moment.
    pub(super) occurred: [Option<&'a str>; 2],
    /// The least and the greatest amount.
    pub(super) amount: [Option<&'a str>; 2],
    pub(super) state: Option<&'a str>,
}

/// A word of a closed list, or what may stand there.
fn one_of<T: Copy>(
    name: &str,
    asked: Option<&str>,
    all: &[T],
    code: impl Fn(T) -> &'static str,
) -> Result<(), Problem> {
    let words = || all.iter().map(|of| code(*of));
    match asked {
        Some(asked) if words().all(|word| word != asked) => {
            Err(Problem::bad_request(format!("{name}: {}", words().collect::<Vec<_>>().join(", "))))
        }
        _ => Ok(()),
    }
}

/// What is wanted of an alert, if its words are those that alerts have.
pub(super) fn checked(wanted: Wanted) -> Result<Wanted, Problem> {
    one_of("family", wanted.family.as_deref(), Family::ALL, Family::code)?;
    one_of("verdict", wanted.verdict.as_deref(), Verdict::ALL, Verdict::code)?;
    one_of("severity", wanted.severity.as_deref(), Severity::ALL, Severity::code)?;
    one_of("event", wanted.event.as_deref(), &["raised", "changed", "withdrawn", "aged"], |word| word)?;
    division(wanted.division.as_deref())?;
    Ok(wanted)
}

/// The alerts that are wanted, of those that a viewer sees.
pub(super) fn filter(of: Wanted, more: &OfStored<'_>, viewer: &Viewer) -> Result<AlertFilter, Problem> {
    one_of("phase", more.phase, Phase::ALL, Phase::code)?;
    Ok(AlertFilter {
        rule: of.rule,
        family: of.family,
        verdict: of.verdict,
        severity: of.severity,
        phase: more.phase.map(str::to_owned),
        institution: of.institution,
        divisions: of.division.into_iter().collect(),
        within: viewer.divisions().to_vec(),
        occurred_from: moment("occurred_from", more.occurred[0], false)?,
        occurred_to: moment("occurred_to", more.occurred[1], true)?,
        amount_min: amount("amount_min", more.amount[0])?,
        amount_max: amount("amount_max", more.amount[1])?,
        ..of_state(viewer, more.state)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_no_alert_has_are_refused_and_those_that_may_stand_are_named() {
        let of = |change: fn(&mut Wanted)| {
            let mut wanted = Wanted::default();
            change(&mut wanted);
            checked(wanted).map_err(|problem| problem.detail)
        };
        assert!(of(|of| of.severity = Some("high".to_owned())).is_ok());
        assert_eq!(
            of(|of| of.severity = Some("hihg".to_owned())).unwrap_err(),
            "severity: high, medium, low"
        );
        assert!(of(|of| of.verdict = Some("sure".to_owned())).unwrap_err().starts_with("verdict: definite"));
        assert!(of(|of| of.family = Some(String::new())).unwrap_err().starts_with("family: fake_patient"));
        assert!(of(|of| of.event = Some("lowered".to_owned())).unwrap_err().ends_with("withdrawn, aged"));
        assert!(of(|of| of.division = Some("44x".to_owned())).unwrap_err().starts_with("division: "));
        assert!(of(|of| of.rule = Some("Z99".to_owned())).is_ok(), "a rule may come yet");
    }
}
