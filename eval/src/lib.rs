//! How good is it: the simulator and its truth.

pub mod synth;
