//! What can be true of an alert, and what there is to be found.
//!
//! Both sources of truth, planted lines and decisions, state findings in these terms.

/// What is true of one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertTruth {
    /// It is right, by the line or label of this number.
    Right(usize),
    /// It is wrong: nothing was planted there, or the label of this number denies it.
    Wrong(Option<usize>),
    /// Not known.
    Unknown(UnknownReason),
}

/// Why it is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownReason {
    /// No label is about it.
    Unlabelled,
    /// A label is about it and too young to count.
    Young,
    /// A label is about it and leaves it open.
    Undecided,
}

/// A true finding: a line of the truth, or a label that confirms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrueFinding {
    /// The affair.
    pub case_id: String,
    /// Its scheme, where one is stated.
    pub scheme: Option<String>,
    /// The rule that should see it, where one is known.
    pub rule: Option<String>,
    /// Where it happened.
    pub institutions: Vec<String>,
    /// What it comes to, fen.
    pub amount: i64,
}
