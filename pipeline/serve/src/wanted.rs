//! Which events somebody wants: by what the event is, and by its alert.

use serde::Deserialize;

use crate::divisions::Divisions;

/// What is wanted; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// `raised`, `changed`, `withdrawn` or `aged`.
    pub event: Option<String>,
    /// Id of the rule.
    pub rule: Option<String>,
    /// Family of the rule.
    pub family: Option<String>,
    /// `definite`, `suspect` or `indicator`.
    pub verdict: Option<String>,
    /// `high`, `medium` or `low`.
    pub severity: Option<String>,
    /// fixmedins_code of the institution.
    pub institution: Option<String>,
    /// First digits of the division in which the institution stands now.
    pub division: Option<String>,
}

/// Of the line of an event what decides whether it is wanted, and by whom it is seen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Head {
    /// What happened.
    pub event: String,
    /// To which alert.
    pub alert: OfAlert,
}

/// Of an alert what decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct OfAlert {
    /// Id of the rule.
    pub rule: String,
    /// Family of the rule.
    pub family: String,
    /// How sure it is.
    pub verdict: String,
    /// How grave it is.
    pub severity: String,
    /// fixmedins_code of the institution.
    pub institution: Option<String>,
}

impl Wanted {
    /// Whether every event is wanted.
    pub fn is_everything(&self) -> bool {
        *self == Wanted::default()
    }

    /// Whether an event is wanted.
    pub fn has(&self, head: &Head, divisions: &Divisions) -> bool {
        let Head { event, alert } = head;
        let same = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        same(&self.event, event)
            && same(&self.rule, &alert.rule)
            && same(&self.family, &alert.family)
            && same(&self.verdict, &alert.verdict)
            && same(&self.severity, &alert.severity)
            && (self.institution.is_none() || self.institution == alert.institution)
            && self.division.as_deref().is_none_or(|digits| {
                let of = alert.institution.as_deref().and_then(|institution| divisions.of(institution));
                of.is_some_and(|of| of.starts_with(digits))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_wanted_if_all_that_is_asked_for_fits() {
        let divisions = Divisions::default();
        divisions.take(vec![("H1".to_owned(), Some("440103".to_owned()))]);
        let of = |institution: Option<&str>| Head {
            event: "raised".to_owned(),
            alert: OfAlert {
                rule: "T01".to_owned(),
                family: "inventory".to_owned(),
                verdict: "definite".to_owned(),
                severity: "high".to_owned(),
                institution: institution.map(str::to_owned),
            },
        };
        let has = |change: fn(&mut Wanted), institution: Option<&str>| {
            let mut wanted = Wanted::default();
            assert!(wanted.is_everything());
            change(&mut wanted);
            wanted.has(&of(institution), &divisions)
        };
        let h1 = Some("H1");
        assert!(has(|_| (), None));
        assert!(has(|of| of.rule = Some("T01".to_owned()), h1));
        assert!(!has(|of| of.rule = Some("T0".to_owned()), h1));
        assert!(!has(|of| of.event = Some("withdrawn".to_owned()), h1));
        assert!(!has(|of| of.family = Some("pricing".to_owned()), h1));
        assert!(!has(|of| of.verdict = Some("suspect".to_owned()), h1));
        assert!(!has(|of| of.severity = Some("low".to_owned()), h1));
        assert!(has(|of| of.institution = Some("H1".to_owned()), h1));
        assert!(!has(|of| of.institution = Some("H1".to_owned()), None));
        for (institution, fits) in [(h1, true), (Some("H2"), false), (None, false)] {
            assert_eq!(has(|of| of.division = Some("4401".to_owned()), institution), fits, "{institution:?}");
        }
        assert!(!has(|of| of.division = Some("4402".to_owned()), h1));
        assert!(!has(|of| (of.rule, of.severity) = (Some("T01".to_owned()), Some("low".to_owned())), h1));
    }
}
