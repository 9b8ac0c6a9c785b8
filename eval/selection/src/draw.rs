//! Draws that anybody can prove: who is visited although nothing points there, and who goes.
//!
//! A ranking that is never checked confirms itself. So some institutions are visited by lot. The lot of a code is the
//! SHA-256 of the seed, a line feed and the code; the smallest lots are drawn. Whoever has seed and frame repeats the
//! draw with `sha256sum`, and nobody who publishes the frame before the seed is known can steer it. Inspectors are
//! drawn in the same way ([`team`]).

pub mod team;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

/// The institutions among which the control group is drawn, and those that are ranked: sorted by the bytes of their
/// codes, none twice.
///
/// # Example
/// ```
/// use std::collections::BTreeSet;
///
/// use selection::draw::{Frame, inclusion_probability};
///
/// let frame = Frame::of(["H1", "H2", "H3", "H4"].map(str::to_owned));
/// let ranked = BTreeSet::from(["H1".to_owned()]);
/// let drawn = frame.control(&ranked, "2025 summer", 2);
/// assert_eq!(drawn.len(), 2);
/// assert!(drawn.iter().all(|institution| institution.code != "H1"));
/// assert_eq!(inclusion_probability(2, 3), 0.666_666_667);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame(Vec<String>);

/// One that was drawn.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DrawnInstitution {
    /// Its lot, in hexadecimal digits.
    pub lot: String,
    /// Its code.
    pub code: String,
}

impl Frame {
    /// The frame of these codes. A code with a line feed or another control character has no line of its own and
    /// cannot stand in a frame; see [`fits`].
    pub fn of(codes: impl IntoIterator<Item = String>) -> Frame {
        let codes: BTreeSet<String> = codes.into_iter().filter(|code| fits(code)).collect();
        Frame(codes.into_iter().collect())
    }

    /// Reads what [`Frame::text`] wrote.
    ///
    /// # Errors
    /// The line that is empty, stands twice or is out of order, and why.
    pub fn read(text: &str) -> Result<Frame, (usize, String)> {
        let mut codes: Vec<String> = Vec::new();
        for (line, code) in (1..).zip(text.split_terminator('\n')) {
            if !fits(code) {
                return Err((
                    line,
                    "it is empty or has control characters; lines end with a line feed alone".to_owned(),
                ));
            }
            match codes.last() {
                Some(last) if last == code => return Err((line, format!("{code} stands twice"))),
                Some(last) if last.as_str() > code => {
                    return Err((
                        line,
                        format!("{code} stands after {last}; codes are sorted by their bytes"),
                    ));
                }
                _ => codes.push(code.to_owned()),
            }
        }
        if !text.is_empty() && !text.ends_with('\n') {
            return Err((codes.len(), "the last line has no line feed".to_owned()));
        }
        Ok(Frame(codes))
    }

    /// Its codes, one per line, each line ended by a line feed.
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |text, code| text + code + "\n")
    }

    /// The SHA-256 of its text, in hexadecimal digits.
    pub fn hash(&self) -> String {
        sha256(self.text().as_bytes())
    }

    /// How many stand in it.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody stands in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this code stands in it.
    pub fn holds(&self, code: &str) -> bool {
        self.0.binary_search_by(|other| other.as_str().cmp(code)).is_ok()
    }

    /// The `count` smallest lots of those that are not ranked, the smallest first; fewer if there are fewer.
    pub fn control(&self, ranked: &BTreeSet<String>, seed: &str, count: usize) -> Vec<DrawnInstitution> {
        let open = self.0.iter().filter(|code| !ranked.contains(*code));
        let mut drawn: Vec<DrawnInstitution> =
            open.map(|code| DrawnInstitution { lot: lot(&[seed, code]), code: code.clone() }).collect();
        drawn.sort_unstable();
        drawn.truncate(count);
        drawn
    }
}

/// Whether a code can stand in a frame: it is not empty and has no control characters.
pub fn fits(code: &str) -> bool {
    !code.is_empty() && !code.chars().any(char::is_control)
}

/// The chance of being drawn: `count` of `open`, to nine places, so that every reader of the file reads the same
/// number; 0 where nobody is.
#[expect(clippy::cast_precision_loss, reason = "counts of institutions are far below 2^53")]
pub fn inclusion_probability(count: usize, open: usize) -> f64 {
    const PLACES: f64 = 1e9;
    if open == 0 { 0.0 } else { (count.min(open) as f64 / open as f64 * PLACES).round() / PLACES }
}

/// The lot of these parts: the SHA-256 of the parts with a line feed between them, in hexadecimal digits.
pub fn lot(parts: &[&str]) -> String {
    sha256(parts.join("\n").as_bytes())
}

/// SHA-256 in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of what comes piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Sha256Stream(Sha256);

impl Sha256Stream {
    /// The next piece.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all pieces, in hexadecimal digits.
    pub fn finish(self) -> String {
        hex(&self.0.finalize())
    }
}

/// Bytes in hexadecimal digits.
fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).expect("a nibble is below 16");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame::of(["H3", "H1", "H2", "H1", "", "H\n4"].map(str::to_owned))
    }

    #[test]
    fn lots_and_hashes_are_those_of_sha256sum() {
        // printf 'H1\nH2\nH3\n' | sha256sum, and printf 'seed\nH1' | sha256sum
        assert_eq!(frame().hash(), "6cb01956774a8c2e0900e1a2ee8ebda8c9e4e5672c3a615e8e557c724faf7086");
        assert_eq!(lot(&["seed", "H1"]), "6f7d006e7aa7fc017af72957dc9546ecfa5f11a1996e557c3b14b5bdc22476ef");
    }

    #[test]
    fn a_frame_reads_what_it_wrote_and_nothing_else() {
        assert_eq!(Frame::read(&frame().text()), Ok(frame()));
        assert_eq!(Frame::read(""), Ok(Frame::default()));
        for (text, line, message) in [
            ("H1\nH1\n", 2, "H1 stands twice"),
            ("H2\nH1\n", 2, "H1 stands after H2; codes are sorted by their bytes"),
            ("H1\nH2", 2, "the last line has no line feed"),
            ("H1\r\n", 1, "it is empty or has control characters; lines end with a line feed alone"),
        ] {
            assert_eq!(Frame::read(text), Err((line, message.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn the_smallest_lots_of_those_not_ranked_are_drawn() {
        let codes: Vec<String> = (0..200).map(|n| format!("H{n:03}")).collect();
        let frame = Frame::of(codes.clone());
        let ranked: BTreeSet<String> = codes[..100].iter().cloned().collect();
        let drawn = frame.control(&ranked, "2025 summer", 10);
        assert_eq!(drawn.len(), 10);
        assert!(drawn.iter().all(|drawn| !ranked.contains(&drawn.code) && frame.holds(&drawn.code)));
        assert!(drawn.is_sorted());
        let greatest = &drawn[9].lot;
        let smaller = codes[100..].iter().filter(|code| lot(&["2025 summer", code]) <= *greatest).count();
        assert_eq!(smaller, 10);
        assert_ne!(drawn, frame.control(&ranked, "2025 autumn", 10));
        assert_eq!(frame.control(&ranked, "x", 1000).len(), 100);
        assert_eq!(inclusion_probability(10, 100), 0.1);
        assert_eq!(inclusion_probability(7, 3), 1.0);
        assert_eq!(inclusion_probability(20, 203), 0.098_522_167);
    }
}
