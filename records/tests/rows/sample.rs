//! Changes at random, made from the schema alone, and what must be read of them.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::cell::RefCell;

use proptest::collection::vec;
use proptest::prelude::*;
use records::Kind;
use records::arena::{Arena, ArenaFull, ArenaWriter, Texts};
use records::decode::{Change, Op, Value};
use records::row::{self, Intern, RowBuilder};
use records::schema::{Field, FieldType, Sign, fields};

/// A value that owns what it holds.
#[derive(Clone, Debug)]
enum Owned {
    Absent,
    Text(String),
    Int(i64),
    Number(f64),
    Texts(Vec<String>),
    Records(Vec<Vec<Owned>>),
}

/// A change that owns its values.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    kind: Kind,
    pub(crate) del: bool,
    pub(crate) rev: Option<u64>,
    pub(crate) recv_time: Option<i64>,
    pub(crate) content_hash: u64,
    values: Vec<Owned>,
}

/// One record of a list.
pub(crate) struct Element {
    fields: &'static [Field],
    values: Vec<Owned>,
}

fn at<'a>(fields: &[Field], values: &'a [Owned], name: &str) -> &'a Owned {
    let position = fields.iter().position(|field| field.name == name);
    &values[position.unwrap_or_else(|| panic!("no field {name}"))]
}

impl Element {
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        if let Owned::Int(value) = at(self.fields, &self.values, name) { Some(*value) } else { None }
    }
    pub(crate) fn day(&self, name: &str) -> Option<i32> {
        self.int(name).map(|day| i32::try_from(day).unwrap())
    }
    pub(crate) fn string(&self, name: &str) -> String {
        if let Owned::Text(text) = at(self.fields, &self.values, name) { text.clone() } else { String::new() }
    }
}

impl Sample {
    /// A change without values.
    pub(crate) fn empty(kind: Kind) -> Sample {
        let values = vec![Owned::Absent; fields(kind).len()];
        Sample { kind, del: false, rev: None, recv_time: None, content_hash: 1, values }
    }
    /// Puts a number in.
    pub(crate) fn put(&mut self, name: &str, value: i64) {
        let position = fields(self.kind).iter().position(|field| field.name == name).unwrap();
        self.values[position] = Owned::Int(value);
    }
    fn at(&self, name: &str) -> &Owned {
        at(fields(self.kind), &self.values, name)
    }
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        if let Owned::Int(value) = self.at(name) { Some(*value) } else { None }
    }
    pub(crate) fn string(&self, name: &str) -> String {
        if let Owned::Text(text) = self.at(name) { text.clone() } else { String::new() }
    }
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        if let Owned::Texts(texts) = self.at(name) { texts.clone() } else { Vec::new() }
    }
    pub(crate) fn records(&self, name: &str) -> Vec<Element> {
        let field = fields(self.kind).iter().find(|field| field.name == name).unwrap();
        let FieldType::Records(fields) = field.ty else { panic!("{name} is no list of records") };
        let Owned::Records(records) = self.at(name) else { return Vec::new() };
        records.iter().map(|values| Element { fields, values: values.clone() }).collect()
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        (0..17u8).prop_map(|number| format!("{number:02}")),
        (0..4u8).prop_map(|number| number.to_string()),
        "[A-Z0-9]{1,24}",
        "[一-龥]{1,9}",
    ]
}

/// Numbers of one word and of two, at the borders and between, up to the 16 digits that the decoder takes.
fn number(sign: Sign) -> BoxedStrategy<i64> {
    const MOST: i64 = 10_000_000_000_000_000 - 1;
    let any = prop_oneof![
        -5..5i64,
        i64::from(i32::MIN) - 2..i64::from(i32::MIN) + 2,
        i64::from(i32::MAX) - 2..i64::from(i32::MAX) + 2,
        -MOST..=MOST,
        Just(MOST),
    ];
    match sign {
        Sign::Any => any.boxed(),
        Sign::NotNegative => any.prop_map(i64::abs).boxed(),
        Sign::Positive => any.prop_map(|number| number.abs().max(1)).boxed(),
    }
}

