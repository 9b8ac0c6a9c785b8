//! Lines that were good once: flipped, cut, spliced, swollen, nested, of all formats. None of them may stop the reader,
//! none may be lost: what is accepted, duplicate or rejected is what went in, white lines excepted.
//!
//! `FUNDWATCH_MANGLED=1000000 cargo test --release -p pipeline --test mangled` looks at a million lines.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use records::splitmix::SplitMix64;
use runtime::Error;
use runtime::front::Front;
use runtime::source::{self, Entries, Lines, Refused, Row, is_white};
use serde_json::Value;
use synth::{Recipe, Schemes};

#[expect(dead_code, reason = "whole folders are another test's")]
#[path = "support/convert.rs"]
mod convert;

#[path = "support/entries.rs"]
mod entries;

use convert::Record;
use entries::{MARK, entries_of_json};

/// Lines to look at where nobody says how many.
const LINES: u64 = 20_000;

/// Lines of one file.
const OF_A_FILE: usize = 200;

/// Chance with a seed, and what it does to bytes.
struct Dice(SplitMix64);

impl Dice {
    /// An index below `n`; 0 of nothing.
    fn below(&mut self, n: usize) -> usize {
        self.0.index(n.max(1))
    }

    fn of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.below(things.len())]
    }

    /// Mutates the bytes of a line or of a file.
    fn mangle(&mut self, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
        let position = self.below(bytes.len() + 1);
        match self.below(11) {
            0 => bytes.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= 1 << (position % 8)),
            1 => bytes.truncate(position),
            2 => drop(bytes.drain(..position)),
            3 => {
                let other = self.of(others);
                bytes.truncate(position);
                bytes.extend_from_slice(&other[self.below(other.len() + 1)..]);
            }
            4 => drop(bytes.splice(position..position, b"9".repeat(self.below(400)))),
            5 => {
                let brackets = *self.of(&[&b"["[..], b"{\"a\":", b"[{\"b\":[", b"\"", b"\\\"", b"\"\""]);
                let depth = self.below(3_000);
                drop(bytes.splice(position..position, brackets.repeat(depth)));
            }
            6 => drop(bytes.splice(
                position..position,
                *self.of(&[[0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0], [0xb0, 0xa1]]),
            )),
            7 => {
                let words = [
                    "null",
                    "\"\"",
                    "-0",
                    "1e999",
                    "1e-999",
                    "NaN",
                    "true",
                    "[]",
                    "{}",
                    "[null]",
                    "\"\\ud800\"",
                    "\0",
                    "2025-02-30",
                    "9999999999999999999999",
                    ",",
                    ":",
                    "}",
                    "]",
                    "\r",
                    "\n",
                    "\u{feff}",
                    "医",
                    "\t",
                ];
                let word = self.of(&words).bytes();
                drop(bytes.splice(position..position, word));
            }
            8 => {
                // Two pieces change places, as cells of a row or members of an object.
                let mark = *self.of(b",\":");
                let mut pieces: Vec<Vec<u8>> =
                    bytes.split(|byte| *byte == mark).map(<[u8]>::to_vec).collect();
                let (one, other) = (self.below(pieces.len()), self.below(pieces.len()));
                pieces.swap(one, other);
                *bytes = pieces.join(&mark);
            }
            9 => {
                let end = (position + self.below(40)).min(bytes.len());
                let piece = bytes[position..end].to_vec();
                drop(bytes.splice(position..position, piece));
            }
            _ => bytes.iter_mut().skip(position).take(3).for_each(|byte| *byte = b' '),
        }
    }

    /// Mutates the values of a record, so that a typed file of it can still be written.
    fn mangle_values(&mut self, record: &mut Record) {
        let names: Vec<String> = record.keys().cloned().collect();
        let (one, other) = (self.of(&names).clone(), self.of(&names).clone());
        match self.below(6) {
            0 => drop(record.remove(&one)),
            1 => {
                let (a, b) = (record[&one].clone(), record[&other].clone());
                record.insert(one, b);
                record.insert(other, a);
            }
            2 => drop(record.insert(one, "9".repeat(self.below(500)).into())),
            3 => drop(record.insert(one, "[".repeat(self.below(2_000)).into())),
            4 => {
                let mut bytes = match &record[&one] {
                    Value::String(text) => text.clone().into_bytes(),
                    value => value.to_string().into_bytes(),
                };
                self.mangle(&mut bytes, &[b"other".to_vec()]);
                record.insert(one, String::from_utf8_lossy(&bytes).into_owned().into());
            }
            _ => drop(record.insert(one, Value::String(String::new()))),
        }
    }
}

