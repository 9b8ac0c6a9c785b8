//! The two operators that judge.
//!
//! [`each`] looks at every row of one arrangement with the rows that share its key in others: a fee line with
//! its visit, a stay with the person's identity checks. A new row costs one look; a changed context costs a
//! look at the rows of that key.
//! [`whole`] looks at all rows of a key together: the stays of a person, the sales of a trace code.
//!
//! Both call a pure function and emit the difference between its answers before and after, so they keep no
//! answers of their own: what is remembered is the shared arrangements. The rule bank is one more input; when
//! it changes, everything the function reads of it differently is judged once with the old and once with the
//! new bank.
//!
//! # Contract of the function
//! * **Pure.** Its answer follows from key, rows, bank and the immutable memory of rows alone. What it stated of
//!   a state once is withdrawn by asking it again.
//! * **Rows in order.** Rows come sorted by reference, each once, with its count.

mod arrangement_reader;
mod context;
mod each;
mod operator;
mod pending_ticks;
mod whole;

pub use context::{BankStream, JudgeOutput, OperatorContext};
pub use each::each;
pub use whole::{KeyRows, whole, whole_packed};
