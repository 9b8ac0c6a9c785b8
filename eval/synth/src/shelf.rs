//! The state of one stock: an item at one institution.
//!
//! Only the balance and the numbers of the trace codes are kept; every movement is sent when it happens. How stock is
//! taken and bought is in `stock`.

/// What lies on the shelf of one pair (institution, item).
#[derive(Clone, Copy, Default)]
pub(crate) struct Shelf {
    /// Ten-thousandths; what may be used.
    pub(crate) balance: i32,
    /// The next trace code that was bought and not sold.
    pub(crate) next_code: u32,
    /// One past the last trace code bought.
    pub(crate) bought: u32,
    /// How often it was bought: who buys often buys more. 0 before the opening count.
    pub(crate) purchases: u8,
}
