//! `fundwatch schema`: what the lines and documents of the program look like, for those who read them by machine.
//!
//! The schemas are those of [`wire::schema`], which asks the structs that write and read every line.

use std::fmt::Write as _;

use wire::schema::{OUTPUTS, Output};

use crate::args::SchemaArgs;
use crate::error::Error;

/// The JSON Schema of one output, or the list of all outputs with where each is written.
///
/// # Errors
/// No output has this name.
pub fn schema(args: &SchemaArgs) -> Result<String, Error> {
    match &args.name {
        Some(name) => Output::named(name).map(Output::document).ok_or_else(|| {
            let names: Vec<&str> = OUTPUTS.iter().map(|output| output.name).collect();
            Error::arguments(format!("there is no output {name}; there are {}", names.join(", ")))
        }),
        None => {
            let mut text = String::new();
            for output in &OUTPUTS {
                let _ = writeln!(text, "{:<22}{}", output.name, output.written);
            }
            Ok(text)
        }
    }
}
