//! For a code that is none: those that look like it.

use std::path::Path;
use wire::Institution;
use wire::visible::{visible, visible_path};

/// Codes that are named.
const NAMED: usize = 5;

/// The codes nearest to one that was asked for.
pub(super) struct Nearest {
    asked: String,
    best: Vec<(usize, String, String)>,
    seen: u64,
}

impl Nearest {
    pub(super) fn to(asked: &str) -> Nearest {
        Nearest { asked: asked.to_owned(), best: Vec::new(), seen: 0 }
    }

    pub(super) fn offer(&mut self, institution: &Institution) {
        self.seen += 1;
        let name = institution.fixmedins_name.clone().unwrap_or_default();
        // Somebody may have typed the name, or a part of either.
        let part = !self.asked.is_empty()
            && (name.contains(&self.asked) || institution.fixmedins_code.contains(&self.asked));
        let steps = if part { 0 } else { steps(&self.asked, &institution.fixmedins_code) };
        self.best.push((steps, institution.fixmedins_code.clone(), name));
        self.best.sort();
        self.best.truncate(NAMED);
    }

    pub(super) fn sentence(&self, folder: &Path) -> String {
        let (asked, folder) = (visible(&self.asked), visible_path(folder));
        let mut text = format!("no institution {asked} among the {} of {folder}", self.seen);
        for (nth, (_, code, name)) in self.best.iter().enumerate() {
            text.push_str(if nth == 0 { "; nearest to it:" } else { "" });
            text.push_str(&format!("\n  {}  {}", visible(code), visible(name)));
        }
        text
    }
}

/// Letters to put in, leave out or change to make one text of the other.
fn steps(a: &str, b: &str) -> usize {
    // What is longer than any code is not compared letter by letter.
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted() {
        assert_eq!(
            [steps("H1", "H1"), steps("H12", "H21"), steps("", "abc"), steps("kitten", "sitting")],
            [0, 2, 3, 3]
        );
    }

    #[test]
    fn codes_and_names_that_look_alike_are_named_first() {
        let mut nearest = Nearest::to("H99010100011");
        for (code, name) in
            [("P1", "药店"), ("H99010100010", "甲"), ("H99010100111", "乙"), ("X", "H99010100011号")]
        {
            nearest.offer(&Institution {
                fixmedins_code: code.to_owned(),
                fixmedins_name: Some(name.to_owned()),
                ..Institution::default()
            });
        }
        let sentence = nearest.sentence(Path::new("out"));
        let positions =
            ["X  ", "H99010100010", "H99010100111", "P1"].map(|code| sentence.find(code).unwrap());
        assert!(positions.is_sorted(), "{sentence}");
    }
}
