//! What is said on a control connection: messages with their length before them.
//!
//! A message is its bytes in bincode, as timely's own exchange has them, and behind it the words of the arena that a
//! tick brings. They are read by the same program that wrote them, which the handshake has seen to.

use std::io::{self, Read, Write};

use detectors::carried::CarriedStock;
use detectors::worker::TickOut;
use records::arena::{RowRef, TextRef};
use records::row::Moment;
use serde::{Deserialize, Serialize};

use crate::Error;

/// The files of a bank: of each the path below the bank's folder, and the text.
pub(crate) type Files = Vec<(String, String)>;

/// A bank on its way, and where its texts stand.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BankMessage {
    pub(crate) files: Files,
    /// Of each text that the bank is compiled with, where it stands in the arena.
    pub(crate) texts: Vec<(String, TextRef)>,
}

/// A tick on its way.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TickMessage {
    pub(super) tick: u64,
    pub(super) now: Option<Moment>,
    pub(super) profiles: bool,
    /// What records that are at hand no more did to stocks.
    pub(super) carried: Option<Vec<CarriedStock>>,
    /// Another bank from this tick on.
    pub(super) bank: Option<BankMessage>,
    /// Facts lost (-1) and gained (+1), in order.
    pub(super) facts: Vec<(RowRef, i8)>,
}

/// A message.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// Leader: all are there; connect with each other.
    Meet,
    /// Leader: start on the first of these banks; the rules of all of them have numbers. Words follow.
    Start {
        /// The files of all banks.
        banks: Vec<Files>,
        /// The first of them.
        first: BankMessage,
    },
    /// Leader: a tick; words follow.
    Tick(TickMessage),
    /// Both: nothing has happened.
    Alive,
    /// Leader: all is done.
    End,
    /// Follower: what one of its workers, counted from 0 in its process, answers to a tick.
    Answer(usize, TickOut),
    /// Follower: it cannot go on.
    Failed(String),
}

/// Bytes that are read at a time: whoever says that much more comes need not be believed.
const PART: u64 = 1 << 20;

fn invalid(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("a message cannot be read: {what}"))
}

/// Makes the bytes of a message, with words behind it, as they go over the connection.
///
/// # Errors
/// It cannot be written as bytes.
pub(super) fn encode(message: &Message, words: &[u8]) -> Result<Vec<u8>, Error> {
    let failed = |error| Error::Cluster(format!("a message cannot be written: {error}"));
    let mut bytes = vec![0; 8];
    bincode::serialize_into(&mut bytes, message).map_err(failed)?;
    bytes.extend_from_slice(words);
    let length = (bytes.len() - 8) as u64;
    bytes[..8].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// Reads a message and the words behind it; nothing, if the connection ended before one.
///
/// # Errors
/// The connection broke or ended within a message, or what came is none.
pub(super) fn read(from: &mut impl Read) -> io::Result<Option<(Message, Vec<u8>)>> {
    let mut length = [0; 8];
    let some = loop {
        match from.read(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => break read?,
        }
    };
    if some == 0 {
        return Ok(None);
    }
    from.read_exact(&mut length[some..])?;
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(PART)).map_err(invalid)?);
    if from.take(length).read_to_end(&mut bytes)? as u64 != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut rest = &bytes[..];
    let message: Message = bincode::deserialize_from(&mut rest).map_err(invalid)?;
    let words = rest.len();
    bytes.drain(..bytes.len() - words);
    Ok(Some((message, bytes)))
}

/// Says a message without words.
///
/// # Errors
/// The connection broke.
pub(super) fn say(to: &mut impl Write, message: &Message) -> io::Result<()> {
    to.write_all(&encode(message, &[]).map_err(invalid)?)
}
