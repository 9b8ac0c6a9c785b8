//! Whether what is stored is written anew instead of compared: `FUNDWATCH_ACCEPT=1`.

/// Whether the one who runs the tests accepts what they find.
pub(crate) fn accepts() -> bool {
    std::env::var("FUNDWATCH_ACCEPT").as_deref() == Ok("1")
}
