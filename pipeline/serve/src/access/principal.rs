//! Principals: people and programs that the configuration knows, and how each of them is recognised.

use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use super::mask::random;
use super::table::{Operation, Role};
use crate::Error;
use crate::hex::hex;

/// Somebody who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Their name.
    pub name: String,
    /// What they are here for; sorted.
    pub roles: Vec<Role>,
    /// First digits of the divisions that they are bound to; none if they are bound to none.
    pub divisions: Vec<String>,
    /// SHA-256 of their token.
    pub token: Option<[u8; 32]>,
    /// Common name of their certificate.
    pub certificate: Option<String>,
    /// Whether this is everybody, where nobody is asked.
    pub is_open: bool,
}

impl Principal {
    /// Everybody on this machine, where no principal is configured: whoever can open a connection may do everything.
    pub fn everybody() -> Principal {
        Principal {
            name: "local".to_owned(),
            roles: Role::ALL.to_vec(),
            divisions: Vec::new(),
            token: None,
            certificate: None,
            is_open: true,
        }
    }

    /// Whether they may do this.
    pub fn may(&self, operation: Operation) -> bool {
        operation.may(&self.roles)
    }

    /// Whether they see what stands in this division.
    pub fn sees(&self, division: Option<&str>) -> bool {
        self.divisions.is_empty()
            || division.is_some_and(|of| self.divisions.iter().any(|prefix| of.starts_with(prefix.as_str())))
    }

    /// The names of their roles, with commas.
    pub fn roles_text(&self) -> String {
        self.roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")
    }
}

/// What somebody who comes shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shown<'a> {
    /// What stands behind `Bearer` in the head.
    pub token: Option<&'a str>,
    /// The common name of a certificate that was verified.
    pub certificate: Option<&'a str>,
}

/// Why nobody is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing is shown.
    Nothing,
    /// A token that no principal has.
    Token,
    /// A certificate that is believed, of a name that no principal has.
    Certificate,
}

impl Unknown {
    /// For the audit and for people.
    pub fn text(self) -> &'static str {
        match self {
            Unknown::Nothing => "neither a token nor a certificate",
            Unknown::Token => "an unknown token",
            Unknown::Certificate => "a certificate of an unknown name",
        }
    }
}

/// Those who are known; clones see the same ones, and the same change of them.
#[derive(Clone, Debug, Default)]
pub struct Principals {
    known: Arc<RwLock<Vec<Arc<Principal>>>>,
    /// Told whenever there are others.
    changes: watch::Sender<()>,
}

impl Principals {
    /// These; nobody is asked if there are none.
    pub fn new(principals: Vec<Principal>) -> Principals {
        let known = Principals::default();
        known.replace(principals);
        known
    }

    /// Takes these in place of those before. Whoever is being answered is answered to the end; who follows the feed is
    /// told, and goes if they are known no more.
    pub fn replace(&self, principals: Vec<Principal>) {
        let principals = if principals.is_empty() { vec![Principal::everybody()] } else { principals };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            principals.into_iter().map(Arc::new).collect();
        self.changes.send_replace(());
    }

    /// Told whenever there are others.
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Whether somebody is known still, and may and sees what they did.
    pub fn is_known(&self, principal: &Principal) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().any(|of| **of == *principal)
    }

    /// Who shows this. A token that is shown counts, and not the certificate beside it.
    ///
    /// # Errors
    /// Nobody does.
    pub fn recognise(&self, shown: Shown<'_>) -> Result<Arc<Principal>, Unknown> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(everybody) = known.iter().find(|of| of.is_open) {
            return Ok(Arc::clone(everybody));
        }
        match (shown.token, shown.certificate) {
            (Some(token), _) => {
                let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
                let mut found = None;
                // Everybody is looked at, and every byte: how long it takes says nothing about what is right.
                for principal in known.iter() {
                    if principal.token.is_some_and(|of| is_same(&of, &hash)) {
                        found = Some(principal);
                    }
                }
                found.cloned().ok_or(Unknown::Token)
            }
            (None, Some(name)) => {
                let found = known.iter().find(|of| of.certificate.as_deref() == Some(name));
                found.cloned().ok_or(Unknown::Certificate)
            }
            (None, None) => Err(Unknown::Nothing),
        }
    }
}

/// A new token of 256 random bits, and the digits of its hash.
///
/// # Errors
/// The operating system has no random bytes.
pub fn new_token() -> Result<(String, String), Error> {
    let token = format!("fw_{}", hex(&random().map_err(Error::System)?));
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    Ok((token, hex(&hash)))
}

/// Whether two hashes are the same, in a time that does not depend on where they differ.
fn is_same(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let differs = one.iter().zip(other).fold(0, |differs, (one, other)| differs | black_box(one ^ other));
    black_box(differs) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn principal(name: &str, token: Option<&str>, certificate: Option<&str>) -> Principal {
        Principal {
            name: name.to_owned(),
            roles: vec![Role::Inspector],
            divisions: vec!["4401".to_owned(), "45".to_owned()],
            token: token.map(|token| Sha256::digest(token.as_bytes()).into()),
            certificate: certificate.map(str::to_owned),
            is_open: false,
        }
    }

    #[test]
    fn tokens_come_before_certificates() {
        let known =
            Principals::new(vec![principal("a", Some("ta"), None), principal("b", Some("tb"), Some("cb"))]);
        let who = |token, certificate| {
            known.recognise(Shown { token, certificate }).map(|principal| principal.name.clone())
        };
        assert_eq!(who(Some("ta"), None).as_deref(), Ok("a"));
        assert_eq!(who(Some("ta"), Some("cb")).as_deref(), Ok("a"));
        assert_eq!(who(None, Some("cb")).as_deref(), Ok("b"));
        assert_eq!(who(Some("tx"), Some("cb")), Err(Unknown::Token));
        assert_eq!(who(Some(""), None), Err(Unknown::Token));
        assert_eq!(who(None, Some("a")), Err(Unknown::Certificate));
        assert_eq!(who(None, None), Err(Unknown::Nothing));
        known.replace(vec![principal("c", Some("tc"), None)]);
        assert_eq!(
            known.recognise(Shown { token: Some("ta"), certificate: None }).err(),
            Some(Unknown::Token)
        );
    }

    #[test]
    fn divisions_are_prefixes_and_what_has_none_is_not_theirs() {
        let bound = principal("a", None, None);
        let seen: Vec<bool> = [Some("440103"), Some("450000"), Some("440203"), Some("44"), None]
            .into_iter()
            .map(|division| bound.sees(division))
            .collect();
        assert_eq!(seen, [true, true, false, false, false]);
        assert!(Principal::everybody().sees(None));
    }
}
