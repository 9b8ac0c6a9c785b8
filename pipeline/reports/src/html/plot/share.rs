//! Parts of a whole in one bar, with their figures in the key above it.

use maud::{Markup, html};

use super::frame::{WIDTH, Words, at, figure, positive, tone};

/// One part.
#[derive(Clone, Debug)]
pub struct Part {
    /// What it is.
    pub label: String,
    /// Its size; below 0 counts as nothing.
    pub value: f64,
    /// The figure as people read it.
    pub text: String,
}

/// Parts side by side, in the order given.
pub fn share(words: Words<'_>, parts: &[Part]) -> Markup {
    let whole: f64 = parts.iter().map(|part| positive(part.value)).sum();
    let names: Vec<String> = parts.iter().map(|part| format!("{} {}", part.label, part.text)).collect();
    let key: Vec<(String, &str)> =
        names.iter().enumerate().map(|(n, name)| (tone(n), name.as_str())).collect();
    let mut from = 0.0;
    let mut drawn: Vec<(f64, f64)> = Vec::new();
    for part in parts {
        let wide = if whole > 0.0 { WIDTH * positive(part.value) / whole } else { 0.0 };
        drawn.push((from, wide));
        from += wide;
    }
    let body = html! {
        @for (number, (from, wide)) in drawn.iter().enumerate() {
            @if *wide > 0.0 {
                rect class=(tone(number)) x=(at(*from)) y="0" width=(at((wide - 1.0).max(0.5))) height="26" {
                    title { (names[number]) }
                }
            }
        }
    };
    figure(words, &key, 26.0, &body)
}
