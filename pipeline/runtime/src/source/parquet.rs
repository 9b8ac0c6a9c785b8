//! Parquet: typed columns become the cells of rows, a batch of rows at a time.
//!
//! A file is read row group by row group and page by page; of each column a batch of [`BATCH`] rows and its page are in
//! memory. What a typed value means as text is in [`value`], what a list or group of columns means as JSON in
//! [`nested`]; the schema of the records judges it as it does any other text. Pages with a checksum are held against it,
//! and every column against the number of rows that the file states; a file that does not hold is damaged and ends the
//! run. The reader below is not trusted to stay calm over a damaged file: when it panics, the file is damaged too.

mod depth;
mod fault;
mod leaf;
mod nested;
mod quiet;
mod value;

use std::fs::File;

use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, SerializedFileReader};
use records::decode::{Columns, TableCell};

use self::leaf::Leaf;
use self::nested::Node;
use super::files::Input;
use super::lines::{Lines, Row, Torn, damaged};
use crate::Error;
use fault::{Fault, misshapen};
use records::decode::LINE_BYTES_MAX;
use wire::rejected::{RAW_BYTES_MAX, Raw};

/// Rows that are read at a time: few enough that the values of all columns stay near the processor.
const BATCH: usize = 512;

/// Does something with the reader; its error, or its panic, is damage of the file.
fn guarded<T>(input: &Input, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Error> {
    match quiet::caught(work) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(Fault::Reader(ParquetError::External(cause)))) => match cause.downcast() {
            Ok(source) => Err(Error::read(&input.path, *source)),
            Err(cause) => Err(damaged(&input.path, cause.to_string())),
        },
        Ok(Err(Fault::Reader(error))) => Err(damaged(&input.path, error.to_string())),
        Ok(Err(Fault::Shape(what))) => Err(damaged(&input.path, what)),
        Err(said) => Err(damaged(&input.path, format!("its reader stopped over it: {said}"))),
    }
}

/// Reads the end of a file, which shows what is in it.
pub(super) fn check(input: &Input) -> Result<(), Error> {
    Table::open(input).map(|_| ())
}

/// Reads a file row by row.
pub(super) fn read<L: Lines>(input: &Input, lines: &mut L) -> Result<(), L::Error> {
    let mut table = Table::open(input)?;
    let columns = Columns::new(table.columns.iter().map(|column| column.name.as_str()));
    if let Some(wrong) = columns.name_twice() {
        return Err(damaged(&input.path, wrong.to_owned()).into());
    }
    let mut number = 0;
    let mut reported = 0;
    for group in 0..table.rows_of_groups.len() {
        let rows = table.rows_of_groups[group];
        guarded(input, || table.open_group(group))?;
        let mut left = rows;
        while left > 0 {
            let count = left.min(BATCH);
            guarded(input, || table.columns.iter_mut().try_for_each(|column| column.fill(count)))?;
            for at in 0..count {
                number += 1;
                let overlong = guarded(input, || table.write_nested())?;
                let cells: Vec<TableCell<'_>> = table.columns.iter().map(|column| column.cell(at)).collect();
                let torn = overlong.map(Torn::Overlong);
                let raw = || raw_of(&columns, &cells, torn);
                let row = Row {
                    kind: input.kind,
                    stem: &input.stem,
                    columns: &columns,
                    cells: &cells,
                    torn,
                    raw: &raw,
                };
                lines.row(number, &row)?;
            }
            left -= count;
            // Bytes of the file as if all rows were of one length.
            let now = u128::from(number) * u128::from(input.bytes) / u128::from(table.rows.max(1));
            let now = u64::try_from(now).unwrap_or(input.bytes);
            lines.bytes(now - reported);
            reported = now;
        }
        guarded(input, || table.columns.iter_mut().try_for_each(Column::finish))?;
    }
    Ok(())
}

