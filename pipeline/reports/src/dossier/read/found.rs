//! Findings with this institution's share of them, and the sums of a rule.
use wire::{Alert, Fen, KeptFinding, LaidAmount, Owners, Share};

/// The findings of a rule.
pub struct RuleFindings {
    /// Its id.
    pub id: String,
    /// Its family, as the alerts have it.
    pub family: String,
    /// How many findings.
    pub found: usize,
    /// How many of them are exempted; their money is in none of the sums.
    pub exempted: usize,
    /// This institution's share of what is suspected, in fen.
    pub amount: i64,
    /// This institution's share of what counts, in fen.
    pub counted: i64,
    /// Of the counted, what is definite.
    pub definite: i64,
    /// The findings that are shown, those of the most counted money first.
    pub shown: Vec<Found>,
}

/// A finding with this institution's share of it.
pub struct Found {
    /// The alert.
    pub alert: Alert,
    /// Share of its amount, in fen.
    pub amount: i64,
    /// Share of its counted amount, in fen.
    pub counted: i64,
    /// The other institutions that it concerns.
    pub others: Vec<String>,
    /// Its values and where its money lies.
    pub finding: Option<KeptFinding>,
}

impl Found {
    /// What its message was given, in both languages.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let values = self.finding.iter().flat_map(|finding| finding.values.values());
        values.flat_map(|value| [value.zh.as_str(), value.en.as_str()])
    }
}

impl RuleFindings {
    pub(super) fn of(alert: &Alert) -> RuleFindings {
        RuleFindings {
            id: alert.rule.clone(),
            family: alert.family.to_string(),
            found: 0,
            exempted: 0,
            amount: 0,
            counted: 0,
            definite: 0,
            shown: Vec::new(),
        }
    }

    pub(super) fn take(&mut self, found: Found, shown: usize) {
        self.found += 1;
        if found.alert.exempted_by.is_some() {
            self.exempted += 1;
        } else {
            self.amount = self.amount.saturating_add(found.amount);
            self.counted = self.counted.saturating_add(found.counted);
            if found.alert.verdict == "definite" {
                self.definite = self.definite.saturating_add(found.counted);
            }
        }
        self.shown.push(found);
        // What will not be shown is let go from time to time, so that a rule of a million findings stays small.
        if self.shown.len() > shown.saturating_mul(2).max(1024) {
            self.cut(shown);
        }
    }

    pub(super) fn cut(&mut self, shown: usize) {
        self.shown.sort_by(|a, b| {
            (b.counted, b.amount, &a.alert.occurred, &a.alert.alert_id).cmp(&(
                a.counted,
                a.amount,
                &b.alert.occurred,
                &b.alert.alert_id,
            ))
        });
        self.shown.truncate(shown);
    }
}

impl Found {
    pub(super) fn of(alert: Alert, owners: &Owners, code: &str) -> Found {
        let own = owners.institutions.iter().find(|share| share.id == code);
        let share = |of: fn(&Share) -> Fen| own.map_or(0, |share| of(share).fen());
        Found {
            amount: share(|share| share.amount),
            counted: share(|share| share.counted_amount),
            others: owners.institutions.iter().filter(|o| o.id != code).map(|o| o.id.clone()).collect(),
            finding: None,
            alert,
        }
    }

    /// Where its money lies.
    pub fn laid(&self) -> impl Iterator<Item = &LaidAmount> {
        self.finding.iter().flat_map(|finding| &finding.laid)
    }
}
