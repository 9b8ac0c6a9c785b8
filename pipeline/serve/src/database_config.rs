//! `[database]` of the configuration: where the database is, and where its password is to be had.

use std::fmt;
use std::path::{Path, PathBuf};

use database::Address;
use serde::Deserialize;

use crate::Error;

/// The file of the database where none is named, in the folder of the state.
pub(crate) const FILE: &str = "database.sqlite";

/// Where the database is.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`; a file in the folder of the state if none is named.
    pub url: Option<String>,
    /// The environment variable that has the password.
    pub password_variable: Option<String>,
    /// The file that has the password, alone or with a line feed behind it.
    pub password_file: Option<PathBuf>,
}

impl fmt::Debug for DatabaseConfig {
    /// Without the URL, in which a password may stand.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("DatabaseConfig")
            .field("password_variable", &self.password_variable)
            .field("password_file", &self.password_file)
            .finish_non_exhaustive()
    }
}

impl DatabaseConfig {
    /// What does not fit together; the password is not looked for.
    ///
    /// # Errors
    /// The first mistake.
    pub fn check(&self) -> Result<(), Error> {
        if self.password_variable.is_some() && self.password_file.is_some() {
            return Err(Error::config("database: the password is in a variable or in a file, not in both"));
        }
        self.read(None).map(drop)
    }

    /// Where the database is, with its password.
    ///
    /// # Errors
    /// The URL is none, or the password is not where it should be.
    pub fn address(&self, data: &Path) -> Result<Address, Error> {
        let password = self.password()?;
        match self.read(password.as_deref())? {
            Some(address) => Ok(address),
            None => Ok(Address::file(&data.join(FILE))),
        }
    }

    fn read(&self, password: Option<&str>) -> Result<Option<Address>, Error> {
        let read = |url: &String| {
            Address::read(url, password).map_err(|error| Error::config(format!("database: url: {error}")))
        };
        self.url.as_ref().map(read).transpose()
    }

    fn password(&self) -> Result<Option<String>, Error> {
        if let Some(variable) = &self.password_variable {
            let found = std::env::var(variable).map_err(|_| {
                Error::config(format!("database: password_variable: {variable} is not set, or is no text"))
            })?;
            return Ok(Some(found));
        }
        let Some(path) = &self.password_file else { return Ok(None) };
        let text = std::fs::read_to_string(path).map_err(|source| Error::file(path, source))?;
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_comes_from_a_file_and_is_not_shown() {
        let folder = std::env::temp_dir().join(format!("fundwatch-password-{}", std::process::id()));
        std::fs::write(&folder, "s3cret\n").unwrap();
        let config = DatabaseConfig {
            url: Some("postgres://u:0ther@h/d".to_owned()),
            password_file: Some(folder.clone()),
            ..DatabaseConfig::default()
        };
        let address = config.address(Path::new("data")).unwrap();
        std::fs::remove_file(&folder).unwrap();
        let shown = format!("{config:?} {address:?} {address}");
        assert!(!shown.contains("s3cret") && !shown.contains("0ther"), "{shown}");
        let none = DatabaseConfig::default().address(Path::new("data")).unwrap();
        assert_eq!(none.to_string(), "sqlite:data/database.sqlite");
    }
}
