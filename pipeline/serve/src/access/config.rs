//! What the configuration says of access: `[access]`, `[tls]` and `[limits]`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::principal::Principal;
use super::table::{Operation, Role};
use crate::Error;

/// What has to be written where nobody but a gateway reaches the service.
const GATEWAY: &str = "behind a gateway";

/// Who may come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// That addresses beyond this machine are listened on without TLS, since a gateway stands before them.
    pub plaintext: Option<String>,
    /// People and programs.
    pub principals: Vec<PrincipalConfig>,
}

/// Somebody who may come in, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrincipalConfig {
    /// The name under which the audit knows them.
    pub name: String,
    /// What they are here for.
    pub roles: Vec<Role>,
    /// First digits of the divisions (admdvs) that they see; all, if there are none.
    pub divisions: Vec<String>,
    /// SHA-256 of their token, in hexadecimal digits.
    pub token_sha256: Option<String>,
    /// Common name of the subject of their certificate.
    pub certificate: Option<String>,
}

/// TLS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate and those that lead from it to a root, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whose certificates of clients are believed, PEM; without it none is asked for.
    pub client_ca: Option<PathBuf>,
}

/// How much is taken of anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of the head of a request.
    pub head_bytes: usize,
    /// Seconds until a head must be there, from its connection or the answer before.
    pub head_seconds: u64,
    /// Bytes of a body of changes.
    pub changes_bytes: u64,
    /// Bytes of a bank that is proposed, with all its tables.
    pub bank_bytes: u64,
    /// Bytes of any other body.
    pub body_bytes: u64,
    /// Seconds in which a body that is waited for must bring [`BODY_PROGRESS`] bytes, or end.
    pub body_seconds: u64,
    /// Seconds for which what is sent may wait for its reader.
    pub write_seconds: u64,
    /// Entries of a page at the most.
    pub page: usize,
    /// Connections.
    pub connections: usize,
    /// Requests of one principal that are being answered, each of which has a connection.
    pub requests_per_principal: usize,
    /// Readers of the feed.
    pub feed_readers: usize,
}

/// Bytes that a body must bring in [`Limits::body_seconds`].
pub const BODY_PROGRESS: usize = 1 << 10;

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            head_bytes: 32 << 10,
            head_seconds: 10,
            changes_bytes: 1 << 30,
            bank_bytes: 64 << 20,
            body_bytes: 1 << 20,
            body_seconds: 20,
            write_seconds: 30,
            page: 1_000,
            connections: 4_096,
            requests_per_principal: 1_024,
            feed_readers: 2_048,
        }
    }
}

impl Limits {
    /// What does not fit together.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Error> {
        let counts = [self.connections, self.requests_per_principal, self.feed_readers, self.page]
            .iter()
            .all(|n| *n > 0);
        let seconds = [self.head_seconds, self.body_seconds, self.write_seconds];
        let seconds = seconds.iter().all(|seconds| (1..=3_600).contains(seconds));
        let bytes = self.changes_bytes > 0 && self.body_bytes > 0;
        if !(8 << 10..=1 << 20).contains(&self.head_bytes) {
            return Err(Error::config("limits: head_bytes: 8,192 to 1,048,576"));
        }
        // A bank is held whole, as it came and as it was read.
        if !(1 << 10..=1 << 30).contains(&self.bank_bytes) {
            return Err(Error::config("limits: bank_bytes: 1,024 to 1,073,741,824"));
        }
        if self.page > 10_000 {
            return Err(Error::config("limits: page: 1 to 10,000"));
        }
        if !counts || !seconds || !bytes {
            return Err(Error::config("limits: numbers from 1 on, and 1 to 3,600 seconds"));
        }
        Ok(())
    }

    /// Bytes of the body of a request at the most.
    pub fn body_of(&self, operation: Operation) -> u64 {
        match operation {
            Operation::ChangesWrite => self.changes_bytes,
            Operation::RulesApply => self.bank_bytes,
            _ => self.body_bytes,
        }
    }

    /// How long a head may take.
    pub fn head(&self) -> Duration {
        Duration::from_secs(self.head_seconds)
    }

    /// How long a body may stand still.
    pub fn body(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    /// How long a reader may not read.
    pub fn write(&self) -> Duration {
        Duration::from_secs(self.write_seconds)
    }
}