/// Takes lines and rows, and counts those that were handed on.
struct Taker {
    front: Front,
    handed: u64,
    rejected: Vec<u8>,
}

impl Entries for Taker {
    type Error = Error;
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
        self.handed += u64::from(!is_white(line));
        self.front.line("mangled", number, line, &mut self.rejected)?.unwrap();
        Ok(())
    }
    fn refused(&mut self, number: u64, refused: &Refused<'_>) -> Result<(), Error> {
        self.handed += 1;
        self.front.refused("mangled", number, refused, &mut self.rejected).unwrap();
        Ok(())
    }
}

impl Lines for Taker {
    fn row(&mut self, number: u64, row: &Row<'_>) -> Result<(), Error> {
        self.handed += 1;
        self.front.row("mangled", number, row, &mut self.rejected)?.unwrap();
        Ok(())
    }
}

/// What became of a file: lines that were counted, and what is wrong with it if it is damaged.
struct Taken {
    counted: u64,
    damage: Option<String>,
}

/// Reads a file.
fn taken(path: &Path) -> Taken {
    let mut taker = Taker { front: Front::new(None), handed: 0, rejected: Vec::new() };
    let inputs = source::inputs(&[path.to_owned()], None, &mut Vec::new()).unwrap();
    let read = source::check(&inputs[0]).and_then(|()| source::read(&inputs[0], &mut taker));
    let total = taker.front.total();
    let counted = total.accepted + total.duplicate + total.rejected;
    assert_eq!(counted, taker.handed, "a line was lost or counted twice");
    let entries = taker.rejected.split(|byte| *byte == b'\n').filter(|entry| !entry.is_empty());
    let entries: Vec<Value> = entries.map(|entry| serde_json::from_slice(entry).unwrap()).collect();
    assert_eq!(entries.len() as u64, total.rejected);
    assert!(entries.iter().all(|entry| entry["code"].is_string() && entry["text"].is_string()));
    assert!(entries.iter().all(|entry| entry["origin"]["line"].is_u64() && !entry["raw"].is_null()));
    let damage = match read {
        Ok(()) => None,
        Err(error @ Error::Read { .. }) => Some(format!("{:#}", anyhow::Error::from(error))),
        Err(error) => panic!("{error:?} is no damage"),
    };
    Taken { counted, damage }
}

/// The lines of a text table, without marks; which encoding they speak for.
fn lines_of_csv(bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    let mut begins = true;
    for byte in bytes {
        if std::mem::take(&mut begins) {
            lines.push(Vec::new());
        }
        lines.last_mut().unwrap().push(*byte);
        begins = matches!(byte, b'\n' | b'\r');
    }
    let speaks = |line: &Vec<u8>| match std::str::from_utf8(line.strip_prefix(MARK).unwrap_or(line)) {
        Ok(text) => i64::from(text.chars().any(|character| character.len_utf8() >= 3)),
        Err(_) => -1,
    };
    let is_utf8 = lines.iter().map(speaks).sum::<i64>() >= 0;
    for line in &mut lines {
        let marks: &[&[u8]] = if is_utf8 { &[MARK] } else { &[MARK, b"\x84\x31\x95\x33"] };
        if let Some(mark) = marks.iter().find(|mark| line.starts_with(mark)) {
            line.drain(..mark.len());
        }
    }
    (lines, is_utf8)
}

/// Rows that count, of a file of CSV, as the csv crate sees them; none if its header cannot be read.
fn rows_of_csv(bytes: &[u8]) -> Option<u64> {
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        return None;
    }
    let (lines, is_utf8) = lines_of_csv(bytes);
    let text: Vec<u8> = match is_utf8 {
        true => lines.concat(),
        false => {
            let decoded = lines.iter().map(|line| {
                encoding_rs::GB18030.decode_without_bom_handling(line).0.into_owned().into_bytes()
            });
            decoded.collect::<Vec<_>>().concat()
        }
    };
    let header = text.split(|byte| matches!(byte, b'\n' | b'\r')).find(|line| !is_white(line)).unwrap_or(b"");
    let count = |delimiter: &u8| header.iter().filter(|byte| *byte == delimiter).count();
    let most = b",\t;|".iter().map(count).max().unwrap_or(0);
    let delimiter = *b",\t;|".iter().find(|delimiter| count(delimiter) == most).unwrap();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_slice());
    let mut starts = Vec::new();
    let mut header: Option<Vec<String>> = None;
    let mut record = csv::ByteRecord::new();
    let mut is_text = true;
    while reader.read_byte_record(&mut record).unwrap() {
        let start = usize::try_from(record.position().unwrap().byte()).unwrap();
        let end = usize::try_from(reader.position().byte()).unwrap();
        starts.push(start);
        if header.is_none() && !is_white(&text[start..end]) {
            // Both encodings have the bytes of the header as text; what was no text was replaced.
            let names = record.iter().map(|cell| {
                String::from_utf8_lossy(cell)
                    .trim_matches([' ', '\t', '\u{a0}', '\u{3000}'])
                    .to_ascii_lowercase()
            });
            header = Some(names.collect());
            is_text = !String::from_utf8_lossy(&text[start..end]).contains('\u{fffd}');
        }
    }
    starts.push(text.len());
    let Some(mut names) = header else { return Some(0) };
    names.retain(|name| !name.is_empty());
    names.sort();
    if !is_text || names.windows(2).any(|pair| pair[0] == pair[1]) {
        return None;
    }
    let rows = starts.windows(2).filter(|row| !is_white(&text[row[0]..row[1]])).count();
    Some((rows as u64).saturating_sub(1))
}

