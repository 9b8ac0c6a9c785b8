//! `fundwatch token`: a token for somebody who may come in.

use ::serve::access::principal::new_token;
use ::serve::access::table::Role;

use crate::args::TokenArgs;
use crate::error::Error;

/// Makes a token; gives the text for stdout: the token, and the lines for the configuration, which do not hold it.
///
/// # Errors
/// A role that is none, or the operating system has no random bytes.
pub fn token(args: &TokenArgs) -> Result<String, Error> {
    for role in &args.role {
        if !Role::ALL.iter().any(|known| known.name() == role) {
            let known: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
            return Err(Error::arguments(format!("{role} is no role; there are {}", known.join(", "))));
        }
    }
    let (token, hash) = new_token()?;
    // A text of TOML is written as one of JSON.
    let text = |text: &str| serde_json::Value::from(text).to_string();
    let list = |all: &[String]| all.iter().map(|of| text(of)).collect::<Vec<_>>().join(", ");
    Ok(format!(
        "# The token, which is shown only here. It is sent as `Authorization: Bearer TOKEN`.\n\
         {token}\n\n\
         # Lines for the configuration.\n\
         [[access.principals]]\n\
         name = {}\n\
         roles = [{}]\n\
         divisions = [{}]\n\
         token_sha256 = \"{hash}\"\n",
        text(&args.name),
        list(&args.role),
        list(&args.division)
    ))
}
