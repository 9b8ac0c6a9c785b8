//! Where a database is: `sqlite:PATH` or `postgres://USER@HOST:PORT/NAME`. A password is never shown.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;

use crate::Error;

/// Where a database is and how it is opened.
#[derive(Clone, Debug)]
pub struct Address {
    pub(crate) target: Target,
}

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

impl fmt::Debug for Target {
    /// Without a password.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Sqlite(path) => write!(to, "sqlite:{}", path.display()),
            Target::Postgres(options) => {
                let name = options.get_database().unwrap_or_else(|| options.get_username());
                let at = options.get_socket().map_or_else(
                    || format!("{}:{}", options.get_host(), options.get_port()),
                    |path| path.display().to_string(),
                );
                write!(to, "postgres://{}@{at}/{name}", options.get_username())
            }
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.target, to)
    }
}

impl Address {
    /// A file of SQLite.
    pub fn file(path: &Path) -> Address {
        Address { target: Target::Sqlite(path.to_owned()) }
    }

    /// Reads a URL; a password that is given apart goes before one that the URL has.
    ///
    /// # Errors
    /// It is none of a database that is known; the message shows no password.
    pub fn read(url: &str, password: Option<&str>) -> Result<Address, Error> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(':') {
                return Err(Error::Url("sqlite:PATH names a file, and nothing behind it".to_owned()));
            }
            return Ok(Address::file(Path::new(path)));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // What is wrong is said without the URL, in which a password may stand.
            let options = PgConnectOptions::from_str(url)
                .map_err(|_| Error::Url("postgres://USER@HOST:PORT/NAME is not as it must be".to_owned()))?;
            let options = match password {
                Some(password) => options.password(password),
                None => options,
            };
            return Ok(Address { target: Target::Postgres(Box::new(options)) });
        }
        let scheme: String = url.chars().take_while(|of| of.is_ascii_alphanumeric()).take(20).collect();
        Err(Error::Url(format!("`{scheme}` is no database that is known: sqlite:PATH, or postgres://…")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let address = Address::read("postgres://u:s3cret@h:5433/d", None).unwrap();
        assert_eq!(address.to_string(), "postgres://u@h:5433/d");
        assert!(!format!("{address:?}").contains("s3cret"));
        for bad in ["postgres://u:s3cret@h:port/d", "mysql://u:s3cret@h/d", "sqlite:", "sqlite::memory:"] {
            let error = Address::read(bad, None).unwrap_err().to_string();
            assert!(!error.contains("s3cret"), "{error}");
        }
        assert_eq!(Address::read("sqlite:a/b.sqlite", None).unwrap().to_string(), "sqlite:a/b.sqlite");
    }
}