fn value(field: &'static Field) -> BoxedStrategy<Owned> {
    let present = match field.ty {
        FieldType::Text | FieldType::TextOrNumber => text().prop_map(Owned::Text).boxed(),
        FieldType::SixDigits => "[0-9]{6}".prop_map(Owned::Text).boxed(),
        FieldType::Code(list) => (0..i64::try_from(list.len()).unwrap()).prop_map(Owned::Int).boxed(),
        FieldType::Money => number(Sign::Any).prop_map(Owned::Int).boxed(),
        FieldType::Price => number(Sign::NotNegative).prop_map(Owned::Int).boxed(),
        FieldType::Quantity(sign) | FieldType::Int(sign) => number(sign).prop_map(Owned::Int).boxed(),
        FieldType::Number => proptest::num::f64::NORMAL.prop_map(Owned::Number).boxed(),
        FieldType::Flag => (0..2i64).prop_map(Owned::Int).boxed(),
        FieldType::Time => (-2_208_988_800..4_102_444_800i64).prop_map(Owned::Int).boxed(),
        FieldType::Date => (-25_567..47_482i64).prop_map(Owned::Int).boxed(),
        FieldType::Texts => vec(text(), 0..4).prop_map(Owned::Texts).boxed(),
        FieldType::Records(fields) => vec(record(fields), 0..4).prop_map(Owned::Records).boxed(),
    };
    if field.required { present } else { prop_oneof![Just(Owned::Absent), present].boxed() }
}

fn record(fields: &'static [Field]) -> impl Strategy<Value = Vec<Owned>> {
    fields.iter().map(value).collect::<Vec<_>>()
}

/// Changes of one kind: one in ten withdraws its record.
pub(crate) fn of_kind(kind: Kind) -> impl Strategy<Value = Sample> {
    let revs = prop_oneof![Just(None), (0..9u64).prop_map(Some), (0..1u64 << 63).prop_map(Some)];
    let received = prop_oneof![Just(None), (-2_208_988_800..4_102_444_800i64).prop_map(Some)];
    (prop::bool::weighted(0.1), revs, received, any::<u64>(), record(fields(kind))).prop_map(
        move |(del, rev, recv_time, content_hash, values)| Sample {
            kind,
            del,
            rev,
            recv_time,
            content_hash,
            values,
        },
    )
}

/// A row that was written, and how many words its fields ask for.
pub(crate) struct Written {
    names: RefCell<Names>,
    pub(crate) key: (u32, u32),
    pub(crate) row: u32,
    /// Words of the row.
    pub(crate) length: usize,
    /// Words of the fields that were asked for.
    pub(crate) words: usize,
    head: usize,
    arena: std::sync::Arc<Arena>,
}

struct Names(ArenaWriter, Texts);

impl Intern for Names {
    type Error = ArenaFull;
    fn intern(&mut self, text: &str) -> Result<u32, ArenaFull> {
        self.1.intern(&mut self.0, text)
    }
}

/// Words of a number.
pub(crate) fn width(value: i64) -> usize {
    if i32::try_from(value).is_ok() { 1 } else { 2 }
}

/// Hands a change to `then`, its values lent by the sample.
pub(crate) fn with_change<R>(sample: &Sample, then: impl FnOnce(&Change<'_>) -> R) -> R {
    fn plain(value: &Owned) -> Value<'_> {
        match value {
            Owned::Text(text) => Value::Text(text),
            Owned::Int(value) => Value::Int(*value),
            Owned::Number(value) => Value::Number(*value),
            _ => Value::Absent,
        }
    }
    let mut elements = Vec::new();
    let mut values = Vec::new();
    for value in &sample.values {
        let begin = u32::try_from(elements.len()).unwrap();
        match value {
            Owned::Texts(texts) => elements.extend(texts.iter().map(|text| Value::Text(text))),
            Owned::Records(records) => elements.extend(records.iter().flatten().map(plain)),
            value => {
                values.push(plain(value));
                continue;
            }
        }
        values.push(Value::List { begin, end: u32::try_from(elements.len()).unwrap() });
    }
    then(&Change {
        kind: sample.kind,
        op: if sample.del { Op::Del } else { Op::Put },
        rev: sample.rev,
        recv_time: sample.recv_time,
        content_hash: sample.content_hash,
        unknown_fields: 0,
        values: &values,
        elements: &elements,
    })
}

