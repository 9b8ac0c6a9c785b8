//! Why something cannot be done with a bank.

use crate::Error;

/// Why something cannot be done with a bank.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The bank has mistakes.
    #[error("{0}")]
    Invalid(String),
    /// Another bank is proposed, or it is not at the stage for this.
    #[error("{0}")]
    Conflict(String),
    /// There is no proposal.
    #[error("no bank is proposed")]
    None,
    /// It cannot be done at the moment.
    #[error(transparent)]
    Failed(#[from] Error),
}
