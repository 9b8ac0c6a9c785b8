//! "Did you mean": the nearest of the words that would have been right.
//!
//! Near means few letters apart; where none is near, all words are listed. Every hint about a word comes from here.

/// A hint for `word` out of the words that are allowed there.
///
/// Names the nearest one if it is near enough to be a slip of the finger, else all of them.
pub(crate) fn for_word<'a>(word: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    let allowed: Vec<&str> = allowed.into_iter().collect();
    match nearest(word, &allowed) {
        Some(near) => format!("did you mean `{near}`?"),
        None if allowed.is_empty() => "nothing may stand here".to_owned(),
        None => format!("one of: {}", allowed.join(", ")),
    }
}

/// The allowed word within a third of the letters, if there is one.
fn nearest<'a>(word: &str, allowed: &[&'a str]) -> Option<&'a str> {
    let normal = word.to_lowercase().replace(['-', ' '], "_");
    allowed
        .iter()
        .map(|candidate| (distance(&normal, &candidate.to_lowercase().replace('-', "_")), *candidate))
        // Any letter is as near to a single one as any other: there is nothing to guess.
        .filter(|(_, candidate)| candidate.chars().count() > 1)
        .filter(|(steps, candidate)| *steps <= (candidate.chars().count() / 3).max(1))
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().collect();
    let to: Vec<char> = to.chars().collect();
    let mut rows = vec![vec![0; to.len() + 1]; from.len() + 1];
    for i in 0..=from.len() {
        for j in 0..=to.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(from[i - 1] != to[j - 1]);
                let mut steps = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1] {
                    steps = steps.min(rows[i - 2][j - 2] + 1);
                }
                steps
            };
        }
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_gets_the_word_and_a_guess_gets_the_list() {
        assert_eq!(for_word("severty", ["severity", "status"]), "did you mean `severity`?");
        assert_eq!(for_word("next_step", ["next-step", "title"]), "did you mean `next-step`?");
        assert_eq!(for_word("colour", ["high", "low"]), "one of: high, low");
    }
}
