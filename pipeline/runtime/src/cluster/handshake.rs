//! Who may join: both sides of a new connection prove that they know the secret, and that they fit together.
//!
//! ```text
//!   who connects                                   who accepts
//!   name, version of the protocol, nonce   ->
//!                                          <-      name, version of the protocol, nonce
//!   hello, proof over nonces and hello     ->
//!                                          <-      reply, proof over nonces, hello and reply
//! ```
//!
//! A proof is an HMAC with SHA-256. What is said later on the connection is neither proved nor encrypted.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::secret::{PROOF_BYTES, Secret};
use super::{Generation, Member, program};
use crate::Error;

/// How long the other side may take for a part of it.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Every connection begins with this.
const NAME: &[u8; 9] = b"fundwatch";

/// Version of the protocol.
const VERSION: u8 = 1;

const NONCE_BYTES: usize = 32;

const PREAMBLE_BYTES: usize = NAME.len() + 1 + NONCE_BYTES;

/// A hello or reply is never longer.
const PART_MAX: u32 = 1 << 16;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// What the leader says, and what it is answered.
    Control,
    /// Timely's exchange.
    Data,
}

/// What who connects says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Version of the program.
    pub(super) version: String,
    /// A mark of the program file.
    pub(super) program: u64,
    pub(super) purpose: Purpose,
    /// Its number, and how many it thinks there are.
    pub(super) process: usize,
    pub(super) processes: usize,
    /// Worker threads.
    pub(super) workers: usize,
    /// The bank that it insists on.
    pub(super) bank: Option<String>,
    /// Of which cluster it is, if it knows.
    pub(super) generation: Option<Generation>,
}

impl Hello {
    pub(super) fn of(
        member: &Member,
        purpose: Purpose,
        generation: Option<Generation>,
    ) -> Result<Hello, Error> {
        Ok(Hello {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            program: program()?,
            purpose,
            process: member.process,
            processes: member.hosts.count(),
            workers: member.workers,
            bank: member.bank.clone(),
            generation,
        })
    }
}

/// Why somebody is not let in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refusal {
    /// A sentence.
    pub(super) why: String,
    /// Whether it may pass by itself.
    pub(super) passes: bool,
}

impl Refusal {
    pub(super) fn new(why: impl Into<String>) -> Refusal {
        Refusal { why: why.into(), passes: false }
    }
}

#[derive(Debug, Serialize, Deserialize)]
enum Reply {
    Welcome(Generation),
    Refused(Refusal),
}

