//! One column of values, a batch at a time.
//!
//! A column that is a field of the table gives a cell for each row; texts are borrowed from the page, everything else
//! is written as text once per batch. A column within a list or group is walked value by value.

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{
    BoolType, ByteArrayType, DataType, DoubleType, FixedLenByteArrayType, FloatType, Int32Type, Int64Type,
    Int96Type,
};
use parquet::schema::types::ColumnDescPtr;
use records::decode::TableCell;

use super::fault::{Fault, misshapen};
use super::value::{self, Meaning, Shape};
use records::decode::LINE_BYTES_MAX;

/// One column of values.
pub(super) struct Leaf {
    about: ColumnDescPtr,
    meaning: Meaning,
    values: Values,
    /// Levels of the batch; none where the schema leaves no choice.
    definitions: Vec<i16>,
    repetitions: Vec<i16>,
    levels: usize,
    /// The next level and the next value of a walk.
    level: usize,
    value: usize,
    /// Of a field of the table: what each row has.
    cells: Vec<Written>,
    /// The texts of values that are no texts.
    text: String,
}

/// What a row has: one of the values, or a text from here to there.
#[derive(Clone, Copy)]
enum Written {
    Null,
    Value(u32),
    Text(Shape, u32, u32),
}

/// A typed reader and its values of the batch.
struct Typed<T: DataType> {
    reader: Option<ColumnReaderImpl<T>>,
    values: Vec<T::T>,
}

enum Values {
    Bool(Typed<BoolType>),
    Int32(Typed<Int32Type>),
    Int64(Typed<Int64Type>),
    Int96(Typed<Int96Type>),
    Float(Typed<FloatType>),
    Double(Typed<DoubleType>),
    Bytes(Typed<ByteArrayType>),
    Fixed(Typed<FixedLenByteArrayType>),
}

/// Does the same to values of any type.
macro_rules! of_any_type {
    ($values:expr, $typed:ident => $do:expr) => {
        match $values {
            Values::Bool($typed) => $do,
            Values::Int32($typed) => $do,
            Values::Int64($typed) => $do,
            Values::Int96($typed) => $do,
            Values::Float($typed) => $do,
            Values::Double($typed) => $do,
            Values::Bytes($typed) => $do,
            Values::Fixed($typed) => $do,
        }
    };
}

impl<T: DataType> Typed<T> {
    fn new() -> Typed<T> {
        Typed { reader: None, values: Vec::new() }
    }

    fn open(&mut self, reader: ColumnReader) {
        self.reader = Some(get_typed_column_reader(reader));
    }

    /// Reads so many records; shows how many there were, and their levels.
    fn read(
        &mut self,
        count: usize,
        definitions: &mut Vec<i16>,
        repetitions: &mut Vec<i16>,
    ) -> Result<(usize, usize), Fault> {
        self.values.clear();
        let Some(reader) = &mut self.reader else { return Ok((0, 0)) };
        let mut records = 0;
        let mut levels = 0;
        // A reader may stop early at the end of a page.
        while records < count {
            let (more, _, of_them) = reader.read_records(
                count - records,
                Some(definitions),
                Some(repetitions),
                &mut self.values,
            )?;
            if more == 0 {
                break;
            }
            records += more;
            levels += of_them;
        }
        Ok((records, levels))
    }
}

impl Leaf {
    /// A column that is not open yet.
    pub(super) fn new(about: &ColumnDescPtr) -> Leaf {
        use parquet::basic::Type;
        let values = match about.physical_type() {
            Type::BOOLEAN => Values::Bool(Typed::new()),
            Type::INT32 => Values::Int32(Typed::new()),
            Type::INT64 => Values::Int64(Typed::new()),
            Type::INT96 => Values::Int96(Typed::new()),
            Type::FLOAT => Values::Float(Typed::new()),
            Type::DOUBLE => Values::Double(Typed::new()),
            Type::BYTE_ARRAY => Values::Bytes(Typed::new()),
            Type::FIXED_LEN_BYTE_ARRAY => Values::Fixed(Typed::new()),
        };
        Leaf {
            about: about.clone(),
            meaning: Meaning::of(about),
            values,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            levels: 0,
            level: 0,
            value: 0,
            cells: Vec::new(),
            text: String::new(),
        }
    }

    /// Begins to read a row group.
    pub(super) fn open(&mut self, reader: ColumnReader) {
        of_any_type!(&mut self.values, typed => typed.open(reader));
    }

    /// Reads the next `count` rows.
    pub(super) fn fill(&mut self, count: usize, is_nested: bool) -> Result<(), Fault> {
        self.read(count)?;
        if !is_nested {
            self.write_cells(count)?;
        }
        Ok(())
    }

    fn read(&mut self, count: usize) -> Result<(), Fault> {
        self.definitions.clear();
        self.repetitions.clear();
        (self.level, self.value) = (0, 0);
        let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
        let (records, levels) =
            of_any_type!(&mut self.values, typed => typed.read(count, definitions, repetitions))?;
        self.levels = levels;
        let fits = |list: &[i16], max: i16| list.len() == if max == 0 { 0 } else { levels };
        if records != count
            || !fits(&self.definitions, self.about.max_def_level())
            || !fits(&self.repetitions, self.about.max_rep_level())
        {
            return misshapen(format!("the column {} has too few rows", self.about.path()));
        }
        Ok(())
    }

