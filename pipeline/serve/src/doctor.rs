//! What has to hold before the service can run: each looked at, and where it does not hold, what to do.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use database::Found;
use rdkafka::consumer::{BaseConsumer, Consumer};
use store::Store;

use crate::access::audit_file::{self, AUDIT_FILE};
use crate::access::mask::{KEY_FILE, Mask};
use crate::clock::wall_clock;
use crate::config::Config;
use crate::door::tls::Tls;
use crate::kafka::heard::Heard;
use crate::kafka::{ANSWER, KafkaConfig};

/// Room below which a disk is soon full.
const ROOM_MIN: u64 = 1 << 30;

/// Bytes that are written to see whether and how fast the disk takes them.
const TRIAL_BYTES: usize = 1 << 20;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub what: &'static str,
    /// What was found, or what is wrong and what to do.
    pub found: Result<String, String>,
}

/// Looks at everything that the configuration asks for.
pub fn examine(config: &Config) -> Vec<Check> {
    let mut checks = vec![
        Check {
            what: "configuration",
            found: config.check().map(|()| "it fits together".to_owned()).map_err(|error| error.to_string()),
        },
        Check { what: "rules", found: rules(config) },
        Check { what: "disk", found: disk(&config.data) },
        Check { what: "state", found: state(&config.data) },
        Check { what: "access", found: access(config) },
        Check { what: "database", found: database(config) },
        Check { what: "address", found: address(config) },
        Check { what: "clock", found: clock() },
    ];
    if let Some(cluster) = &config.cluster {
        checks.push(Check { what: "cluster", found: cluster.examine() });
    }
    if let Some(kafka) = &config.kafka {
        checks.push(Check { what: "broker", found: broker(kafka) });
    }
    checks
}

fn rules(config: &Config) -> Result<String, String> {
    let bank = runtime::engine::load_bank(config.rules.as_deref())
        .map_err(|error| format!("{error}; `fundwatch rules check` names every mistake"))?;
    Ok(format!("{} rules", bank.rules.len()))
}

fn disk(data: &Path) -> Result<String, String> {
    let todo = |what: String| format!("{what}; name a folder that can be written as `data`");
    fs::create_dir_all(data).map_err(|error| todo(format!("{}: {error}", data.display())))?;
    let trial: PathBuf = data.join(".trial");
    let begun = Instant::now();
    let written = fs::File::create(&trial).and_then(|mut file| {
        file.write_all(&vec![0; TRIAL_BYTES])?;
        file.sync_all()
    });
    let took = begun.elapsed();
    // It is looked at again below, and nobody reads it.
    let _ = fs::remove_file(&trial);
    written.map_err(|error| todo(format!("{}: {error}", data.display())))?;
    let room = rustix::fs::statvfs(data).map(|about| about.f_bavail * about.f_frsize);
    let room = room.map_err(|error| format!("{}: {error}", data.display()))?;
    if room < ROOM_MIN {
        return Err(format!("{}: {} MiB are free; give it at least 1 GiB", data.display(), room >> 20));
    }
    Ok(format!(
        "{}: {} GiB are free, 1 MiB is on the disk after {} ms",
        data.display(),
        room >> 30,
        took.as_millis()
    ))
}

fn state(data: &Path) -> Result<String, String> {
    if !["state.redb", "state.mark"].iter().any(|name| data.join(name).exists()) {
        return Ok("there is none yet; the service begins with an empty one".to_owned());
    }
    match Store::open(data) {
        Ok(store) => Ok(format!(
            "tick {}, {} events, {} MiB of changes",
            store.last_tick(),
            store.last_sequence(),
            store.segment_bytes() >> 20
        )),
        Err(store::Error::InUse(_)) => Ok("a service runs on it".to_owned()),
        Err(error) => Err(format!(
            "{error}; put a backup of the folder in its place, or begin with an empty one and send all changes again"
        )),
    }
}

