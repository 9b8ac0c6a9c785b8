//! What a run says of what went in: what came of each file, what *now* comes from, and what is dated in the future.

use std::collections::BTreeMap;
use std::io::{Write, stderr};

use detectors::alert::record_name;
use records::arena::RowRef;
use records::row;
use records::time::format_time;
use runtime::front::Front;
use runtime::source::{Encoding, Format, Input, Skipped};
use wire::LineCounts;
use wire::summary::{DatedRecord, FileCounts, FutureRecords};

/// Records dated in the future that are named.
const NAMED: usize = 10;

/// Lines and rejected ones by code.
type Counts = (LineCounts, BTreeMap<&'static str, u64>);

/// Names on stderr what is not read; nothing depends on whether anybody listens.
pub(crate) fn tell(skipped: &[Skipped]) {
    let mut to = stderr().lock();
    skipped.iter().for_each(|skipped| drop(writeln!(to, "{skipped}")));
}

/// What came of a file, by what the way in had counted before.
pub(crate) fn file_counts(
    input: &Input,
    front: &Front,
    (before, codes_before): &Counts,
    encoding: Option<Encoding>,
) -> FileCounts {
    let total = front.total();
    let lines = LineCounts {
        accepted: total.accepted - before.accepted,
        stale: total.stale - before.stale,
        duplicate: total.duplicate - before.duplicate,
        rejected: total.rejected - before.rejected,
        unknown_fields: total.unknown_fields - before.unknown_fields,
    };
    let codes: BTreeMap<String, u64> = front
        .rejected_by_code()
        .iter()
        .map(|(code, count)| ((*code).to_owned(), count - codes_before.get(code).copied().unwrap_or(0)))
        .filter(|(_, count)| *count > 0)
        .collect();
    let commonest = codes.iter().max_by_key(|(_, count)| **count);
    let commonest = commonest.and_then(|(code, _)| front.examples().get(code.as_str()).cloned());
    FileCounts {
        file: input.name.clone(),
        kind: input.kind.filter(|_| input.format != Format::Ndjson).map(|kind| kind.name().to_owned()),
        lines,
        codes,
        commonest,
        encoding: encoding.map(|encoding| encoding.name.to_owned()),
        lines_of_other_encoding: encoding.map_or(0, |encoding| encoding.lines_of_other),
    }
}

/// Records dated in the future.
pub(crate) fn future_of(front: &mut Front) -> FutureRecords {
    let records = front.ledger().beyond_limit();
    let rows = front.ledger().latest_beyond_limit(NAMED);
    FutureRecords { records, latest: rows.into_iter().map(|(row, _)| dated(front, row)).collect() }
}

/// The record that *now* comes from, if it was not set.
pub(crate) fn now_from(front: &mut Front, is_set: bool) -> Option<DatedRecord> {
    let row = front.ledger().newest_record().filter(|_| !is_set)?;
    Some(dated(front, row))
}

fn dated(front: &mut Front, row: RowRef) -> DatedRecord {
    let arena = front.ledger().arena();
    let name = record_name(arena, row);
    DatedRecord {
        kind: name.kind.into_owned(),
        key: name.key,
        time: row::event_time(arena, row).map(format_time).unwrap_or_default(),
    }
}