/// Records of one kind.
type OfKind = (String, Vec<Record>);

/// What is mangled: the lines of a small region, and its records by kind.
fn region(folder: &Path) -> (Vec<Vec<u8>>, Vec<OfKind>) {
    let recipe = Recipe { seed: 3, visits: 300, months: 2, schemes: Schemes::All, strength: 1.0 };
    synth::write(&recipe, folder, &mut |_| ()).unwrap();
    let ndjson = fs::read_to_string(folder.join("records/changes.ndjson")).unwrap();
    let lines = ndjson.lines().map(|line| line.as_bytes().to_vec()).collect();
    (lines, convert::records(&ndjson).into_iter().collect())
}

/// Some of `all`, one after the other.
fn some<'a, T>(dice: &mut Dice, all: &'a [T]) -> &'a [T] {
    let begin = dice.below(all.len());
    &all[begin..(begin + OF_A_FILE).min(all.len())]
}

/// A file of lines, most of them mangled.
fn mangled_lines(dice: &mut Dice, lines: &[Vec<u8>], all: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let mut line = line.clone();
        for _ in 0..dice.below(4) {
            dice.mangle(&mut line, all);
        }
        bytes.extend_from_slice(&line);
        bytes.extend_from_slice(dice.of(&["\n", "\n", "\n", "\r\n", "\n\n"]).as_bytes());
    }
    bytes
}

struct Mangler {
    dice: Dice,
    folder: PathBuf,
    lines: Vec<Vec<u8>>,
    kinds: Vec<OfKind>,
    seen: u64,
    damaged: u64,
}

impl Mangler {
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Reads a file of so many lines.
    fn holds(&mut self, name: &str, bytes: &[u8], expected: u64) {
        let path = self.write(name, bytes);
        let Taken { counted, damage } = self.take(&path);
        assert_eq!((counted, damage), (expected, None), "{name}, kept at {}", self.keep(&path));
    }

    /// Reads a file and notes how much of it was read.
    fn take(&mut self, path: &Path) -> Taken {
        let taken = taken(path);
        self.seen += taken.counted;
        self.damaged += u64::from(taken.damage.is_some());
        taken
    }

    /// Keeps a file that broke something for whoever looks.
    fn keep(&self, path: &Path) -> String {
        let kept =
            std::env::temp_dir().join(format!("mangled-{}", path.file_name().unwrap().to_string_lossy()));
        if fs::copy(path, &kept).is_ok() { kept.display().to_string() } else { path.display().to_string() }
    }

    fn ndjson(&mut self) {
        let lines = some(&mut self.dice, &self.lines).to_vec();
        let bytes = mangled_lines(&mut self.dice, &lines, &self.lines);
        let mut bytes = bytes;
        if self.dice.below(4) == 0 {
            bytes = self.respelled(&lines);
        }
        let Some(expected) = entries_of_json(&bytes) else { return };
        match self.dice.below(4) {
            0 => self.holds("x.ndjson.gz", &convert::gzip(&bytes), expected),
            1 => self.holds("x.ndjson.zst", &convert::zstd(&bytes), expected),
            _ => self.holds("x.ndjson", &bytes, expected),
        }
    }

    /// The lines as a JSON array or pretty-printed, then mangled.
    fn respelled(&mut self, lines: &[Vec<u8>]) -> Vec<u8> {
        let values: Vec<Value> =
            lines.iter().take(40).map(|line| serde_json::from_slice(line).unwrap()).collect();
        let pretty = |value: &Value| serde_json::to_vec_pretty(value).unwrap();
        let mut bytes = match self.dice.below(3) {
            0 => serde_json::to_vec(&values).unwrap(),
            1 => pretty(&Value::Array(values)),
            _ => values.iter().map(pretty).collect::<Vec<_>>().join(&b'\n'),
        };
        for _ in 0..self.dice.below(3) {
            self.dice.mangle(&mut bytes, &self.lines);
        }
        bytes
    }

