//! The commands that speak to a service, by TLS and with certificates.

use std::path::Path;

use crate::banks::{bend, copy_built_in};
use crate::place::{Known, Place, known};
use crate::program::{Done, command};
use crate::service::Service;
use crate::tls::{authority, by_certificate, certificate, client, wait};

/// A service that speaks TLS, and those who may ask it; its folder has their certificates.
fn service(place: &Place, client_ca: bool, principals: &[Known]) -> Service {
    let at = place.folder.path();
    authority(at, "bureau");
    authority(at, "another");
    certificate(at, "bureau", "server", "/CN=fundwatch");
    certificate(at, "bureau", "head", "/CN=chen.li");
    certificate(at, "bureau", "owner", "/CN=zhao.min");
    certificate(at, "another", "forged", "/CN=chen.li");
    let file = |name: &str| at.join(name).display().to_string();
    let mut config =
        format!("[tls]\ncertificate = {:?}\nkey = {:?}\n", file("server.pem"), file("server.key"));
    if client_ca {
        config.push_str(&format!("client_ca = {:?}\n", file("bureau.pem")));
    }
    place.configure(&config, principals);
    let mut service = place.begin();
    wait(&mut service, &client(at, "bureau", None), place);
    service
}

/// Runs a command with a token, if there is one, and nothing else of TLS in its surroundings.
fn run(at: &Path, args: &[&str], token: Option<&str>) -> Done {
    let mut command = command(at, args);
    for name in ["FUNDWATCH_TOKEN", "FUNDWATCH_CA", "FUNDWATCH_CERT", "FUNDWATCH_KEY"] {
        command.env_remove(name);
    }
    command.envs(token.map(|token| ("FUNDWATCH_TOKEN", token)));
    let done = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}

fn refused(done: &Done, why: &str) {
    assert!(done.code == Some(2) && done.err.contains(why), "{why}: {done:?}");
}

const OWNER: [&str; 6] = ["--ca", "bureau.pem", "--cert", "owner.pem", "--key", "owner.key"];
const HEAD: [&str; 6] = ["--ca", "bureau.pem", "--cert", "head.pem", "--key", "head.key"];