impl AccessConfig {
    /// Whether everybody who reaches the service may do everything.
    pub fn is_open(&self) -> bool {
        self.principals.is_empty()
    }

    /// Whether what is configured suffices for where the service listens.
    ///
    /// # Errors
    /// What is missing, and what to add.
    pub fn check(&self, listen: SocketAddr, tls: Option<&TlsConfig>) -> Result<(), Error> {
        if self.plaintext.as_deref().is_some_and(|text| text != GATEWAY) {
            return Err(Error::config(format!("access: plaintext: only \"{GATEWAY}\" may stand here")));
        }
        let principals = self.principals()?;
        if let Some(of) = principals.iter().find(|of| of.certificate.is_some())
            && tls.is_none_or(|tls| tls.client_ca.is_none())
        {
            return Err(Error::config(format!(
                "access: {} comes with a certificate, and none is asked for; name those who issue them as \
                 `client_ca` under [tls]",
                of.name
            )));
        }
        if listen.ip().is_loopback() {
            return Ok(());
        }
        if principals.is_empty() {
            return Err(Error::config(format!(
                "listen = \"{listen}\" can be reached from other machines, and nobody who comes is asked who they \
                 are; listen on 127.0.0.1, or add [[access.principals]] (`fundwatch token` makes a token)"
            )));
        }
        if tls.is_none() && self.plaintext.is_none() {
            return Err(Error::config(format!(
                "listen = \"{listen}\" can be reached from other machines, and tokens and records would go there as \
                 they are; add [tls] with certificate and key, or, where a gateway that does so stands before the \
                 service, plaintext = \"{GATEWAY}\" under [access]"
            )));
        }
        Ok(())
    }

    /// The principals, checked.
    ///
    /// # Errors
    /// The first mistake.
    pub fn principals(&self) -> Result<Vec<Principal>, Error> {
        let mut principals: Vec<Principal> = Vec::new();
        for written in &self.principals {
            let principal = written.checked()?;
            let same = |other: &&Principal| {
                other.name == principal.name
                    || other.token.is_some() && other.token == principal.token
                    || other.certificate.is_some() && other.certificate == principal.certificate
            };
            if let Some(other) = principals.iter().find(same) {
                return Err(Error::config(format!(
                    "access: {} and {} have a name, a token or a certificate in common",
                    other.name, principal.name
                )));
            }
            principals.push(principal);
        }
        Ok(principals)
    }
}

impl PrincipalConfig {
    fn checked(&self) -> Result<Principal, Error> {
        let name = self.name.trim();
        let wrong = |what: &str| Err(Error::config(format!("access: principal \"{name}\": {what}")));
        if name.is_empty() || name.len() > 100 || name.chars().any(char::is_control) {
            return wrong("a name of 1 to 100 bytes");
        }
        if self.roles.is_empty() {
            return wrong("at least one role");
        }
        if self.roles.contains(&Role::Auditor) && self.roles.iter().any(|role| *role != Role::Auditor) {
            return wrong("who audits has no other role");
        }
        let is_prefix =
            |of: &String| matches!(of.len(), 2 | 4 | 6) && of.bytes().all(|byte| byte.is_ascii_digit());
        if let Some(of) = self.divisions.iter().find(|of| !is_prefix(of)) {
            return wrong(&format!("division \"{of}\": the first 2, 4 or all 6 digits of an admdvs"));
        }
        if self.divisions.is_empty()
            && let Some(role) = self.roles.iter().find(|role| role.is_bound())
        {
            return wrong(&format!("role {}: at least one division", role.name()));
        }
        let token = match &self.token_sha256 {
            Some(digits) => match sha256_of(digits) {
                Some(hash) => Some(hash),
                None => {
                    return wrong("token_sha256: 64 hexadecimal digits, as `fundwatch token` prints them");
                }
            },
            None => None,
        };
        let certificate = self.certificate.clone().filter(|of| !of.is_empty());
        if token.is_none() && certificate.is_none() {
            return wrong("token_sha256 or certificate");
        }
        let mut roles = self.roles.clone();
        roles.sort();
        roles.dedup();
        Ok(Principal {
            name: name.to_owned(),
            roles,
            divisions: self.divisions.clone(),
            token,
            certificate,
            is_open: false,
        })
    }
}

