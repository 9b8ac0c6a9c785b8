//! A folder with a simulated region, removed in the end.

use std::path::PathBuf;

/// A simulated folder that is removed in the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Folder {
    pub(super) fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.0.join(file)).unwrap()
    }

    pub(super) fn changes(&self) -> String {
        self.text("records/changes.ndjson")
    }
}
