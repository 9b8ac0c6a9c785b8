//! The built program as a person starts it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// How the program ended and what it said.
#[derive(Debug)]
pub(crate) struct Done {
    /// Its exit code; none if a signal ended it.
    pub(crate) code: Option<i32>,
    /// Its results.
    pub(crate) out: String,
    /// Its progress and its errors.
    pub(crate) err: String,
}

/// The program with these arguments, in the folder `at`.
pub(crate) fn command(at: &Path, args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fundwatch"));
    command.args(args).current_dir(at).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn fundwatch(at: &Path, args: &[impl AsRef<OsStr>]) -> Done {
    let done = command(at, args).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Done { code: done.status.code(), out: text(&done.stdout), err: text(&done.stderr) }
}
