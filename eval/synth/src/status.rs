//! The state of a person: some twenty bytes each, for millions of persons.
//!
//! What does not change about a person (sex, birth, insurance) follows from its number and is not kept; see `region`.

use crate::text::HOUR;

/// What changes about a person.
#[derive(Clone, Copy, Default)]
pub(crate) struct Status {
    /// Seconds since 1970; no visit before.
    pub(crate) free_from: u32,
    /// Day of the period, from 1, on which the item of the person's cycle was last used; 0 never.
    pub(crate) cycle_day: u16,
    /// Day of the period, from 1, of the first visit; 0 not seen yet.
    pub(crate) first_day: u16,
    /// Seconds since 1970; no ordinary stay before.
    pub(crate) stay_from: u32,
    /// Day of the period, from 1, on which the last stay ends, and its main diagnosis.
    pub(crate) last_stay: (u16, u16),
    /// Stays so far.
    pub(crate) stays: u8,
    /// No ordinary visit any more: dead, or without insurance.
    pub(crate) gone: bool,
    /// No ordinary stay any more.
    pub(crate) no_stays: bool,
}

/// How the enrolment of a person relates to the first visit.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Cover {
    #[default]
    Usual,
    /// Ended on that day.
    Ended(i64),
    /// Of the other scheme.
    OtherType,
}

/// Seconds between the end of one visit of a person and the beginning of the next: time to travel anywhere.
pub(crate) const REST: i64 = 6 * HOUR;
