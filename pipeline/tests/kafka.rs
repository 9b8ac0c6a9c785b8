//! The live service on a real Apache Kafka: changes in, events out, dead letters; through crashes of either side.
//!
//! The broker is started by `pipeline/services/kafka/run`, which needs Java 17, and Maven to fetch it once. Where they are
//! missing the tests say so and pass, unless `FUNDWATCH_KAFKA=required`. `FUNDWATCH_KILLS=200 cargo test -p pipeline --test
//! kafka crashes_of_either_side -- --nocapture` kills the service more often than the gate does, and says where.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/banks.rs"]
mod banks;
#[path = "kafka/broker.rs"]
mod broker;
#[path = "kafka/crashes.rs"]
mod crashes;
#[path = "kafka/letters.rs"]
mod letters;
#[path = "kafka/place.rs"]
mod place;
#[path = "support/program.rs"]
mod program;
#[path = "kafka/secure.rs"]
mod secure;
#[path = "support/service.rs"]
mod service;
#[path = "kafka/streams.rs"]
mod streams;
