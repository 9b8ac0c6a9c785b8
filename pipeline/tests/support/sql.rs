//! SQL past the program, as somebody has it who gets at the database: with `sqlite3`, or with PostgreSQL's `psql`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The one beside the server's programs, or else the one that is found.
fn psql() -> PathBuf {
    let run = Path::new(env!("CARGO_MANIFEST_DIR")).join("services/postgresql/run");
    let found = Command::new(run).arg("find").output().unwrap();
    let beside = Path::new(String::from_utf8(found.stdout).unwrap().trim()).join("psql");
    if beside.exists() { beside } else { PathBuf::from("psql") }
}

/// Does it, all or nothing; gives what it prints.
pub(crate) fn sql(url: &str, text: &str) -> String {
    let mut command = match url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut command = Command::new("sqlite3");
            command.args(["-bail", "-cmd", ".timeout 5000", path]);
            command
        }
        None => {
            let mut command = Command::new(psql());
            command.args(["-X", "-A", "-t", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "-", url]);
            command
        }
    };
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{text};\n").as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success(), "{text}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}
