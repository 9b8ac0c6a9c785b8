//! Texts of outputs: sentences in two languages, and words of fixed lists.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A word of a fixed list, such as a verdict or a kind of record: borrowed where it is written, owned where it is read.
pub type Keyword = Cow<'static, str>;

/// A text in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// A text from its two forms.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Bilingual {
        Bilingual { zh: zh.into(), en: en.into() }
    }
}