#[test]
fn commands_believe_whom_they_are_told_to_and_show_who_asks() {
    let place = Place::new();
    let operator = known("operator", &["operator"], &[]);
    let principals = [
        operator.clone(),
        by_certificate("Chen Li", &["head"], "chen.li"),
        by_certificate("Zhao Min", &["rule_owner"], "zhao.min"),
    ];
    let running = service(&place, true, &principals);
    let at = place.folder.path();
    let url = format!("https://{}", running.address);
    let with = |args: &[&str], more: &[&str]| {
        let at = if args.first() == Some(&"top") { "--url" } else { "--at" };
        [args, &[at, &url], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let ask = |args: &[&str], more: &[&str], token: Option<&str>| {
        let all = with(args, more);
        run(at, &all.iter().map(String::as_str).collect::<Vec<_>>(), token)
    };
    let (ca, token) = (["--ca", "bureau.pem"], Some(operator.token.as_str()));
    let done = |done: &Done, says: &str| {
        assert!(done.code == Some(0) && done.out.contains(says), "{says}: {done:?}");
    };
    // With a token.
    done(&ask(&["top", "--once"], &ca, token), "ready");
    done(&ask(&["dlq", "list"], &ca, token), "nothing was rejected");
    let put = crate::tls::post(&running, &client(at, "bureau", None), "/v1/changes", token, b"no change\n");
    assert_eq!(put.status, 202, "{put:?}");
    done(&ask(&["dlq", "list"], &ca, token), "not_json");
    done(&ask(&["dlq", "show", "1"], &ca, token), "no change");
    done(&ask(&["dlq", "replay", "1"], &ca, token), "rejected again");
    done(&ask(&["backup", "noon"], &ca, token), "tick");
    // With certificates: one proposes, another one approves.
    copy_built_in(&at.join("bank"));
    let rule = at.join("bank/rules/extended/care_after_death.toml");
    bend(&rule, "status   = \"active\"", "status   = \"retired\"");
    let proposed = ask(&["rules", "apply", "bank", "--by", "somebody"], &OWNER, None);
    done(&proposed, "proposed by Zhao Min: waits for another person");
    let id = proposed.out.split([' ', ',']).nth(1).unwrap().to_owned();
    done(&ask(&["rules", "candidate"], &HEAD, None), &id);
    refused(&ask(&["rules", "approve", &id, "--by", "x"], &OWNER, None), "you may not do this");
    done(&ask(&["rules", "withdraw"], &OWNER, None), "was taken back");
    done(&ask(&["rules", "apply", "bank", "--by", "x"], &OWNER, None), &id);
    done(&ask(&["rules", "approve", &id, "--by", "x"], &HEAD, None), "approved by Chen Li: is in force");
    refused(&ask(&["rules", "promote", "T01", "--by", "x"], &OWNER, None), "T01");

    // Who is not believed, and who does not believe.
    let list = ["dlq", "list"];
    refused(&ask(&list, &ca, None), "it is not known who asks");
    refused(&ask(&list, &[], token), "--ca FILE");
    refused(&ask(&list, &["--ca", "another.pem"], token), "is of none of those whom --ca names");
    refused(&ask(&["top", "--once"], &["--ca", "another.pem"], token), "is of none of those whom --ca names");
    let forged = ["--ca", "bureau.pem", "--cert", "forged.pem", "--key", "forged.key"];
    refused(&ask(&list, &forged, None), "does not believe the certificate of --cert");
    let mixed = ["--ca", "bureau.pem", "--cert", "head.pem", "--key", "owner.key"];
    refused(&ask(&list, &mixed, None), "does not go with head.pem");
    refused(&ask(&list, &["--ca", "bureau.pem", "--cert", "head.pem"], None), "--key");
    refused(&ask(&list, &["--ca", "none.pem"], token), "none.pem");
    // The certificate names an address, and not this name of it.
    let name = format!("https://localhost:{}", running.address.port());
    refused(&run(at, &["dlq", "list", "--at", &name, "--ca", "bureau.pem"], token), "not for this address");
    let plain = format!("http://{}", running.address);
    refused(&run(at, &["dlq", "list", "--at", &plain], token), "https://");
    refused(&run(at, &["dlq", "list", "--at", &plain, "--ca", "bureau.pem"], token), "without TLS");
}

#[test]
fn without_certificates_of_clients_a_token_counts_and_a_service_without_tls_is_told_apart() {
    let place = Place::new();
    let operator = known("operator", &["operator"], &[]);
    let running = service(&place, false, std::slice::from_ref(&operator));
    let at = place.folder.path();
    let url = format!("https://{}", running.address);
    let token = Some(operator.token.as_str());
    let asked = run(at, &["dlq", "list", "--at", &url, "--ca", "bureau.pem"], token);
    assert_eq!((asked.code, asked.out.as_str()), (Some(0), "nothing was rejected\n"), "{asked:?}");
    // A certificate that nobody asks for is shown to nobody.
    let args = [&["dlq", "list", "--at", &url][..], &HEAD].concat();
    refused(&run(at, &args, None), "it is not known who asks");
    assert_eq!(run(at, &args, token).code, Some(0));
    // What is said once for all commands.
    let mut command = command(at, &["top", "--once", "--url", &url]);
    command.env("FUNDWATCH_CA", "bureau.pem").env("FUNDWATCH_TOKEN", &operator.token);
    assert_eq!(command.status().unwrap().code(), Some(0));

    let plain = Place::new();
    let other = plain.serve("", &[]);
    let url = format!("https://{}", other.address);
    refused(&run(at, &["dlq", "list", "--at", &url, "--ca", "bureau.pem"], None), "it does not speak TLS");
}
