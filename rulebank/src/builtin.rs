//! The bank that is built into the program.
//!
//! The lists `RULES`, `MODELS`, `TABLES` and `EXEMPTIONS` (path and text of each file) are written by `build.rs` from
//! the folders of this crate, so a rule or table is built in by lying there.
//! The built-in bank approves nothing by itself: `exemptions/TEMPLATE.toml` is there to be copied.

use std::sync::OnceLock;

use toml::de::DeTable;

use crate::section::text_of;

include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The classes of visits that hold where a bank states none.
pub(crate) const MED_TYPE: &str = include_str!("../tables/med_type.csv");

/// The id and the detector of every built-in rule; read once.
pub(crate) fn rule_detectors() -> &'static [(String, String)] {
    static KNOWN: OnceLock<Vec<(String, String)>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let read = |(_, text): &(&str, &str)| {
            let (document, _) = DeTable::parse_recoverable(text);
            Some((text_of(document.get_ref(), "id")?, text_of(document.get_ref(), "detector")?))
        };
        RULES.iter().chain(MODELS).filter_map(read).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The files below a folder of this crate, as a bank's folder is read.
    fn files(folder: &str, extension: &str) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (found, errors) = crate::folder::files(&root.join(folder), extension, true);
        assert!(errors.is_empty(), "{errors:?}");
        let relative =
            |path: &std::path::PathBuf| path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        found.iter().map(relative).collect()
    }

    #[test]
    fn what_is_built_in_is_what_a_folder_of_the_same_files_would_be() {
        let named =
            |list: &[(&str, &str)]| list.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>();
        let (models, rules): (Vec<_>, Vec<_>) =
            files("rules", "toml").into_iter().partition(|path| path.starts_with("rules/models/"));
        assert_eq!(named(super::RULES), rules);
        assert_eq!(named(super::MODELS), models);
        assert_eq!(named(super::TABLES), files("tables", "csv"));
        assert_eq!(named(super::EXEMPTIONS), files("exemptions", "toml"));
        assert_eq!(super::rule_detectors().len(), rules.len() + models.len());
    }
}
