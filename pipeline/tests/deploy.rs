//! The files that deploy and watch the service: that they can be read, load, and speak of what is there.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/program.rs"]
mod program;
#[expect(dead_code, reason = "not all of it is this test's")]
#[path = "support/service.rs"]
mod service;

use program::fundwatch;
use serde_json::Value;
use service::{PATIENCE, free_port, start};
use yaml_rust2::{Yaml, YamlLoader};

fn services() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("services")
}

fn read(path: &str) -> String {
    fs::read_to_string(services().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a file.
fn yaml(path: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The expressions of the alert rules.
fn expressions_of_alerts() -> Vec<String> {
    let rules = yaml("prometheus/alerts.yaml").remove(0);
    let rules =
        rules["groups"].as_vec().unwrap().iter().flat_map(|group| group["rules"].as_vec().unwrap().clone());
    rules.map(|rule| rule["expr"].as_str().unwrap().to_owned()).collect()
}

/// The expressions of the dashboard.
fn expressions_of_dashboard() -> Vec<String> {
    fn collect(of: &Value, found: &mut Vec<String>) {
        match of {
            Value::Object(fields) => {
                found.extend(fields.get("expr").and_then(Value::as_str).map(str::to_owned));
                fields.values().for_each(|value| collect(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let dashboard: Value = serde_json::from_str(&read("grafana/dashboard.json")).unwrap();
    let mut found = Vec::new();
    collect(&dashboard, &mut found);
    found
}

/// The names of the service in an expression: those that begin as its own do.
fn names(expression: &str) -> BTreeSet<&str> {
    let words = expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("fundwatch_") || word.starts_with("process_")).collect()
}

#[test]
fn names_of_an_expression_are_seen() {
    let found =
        names("sum by (le) (rate(fundwatch_tick_seconds_bucket{instance=~\"$x\"}[5m])) > process_a or up");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["fundwatch_tick_seconds_bucket", "process_a"]);
}

/// A broker, if the machine has what one needs.
struct Broker {
    folder: PathBuf,
    port: u16,
}

fn kafka(args: &[&str]) {
    let done = Command::new(services().join("kafka/run")).args(args).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Broker {
    fn start(at: &Path) -> Option<Broker> {
        let has =
            |name: &str| Command::new(name).arg("-version").output().is_ok_and(|done| done.status.success());
        if !has("java") || !has("mvn") {
            assert!(std::env::var("FUNDWATCH_KAFKA").as_deref() != Ok("required"), "java or mvn is missing");
            return None;
        }
        kafka(&["fetch"]);
        let broker = Broker { folder: at.join("broker"), port: free_port().port() };
        kafka(&["start", broker.folder.to_str().unwrap(), &broker.port.to_string()]);
        kafka(&["topics", &broker.port.to_string(), "changes:2", "alerts:1"]);
        Some(broker)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let pid = fs::read_to_string(self.folder.join("pid")).unwrap_or_default();
        let _ = Command::new("kill").args(["-9", pid.trim()]).output();
    }
}

/// Names that are there only with a broker.
const OF_KAFKA: [&str; 3] =
    ["fundwatch_kafka_lag_messages", "fundwatch_published_sequence", "fundwatch_publish_lag_events"];

#[test]
fn dashboard_and_alerts_speak_of_figures_that_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let broker = Broker::start(folder.path());
    let mut config = format!("data = {:?}\n[metrics]\narrangements = true\n", folder.path().join("data"));
    if let Some(broker) = &broker {
        config += &format!(
            "[kafka]\nbrokers = \"127.0.0.1:{}\"\ntopics = [\"changes\"]\nalert_topic = \"alerts\"\n",
            broker.port
        );
    } else {
        eprintln!("java or mvn is missing: figures of Kafka were not looked for");
    }
    let path = folder.path().join("fundwatch.toml");
    fs::write(&path, config).unwrap();
    let log = folder.path().join("log");
    let mut service = start(&["--config", path.to_str().unwrap()], free_port(), &log, &[]);
    assert!(service.is_ready());
    let there = |metrics: &str| -> BTreeSet<String> {
        let lines = metrics.lines().filter(|line| !line.starts_with('#'));
        lines.map(|line| line.split(['{', ' ']).next().unwrap().to_owned()).collect()
    };
    let begun = Instant::now();
    while broker.is_some() && !OF_KAFKA.iter().all(|name| there(&service.metrics()).contains(*name)) {
        let log = || fs::read_to_string(&log).unwrap();
        assert!(begun.elapsed() < PATIENCE, "{}{}", service.metrics(), log());
        std::thread::sleep(Duration::from_millis(200));
    }
    let there = there(&service.metrics());
    let (alerts, dashboard) = (expressions_of_alerts(), expressions_of_dashboard());
    assert!(alerts.len() > 10 && dashboard.len() > 30, "{} and {}", alerts.len(), dashboard.len());
    for expression in alerts.iter().chain(&dashboard) {
        for name in names(expression) {
            let is_left_out = broker.is_none() && OF_KAFKA.contains(&name);
            assert!(is_left_out || there.contains(name), "{name} of {expression} is not in /metrics");
        }
    }
    // And nothing is counted that nobody looks at.
    let spoken: BTreeSet<&str> =
        alerts.iter().chain(&dashboard).flat_map(|expression| names(expression)).collect();
    let base = |name: &str| {
        name.trim_end_matches("_bucket").trim_end_matches("_sum").trim_end_matches("_count").to_owned()
    };
    let spoken: BTreeSet<String> = spoken.into_iter().map(base).collect();
    let unseen: Vec<&String> =
        there.iter().filter(|name| !spoken.contains(&base(name)) && *name != "fundwatch_info").collect();
    assert_eq!(unseen, [""; 0], "neither the dashboard nor an alert speaks of them");
}

#[test]
fn every_alert_says_what_is_wrong_and_what_to_do() {
    let rules = yaml("prometheus/alerts.yaml").remove(0);
    let page = fs::read_to_string(services().join("../../docs/operate.md")).unwrap();
    for rule in rules["groups"][0]["rules"].as_vec().unwrap() {
        let name = rule["alert"].as_str().unwrap();
        for annotation in ["summary", "description", "action"] {
            let text = rule["annotations"][annotation].as_str();
            assert!(text.is_some_and(|text| text.len() > 20), "{name} has no {annotation}");
        }
        assert!(matches!(rule["labels"]["severity"].as_str(), Some("warning" | "critical")), "{name}");
        assert!(page.contains(&format!("`{name}`")), "docs/operate.md does not speak of {name}");
    }
}

/// Runs a tool of the machine if it is there; says so if not.
fn has_tool(tool: &str) -> bool {
    let is_there = Command::new(tool).arg("--version").output().is_ok_and(|done| done.status.success());
    if !is_there {
        eprintln!("{tool} is missing: it was not asked");
    }
    is_there
}

fn holds(command: &mut Command) {
    let done = command.output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&text));
}

#[test]
fn prometheus_takes_its_files() {
    let config = yaml("prometheus/prometheus.yaml").remove(0);
    assert_eq!(config["rule_files"][0].as_str(), Some("alerts.yaml"));
    assert_eq!(config["scrape_configs"][0]["job_name"].as_str(), Some("fundwatch"));
    if has_tool("promtool") {
        let at = |path: &str| services().join(path);
        holds(Command::new("promtool").args(["check", "rules"]).arg(at("prometheus/alerts.yaml")));
        holds(Command::new("promtool").args(["check", "config"]).arg(at("prometheus/prometheus.yaml")));
        holds(Command::new("promtool").args(["test", "rules"]).arg(at("prometheus/alerts.test.yaml")));
    }
}

#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    // The program stands where it was built.
    let built = |text: &str| text.replace("/usr/local/bin/fundwatch", env!("CARGO_BIN_EXE_fundwatch"));
    for (name, instance) in [
        ("fundwatch.service", "fundwatch.service"),
        ("fundwatch-worker@.service", "fundwatch-worker@1.service"),
    ] {
        let unit = read(&format!("systemd/{name}"));
        for line in [
            "DynamicUser=yes",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "LimitCORE=0",
            "Restart=on-failure",
        ] {
            assert!(unit.lines().any(|of| of == line), "{name}: {line}");
        }
        fs::write(folder.path().join(instance), built(&unit)).unwrap();
    }
    if has_tool("systemd-analyze") {
        let verify = |instance: &str| {
            let unit = folder.path().join(instance);
            holds(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&unit));
        };
        verify("fundwatch.service");
        verify("fundwatch-worker@1.service");
        // The leader, with what it needs beside its own file.
        let beside = folder.path().join("fundwatch.service.d");
        fs::create_dir(&beside).unwrap();
        fs::write(beside.join("cluster.conf"), built(&read("systemd/cluster.conf"))).unwrap();
        verify("fundwatch.service");
    }
}

/// The object of a kind and name.
fn object<'y>(objects: &'y [Yaml], kind: &str, name: &str) -> &'y Yaml {
    let is = |of: &&Yaml| of["kind"].as_str() == Some(kind) && of["metadata"]["name"].as_str() == Some(name);
    objects.iter().find(is).unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

fn has_no_rights(set: &Yaml) {
    let pod = &set["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true));
    let context = &pod["containers"][0]["securityContext"];
    assert_eq!(context["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(context["allowPrivilegeEscalation"].as_bool(), Some(false));
}

#[test]
fn a_cluster_is_a_leader_as_it_would_be_alone_and_workers_without_a_state() {
    let (alone, together) = (yaml("kubernetes/fundwatch.yaml"), yaml("kubernetes/cluster.yaml"));
    let of = |objects| &object(objects, "StatefulSet", "fundwatch")["spec"];
    let (leader_alone, leader) = (of(&alone), of(&together));
    let container = |set: &Yaml| set["template"]["spec"]["containers"][0].clone();
    for same in ["args", "securityContext", "startupProbe", "livenessProbe", "readinessProbe", "resources"] {
        assert_eq!(container(leader)[same], container(leader_alone)[same], "{same}");
    }
    assert_eq!(leader["volumeClaimTemplates"], leader_alone["volumeClaimTemplates"]);
    let workers = &object(&together, "StatefulSet", "fundwatch-worker")["spec"];
    has_no_rights(leader);
    has_no_rights(workers);
    assert!(workers["volumeClaimTemplates"].is_badvalue());
    // A host for each process, under the name of its pod; the number of a worker is that of its pod.
    let config = object(&together, "Secret", "fundwatch")["stringData"]["fundwatch.toml"].as_str().unwrap();
    assert_eq!(workers["ordinals"]["start"].as_i64(), Some(1));
    let replicas = workers["replicas"].as_i64().unwrap();
    let named = (1..=replicas)
        .all(|nth| config.contains(&format!("\"fundwatch-worker-{nth}.fundwatch-cluster:2101\"")));
    assert!(named && config.matches(":2101").count() as i64 == replicas + 1, "{config}");
    assert_eq!(container(workers)["env"][0]["name"].as_str(), Some("FUNDWATCH_PROCESS"));
    // The program takes it as that of either; the secret is made by the one who deploys.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("secret"), "0123456789abcdef").unwrap();
    fs::write(folder.path().join("config"), config.replace("/etc/fundwatch-cluster/", "")).unwrap();
    let done = fundwatch(folder.path(), &["config", "check", "config"]);
    assert!(done.code == Some(0) && done.out.contains("the leader of 2 processes"), "{done:?}");
    // And so it is in a container.
    let override_of = yaml("compose/cluster.yaml").remove(0);
    let command = override_of["services"]["fundwatch"]["command"].as_vec().unwrap().clone();
    assert_eq!(command.first().and_then(Yaml::as_str), Some("cluster"));
}

#[test]
fn compose_and_kubernetes_run_a_service_that_has_no_rights() {
    let compose = yaml("compose/compose.yaml").remove(0);
    let services_of = compose["services"].as_hash().unwrap();
    for wanted in ["fundwatch", "kafka", "postgres", "prometheus", "grafana"] {
        let service = &services_of[&Yaml::String(wanted.to_owned())];
        let image = service["image"].as_str().unwrap();
        let version = image.rsplit_once(':').map_or("", |(_, version)| version);
        assert!(!version.is_empty() && version != "latest", "{wanted}: {image} has no version");
        // What is mounted from here is here.
        for volume in service["volumes"].as_vec().unwrap() {
            let from = volume.as_str().unwrap().split(':').next().unwrap();
            assert!(!from.starts_with('.') || services().join("compose").join(from).exists(), "{from}");
        }
    }
    let ours = &compose["services"]["fundwatch"];
    assert_eq!((ours["read_only"].as_bool(), ours["ulimits"]["core"].as_i64()), (Some(true), Some(0)));

    let objects = yaml("kubernetes/fundwatch.yaml");
    let set = &object(&objects, "StatefulSet", "fundwatch")["spec"];
    has_no_rights(set);
    assert_eq!(set["replicas"].as_i64(), Some(1), "a state is one process's");
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert!(!set["template"]["spec"]["containers"][0][probe].is_badvalue(), "{probe}");
    }
    let budget = object(&objects, "PodDisruptionBudget", "fundwatch");
    assert_eq!(budget["spec"]["maxUnavailable"].as_i64(), Some(0));

    // The configurations are ones that the program takes.
    let folder = tempfile::tempdir().unwrap();
    let secret = object(&objects, "Secret", "fundwatch")["stringData"]["fundwatch.toml"].as_str().unwrap();
    for (name, config) in [("compose", read("compose/fundwatch.toml")), ("kubernetes", secret.to_owned())] {
        let path = folder.path().join(name);
        fs::write(&path, config).unwrap();
        let done = fundwatch(folder.path(), &["config", "check", name]);
        assert_eq!(done.code, Some(0), "{done:?}");
    }
}