/// Writes a change into an arena of its own.
pub(crate) fn write(sample: &Sample) -> Written {
    let mut names = Names(ArenaWriter::default(), Texts::default());
    let mut row = RowBuilder::default();
    let (key, key2) = (names.intern("key").unwrap(), names.intern("second key").unwrap());
    let two = row::two_part_key(sample.kind);
    let key = (key, if two { key2 } else { 0 });
    with_change(sample, |change| row::write(&mut row, change, key, &mut names)).unwrap();
    let row_ref = names.0.push(row.words()).unwrap();
    // Header, key, revision (absent is 0, so the last one of one word is one less) and hash.
    let wide_rev = sample.rev.is_some_and(|rev| rev >= u64::from(u32::MAX));
    let head = 5 + usize::from(two) + usize::from(wide_rev);
    let arena = std::sync::Arc::clone(names.0.arena());
    Written {
        names: RefCell::new(names),
        key,
        row: row_ref,
        length: row.words().len(),
        words: 0,
        head,
        arena,
    }
}

impl Written {
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }
    pub(crate) fn expected_length(&self) -> usize {
        self.head + self.words
    }
    /// Where a text stands that the row may refer to.
    pub(crate) fn intern(&self, text: &str) -> u32 {
        self.names.borrow_mut().intern(text).unwrap()
    }
    /// Writes a row that stands on this one; returns its place and length.
    pub(crate) fn derive(&self, write: impl FnOnce(&mut RowBuilder)) -> (u32, usize) {
        let mut row = RowBuilder::default();
        write(&mut row);
        (self.names.borrow_mut().0.push(row.words()).unwrap(), row.words().len())
    }

    // What a field is read as, and the words that it takes.

    pub(crate) fn text(&mut self, sample: &Sample, name: &str) -> u32 {
        self.words += 1;
        self.intern(&sample.string(name))
    }
    pub(crate) fn optional_text(&mut self, sample: &Sample, name: &str) -> u32 {
        let text = self.intern(&sample.string(name));
        self.words += usize::from(text != 0);
        text
    }
    pub(crate) fn int(&mut self, sample: &Sample, name: &str) -> i64 {
        let value = sample.int(name).unwrap_or(0);
        self.words += width(value);
        value
    }
    pub(crate) fn optional_int(&mut self, sample: &Sample, name: &str) -> Option<i64> {
        let value = sample.int(name);
        self.words += value.map_or(0, width);
        value
    }
    pub(crate) fn optional_wide(&mut self, sample: &Sample, name: &str) -> Option<i64> {
        let value = sample.int(name);
        self.words += value.map_or(0, |_| 2);
        value
    }
    pub(crate) fn degrees(&mut self, sample: &Sample, name: &str) -> Option<f64> {
        let value = if let Owned::Number(value) = sample.at(name) { Some(*value) } else { None };
        self.words += value.map_or(0, |_| 2);
        value
    }
    pub(crate) fn day(&mut self, sample: &Sample, name: &str) -> i32 {
        i32::try_from(self.int(sample, name)).unwrap()
    }
    pub(crate) fn optional_day(&mut self, sample: &Sample, name: &str) -> Option<i32> {
        let day = sample.int(name).map(|day| i32::try_from(day).unwrap());
        self.words += day.map_or(0, |_| 1);
        day
    }
    /// A code in a word of its own.
    pub(crate) fn code(&mut self, sample: &Sample, name: &str) -> usize {
        self.words += 1;
        self.bits(sample, name)
    }
    /// A code in the header: no word.
    pub(crate) fn bits(&mut self, sample: &Sample, name: &str) -> usize {
        usize::try_from(sample.int(name).unwrap()).unwrap()
    }
}
