//! What the processes of a cluster know and nobody else: it is proved, and never sent.

use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Error;

/// Bytes of a proof.
pub(super) const PROOF_BYTES: usize = 32;

/// So many bytes a secret has at the least.
const SECRET_MIN: usize = 16;

/// The secret of a cluster. That of processes on one machine may be none: an empty one.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// Reads one from a file; white space around it is left out.
    ///
    /// # Errors
    /// The file cannot be read, or has fewer than 16 bytes.
    pub fn read(path: &Path) -> Result<Secret, Error> {
        let bytes = std::fs::read(path).map_err(|error| Error::read(path, error))?;
        let secret = bytes.trim_ascii();
        if secret.len() < SECRET_MIN {
            let path = path.display();
            return Err(Error::arguments(format!("{path}: a secret has {SECRET_MIN} bytes at the least")));
        }
        Ok(Secret(secret.to_vec()))
    }

    fn hmac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        for part in parts {
            hmac.update(&(part.len() as u64).to_le_bytes());
            hmac.update(part);
        }
        hmac
    }

    /// Proves that whoever said these parts knows the secret.
    pub(super) fn prove(&self, parts: &[&[u8]]) -> [u8; PROOF_BYTES] {
        self.hmac(parts).finalize().into_bytes().into()
    }

    /// Whether a proof of these parts is one of this secret; takes as long for a wrong one as for a right one.
    pub(super) fn is_proved(&self, parts: &[&[u8]], proof: &[u8; PROOF_BYTES]) -> bool {
        self.hmac(parts).verify_slice(proof).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_secret_and_of_the_parts_as_they_are_cut() {
        let (ours, theirs) = (Secret(b"0123456789abcdef".to_vec()), Secret::default());
        let proof = ours.prove(&[b"ab", b"c"]);
        assert!(ours.is_proved(&[b"ab", b"c"], &proof));
        assert!(!ours.is_proved(&[b"a", b"bc"], &proof));
        assert!(!theirs.is_proved(&[b"ab", b"c"], &proof));
    }

    #[test]
    fn a_secret_that_is_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "0123456789abcde \n").unwrap();
        assert!(Secret::read(&path).unwrap_err().to_string().contains("16 bytes"));
        std::fs::write(&path, "0123456789abcdef\n").unwrap();
        assert!(Secret::read(&path).unwrap() == Secret(b"0123456789abcdef".to_vec()));
    }
}
