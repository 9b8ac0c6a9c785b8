//! The words that a decoded line is spoken of with: what it does, and why it is rejected.
//!
//! A code is part of the contract: `rejected.ndjson` has it, and senders of records act on it. Of several faults in a line
//! the first in the order of [`Code`] counts. What exactly is wrong stands in the text of [`Fault`](super::Fault).

/// Put or del.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Inserts or replaces the record with this key.
    Put,
    /// Withdraws it.
    Del,
}

/// Why a line is rejected: the first fault in the contract's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// Not UTF-8, not JSON, not an object, a key twice, a lone surrogate.
    NotJson,
    /// No `kind`, or none of section 2.
    UnknownKind,
    /// `op` is neither `put` nor `del`.
    BadOp,
    /// A required field is absent.
    MissingField,
    /// A value outside of what its field may hold.
    BadValue,
    /// Too many places or too large.
    BadAmount,
    /// Another content under a key and revision already taken.
    Conflict,
}

impl Code {
    /// The code on the wire: `not_json`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::NotJson => "not_json",
            Code::UnknownKind => "unknown_kind",
            Code::BadOp => "bad_op",
            Code::MissingField => "missing_field",
            Code::BadValue => "bad_value",
            Code::BadAmount => "bad_amount",
            Code::Conflict => "conflict",
        }
    }
}