/// The cells of a row as a JSON object; no more of it is made than is shown. Of an overlong row, null.
fn raw_of(columns: &Columns, cells: &[TableCell<'_>], torn: Option<Torn>) -> Raw {
    if let Some(Torn::Overlong(length)) = torn {
        return Raw { json: wire::rejected::nothing(), bytes: Some(length) };
    }
    let mut raw = String::from("{");
    // What is not shown any more is only measured, cell by cell.
    let mut more = String::new();
    let mut length = 0;
    for (nth, (name, cell)) in columns.names().zip(cells).enumerate() {
        let out = if raw.len() <= RAW_BYTES_MAX { &mut raw } else { &mut more };
        if nth > 0 {
            out.push(',');
        }
        value::push_quoted(out, name);
        out.push(':');
        value::push_json(out, *cell);
        length += more.len() as u64;
        more.clear();
    }
    raw.push('}');
    length += raw.len() as u64;
    Raw::of_object(raw, length)
}

/// An open file.
struct Table {
    reader: SerializedFileReader<File>,
    columns: Vec<Column>,
    rows_of_groups: Vec<usize>,
    rows: u64,
}

impl Table {
    fn open(input: &Input) -> Result<Table, Error> {
        let file = File::open(&input.path).map_err(|source| Error::read(&input.path, source))?;
        guarded(input, || Table::of(file))
    }

    fn of(mut file: File) -> Result<Table, Fault> {
        depth::check(&mut file)?;
        let reader = SerializedFileReader::new(file)?;
        let about = reader.metadata();
        let schema = about.file_metadata().schema_descr();
        let mut leaves = schema.columns().iter().map(Leaf::new);
        let mut columns = Vec::new();
        for field in schema.root_schema().get_fields() {
            let node = Node::of(field)?;
            let leaves: Vec<Leaf> = leaves.by_ref().take(node.leaves()).collect();
            columns.push(Column { name: field.name().to_owned(), node, leaves, nested: String::new() });
        }
        let mut rows_of_groups = Vec::new();
        let mut rows = 0;
        for group in about.row_groups() {
            let Ok(of_group) = usize::try_from(group.num_rows()) else {
                return misshapen("a row group of fewer than no rows");
            };
            rows_of_groups.push(of_group);
            rows += of_group as u64;
        }
        if i64::try_from(rows) != Ok(about.file_metadata().num_rows()) {
            return misshapen("its row groups do not have as many rows as it states");
        }
        if columns.is_empty() && rows > 0 {
            return misshapen("rows without columns");
        }
        Ok(Table { reader, columns, rows_of_groups, rows })
    }

    /// Begins to read a row group.
    fn open_group(&mut self, group: usize) -> Result<(), Fault> {
        let group = self.reader.get_row_group(group)?;
        let leaves = self.columns.iter_mut().flat_map(|column| &mut column.leaves);
        for (nth, leaf) in leaves.enumerate() {
            leaf.open(group.get_column_reader(nth)?);
        }
        Ok(())
    }

    /// Writes the next row's lists and groups as JSON; the length of them if it is more than is read.
    fn write_nested(&mut self) -> Result<Option<u64>, Fault> {
        let mut length = 0;
        for column in self.columns.iter_mut().filter(|column| column.node.is_nested()) {
            column.nested.clear();
            nested::write_row(&column.node, &mut column.leaves, &mut column.nested)?;
            length += column.nested.len();
        }
        Ok((length > LINE_BYTES_MAX).then_some(length as u64))
    }
}

/// A column of the table: one leaf, or the leaves of a list or group.
struct Column {
    name: String,
    node: Node,
    leaves: Vec<Leaf>,
    /// The JSON text of a list or group in the row at hand.
    nested: String,
}

impl Column {
    /// Reads the next `count` rows.
    fn fill(&mut self, count: usize) -> Result<(), Fault> {
        let is_nested = self.node.is_nested();
        self.leaves.iter_mut().try_for_each(|leaf| leaf.fill(count, is_nested))
    }

    /// The cell of a row of the batch; of a list or group, of the row at hand.
    fn cell(&self, row: usize) -> TableCell<'_> {
        match self.leaves.as_slice() {
            [leaf] if !self.node.is_nested() => leaf.cell(row),
            _ if self.nested == "null" => TableCell::Null,
            _ => TableCell::Nested(&self.nested),
        }
    }

    /// Holds that nothing is left of the row group.
    fn finish(&mut self) -> Result<(), Fault> {
        self.leaves.iter_mut().try_for_each(Leaf::finish)
    }
}

#[cfg(test)]
mod tests;
