//! What a command gives back to the program that ran it.

/// Text for stdout, and whether a check found something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOutput {
    /// For stdout.
    pub text: String,
    /// Whether a check found something.
    pub found: bool,
}

impl CommandOutput {
    /// The output of a command that checks nothing.
    pub fn text(text: String) -> CommandOutput {
        CommandOutput { text, found: false }
    }
}