/// Who may come in, and how, in a few words.
pub fn access_in_words(config: &Config) -> String {
    let tls = match &config.tls {
        Some(tls) if tls.client_ca.is_some() => "TLS with certificates of clients",
        Some(_) => "TLS",
        None => "no TLS",
    };
    match config.access.principals.len() {
        0 => format!("{tls}, everybody on this machine may do everything"),
        1 => format!("{tls}, 1 principal"),
        count => format!("{tls}, {count} principals"),
    }
}

fn access(config: &Config) -> Result<String, String> {
    let failed = |error: crate::Error| crate::error::with_sources(&error);
    let todo = |error: crate::Error| format!("{}; name other files under [tls]", failed(error));
    config.tls.as_ref().map(Tls::open).transpose().map_err(todo)?;
    // What is made at the first start is looked at only where it is.
    if config.data.join(KEY_FILE).exists() {
        Mask::open(&config.data).map_err(failed)?;
    }
    let audit = config.data.join(AUDIT_FILE);
    let mut found = access_in_words(config);
    if audit.exists() {
        let chain = audit_file::verify(&audit).map_err(failed)?;
        found.push_str(&format!("; {} entries of the audit, the last {}", chain.entries, chain.head));
    }
    Ok(found)
}

fn database(config: &Config) -> Result<String, String> {
    let address =
        config.database.address(&config.data).map_err(|error| crate::error::with_sources(&error))?;
    let system = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let system = system.map_err(|error| format!("no runtime: {error}"))?;
    let todo = "look at `database.url`, at the password, and whether it runs";
    match system.block_on(::database::look(&address)) {
        Ok(Found::Nothing) => Ok(format!("{address}: there is none yet; the service makes it")),
        Ok(Found::Empty) => Ok(format!("{address}: it answers, and is empty")),
        Ok(Found::Filled { identity, cursor }) => Ok(format!(
            "{address}: of the state {identity}, {} events, {} rejects",
            cursor.sequence, cursor.reject
        )),
        Err(error) => Err(format!("{address}: {}; {todo}", crate::error::with_sources(&error))),
    }
}

fn address(config: &Config) -> Result<String, String> {
    match TcpListener::bind(config.listen) {
        Ok(_) => Ok(format!("{} is free", config.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Ok(format!(
            "{} is in use: a service runs there, or another program; `listen` names another address",
            config.listen
        )),
        Err(error) => Err(format!("{}: {error}; name another address as `listen`", config.listen)),
    }
}

fn clock() -> Result<String, String> {
    let now = records::time::format_time(wall_clock());
    match now.get(..4).and_then(|year| year.parse::<u32>().ok()) {
        Some(2025..=2099) => Ok(format!("{now} in China")),
        _ => Err(format!("{now} in China cannot be; set the clock, for records are held against it")),
    }
}

fn broker(kafka: &KafkaConfig) -> Result<String, String> {
    let heard = Heard::default();
    let failed = |error: rdkafka::error::KafkaError| {
        format!(
            "{}: {}; look at `brokers`, at the way there, and at `kafka.options` for TLS and passwords",
            kafka.brokers,
            heard.because(&error)
        )
    };
    let options = kafka.reader(&kafka.group);
    let consumer: BaseConsumer<Heard> = options.create_with_context(heard.clone()).map_err(failed)?;
    let metadata = consumer.fetch_metadata(None, ANSWER / 3).map_err(|error| {
        Heard::listen(|time| drop(consumer.poll(time)));
        failed(error)
    })?;
    let mut found = Vec::new();
    for topic in kafka.topics.iter().chain(&kafka.alert_topic) {
        let partitions =
            metadata.topics().iter().find(|of| of.name() == topic).map_or(0, |of| of.partitions().len());
        if partitions == 0 {
            return Err(format!(
                "{}: there is no topic {topic}; make it, or correct its name",
                kafka.brokers
            ));
        }
        found.push(format!("{topic} ({partitions} partitions)"));
    }
    Ok(format!("{} brokers; {}", metadata.brokers().len(), found.join(", ")))
}
