//! TLS, and certificates of clients. The certificates are made by `openssl`.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{Reply, connect, head as head_of, over};
use crate::place::{Known, Place, known};
use crate::program::fundwatch;
use crate::service::{PATIENCE, Service};

fn openssl(at: &Path, args: &str) {
    let done = Command::new("openssl").args(args.split(' ')).current_dir(at).output();
    let done = done.expect("openssl makes the certificates of this test");
    assert!(done.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&done.stderr));
}

/// An authority.
pub(crate) fn authority(at: &Path, name: &str) {
    openssl(
        at,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout {name}.key -out {name}.pem \
             -subj /CN={name}"
        ),
    );
}

/// A certificate of an authority, for this machine or for a client of this name.
pub(crate) fn certificate(at: &Path, authority: &str, file: &str, subject: &str) {
    openssl(
        at,
        &format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {file}.key -out {file}.csr -subj {subject}"
        ),
    );
    fs::write(at.join("extensions"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    openssl(
        at,
        &format!(
            "x509 -req -in {file}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 \
             -extfile extensions -out {file}.pem"
        ),
    );
}

/// Somebody who believes an authority, and may come with a certificate.
pub(crate) fn client(at: &Path, authority: &str, own: Option<&str>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(at.join(format!("{authority}.pem"))).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = vec![CertificateDer::from_pem_file(at.join(format!("{own}.pem"))).unwrap()];
            let key = PrivateKeyDer::from_pem_file(at.join(format!("{own}.key"))).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

fn get(
    at: SocketAddr,
    client: &Arc<ClientConfig>,
    path: &str,
    token: Option<&str>,
) -> std::io::Result<Reply> {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
    let mut stream: StreamOwned<ClientConnection, TcpStream> = StreamOwned::new(connection, connect(at)?);
    over(&mut stream, &head_of("GET", path, token, ""), b"")
}

/// Hands something in.
pub(crate) fn post(
    service: &Service,
    client: &Arc<ClientConfig>,
    path: &str,
    token: Option<&str>,
    body: &[u8],
) -> Reply {
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
    let stream = connect(service.address).unwrap();
    let length = format!("Content-Length: {}\r\n", body.len());
    over(&mut StreamOwned::new(connection, stream), &head_of("POST", path, token, &length), body).unwrap()
}

pub(crate) fn wait(service: &mut Service, client: &Arc<ClientConfig>, place: &Place) {
    let begun = Instant::now();
    while !get(service.address, client, "/health/ready", None).is_ok_and(|reply| reply.status == 200) {
        assert!(service.child.try_wait().unwrap().is_none(), "{}", place.log());
        assert!(begun.elapsed() < PATIENCE, "{}", place.log());
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn by_certificate(name: &str, roles: &[&'static str], common_name: &str) -> Known {
    let mut of = known(name, roles, &[]);
    let at = of.lines.find("token_sha256").unwrap();
    of.lines.replace_range(at.., &format!("certificate = \"{common_name}\"\n"));
    of
}

#[test]
fn certificates_say_who_comes_and_are_read_again() {
    let place = Place::new();
    let at = place.folder.path();
    authority(at, "bureau");
    authority(at, "another");
    certificate(at, "bureau", "server", "/CN=fundwatch");
    certificate(at, "bureau", "head", "/O=bureau/CN=chen.li");
    certificate(at, "bureau", "stranger", "/CN=nobody");
    certificate(at, "another", "forged", "/CN=chen.li");
    let file = |name: &str| at.join(name).display().to_string();
    let config = format!(
        "[tls]\ncertificate = {:?}\nkey = {:?}\nclient_ca = {:?}\n",
        file("server.pem"),
        file("server.key"),
        file("bureau.pem")
    );
    let stayer = known("stayer", &["model_owner"], &[]);
    let token = known("auditor", &["auditor"], &[]);
    place.configure(
        &config,
        &[token.clone(), stayer.clone(), by_certificate("Chen Li", &["head"], "chen.li")],
    );
    let mut service = place.begin();
    let plain = client(at, "bureau", None);
    wait(&mut service, &plain, &place);
    assert!(place.log().contains("ready: https://"), "{}", place.log());
    let address = service.address;
    let name = |client: &Arc<ClientConfig>, token: Option<&str>| {
        let reply = get(address, client, "/v1/access", token).unwrap();
        (reply.status, reply.json()["name"].as_str().unwrap_or_default().to_owned())
    };
    let head = client(at, "bureau", Some("head"));
    assert_eq!(name(&head, None), (200, "Chen Li".to_owned()));
    assert_eq!(name(&head, Some(&token.token)), (200, "auditor".to_owned()));
    assert_eq!(name(&head, Some("wrong")).0, 401);
    assert_eq!(name(&plain, Some(&token.token)), (200, "auditor".to_owned()));
    assert_eq!(name(&plain, None).0, 401);
    assert_eq!(name(&client(at, "bureau", Some("stranger")), None).0, 401);
    // A certificate of others is none, and who does not believe ours does not come in.
    assert!(get(address, &client(at, "bureau", Some("forged")), "/v1/access", None).is_err());
    assert!(get(address, &client(at, "another", None), "/v1/access", None).is_err());
    // Without TLS nothing is said, not even that.
    assert!(crate::client::ask(address, "GET", "/v1/access", None, b"").is_err());

    // New certificates and principals, without an end.
    let pid = service.child.id().to_string();
    let hang_up = || assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let told = |count: usize, what: &str| {
        let begun = Instant::now();
        while place.log().matches(what).count() < count {
            assert!(begun.elapsed() < PATIENCE, "{}", place.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    fs::write(file("server.pem"), "nothing").unwrap();
    hang_up();
    told(1, "stay: ");
    assert_eq!(name(&head, None).0, 200);
    // Two follow the feed: one of them will be known no more.
    let follow = |client: &Arc<ClientConfig>, token: Option<&str>| {
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
        let mut stream = StreamOwned::new(connection, connect(address).unwrap());
        let reply = over(&mut stream, &head_of("GET", "/v1/feed", token, ""), b"").unwrap();
        assert_eq!(reply.status, 200, "{reply:?}");
        stream
    };
    let (mut goes, mut stays) = (follow(&head, None), follow(&plain, Some(&stayer.token)));
    authority(at, "newer");
    certificate(at, "newer", "server", "/CN=fundwatch");
    place.configure(&config, &[by_certificate("Wang", &["head"], "nobody"), stayer.clone()]);
    hang_up();
    told(1, "were read again");
    // The end of the feed is the end of its body.
    let mut rest = Vec::new();
    goes.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
    stays.sock.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    assert!(stays.read(&mut [0; 100]).is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
    let newer = client(at, "newer", Some("stranger"));
    assert_eq!(name(&newer, None), (200, "Wang".to_owned()));
    assert_eq!(name(&client(at, "newer", None), Some(&token.token)).0, 401);
    assert!(get(address, &plain, "/health/live", None).is_err());
    let outcomes: Vec<String> = place
        .audit(4)
        .iter()
        .filter(|entry| entry["operation"] == "access.reload")
        .map(|entry| entry["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(outcomes, ["allowed", "failed", "allowed"]);
    assert_eq!(service.terminate(), Some(0));

    let done = fundwatch(at, &["doctor", "--config", "fundwatch.toml", "--data", "data"]);
    let access = done.out.lines().find(|line| line.contains("  access ")).unwrap().to_owned();
    assert!(access.starts_with("ok") && access.contains("certificates of clients, 2 principals"), "{access}");
}
