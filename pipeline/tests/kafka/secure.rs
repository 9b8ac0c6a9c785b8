//! A broker behind TLS that asks for a name and a password. Its certificate is made by `openssl`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::broker::Broker;
use crate::place::Place;
use crate::program::fundwatch;
use crate::service::free_port;

fn openssl(at: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split(' ')).current_dir(at).output();
    let done = done.expect("openssl makes the certificates of this test");
    assert!(done.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Makes an authority `ca.pem`, and of it a certificate of this machine with its key in `broker.pem`.
fn certificates(at: &Path) {
    let new = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for authority in ["ca", "other"] {
        openssl(
            at,
            &format!(
                "{new} -x509 -days 2 -keyout {authority}.key -out {authority}.pem -subj /CN={authority}"
            ),
        );
    }
    openssl(at, &format!("{new} -keyout broker.key -out broker.csr -subj /CN=broker"));
    fs::write(at.join("extensions"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        at,
        "x509 -req -in broker.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out broker.crt",
    );
    let both = ["broker.key", "broker.crt"].map(|file| fs::read_to_string(at.join(file)).unwrap()).concat();
    fs::write(at.join("broker.pem"), both).unwrap();
}

/// A broker with a listener at `port` for those who come with TLS and a password.
fn broker(at: &Path, port: u16) -> Option<Broker> {
    certificates(at);
    let keys = at.join("broker.pem");
    Broker::start_with(at, |folder| {
        let more = format!(
            "listeners.more=SASL_SSL://127.0.0.1:{port}\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required;\n\
             listener.name.sasl_ssl.ssl.keystore.type=PEM\n\
             listener.name.sasl_ssl.ssl.keystore.location={}\n",
            keys.display()
        );
        fs::write(folder.join("more.properties"), more).unwrap();
        fs::write(folder.join("scram"), "SCRAM-SHA-512=[name=fundwatch,password=right]\n").unwrap();
    })
}

fn options(at: &Path, authority: &str, password: &str) -> String {
    format!(
        "[kafka.options]\n\"security.protocol\" = \"SASL_SSL\"\n\"ssl.ca.location\" = {:?}\n\
         \"sasl.mechanism\" = \"SCRAM-SHA-512\"\n\"sasl.username\" = \"fundwatch\"\n\
         \"sasl.password\" = \"{password}\"\n",
        at.join(format!("{authority}.pem"))
    )
}

#[test]
fn a_broker_that_asks_for_tls_and_a_password_is_read_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let (at, port) = (folder.path(), free_port().port());
    let Some(broker) = broker(at, port) else { return };
    broker.topics(&["changes:1", "bureau.person_fact:1", "alerts:1"]);
    let doctor = |place: &Place| {
        let done = fundwatch(at, &["doctor", "--config", &place.configure(port)]);
        done.out + &done.err
    };
    // Who is not believed, and who does not know the password, is told so.
    let mut place = Place::new(None);
    place.more = options(at, "other", "right");
    assert!(doctor(&place).contains("certificate verify failed"), "{}", doctor(&place));
    place.more = options(at, "ca", "wrong");
    assert!(doctor(&place).contains("Authentication failed"), "{}", doctor(&place));
    let mut service = place.begin_at(port, &[]);
    // Changes by HTTP are taken meanwhile.
    assert!(service.is_ready(), "{}", place.log());
    place.wait("readiness says what is wrong", || {
        let answer = service.get("/health/ready").unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        let says = |thread: &str| {
            text.lines().any(|line| line.starts_with(thread) && line.contains("Authentication failed"))
        };
        answer.status == 200 && says("kafka in: ") && says("kafka out: ")
    });
    assert!(!place.log().contains("wrong\""), "the password stands in the log");
    let _ = (service.child.kill(), service.child.wait());

    place.more = options(at, "ca", "right");
    let found = doctor(&place);
    assert!(found.contains("changes (1 partitions)"), "{found}");
    let mut service = place.begin_at(port, &[]);
    assert!(service.is_ready(), "{}", place.log());
    let sender = broker.sender();
    sender.send_visit_after_death();
    place.wait("the alert is published", || broker.committed("alerts").len() == 1);
    assert_eq!(service.get("/health/ready").unwrap().body, b"ready\n");
    assert_eq!(service.terminate(), Some(0), "{}", place.log());
}
