//! `fundwatch synth`: a region with ordinary life, planted cases and their truth.