fn sha256_of(digits: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    if digits.len() != 64 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(change: impl FnOnce(&mut PrincipalConfig)) -> PrincipalConfig {
        let mut principal = PrincipalConfig {
            name: "a".to_owned(),
            roles: vec![Role::Inspector],
            divisions: vec!["4401".to_owned()],
            token_sha256: Some("0a".repeat(32)),
            certificate: None,
        };
        change(&mut principal);
        principal
    }

    fn checked(principals: Vec<PrincipalConfig>, listen: &str) -> Result<(), String> {
        let access = AccessConfig { plaintext: None, principals };
        access.check(listen.parse().unwrap(), None).map_err(|error| error.to_string())
    }

    #[test]
    fn mistakes_are_named() {
        let local = "127.0.0.1:1";
        assert_eq!(checked(vec![principal(|_| ())], local), Ok(()));
        let of = |change: fn(&mut PrincipalConfig)| checked(vec![principal(change)], local).unwrap_err();
        assert!(of(|of| of.divisions.clear()).contains("at least one division"));
        assert!(of(|of| of.divisions = vec!["44x1".to_owned()]).contains("admdvs"));
        assert!(of(|of| of.token_sha256 = None).contains("token_sha256 or certificate"));
        assert!(of(|of| of.token_sha256 = Some("+1".repeat(32))).contains("64 hexadecimal"));
        assert!(of(|of| of.token_sha256 = Some("xy".repeat(32))).contains("64 hexadecimal"));
        assert!(of(|of| of.certificate = Some("b".to_owned())).contains("client_ca"));
        assert!(of(|of| of.roles = vec![Role::Auditor, Role::Head]).contains("no other role"));
        assert!(of(|of| of.roles.clear()).contains("role"));
        assert!(of(|of| of.name.clear()).contains("name"));
        let two = vec![principal(|_| ()), principal(|of| of.name = "b".to_owned())];
        assert!(checked(two, local).unwrap_err().contains("in common"));
    }

    #[test]
    fn limits_are_within_bounds_and_each_sort_of_body_has_its_own() {
        let of = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            limits.check().map_err(|error| error.to_string())
        };
        assert_eq!(of(|_| ()), Ok(()));
        assert!(of(|of| of.bank_bytes = 1_023).unwrap_err().contains("bank_bytes"));
        assert!(of(|of| of.bank_bytes = (1 << 30) + 1).unwrap_err().contains("bank_bytes"));
        assert!(of(|of| of.body_bytes = 0).unwrap_err().contains("numbers from 1 on"));
        let body_of = |operation| Limits::default().body_of(operation);
        assert_eq!(body_of(Operation::ChangesWrite), 1 << 30);
        assert_eq!(body_of(Operation::RulesApply), 64 << 20);
        assert_eq!(body_of(Operation::RulesApprove), 1 << 20);
    }

    #[test]
    fn what_others_can_reach_is_protected() {
        assert_eq!(checked(Vec::new(), "127.0.0.1:1"), Ok(()));
        assert_eq!(checked(Vec::new(), "[::1]:1"), Ok(()));
        assert!(checked(Vec::new(), "0.0.0.0:1").unwrap_err().contains("other machines"));
        assert!(checked(vec![principal(|_| ())], "0.0.0.0:1").unwrap_err().contains("[tls]"));
        let access = |plaintext: &str| AccessConfig {
            plaintext: Some(plaintext.to_owned()),
            principals: vec![principal(|_| ())],
        };
        let listen = "10.0.0.1:1".parse().unwrap();
        assert!(access(GATEWAY).check(listen, None).is_ok());
        assert!(access("yes").check(listen, None).is_err());
    }
}
