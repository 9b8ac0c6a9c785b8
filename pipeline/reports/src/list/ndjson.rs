//! A list for machines: one row per line, nothing else; its facts stand in a document beside it.

use serde::Serialize;
use wire::list::{ListFacts, ListRow};

/// The rows, one per line.
pub fn bytes(rows: &[ListRow]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for row in rows {
        write(&mut bytes, row);
        bytes.push(b'\n');
    }
    bytes
}

/// The facts as a document.
pub fn document(published: &ListFacts) -> Vec<u8> {
    pretty(published)
}

/// A JSON document with a line end.
pub(crate) fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("texts and numbers are written to memory");
    bytes.push(b'\n');
    bytes
}

fn write(bytes: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(bytes, value).expect("texts and numbers are written to memory");
}
