//! What operators share, and what each gives.

use std::sync::Arc;

use records::arena::Arena;
use timely::dataflow::{Scope, StreamVec};

use crate::compiled_bank::CompiledBank;
use crate::coverage::Count;
use crate::statement::Out;
use crate::views::{Collection, Tick};

/// What an operator gives.
pub struct JudgeOutput<'s> {
    /// Statements.
    pub output: Collection<'s, Out>,
    /// Counts for the coverage.
    pub counted: Collection<'s, Count>,
}

/// The bank as every operator receives it: a version takes effect at its tick.
pub type BankStream<'s> = StreamVec<'s, Tick, Arc<CompiledBank>>;

/// What operators share: where they are built, the memory of rows, and the rule bank.
#[derive(Clone)]
pub struct OperatorContext<'s> {
    /// Where operators are built.
    pub scope: Scope<'s, Tick>,
    /// Where rows are read.
    pub arena: Arc<Arena>,
    /// Versions of the bank.
    pub bank: BankStream<'s>,
    /// The bank at tick 0.
    pub first_bank: Arc<CompiledBank>,
}
