//! What belongs to a backup besides the store: the key of pseudonyms, the audit, and banks that were applied.

use std::fs;
use std::path::Path;

use crate::Error;

/// What stands beside the store in the folder of the state and is copied with it.
pub(crate) const BESIDE: [&str; 3] = ["mask.key", "audit.ndjson", "rules"];

/// Copies a file or a folder with all that is in it, with its rights; nothing, if it is not there.
///
/// # Errors
/// It cannot be read or written.
pub(crate) fn copy_beside(from: &Path, to: &Path) -> Result<(), Error> {
    let failed = |path: &Path, source| Error::file(path, source);
    if from.is_dir() {
        fs::create_dir_all(to).map_err(|source| failed(to, source))?;
        for entry in fs::read_dir(from).map_err(|source| failed(from, source))? {
            let entry = entry.map_err(|source| failed(from, source))?;
            copy_beside(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if from.exists() {
        fs::copy(from, to).map_err(|source| failed(to, source))?;
        fs::File::open(to).and_then(|file| file.sync_all()).map_err(|source| failed(to, source))?;
    }
    Ok(())
}
