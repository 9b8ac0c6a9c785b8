//! Which alerts: what is asked for becomes conditions of a statement.

use crate::statement::{Statement, Value};

/// Which alerts are wanted; what is none is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Id of the rule.
    pub rule: Option<String>,
    /// Family of the rule.
    pub family: Option<String>,
    /// `definite`, `suspect` or `indicator`.
    pub verdict: Option<String>,
    /// `high`, `medium` or `low`.
    pub severity: Option<String>,
    /// The first phase in which the rule applies.
    pub phase: Option<String>,
    /// fixmedins_code of the institution.
    pub institution: Option<String>,
    /// First digits of the division in which the institution stands; all of them have to fit.
    pub divisions: Vec<String>,
    /// First digits of divisions, one of which has to fit; all fit if there are none, also those without a division.
    pub within: Vec<String>,
    /// From this moment on, `YYYY-MM-DD HH:MM:SS`.
    pub occurred_from: Option<String>,
    /// Up to this moment, it included.
    pub occurred_to: Option<String>,
    /// At least so many fen.
    pub amount_min: Option<i64>,
    /// At most so many fen.
    pub amount_max: Option<i64>,
    /// The state; none is any.
    pub state: Option<String>,
    /// A state that is not wanted.
    pub without: Option<String>,
    /// The incident.
    pub incident: Option<String>,
}

/// Conditions behind `WHERE`, joined by `AND`.
pub(crate) struct Conditions {
    begun: bool,
}

impl Conditions {
    pub(crate) fn new() -> Conditions {
        Conditions { begun: false }
    }

    /// Begins a condition.
    pub(crate) fn and<'s, 'a>(&mut self, statement: &'s mut Statement<'a>) -> &'s mut Statement<'a> {
        let word = if self.begun { " AND " } else { " WHERE " };
        self.begun = true;
        statement.push(word)
    }

    /// A column compared with a value, if there is one.
    pub(crate) fn compare<'a>(
        &mut self,
        statement: &mut Statement<'a>,
        comparison: &str,
        value: Option<impl Into<Value<'a>>>,
    ) {
        if let Some(value) = value {
            self.and(statement).push(comparison).push(" ").bind(value.into());
        }
    }

    /// A column that begins with one of these digits, if there are any.
    pub(crate) fn within<'a>(&mut self, statement: &mut Statement<'a>, column: &str, one_of: &'a [String]) {
        if one_of.is_empty() {
            return;
        }
        let statement = self.and(statement);
        for (nth, digits) in one_of.iter().enumerate() {
            statement.push(if nth == 0 { "(" } else { " OR " });
            statement.push(&format!("{column} >= ")).bind(digits);
            statement.push(&format!(" AND {column} < ")).bind(format!("{digits}\u{10ffff}"));
        }
        statement.push(")");
    }

    /// A column that begins with all of these digits.
    pub(crate) fn begins<'a>(&mut self, statement: &mut Statement<'a>, column: &str, with: &'a [String]) {
        for digits in with {
            self.compare(statement, &format!("{column} >="), Some(digits));
            // Behind all that begins with them, so that an index finds the range.
            self.compare(statement, &format!("{column} <"), Some(format!("{digits}\u{10ffff}")));
        }
    }
}

impl AlertFilter {
    /// Adds what is asked of the table of alerts, which has this name in the statement.
    pub(crate) fn conditions<'a>(
        &'a self,
        conditions: &mut Conditions,
        statement: &mut Statement<'a>,
        alerts: &str,
    ) {
        let equal = |column: &str| format!("{alerts}.{column} =");
        for (column, value) in [
            ("rule", &self.rule),
            ("family", &self.family),
            ("verdict", &self.verdict),
            ("severity", &self.severity),
            ("phase", &self.phase),
            ("institution", &self.institution),
            ("state", &self.state),
            ("incident_id", &self.incident),
        ] {
            conditions.compare(statement, &equal(column), value.as_deref());
        }
        conditions.compare(statement, &format!("{alerts}.state <>"), self.without.as_deref());
        conditions.begins(statement, &format!("{alerts}.division"), &self.divisions);
        conditions.within(statement, &format!("{alerts}.division"), &self.within);
        conditions.compare(statement, &format!("{alerts}.occurred >="), self.occurred_from.as_deref());
        conditions.compare(statement, &format!("{alerts}.occurred <="), self.occurred_to.as_deref());
        conditions.compare(statement, &format!("{alerts}.amount >="), self.amount_min);
        conditions.compare(statement, &format!("{alerts}.amount <="), self.amount_max);
    }
}
