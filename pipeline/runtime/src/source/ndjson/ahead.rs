//! A line that broke off, followed over the lines behind it.
//!
//! Such an object may be pretty-printed, or cut: then what follows it is not part of it, and every line behind it must be
//! looked at as if it had not been there. It is followed once for all of them. An object that begins a line within it closes
//! or breaks where it would if it stood alone, so what is learnt of it on the way is kept, and no byte is followed twice
//! however many lines break off.

use std::collections::VecDeque;
use std::ops::Range;

use records::decode::LINE_BYTES_MAX;

use super::super::lines::{is_white, without_mark};
use super::follow::{Follow, Step};

/// Whether a line begins an object and breaks off within it, where the next line may go on.
pub(super) fn breaks_off(line: &[u8]) -> bool {
    let text = line.trim_ascii();
    if text.first() != Some(&b'{') {
        return false;
    }
    // The usual line has one object, and a brace at its end that is its own: no string with it in would be closed.
    let mut braces = memchr::memchr2_iter(b'{', b'}', text);
    if text.last() == Some(&b'}') && braces.nth(1).is_some() && braces.next().is_none() {
        return false;
    }
    let mut follow = Follow::new();
    let mut at = 0;
    loop {
        match follow.advance(text, at) {
            Step::Closed(to) if !follow.is_done() => at = to,
            Step::Closed(_) | Step::Broken(_) => return false,
            Step::More => return follow.advance(b"\n", 0) == Step::More,
        }
    }
}

/// An object that begins a line. Places are bytes since the first line that was followed.
#[derive(Debug)]
struct Object {
    line: usize,
    brace: usize,
    /// Where it closed; 0 if it did not.
    end: usize,
}

/// What is known of the lines from a broken one on.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    follow: Follow,
    /// So much was followed, whole lines, and so much behind it has no line end.
    at: usize,
    searched: usize,
    /// Of all that, so much was handed on.
    gone: usize,
    /// Objects that begin a line, in their order, and how many before them were handed on.
    objects: VecDeque<Object>,
    objects_gone: usize,
    /// Those that are open, outermost first, each with the depth that it stands at.
    open: VecDeque<(usize, usize)>,
}

/// What a look at the lines gave.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// More must come.
    More,
    /// What the lines are of which so many bytes are made.
    Known(usize),
}

/// An entry: its text if it goes over several lines, and where what follows it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) text: Option<Range<usize>>,
    pub(super) next: usize,
}

impl Ahead {
    /// Follows the lines of `kept`, whose first is the one that broke off.
    pub(super) fn look(&mut self, kept: &[u8], is_end: bool) -> Found {
        loop {
            let root = self.open.front().map_or(self.gone, |(object, _)| self.object(*object).line);
            let begin = self.at - self.gone;
            let found = memchr::memchr(b'\n', &kept[begin + self.searched..]);
            let end = match found {
                Some(found) => begin + self.searched + found + 1,
                None if is_end && begin < kept.len() => kept.len(),
                None if is_end => {
                    self.open.clear();
                    return Found::Known(begin);
                }
                None => {
                    self.searched = kept.len() - begin;
                    if kept.len() + self.gone - root <= LINE_BYTES_MAX {
                        return Found::More;
                    }
                    return self.give_up(begin);
                }
            };
            if begin > 0 && end + self.gone - root > LINE_BYTES_MAX {
                return self.give_up(begin);
            }
            if let Some(known) = self.follow(&kept[..end], begin) {
                return Found::Known(known);
            }
            (self.at, self.searched) = (end + self.gone, 0);
        }
    }

    /// Follows the line from `begin` to the end of `kept`; so many bytes are known if that decides anything.
    fn follow(&mut self, kept: &[u8], begin: usize) -> Option<usize> {
        let mut at = kept.len() - without_mark(&kept[begin..]).len();
        let brace = at + kept[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let is_object = kept.get(brace) == Some(&b'{') && self.follow.is_before_value();
        if is_object {
            self.open.push_back((self.objects_gone + self.objects.len(), self.follow.depth()));
            self.objects.push_back(Object { line: begin + self.gone, brace: brace + self.gone, end: 0 });
        }
        loop {
            match self.follow.advance(kept, at) {
                Step::More => return None,
                Step::Broken(_) => {
                    // A line that is no object of its own here is looked at anew.
                    self.open.clear();
                    return Some(if is_object { kept.len() } else { begin });
                }
                Step::Closed(to) => {
                    at = to;
                    if let Some((object, depth)) = self.open.back().copied()
                        && depth == self.follow.depth()
                    {
                        let first = self.objects_gone;
                        self.objects[object - first].end = to + self.gone;
                        self.open.pop_back();
                    }
                    if self.open.is_empty() {
                        return Some(kept.len());
                    }
                }
            }
        }
    }

    /// The outermost object is too long: what is known up to the next that is open, or up to `begin`.
    fn give_up(&mut self, begin: usize) -> Found {
        self.open.pop_front();
        let next = self.open.front().map(|(object, _)| self.object(*object).line - self.gone);
        Found::Known(next.unwrap_or(begin))
    }

    fn object(&self, nth: usize) -> &Object {
        &self.objects[nth - self.objects_gone]
    }

    /// The entry that begins at `at` of what is known.
    pub(super) fn entry_at(&mut self, known: &[u8], at: usize) -> Entry {
        let line_end =
            |from: usize| memchr::memchr(b'\n', &known[from..]).map_or(known.len(), |end| from + end + 1);
        let next = line_end(at);
        while self.objects.front().is_some_and(|object| object.line < at + self.gone) {
            self.objects.pop_front();
            self.objects_gone += 1;
        }
        let alone = Entry { text: None, next };
        let Some(object) = self.objects.front().filter(|object| object.line == at + self.gone) else {
            return alone;
        };
        let Some(end) = object.end.checked_sub(self.gone).filter(|end| (next..=known.len()).contains(end))
        else {
            return alone;
        };
        let after = line_end(end);
        if !is_white(&known[end..after]) {
            return alone;
        }
        Entry { text: Some(object.brace - self.gone..end), next: after }
    }

    /// So many bytes were handed on.
    pub(super) fn forget(&mut self, known: usize) {
        self.gone += known;
        self.at = self.at.max(self.gone);
    }

    /// Whether an object is open that is to be followed further.
    pub(super) fn goes_on(&self) -> bool {
        !self.open.is_empty()
    }
}
