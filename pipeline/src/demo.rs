//! `fundwatch demo`: the main job on a small built-in region.
