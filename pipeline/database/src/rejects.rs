//! What was rejected, as it can be asked for.

use serde_json::value::RawValue;
use wire::{Keyword, Origin, Rejected};

use crate::alerts::raw;
use crate::filter::Conditions;
use crate::statement::{Row, Statement};
use crate::{Database, Error, Page};

/// Which rejects are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// The contract's code.
    pub code: Option<String>,
    /// `file`, `request` or `topic`.
    pub origin: Option<String>,
}

/// What was rejected.
#[derive(Clone, Debug)]
pub struct StoredReject {
    /// Its number, in the order in which they came.
    pub number: u64,
    /// The line of `rejected.ndjson`.
    pub line: Rejected,
    /// The key of its message, if it has one.
    pub key: Option<Box<RawValue>>,
}

fn read(row: &Row) -> Result<StoredReject, Error> {
    let number = row.count(0)?;
    let (kind, name, place) = (row.text(2)?, row.text(3)?, row.count(5)?);
    let origin = match kind.as_str() {
        "topic" => {
            let (topic, offset) = (Some(name), Some(place));
            Origin { topic, partition: row.int_or_none(4)?, offset, ..Origin::default() }
        }
        "file" => Origin::of_file(name, place),
        _ => Origin::of_request(name, place),
    };
    let line = Rejected {
        code: Keyword::Owned(row.text(1)?),
        origin,
        raw: raw(row, 6, "reject", number)?,
        raw_bytes: None,
        text: row.text(7)?,
    };
    let key = row.text_or_none(8)?.map(RawValue::from_string).transpose();
    let key = key.map_err(|source| Error::Line { what: "key of reject", number, source })?;
    Ok(StoredReject { number, line, key })
}

impl Database {
    /// A page of what was rejected, in the order in which it came, behind a number.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn rejects(
        &self,
        filter: &RejectFilter,
        after: u64,
        limit: usize,
    ) -> Result<Page<StoredReject>, Error> {
        let mut ask = Statement::new(
            "SELECT number, code, origin_kind, origin_name, origin_partition, origin_place, raw, text, \
             message_key FROM rejects",
        );
        let mut conditions = Conditions::new();
        conditions.compare(&mut ask, "code =", filter.code.as_deref());
        conditions.compare(&mut ask, "origin_kind =", filter.origin.as_deref());
        conditions.compare(&mut ask, "number >", Some(after));
        ask.push(" ORDER BY number LIMIT ").bind(limit as u64 + 1);
        let rows = self.backend.rows(&ask).await?;
        let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(items, limit, |last| last.number.to_string()))
    }
}
