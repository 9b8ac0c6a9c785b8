//! Incidents: the alerts of one institution and family about one person or practitioner, counted together.

use wire::FenSum;

use crate::alerts::{SUM_OF_AMOUNT, sum};
use crate::filter::{AlertFilter, Conditions};
use crate::statement::{Row, Statement};
use crate::{Database, Error, Page};

/// Which incidents are wanted: those with an alert that fits; what they come to is that of these alerts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncidentFilter {
    /// Of its alerts.
    pub alerts: AlertFilter,
    /// The person or practitioner whom it is about.
    pub person: Option<String>,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Its stable id.
    pub incident_id: String,
    /// fixmedins_code of the institution; none where alerts reach over several.
    pub institution: Option<String>,
    /// The division in which that stands.
    pub division: Option<String>,
    /// The family of the rules.
    pub family: String,
    /// `person`, `practitioner`, or `institution` where it is about nobody else.
    pub person_kind: String,
    /// The person or practitioner.
    pub person: Option<String>,
    /// How many alerts.
    pub count: u64,
    /// Their suspected amounts together.
    pub amount: FenSum,
    /// Their counted amounts together.
    pub counted_amount: FenSum,
    /// Their rules, sorted.
    pub rules: Vec<String>,
    /// When the first of them occurred.
    pub first_occurred: String,
    /// When the last of them occurred.
    pub last_occurred: String,
    /// `standing` if one of them stands, and else the state that one of them is in.
    pub state: String,
}

const COLUMNS: &str = "SELECT i.incident_id, i.institution, i.division, i.family, i.person_kind, i.person, \
    count(*), min(a.occurred), max(a.occurred), \
    SUM(CASE a.state WHEN 'standing' THEN 1 ELSE 0 END), min(a.state), ";

const SUM_OF_COUNTED: &str = ", CAST(COALESCE(SUM(a.counted_amount / 1000000000), 0) AS BIGINT), \
    CAST(COALESCE(SUM(a.counted_amount % 1000000000), 0) AS BIGINT) \
    FROM incidents i JOIN alerts a ON a.incident_id = i.incident_id";

const GROUPS: &str = " GROUP BY i.incident_id, i.institution, i.division, i.family, i.person_kind, i.person \
    ORDER BY i.incident_id LIMIT ";

fn read(row: &Row) -> Result<Incident, Error> {
    Ok(Incident {
        incident_id: row.text(0)?,
        institution: row.text_or_none(1)?,
        division: row.text_or_none(2)?,
        family: row.text(3)?,
        person_kind: row.text(4)?,
        person: row.text_or_none(5)?,
        count: row.count(6)?,
        first_occurred: row.text(7)?,
        last_occurred: row.text(8)?,
        state: if row.int(9)? > 0 { "standing".to_owned() } else { row.text(10)? },
        amount: sum(row, 11)?,
        counted_amount: sum(row, 13)?,
        rules: Vec::new(),
    })
}

impl Database {
    /// A page of incidents, by id.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn incidents(
        &self,
        filter: &IncidentFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Incident>, Error> {
        let mut ask = Statement::new(COLUMNS);
        ask.push(SUM_OF_AMOUNT).push(SUM_OF_COUNTED);
        let mut conditions = Conditions::new();
        filter.alerts.conditions(&mut conditions, &mut ask, "a");
        conditions.compare(&mut ask, "i.person =", filter.person.as_deref());
        conditions.compare(&mut ask, "i.incident_id >", after);
        ask.push(GROUPS).bind(limit as u64 + 1);
        let rows = self.backend.rows(&ask).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let mut page = Page::cut(items, limit, |last| last.incident_id.clone());
        self.add_rules(filter, &mut page.items).await?;
        Ok(page)
    }

    /// One incident, of its alerts that a filter wants.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn incident(&self, incident_id: &str, of: &AlertFilter) -> Result<Option<Incident>, Error> {
        let alerts = AlertFilter { incident: Some(incident_id.to_owned()), ..of.clone() };
        let filter = IncidentFilter { alerts, person: None };
        Ok(self.incidents(&filter, None, 1).await?.items.pop())
    }

    /// Names the rules of the alerts that fit.
    async fn add_rules(&self, filter: &IncidentFilter, incidents: &mut [Incident]) -> Result<(), Error> {
        let (Some(first), Some(last)) = (incidents.first(), incidents.last()) else { return Ok(()) };
        let (first, last) = (first.incident_id.clone(), last.incident_id.clone());
        let mut ask = Statement::new("SELECT DISTINCT a.incident_id, a.rule FROM alerts a");
        let mut conditions = Conditions::new();
        filter.alerts.conditions(&mut conditions, &mut ask, "a");
        conditions.compare(&mut ask, "a.incident_id >=", Some(first.as_str()));
        conditions.compare(&mut ask, "a.incident_id <=", Some(last.as_str()));
        ask.push(" ORDER BY a.incident_id, a.rule");
        for row in self.backend.rows(&ask).await? {
            let incident_id = row.text(0)?;
            if let Ok(nth) = incidents.binary_search_by(|incident| incident.incident_id.cmp(&incident_id)) {
                incidents[nth].rules.push(row.text(1)?);
            }
        }
        Ok(())
    }
}
