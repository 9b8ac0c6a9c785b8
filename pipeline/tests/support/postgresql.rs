//! A PostgreSQL of a test's own, started by the project's script; it is killed when the test is done.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
}

fn script(args: &[&str]) -> Result<String, String> {
    // This file is compiled into tests of two crates, both one folder below the script's.
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let near = [manifest.join("services"), manifest.join("../services")];
    let services = near.iter().find(|folder| folder.exists()).unwrap();
    let done = Command::new(services.join("postgresql/run")).args(args).output().unwrap();
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

impl Server {
    /// Starts one, if the machine has what it needs.
    pub(crate) fn start(name: &str) -> Option<Server> {
        if let Err(why) = script(&["find"]) {
            assert!(std::env::var("FUNDWATCH_POSTGRESQL").as_deref() != Ok("required"), "{why}");
            eprintln!("nothing was tried on PostgreSQL: {}", why.trim());
            return None;
        }
        // Not in the folder of the test: that is its owner's alone, and the server is another.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("postgresql");
        let folder = target.join(format!("{name}-{}", std::process::id()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = Server { folder, port };
        server.begin();
        Some(server)
    }

    /// Starts it again.
    pub(crate) fn begin(&self) {
        script(&["start", self.folder.to_str().unwrap(), &self.port.to_string()]).unwrap();
    }

    /// Ends it as a crash would.
    pub(crate) fn crash(&self) {
        script(&["kill", self.folder.to_str().unwrap()]).unwrap();
    }

    /// Where its first database is.
    pub(crate) fn url(&self) -> String {
        script(&["url", &self.port.to_string()]).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = script(&["kill", self.folder.to_str().unwrap()]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
