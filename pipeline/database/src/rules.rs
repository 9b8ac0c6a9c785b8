//! Which version of which rule has judged since when, and the coverage as it was kept last.

use std::collections::BTreeMap;

use wire::RuleCoverage;

use crate::filter::Conditions;
use crate::statement::{Row, Statement};
use crate::{CoverageAt, Database, Error, Page};

/// A version of a rule that begins to judge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRuleVersion {
    /// Id of the rule.
    pub rule: String,
    /// Its version.
    pub version: String,
    /// `active`, `shadow`, or how else it is used.
    pub status: String,
    /// SHA-256 of the bank that has it.
    pub bank_hash: String,
    /// The last tick before.
    pub since_tick: u64,
    /// When, `YYYY-MM-DD HH:MM:SS` in China.
    pub since: String,
    /// Who applied it, if anybody did while the service ran.
    pub applied_by: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// A version of a rule that judges, or judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleVersion {
    /// Its number, in the order in which they came.
    pub number: u64,
    /// What it is.
    pub version: NewRuleVersion,
}

const COLUMNS: &str = "SELECT number, rule, version, status, bank_hash, since_tick, since, applied_by, \
    approved_by FROM rule_versions";

fn read(row: &Row) -> Result<RuleVersion, Error> {
    let version = NewRuleVersion {
        rule: row.text(1)?,
        version: row.text(2)?,
        status: row.text(3)?,
        bank_hash: row.text(4)?,
        since_tick: row.count(5)?,
        since: row.text(6)?,
        applied_by: row.text_or_none(7)?,
        approved_by: row.text_or_none(8)?,
    };
    Ok(RuleVersion { number: row.count(0)?, version })
}

impl Database {
    /// Notes the versions that judge from now on; one that is as its rule's last is noted no second time.
    ///
    /// Gives how many are new.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn note_rule_versions(&self, versions: &[NewRuleVersion]) -> Result<u64, Error> {
        let mut writing = self.backend.begin().await?;
        writing.alone_with("rule_versions").await?;
        let mut last = BTreeMap::new();
        let mut number = 0;
        let mut ask = Statement::new(COLUMNS);
        ask.push(" ORDER BY number");
        for row in writing.rows(&ask).await? {
            let known = read(&row)?;
            number = known.number;
            last.insert(known.version.rule.clone(), known.version);
        }
        let mut noted = 0;
        for version in versions {
            let same = last.get(&version.rule).is_some_and(|known| {
                (&known.version, &known.status, &known.bank_hash)
                    == (&version.version, &version.status, &version.bank_hash)
            });
            if same {
                continue;
            }
            (number, noted) = (number + 1, noted + 1);
            let mut note = Statement::new(
                "INSERT INTO rule_versions (number, rule, version, status, bank_hash, since_tick, since, \
                 applied_by, approved_by) VALUES ",
            );
            note.rows([vec![
                number.into(),
                (&version.rule).into(),
                (&version.version).into(),
                (&version.status).into(),
                (&version.bank_hash).into(),
                version.since_tick.into(),
                (&version.since).into(),
                version.applied_by.as_deref().into(),
                version.approved_by.as_deref().into(),
            ]]);
            writing.execute(&note).await?;
        }
        writing.commit().await?;
        Ok(noted)
    }

    /// A page of versions, of one rule or of all, in the order in which they came, behind a number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn rule_versions(
        &self,
        rule: Option<&str>,
        after: u64,
        limit: usize,
    ) -> Result<Page<RuleVersion>, Error> {
        let mut ask = Statement::new(COLUMNS);
        let mut conditions = Conditions::new();
        conditions.compare(&mut ask, "rule =", rule);
        conditions.compare(&mut ask, "number >", Some(after));
        ask.push(" ORDER BY number LIMIT ").bind(limit as u64 + 1);
        let rows = self.backend.rows(&ask).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, |last| last.number.to_string()))
    }

    /// What was judged, by rule, as it was kept last; the tick is that of the last change.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn coverage(&self) -> Result<CoverageAt, Error> {
        let mut coverage = CoverageAt { tick: 0, rules: BTreeMap::new() };
        for row in self.backend.rows(&Statement::new("SELECT rule, tick, coverage FROM coverage")).await? {
            let tick = row.count(1)?;
            let read: Result<RuleCoverage, _> = serde_json::from_str(&row.text(2)?);
            let read =
                read.map_err(|source| Error::Line { what: "coverage of tick", number: tick, source })?;
            coverage.tick = coverage.tick.max(tick);
            coverage.rules.insert(row.text(0)?, read);
        }
        Ok(coverage)
    }
}