/// Why a connection did not come about.
#[derive(Debug, thiserror::Error)]
pub(super) enum HandshakeError {
    /// The connection broke, or nothing came.
    #[error("{0}")]
    Connection(#[from] io::Error),
    /// What is there is no process of a cluster, or of another version.
    #[error("what answers there is no process of a cluster of this version")]
    Foreign,
    /// The other side does not know the secret.
    #[error("its secret is another one")]
    Secret,
    /// It was not let in.
    #[error("{}", .0.why)]
    Refused(Refusal),
    /// This side cannot say who it is.
    #[error("{0}")]
    Own(#[from] Error),
}

/// Both nonces, of who connects first.
struct Nonces {
    connects: [u8; NONCE_BYTES],
    accepts: [u8; NONCE_BYTES],
}

fn begin() -> io::Result<([u8; PREAMBLE_BYTES], [u8; NONCE_BYTES])> {
    let mut nonce = [0; NONCE_BYTES];
    let drawn = rustix::rand::getrandom(&mut nonce, rustix::rand::GetRandomFlags::empty())?;
    if drawn != NONCE_BYTES {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut preamble = [0; PREAMBLE_BYTES];
    preamble[..NAME.len()].copy_from_slice(NAME);
    preamble[NAME.len()] = VERSION;
    preamble[NAME.len() + 1..].copy_from_slice(&nonce);
    Ok((preamble, nonce))
}

fn read_preamble(from: &mut impl Read) -> Result<[u8; NONCE_BYTES], HandshakeError> {
    let mut preamble = [0; PREAMBLE_BYTES];
    from.read_exact(&mut preamble)?;
    if &preamble[..NAME.len()] != NAME || preamble[NAME.len()] != VERSION {
        return Err(HandshakeError::Foreign);
    }
    let mut nonce = [0; NONCE_BYTES];
    nonce.copy_from_slice(&preamble[NAME.len() + 1..]);
    Ok(nonce)
}

fn write_part(to: &mut impl Write, part: &[u8], proof: &[u8; PROOF_BYTES]) -> io::Result<()> {
    let length = u32::try_from(part.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    to.write_all(&[&length.to_le_bytes(), part, proof].concat())
}

fn read_part(from: &mut impl Read) -> io::Result<(Vec<u8>, [u8; PROOF_BYTES])> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > PART_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut part = vec![0; length as usize];
    from.read_exact(&mut part)?;
    let mut proof = [0; PROOF_BYTES];
    from.read_exact(&mut proof)?;
    Ok((part, proof))
}

fn bytes_of(part: &impl Serialize) -> io::Result<Vec<u8>> {
    bincode::serialize(part).map_err(io::Error::other)
}

/// Reads what was proved: whoever wrote it knows the secret, and is of the same version of the protocol.
fn parse<T: DeserializeOwned>(part: &[u8]) -> Result<T, HandshakeError> {
    bincode::deserialize(part).map_err(|_| HandshakeError::Foreign)
}

fn patient(stream: &TcpStream, patience: Option<Duration>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(patience)?;
    stream.set_write_timeout(patience)
}

/// Joins over a new connection; gives the generation of the cluster.
///
/// # Errors
/// It was not let in, or the other side is not what it should be.
pub(super) fn join(
    stream: &mut TcpStream,
    secret: &Secret,
    hello: &Hello,
) -> Result<Generation, HandshakeError> {
    patient(stream, Some(PATIENCE))?;
    let (preamble, connects) = begin()?;
    stream.write_all(&preamble)?;
    let nonces = Nonces { connects, accepts: read_preamble(stream)? };
    let hello = bytes_of(hello)?;
    write_part(stream, &hello, &secret.prove(&[b"hello", &nonces.connects, &nonces.accepts, &hello]))?;
    let (reply, proof) = read_part(stream)?;
    if !secret.is_proved(&[b"reply", &nonces.connects, &nonces.accepts, &hello, &reply], &proof) {
        return Err(HandshakeError::Secret);
    }
    match parse(&reply)? {
        Reply::Refused(refusal) => Err(HandshakeError::Refused(refusal)),
        Reply::Welcome(generation) => {
            patient(stream, None)?;
            Ok(generation)
        }
    }
}

/// Answers somebody who wants to join; `decide` says whether who proved to be of the cluster is let in.
///
/// # Errors
/// It was not let in, or is not what it should be; it was told so, if it can be.
pub(super) fn answer(
    stream: &mut TcpStream,
    secret: &Secret,
    generation: Generation,
    decide: impl FnOnce(&Hello) -> Result<(), Refusal>,
) -> Result<Hello, HandshakeError> {
    patient(stream, Some(PATIENCE))?;
    let connects = read_preamble(stream)?;
    let (preamble, accepts) = begin()?;
    stream.write_all(&preamble)?;
    let (part, proof) = read_part(stream)?;
    let decided = if secret.is_proved(&[b"hello", &connects, &accepts, &part], &proof) {
        parse(&part).and_then(|hello: Hello| match decide(&hello) {
            Ok(()) => Ok(hello),
            Err(refusal) => Err(HandshakeError::Refused(refusal)),
        })
    } else {
        Err(HandshakeError::Secret)
    };
    let reply = bytes_of(&match &decided {
        Ok(_) => Reply::Welcome(generation),
        Err(HandshakeError::Refused(refusal)) => Reply::Refused(refusal.clone()),
        Err(error) => Reply::Refused(Refusal::new(error.to_string())),
    })?;
    write_part(stream, &reply, &secret.prove(&[b"reply", &connects, &accepts, &part, &reply]))?;
    let hello = decided?;
    patient(stream, None)?;
    Ok(hello)
}
