//! A folder with a service and its configuration, and principals whose tokens the test has.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::fundwatch;
use crate::service::{PATIENCE, Service, free_port, start};

/// A principal and its token.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) divisions: Vec<&'static str>,
    pub(crate) token: String,
    /// Its lines of the configuration.
    pub(crate) lines: String,
}

/// Makes a principal as an operator does: with `fundwatch token`.
pub(crate) fn known(name: &str, roles: &[&'static str], divisions: &[&'static str]) -> Known {
    let mut args = vec!["token".to_owned(), "--name".to_owned(), name.to_owned()];
    args.extend(["--role".to_owned(), roles.join(",")]);
    if !divisions.is_empty() {
        args.extend(["--division".to_owned(), divisions.join(",")]);
    }
    let done = fundwatch(&std::env::temp_dir(), &args);
    assert_eq!(done.code, Some(0), "{done:?}");
    let token = done.out.lines().find(|line| !line.starts_with('#')).unwrap().to_owned();
    assert!(token.len() >= 64, "{token}");
    let lines = done.out[done.out.find("[[access").unwrap()..].to_owned();
    assert!(!lines.contains(&token));
    Known { name: name.to_owned(), roles: roles.to_vec(), divisions: divisions.to_vec(), token, lines }
}

/// A folder with a service.
pub(crate) struct Place {
    pub(crate) folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Writes the configuration.
    pub(crate) fn configure(&self, config: &str, principals: &[Known]) {
        let lines: String = principals.iter().map(|of| of.lines.as_str()).collect();
        fs::write(self.path("fundwatch.toml"), format!("{config}\n{lines}")).unwrap();
    }

    /// Starts a service with this configuration; it takes changes.
    pub(crate) fn serve(&self, config: &str, principals: &[Known]) -> Service {
        self.configure(config, principals);
        let mut service = self.begin();
        assert!(service.is_ready(), "it ended: {}", self.log());
        service
    }

    /// Starts a service with the configuration that is there.
    pub(crate) fn begin(&self) -> Service {
        let (data, file) = (self.path("data"), self.path("fundwatch.toml"));
        let args = ["--data", data.to_str().unwrap(), "--config", file.to_str().unwrap()];
        start(&args, free_port(), &self.path("log"), &[])
    }

    /// The entries of the audit, once there are so many.
    pub(crate) fn audit(&self, count: usize) -> Vec<Value> {
        self.audit_of(count, |_| true)
    }

    /// The entries of the audit, once there are so many of this sort.
    pub(crate) fn audit_of(&self, count: usize, is_counted: impl Fn(&Value) -> bool) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let text = fs::read_to_string(self.path("data/audit.ndjson")).unwrap_or_default();
            let entries: Vec<Value> =
                text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
            if entries.iter().filter(|entry| is_counted(entry)).count() >= count {
                return entries;
            }
            assert!(begun.elapsed() < PATIENCE, "{} of {count} entries: {text}", entries.len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Institutions and their divisions; of the last one there is no record.
pub(crate) const INSTITUTIONS: [(&str, Option<&str>); 3] =
    [("H44010000001", Some("440103")), ("H45020000001", Some("450203")), ("H00000000003", None)];

/// The records of the institutions.
pub(crate) fn institutions() -> String {
    let line = |(code, division): &(&str, Option<&str>)| {
        let institution = json!({"kind": "institution", "rev": 1, "fixmedins_code": code, "fixmedins_type": "1",
            "admdvs": (*division)?});
        Some(format!("{institution}\n"))
    };
    INSTITUTIONS.iter().filter_map(line).collect()
}

/// A death, and a visit long after it: an alert of the built-in rules.
pub(crate) fn after_death(nth: u32, institution: &str) -> String {
    let death = json!({"kind": "person_fact", "rev": 1, "fact_id": format!("FACT{nth:08}"),
        "psn_no": format!("PSN{nth:08}"), "fact": "death", "begin": "2025-01-01"});
    let visit = json!({"kind": "visit", "rev": 1, "mdtrt_id": format!("V{nth:08}"),
        "psn_no": format!("PSN{nth:08}"), "fixmedins_code": institution, "med_type": "11",
        "begntime": "2025-03-01 09:00:00"});
    format!("{death}\n{visit}\n")
}
