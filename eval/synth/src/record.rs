//! The content of records, before it is text.
//!
//! Money is fen, prices ten-thousandths of a yuan, quantities ten-thousandths, moments seconds and days days since 1970
//! in China Standard Time.

/// The visit that a record belongs to, its person and its institution.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct VisitHead {
    pub(crate) visit: u64,
    pub(crate) person: usize,
    pub(crate) institution: usize,
}

/// One billed item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeeLine {
    /// Sequence within the visit, from 1.
    pub(crate) sn: u64,
    /// The line that this one reverses, or 0.
    pub(crate) reverses: u64,
    pub(crate) at: i64,
    pub(crate) item: usize,
    /// Ten-thousandths.
    pub(crate) count: i64,
    /// Ten-thousandths of a yuan.
    pub(crate) price: i64,
    /// Fen.
    pub(crate) amount: i64,
    pub(crate) fund: i64,
    pub(crate) order: PrescriptionRef,
    pub(crate) doctor: usize,
    /// 0 for the visit's first settlement, 1 for the one after a refund.
    pub(crate) settlement: u8,
    /// Seconds from the event to its receipt, if that is long; 0: a day at most.
    pub(crate) late: i64,
}

/// The prescription a line names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PrescriptionRef {
    None,
    /// The visit's prescription with this number.
    Of(u8),
    /// The first prescription of another visit.
    Other(u64),
    /// An id that nobody ever issued.
    Unknown,
}

/// The header of a visit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) med_type: &'static str,
    pub(crate) begin: i64,
    pub(crate) end: Option<i64>,
    pub(crate) doctor: usize,
    pub(crate) diagnoses: [usize; 3],
    pub(crate) diagnoses_len: usize,
    pub(crate) employee: bool,
    /// Where the person is insured.
    pub(crate) district: u64,
    /// How a stay ended; with it the operation, if any.
    pub(crate) discharge: Option<&'static str>,
    pub(crate) operation: Option<(u64, i64)>,
}

/// A bill and its split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bill {
    pub(crate) at: i64,
    pub(crate) med_type: &'static str,
    pub(crate) employee: bool,
    /// Fen.
    pub(crate) total: i64,
    pub(crate) fund: i64,
    pub(crate) account: i64,
    /// Whose book of invoices, and the number in it.
    pub(crate) book: usize,
    pub(crate) number: u64,
    pub(crate) which: SettlementKind,
    pub(crate) terminal: u64,
}

/// Which settlement of a visit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum SettlementKind {
    First,
    /// Takes the first one back.
    Refund,
    /// Replaces the first one.
    Second,
}

/// A prescription.
#[derive(Clone, Debug)]
pub(crate) struct Prescription {
    pub(crate) number: u8,
    pub(crate) at: i64,
    /// Who issued it; a pharmacy sells on a hospital's prescription.
    pub(crate) institution: usize,
    pub(crate) doctor: usize,
    pub(crate) online: bool,
    /// Whether it is taken back in the end.
    pub(crate) cancelled: bool,
    /// Item and quantity in ten-thousandths.
    pub(crate) lines: Vec<(usize, i64)>,
}

/// A sale over the counter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sale {
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) item: usize,
    /// Ten-thousandths.
    pub(crate) count: i64,
    /// The pair whose numbers the codes are, the first number, and how many.
    pub(crate) codes: TraceCodes,
    /// The prescription it names.
    pub(crate) order: PrescriptionRef,
    /// Whether it needs one.
    pub(crate) flagged: bool,
    pub(crate) split: bool,
    pub(crate) insured: bool,
    /// The last day on which the drug is good.
    pub(crate) expires: i64,
}

/// Trace codes `first .. first + len` of one pair (institution, item).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceCodes {
    pub(crate) pair: usize,
    pub(crate) first: u64,
    pub(crate) len: u64,
}

/// An identity check.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) scene: &'static str,
    pub(crate) result: &'static str,
    /// In hundredths.
    pub(crate) score: u64,
}

/// One enrolment of a person.
pub(crate) struct EnrolmentTerm {
    pub(crate) number: u64,
    pub(crate) employee: bool,
    pub(crate) district: u64,
    pub(crate) status: &'static str,
    pub(crate) begin: i64,
    pub(crate) end: Option<i64>,
    pub(crate) years: u64,
}

/// What of a sale came back.
#[derive(Clone, Copy)]
pub(crate) struct SaleReturn {
    pub(crate) id: u64,
    pub(crate) at: i64,
    pub(crate) count: i64,
    /// Whether it names its sale.
    pub(crate) named: bool,
}

/// A movement of stock, or a count of it.
#[derive(Clone, Copy)]
pub(crate) struct StockMovement {
    pub(crate) id: u64,
    pub(crate) institution: usize,
    pub(crate) item: usize,
    /// Ten-thousandths.
    pub(crate) count: i64,
    pub(crate) at: i64,
    pub(crate) invoice: u64,
    pub(crate) codes: TraceCodes,
    /// Goods that went back to the supplier.
    pub(crate) back: bool,
}

/// A decision about somebody.
pub(crate) struct Label {
    pub(crate) subject_type: &'static str,
    pub(crate) subject_id: String,
    pub(crate) scheme: Option<&'static str>,
    pub(crate) decision: &'static str,
    pub(crate) at: i64,
}
