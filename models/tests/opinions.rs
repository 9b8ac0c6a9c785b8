//! What the judge says of made-up peer groups: the laws it keeps, the naive reading it agrees with, the scores that
//! stand, and what it costs.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "opinions/cost.rs"]
mod cost;
#[path = "opinions/golden.rs"]
mod golden;
#[path = "opinions/group.rs"]
mod group;
#[path = "opinions/laws.rs"]
mod laws;
#[path = "opinions/naive.rs"]
mod naive;
#[path = "opinions/series.rs"]
mod series;
