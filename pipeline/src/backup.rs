//! `fundwatch backup` and `fundwatch restore`: the state of a service, copied while it runs and put back elsewhere.

use serde_json::{Value, json};
use wire::visible::visible_path;

use crate::args::{BackupArgs, RestoreArgs};
use crate::error::Error;
use crate::remote::Remote;

/// Has a running service copy its state; gives the text for stdout.
///
/// # Errors
/// The service refuses or does not answer.
pub fn backup(args: &BackupArgs) -> Result<String, Error> {
    let copied: Value = Remote::open(&args.service)?.post("/v1/backups", &json!({ "name": args.name }))?;
    let [folder, database] = ["folder", "database"].map(|name| copied[name].as_str().unwrap_or_default());
    let [tick, sequence, bytes] =
        ["tick", "sequence", "bytes"].map(|name| copied[name].as_u64().unwrap_or(0));
    let is_there = if copied["database_copied"] == true {
        format!("the database {database} is in it")
    } else {
        format!("the database {database} is not in it: save it with pg_dump")
    };
    Ok(format!("{folder}: tick {tick}, {sequence} events, {} MiB; {is_there}\n", bytes >> 20))
}

/// Makes a state of a backup; gives the text for stdout.
///
/// # Errors
/// The backup is damaged, there is a state already, the disk failed.
pub fn restore(args: &RestoreArgs) -> Result<String, Error> {
    let by = args.by.clone().unwrap_or_else(user);
    let (copied, manifest) = ::serve::restore(&args.backup, &args.data, &by)?;
    let data = visible_path(&args.data);
    let database = match manifest {
        Some(manifest) if manifest.database_copied => {
            format!(
                "the database is {data}/database.sqlite (it was {}); if the configuration names another file, move it \
                 there before the service starts",
                manifest.database
            )
        }
        Some(manifest) => format!(
            "the database was {} and is not in the backup: let the service have it as it is, or as pg_restore made it of \
             a dump; at its first start it is put right, and what was decided stays",
            manifest.database
        ),
        None => "the backup is of a program that did not copy the database: at its first start the service goes on \
                 with the one that the configuration names, or begins a new one"
            .to_owned(),
    };
    let (tick, sequence) = (copied.tick, copied.sequence);
    Ok(format!(
        "{data}: tick {tick}, {sequence} events; a service on it takes what came after the backup again\n{database}\n"
    ))
}

/// The user of this machine who typed the command.
fn user() -> String {
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    named.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "a user of this machine".to_owned())
}
