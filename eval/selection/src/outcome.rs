//! What a run left, as those read it who judge: its alerts, whose they are, the institutions, what arrived from them,
//! and the decisions that came back.
//!
//! The lines themselves belong to [`wire`]; who reads the files is outside of this room.

pub use wire::{
    Alert, Bilingual, Fen, FenSum, Institution, InstitutionCoverage, Label, Lateness, Owners, RecordName,
    Share, Subject, Turnover,
};
