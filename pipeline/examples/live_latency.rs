//! How long it takes from a change in Kafka to the alert event in Kafka, at a steady rate.
//!
//! ```sh
//! pipeline/services/kafka/run fetch
//! pipeline/services/kafka/run start /tmp/broker 29092
//! pipeline/services/kafka/run topics 29092 changes:3 alerts:2
//! fundwatch serve --config FILE            # brokers = "127.0.0.1:29092", topics = ["changes"], alert_topic = "alerts"
//! cargo run --release -p pipeline --example live_latency -- 127.0.0.1:29092 REGION/records/changes.ndjson 5000 60
//! ```
//!
//! The arguments: the broker, a file of changes, changes a second, seconds. What is measured of an event is the time
//! from when the last of the changes that caused it was sent to when the event was read. The first twenty seconds are
//! left out: the broker is a Java program, and slow until its code is compiled.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement at a terminal")]

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::{ClientConfig, Message, Offset, TopicPartitionList};
use serde_json::Value;

/// What is sent so soon is not measured.
const WARM_UP: Duration = Duration::from_secs(20);

/// Kind, key and revision of a change.
type Name = (String, String, Option<u64>);

fn name_of(change: &Value) -> Name {
    let kind = change["kind"].as_str().unwrap();
    let fields = records::schema::fields(records::Kind::from_name(kind).unwrap());
    let keys = fields.iter().take_while(|field| field.key);
    let keys: Vec<&str> = keys.map(|field| change[field.name].as_str().unwrap_or_default()).collect();
    (kind.to_owned(), records::joined_key::join(&keys), change["rev"].as_u64())
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [broker, path, rate, seconds] = args.as_slice() else { panic!("BROKER FILE RATE SECONDS") };
    let (rate, seconds): (u64, u64) = (rate.parse().unwrap(), seconds.parse().unwrap());
    let lines = std::fs::read(path).unwrap();
    let sent: Mutex<HashMap<Name, Instant>> = Mutex::default();
    let is_over = AtomicBool::new(false);
    let begun = Instant::now();
    let mut latencies = std::thread::scope(|scope| {
        let reading = scope.spawn(|| read(broker, &sent, begun + WARM_UP, &is_over));
        let producer: BaseProducer = ClientConfig::new()
            .set("bootstrap.servers", broker)
            .set("enable.idempotence", "true")
            // The default of Kafka 4.
            .set("linger.ms", "5")
            .create()
            .unwrap();
        let wanted = usize::try_from(rate * seconds).unwrap();
        for (nth, line) in
            lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).take(wanted).enumerate()
        {
            let due = Duration::from_micros(nth as u64 * 1_000_000 / rate);
            if let Some(early) = due.checked_sub(begun.elapsed()).filter(|early| early.as_micros() > 500) {
                producer.poll(Duration::ZERO);
                std::thread::sleep(early);
            }
            let name = name_of(&serde_json::from_slice(line).unwrap());
            let key = format!("{}/{}", name.0, name.1);
            sent.lock().unwrap().insert(name, Instant::now());
            let mut record = BaseRecord::to("changes").key(&key).payload(line);
            while let Err((_, back)) = producer.send(record) {
                record = back;
                std::thread::sleep(Duration::from_millis(1));
                producer.poll(Duration::ZERO);
            }
        }
        producer.flush(Duration::from_secs(30)).unwrap();
        println!("sent in {:.1} s", begun.elapsed().as_secs_f64());
        std::thread::sleep(Duration::from_secs(3));
        is_over.store(true, Ordering::Release);
        reading.join().unwrap()
    });
    latencies.sort_unstable();
    let at = |share: usize| latencies.get(latencies.len() * share / 1_000).copied().unwrap_or_default();
    println!(
        "{} events; p50 {:?}, p90 {:?}, p99 {:?}, p99.9 {:?}",
        latencies.len(),
        at(500),
        at(900),
        at(990),
        at(999)
    );
}

fn read(
    broker: &str,
    sent: &Mutex<HashMap<Name, Instant>>,
    from: Instant,
    is_over: &AtomicBool,
) -> Vec<Duration> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", broker)
        .set("group.id", "live_latency")
        .set("isolation.level", "read_committed")
        .set("fetch.wait.max.ms", "5")
        .create()
        .unwrap();
    let metadata = consumer.fetch_metadata(Some("alerts"), Duration::from_secs(10)).unwrap();
    let mut all = TopicPartitionList::new();
    for partition in metadata.topics()[0].partitions() {
        all.add_partition_offset("alerts", partition.id(), Offset::End).unwrap();
    }
    consumer.assign(&all).unwrap();
    let mut latencies = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        let Some(Ok(message)) = consumer.poll(Duration::from_millis(50)) else { continue };
        let now = Instant::now();
        let event: Value = serde_json::from_slice(message.payload().unwrap()).unwrap();
        let sent = sent.lock().unwrap();
        let causes = event["cause"].as_array().unwrap().iter().filter_map(|cause| {
            let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
            sent.get(&(text("kind"), text("key"), cause["rev"].as_u64())).copied()
        });
        if let Some(last) = causes.max().filter(|last| *last >= from) {
            latencies.push(now - last);
        }
    }
    latencies
}
