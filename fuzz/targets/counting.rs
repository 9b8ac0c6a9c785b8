//! Reads a file as a run does and holds that no line of it is lost.

use std::path::PathBuf;
use std::sync::LazyLock;

use runtime::Error;
use runtime::front::Front;
use runtime::source::{self, Lines, Row};

/// Where the file is written.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = tempfile::Builder::new().prefix("fundwatch-fuzz").tempdir().expect("a folder for the file");
    folder.keep()
});

struct Taker {
    front: Front,
    handed: u64,
}

impl Lines for Taker {
    type Error = Error;
    fn line(&mut self, _number: u64, _line: &[u8]) -> Result<(), Error> {
        unreachable!("a table has no lines")
    }

    fn overlong(&mut self, _number: u64, _head: &[u8], _length: u64) -> Result<(), Error> {
        unreachable!("a table has no lines")
    }

    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        self.handed += 1;
        self.front.row("fuzz", number, row, &mut std::io::sink())?.expect("a sink takes all");
        Ok(())
    }
}

pub fn every_line_is_counted(name: &str, bytes: &[u8]) {
    let path = FOLDER.join(name);
    std::fs::write(&path, bytes).expect("the file can be written");
    let mut taker = Taker { front: Front::new(None), handed: 0 };
    let inputs = source::inputs(&[path], &mut Vec::new()).expect("the file is there");
    let read = source::read(&inputs[0], &mut taker);
    let damaged = |error: &Error| matches!(error, Error::Report(reports::Error::Read { .. }));
    assert!(read.as_ref().err().is_none_or(damaged), "{read:?}");
    let total = taker.front.total();
    assert_eq!(total.accepted + total.duplicate + total.rejected, taker.handed);
}