    /// Holds that no row is left.
    pub(super) fn finish(&mut self) -> Result<(), Fault> {
        self.definitions.clear();
        self.repetitions.clear();
        let (definitions, repetitions) = (&mut self.definitions, &mut self.repetitions);
        let (records, _) = of_any_type!(&mut self.values, typed => typed.read(1, definitions, repetitions))?;
        if records == 0 {
            Ok(())
        } else {
            misshapen(format!("the column {} has too many rows", self.about.path()))
        }
    }

    /// Writes what every row of the batch has, of a column that is a field of the table.
    fn write_cells(&mut self, count: usize) -> Result<(), Fault> {
        self.cells.clear();
        self.text.clear();
        if self.levels != count {
            return misshapen(format!("the column {} has other rows than it says", self.about.path()));
        }
        let is_borrowed = self.borrowed(0).is_some();
        let mut value = 0;
        for row in 0..count {
            let written = if self.definitions.get(row).is_some_and(|level| *level == 0) {
                Written::Null
            } else if is_borrowed {
                value += 1;
                Written::Value(position_in_batch(value - 1)?)
            } else {
                let start = position_in_batch(self.text.len())?;
                let shape = self.write_value(value)?;
                value += 1;
                Written::Text(shape, start, position_in_batch(self.text.len())?)
            };
            self.cells.push(written);
        }
        Ok(())
    }

    fn write_value(&mut self, position: usize) -> Result<Shape, Fault> {
        write_to(&self.values, &self.meaning, position, &mut self.text)
    }

    /// The bytes of a value that are its text.
    fn borrowed(&self, position: usize) -> Option<&[u8]> {
        if !matches!(self.meaning, Meaning::Text) {
            return None;
        }
        match &self.values {
            Values::Bytes(typed) => typed.values.get(position).map(|value| value.data()),
            Values::Fixed(typed) => typed.values.get(position).map(|value| value.data()),
            _ => None,
        }
    }

    /// The cell of a row of the batch.
    pub(super) fn cell(&self, row: usize) -> TableCell<'_> {
        match self.cells.get(row) {
            None | Some(Written::Null) => TableCell::Null,
            Some(Written::Value(position)) => {
                let bytes = self.borrowed(*position as usize).unwrap_or_default();
                std::str::from_utf8(bytes).map_or(TableCell::Bytes(bytes), TableCell::Text)
            }
            Some(Written::Text(shape, start, end)) => {
                shape.cell(self.text.get(*start as usize..*end as usize).unwrap_or_default())
            }
        }
    }

    /// The definition level of the next value of the walk.
    pub(super) fn definition(&self) -> Result<i16, Fault> {
        if self.level >= self.levels {
            return misshapen(format!("the column {} ends within a row", self.about.path()));
        }
        Ok(self.definitions.get(self.level).copied().unwrap_or(0))
    }

    /// The repetition level of the next value of the walk; 0 at the end.
    pub(super) fn repetition(&self) -> i16 {
        self.repetitions.get(self.level).copied().unwrap_or(0)
    }

    /// Passes a value that is not there from the next definition level on.
    pub(super) fn skip_above(&mut self, level: i16) -> Result<(), Fault> {
        if self.definition()? != level {
            return misshapen(format!("the column {} is not of one mind with its list", self.about.path()));
        }
        self.level += 1;
        Ok(())
    }

    /// Writes the next value of the walk as JSON.
    pub(super) fn write_next(&mut self, out: &mut String) -> Result<(), Fault> {
        if self.definition()? < self.about.max_def_level() {
            return misshapen(format!("the column {} lacks what others of its list have", self.about.path()));
        }
        let position = self.value;
        self.level += 1;
        self.value += 1;
        if out.len() > LINE_BYTES_MAX {
            return Ok(());
        }
        if let Some(bytes) = self.borrowed(position) {
            let cell = std::str::from_utf8(bytes).map_or(TableCell::Bytes(bytes), TableCell::Text);
            value::push_json(out, cell);
            return Ok(());
        }
        self.text.clear();
        let shape = self.write_value(position)?;
        value::push_json(out, shape.cell(&self.text));
        Ok(())
    }
}

/// A place among the values or in the text of a batch, which is short.
fn position_in_batch(position: usize) -> Result<u32, Fault> {
    u32::try_from(position).map_or_else(|_| misshapen("values longer than any"), Ok)
}

/// Writes a value as text.
fn write_to(values: &Values, meaning: &Meaning, position: usize, out: &mut String) -> Result<Shape, Fault> {
    let shape = match values {
        Values::Bool(typed) => typed.values.get(position).map(|value| value::write_bool(*value, out)),
        Values::Int32(typed) => {
            typed.values.get(position).map(|value| value::write_int(meaning, i64::from(*value), 32, out))
        }
        Values::Int64(typed) => {
            typed.values.get(position).map(|value| value::write_int(meaning, *value, 64, out))
        }
        Values::Int96(typed) => typed.values.get(position).map(|value| value::write_int96(value.data(), out)),
        Values::Float(typed) => typed.values.get(position).map(|value| value::write_float(*value, out)),
        Values::Double(typed) => typed.values.get(position).map(|value| value::write_float(*value, out)),
        Values::Bytes(typed) => {
            typed.values.get(position).map(|value| value::write_bytes(meaning, value.data(), out))
        }
        Values::Fixed(typed) => {
            typed.values.get(position).map(|value| value::write_bytes(meaning, value.data(), out))
        }
    };
    shape.map_or_else(|| misshapen("a column has fewer values than its levels say"), Ok)
}
