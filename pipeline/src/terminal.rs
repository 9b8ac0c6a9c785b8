//! What a command says: results on stdout, progress and troubles on stderr.
//!
//! Whether anybody listens changes nothing of the work: a stderr that is closed or on a full disk is talked to in vain,
//! and a reader of stdout who has seen enough is no failure. No character that a terminal would obey gets out, whatever
//! records, names of files and banks hold ([`wire::visible`]).

use std::io::{ErrorKind, Write, stderr, stdout};

use wire::visible::visible_lines;

use crate::error::Error;

/// Says something on stderr.
pub fn tell(text: &str) {
    // Nobody may listen.
    let _ = writeln!(stderr().lock(), "{}", visible_lines(text));
}

/// stderr for the log: what cannot be written is taken as written. The library of the log would complain about it on
/// stderr, and panic because it cannot.
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(stderr().write(bytes).unwrap_or(bytes.len()))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let _ = stderr().flush();
        Ok(())
    }
}

/// Prints a result on stdout.
///
/// # Errors
/// It cannot be written, and there is somebody who reads.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = stdout().lock();
    match out.write_all(visible_lines(text).as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Error::write("standard output", error)),
        _ => Ok(()),
    }
}