    fn csv(&mut self) {
        let (kind, records) = self.dice.of(&self.kinds).clone();
        let text = convert::csv(&kind, some(&mut self.dice, &records));
        // Cells that are quoted keep their commas.
        let delimiter = *self.dice.of(&[",", ",", ";", "\t", "|"]);
        let text = if text.contains('"') { text } else { text.replace(',', delimiter) };
        let is_utf8 = self.dice.below(2) == 0;
        let encoded = |text: &str| if is_utf8 { text.as_bytes().to_vec() } else { convert::gb18030(text) };
        let (header, rows) = text.split_once("\r\n").unwrap();
        let rows: Vec<Vec<u8>> = rows.split("\r\n").map(encoded).collect();
        let mut header = encoded(header);
        if self.dice.below(10) == 0 {
            self.dice.mangle(&mut header, &rows);
        }
        header.extend_from_slice(b"\r\n");
        let bytes = [header, mangled_lines(&mut self.dice, &rows, &rows)].concat();
        let name = format!("{kind}.csv");
        let path = self.write(&name, &bytes);
        let taken = self.take(&path);
        match (&taken.damage, rows_of_csv(&bytes)) {
            (None, Some(rows)) => assert_eq!(taken.counted, rows, "kept at {}", self.keep(&path)),
            (Some(_), None) => {}
            // A header whose quote never closes holds all rows.
            (Some(damage), Some(0)) if damage.contains("header") => {}
            other => panic!("{other:?}, kept at {}", self.keep(&path)),
        }
    }

    /// A good file of mutated values; then the same file mutated.
    fn parquet(&mut self) {
        let (kind, records) = self.dice.of(&self.kinds).clone();
        let mut records = some(&mut self.dice, &records).to_vec();
        let is_typed = self.dice.below(3) == 0;
        if !is_typed {
            for record in &mut records {
                (0..self.dice.below(3)).for_each(|_| self.dice.mangle_values(record));
            }
        }
        let packing = *self.dice.of(&["plain", "snappy", "gzip", "zstd", "lz4"]);
        let mut bytes = convert::parquet(&kind, &records, is_typed, convert::packing(packing));
        let name = format!("{kind}.parquet");
        self.holds(&name, &bytes, records.len() as u64);
        for _ in 0..8 {
            let others = [bytes.clone()];
            match self.dice.below(3) {
                0 => self.dice.mangle(&mut bytes, &others),
                _ => {
                    for _ in 0..=self.dice.below(3) {
                        let position = self.dice.below(bytes.len());
                        let bit = 1 << self.dice.below(8);
                        bytes.iter_mut().skip(position).take(1).for_each(|byte| *byte ^= bit);
                    }
                }
            }
            let path = self.write(&name, &bytes);
            let taken = self.take(&path);
            if taken.damage.is_none() {
                let rows = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
                let rows = rows.metadata().file_metadata().num_rows();
                assert_eq!(i64::try_from(taken.counted), Ok(rows));
            }
            [bytes] = others;
        }
    }

    /// An archive that is mutated after it was packed.
    fn archive(&mut self) {
        let lines = some(&mut self.dice, &self.lines).join(&b'\n');
        let (name, mut packed) = match self.dice.below(2) {
            0 => ("x.ndjson.gz", convert::gzip(&lines)),
            _ => ("x.ndjson.zst", convert::zstd(&lines)),
        };
        let others = [packed.clone()];
        self.dice.mangle(&mut packed, &others);
        let path = self.write(name, &packed);
        self.take(&path);
    }
}

#[test]
fn no_mangled_line_is_lost_or_stops_the_reader() {
    let wanted = std::env::var("FUNDWATCH_MANGLED").map_or(LINES, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let (lines, kinds) = region(folder.path());
    let dice = Dice(SplitMix64::seeded(0x6d61_6e67_6c65));
    let mut mangler = Mangler { dice, folder: folder.path().to_owned(), lines, kinds, seen: 0, damaged: 0 };
    let mut files = 0;
    while mangler.seen < wanted {
        match files % 4 {
            0 => mangler.ndjson(),
            1 => mangler.csv(),
            2 => mangler.parquet(),
            _ => mangler.archive(),
        }
        files += 1;
    }
    assert!(mangler.damaged > 0, "nothing was damaged");
    assert!(mangler.seen >= wanted);
}
