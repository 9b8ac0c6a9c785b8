//! `fundwatch backup` and `fundwatch restore`: the state of a service, copied while it runs and put back elsewhere.

use serde_json::{Value, json};

use crate::args::{BackupArgs, RestoreArgs};
use crate::error::Error;
use crate::remote::Remote;

/// Has a running service copy its state; gives the text for stdout.
///
/// # Errors
/// The service refuses or does not answer.
pub fn backup(args: &BackupArgs) -> Result<String, Error> {
    let copied: Value = Remote::open(&args.service)?.post("/v1/backups", &json!({ "name": args.name }))?;
    let folder = copied["folder"].as_str().unwrap_or_default();
    let [tick, sequence, bytes] =
        ["tick", "sequence", "bytes"].map(|name| copied[name].as_u64().unwrap_or(0));
    Ok(format!("{folder}: tick {tick}, {sequence} events, {} MiB\n", bytes >> 20))
}

/// Makes a state of a backup; gives the text for stdout.
///
/// # Errors
/// The backup is damaged, there is a state already, the disk failed.
pub fn restore(args: &RestoreArgs) -> Result<String, Error> {
    let copied = ::serve::restore(&args.backup, &args.data)?;
    Ok(format!(
        "{}: tick {}, {} events; a service on it takes what came after the backup again\n",
        args.data.display(),
        copied.tick,
        copied.sequence
    ))
}
