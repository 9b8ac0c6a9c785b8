//! The same records in every format that is read: CSV, Parquet of texts, Parquet of typed columns; and packed.
//!
//! The typed columns are those that a careful exporter would choose: decimals for money, dates, timestamps with and
//! without a zone, booleans, lists of texts and of groups.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{Compression, GzipLevel, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DataType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    Int32Type, Int64Type, Int96, Int96Type,
};
use parquet::file::properties::{WriterProperties, WriterVersion};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use records::Kind;
use records::decimal::parse_scaled;
use records::schema::{self, Field, FieldType};
use records::time::{parse_date, parse_time};
use serde_json::{Map, Value};

/// One change, without its kind.
pub(crate) type Record = Map<String, Value>;

/// The changes of a file of NDJSON by their kind, each in its order.
pub(crate) fn records(ndjson: &str) -> BTreeMap<String, Vec<Record>> {
    let mut by_kind: BTreeMap<String, Vec<Record>> = BTreeMap::new();
    for line in ndjson.lines() {
        let mut record: Record = serde_json::from_str(line).unwrap();
        let kind = record.remove("kind").unwrap();
        by_kind.entry(kind.as_str().unwrap().to_owned()).or_default().push(record);
    }
    by_kind
}

/// A value as the text of a cell; absent is empty.
fn text_of(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Bool(flag)) => u8::from(*flag).to_string(),
        Some(other) => other.to_string(),
    }
}

/// The names of the columns of these records, in the order of the schema, with what every change has before.
fn columns(kind: Kind) -> Vec<&'static str> {
    ["op", "rev", "recv_time"]
        .into_iter()
        .chain(schema::fields(kind).iter().map(|field| field.name))
        .collect()
}

/// A table of text, its cells quoted where they must be.
pub(crate) fn csv(kind: &str, records: &[Record]) -> String {
    let columns = columns(Kind::from_name(kind).unwrap());
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(&columns).unwrap();
    for record in records {
        writer.write_record(columns.iter().map(|column| text_of(record.get(*column)))).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// How a Parquet file is packed, by its name.
pub(crate) fn packing(name: &str) -> WriterProperties {
    let compression = match name {
        "snappy" => Compression::SNAPPY,
        "gzip" => Compression::GZIP(GzipLevel::default()),
        "zstd" => Compression::ZSTD(ZstdLevel::default()),
        "lz4" => Compression::LZ4_RAW,
        _ => Compression::UNCOMPRESSED,
    };
    // The two versions of pages differ in how levels are written.
    let version = if name == "zstd" { WriterVersion::PARQUET_2_0 } else { WriterVersion::PARQUET_1_0 };
    WriterProperties::builder().set_compression(compression).set_writer_version(version).build()
}

/// A table of columns; typed, or all of them text.
pub(crate) fn parquet(
    kind: &str,
    records: &[Record],
    is_typed: bool,
    properties: WriterProperties,
) -> Vec<u8> {
    let kind = Kind::from_name(kind).unwrap();
    let columns = columns(kind).into_iter().map(|name| Column::of(kind, name, is_typed)).collect();
    table(columns, records, properties)
}

/// A table of text but for the times, which are of the old 96 bits, as Spark writes them.
pub(crate) fn parquet_int96(kind: &str, records: &[Record], properties: WriterProperties) -> Vec<u8> {
    let kind = Kind::from_name(kind).unwrap();
    let of = |name| {
        let Column { name, ty, .. } = Column::of(kind, name, true);
        let is_int96 = matches!(ty, Some(FieldType::Time));
        Column { name, ty: ty.filter(|_| is_int96), is_int96 }
    };
    table(columns(kind).into_iter().map(of).collect(), records, properties)
}

fn table(columns: Vec<Column>, records: &[Record], properties: WriterProperties) -> Vec<u8> {
    let mut message = String::from("message records {\n");
    columns.iter().for_each(|column| message.push_str(&column.declared()));
    message.push('}');
    let schema = Arc::new(parse_message_type(&message).unwrap());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
    for rows in records.chunks(5_000) {
        let mut group = writer.next_row_group().unwrap();
        columns.iter().for_each(|column| column.write(rows, &mut group));
        group.close().unwrap();
    }
    writer.into_inner().unwrap()
}

/// One column: the field's name and its type, if it is not text.
struct Column {
    name: &'static str,
    ty: Option<FieldType>,
    /// Whether its times are of 96 bits.
    is_int96: bool,
}

/// Fields that are moments of UTC; the others are of China's clock.
const IN_UTC: [&str; 3] = ["recv_time", "setl_time", "idv_time"];

impl Column {
    fn of(kind: Kind, name: &'static str, is_typed: bool) -> Column {
        let ty = match name {
            "op" => FieldType::Text,
            "rev" => FieldType::Int(schema::Sign::NotNegative),
            "recv_time" => FieldType::Time,
            _ => schema::fields(kind).iter().find(|field| field.name == name).unwrap().ty,
        };
        Column { name, ty: Some(ty).filter(|_| is_typed), is_int96: false }
    }

    fn declared(&self) -> String {
        let name = self.name;
        match self.ty {
            _ if self.is_int96 => format!("optional int96 {name};\n"),
            Some(FieldType::Texts) => {
                format!(
                    "optional group {name} (LIST) {{ repeated group list {{ optional binary element (STRING); }} }}\n"
                )
            }
            Some(FieldType::Records(fields)) => {
                let fields: String =
                    fields.iter().map(|field| declared(field.name, Some(field.ty))).collect();
                format!(
                    "optional group {name} (LIST) {{ repeated group list {{ required group element {{ {fields} }} }} }}\n"
                )
            }
            ty => declared(name, ty),
        }
    }

    fn write(&self, rows: &[Record], group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) {
        let of_row = |row: &Record| row.get(self.name).cloned().filter(|value| !value.is_null());
        match self.ty {
            _ if self.is_int96 => {
                let values: Vec<Option<Value>> = rows.iter().map(of_row).collect();
                let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                let moments = values.iter().flatten().map(|value| int96(&text_of(Some(value))));
                put::<Int96Type>(moments.collect(), &levels, None, group);
            }
            Some(FieldType::Texts) => {
                write_list(FieldType::Text, rows.iter().map(|row| list(of_row(row), None)), group);
            }
            Some(FieldType::Records(fields)) => {
                for Field { name, ty, .. } in fields {
                    write_list(*ty, rows.iter().map(|row| list(of_row(row), Some(name))), group);
                }
            }
            ty => {
                let values: Vec<Option<Value>> = rows.iter().map(of_row).collect();
                let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                let utc = IN_UTC.contains(&self.name);
                write_values(ty, utc, values.iter().flatten(), &levels, None, group);
            }
        }
    }
}

fn declared(name: &str, ty: Option<FieldType>) -> String {
    let ty = match ty {
        Some(FieldType::Money) => format!("int64 {name} (DECIMAL(15,2))"),
        Some(FieldType::Price) => format!("fixed_len_byte_array(9) {name} (DECIMAL(20,6))"),
        Some(FieldType::Quantity(_)) => format!("binary {name} (DECIMAL(18,4))"),
        Some(FieldType::Number) => format!("double {name}"),
        Some(FieldType::Int(_)) => format!("int64 {name}"),
        Some(FieldType::Flag) => format!("boolean {name}"),
        Some(FieldType::Date) => format!("int32 {name} (DATE)"),
        Some(FieldType::Time) if IN_UTC.contains(&name) => format!("int64 {name} (TIMESTAMP(MILLIS,true))"),
        Some(FieldType::Time) => format!("int64 {name} (TIMESTAMP(MICROS,false))"),
        _ => format!("binary {name} (STRING)"),
    };
    format!("optional {ty};\n")
}

/// The elements of a list, or one field of each; none if there is no list.
fn list(value: Option<Value>, field: Option<&str>) -> Option<Vec<Option<Value>>> {
    let Value::Array(elements) = value? else { panic!("no list") };
    let of = |element: Value| field.map_or(Some(element.clone()), |field| element.get(field).cloned());
    Some(elements.into_iter().map(|element| of(element).filter(|value| !value.is_null())).collect())
}

fn write_list(
    ty: FieldType,
    lists: impl Iterator<Item = Option<Vec<Option<Value>>>>,
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) {
    let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
    for list in lists {
        match list {
            None => definitions.push(0),
            Some(list) if list.is_empty() => definitions.push(1),
            Some(list) => {
                for (place, element) in list.into_iter().enumerate() {
                    definitions.push(2 + i16::from(element.is_some()));
                    repetitions.extend((place > 0).then_some(1));
                    repetitions.extend((place == 0).then_some(0));
                    values.extend(element);
                }
                continue;
            }
        }
        repetitions.push(0);
    }
    write_values(Some(ty), false, values.iter(), &definitions, Some(&repetitions), group);
}

fn write_values<'a>(
    ty: Option<FieldType>,
    utc: bool,
    values: impl Iterator<Item = &'a Value>,
    definitions: &[i16],
    repetitions: Option<&[i16]>,
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) {
    let texts = values.map(|value| (text_of(Some(value)), value));
    let scaled = |text: &str, places| parse_scaled(text, places).unwrap();
    match ty {
        Some(FieldType::Money) => {
            put::<Int64Type>(
                texts.map(|(text, _)| scaled(&text, 2)).collect(),
                definitions,
                repetitions,
                group,
            );
        }
        Some(FieldType::Price) => {
            let fixed = |text: &str| {
                let bytes = i128::from(scaled(text, 6)).to_be_bytes();
                FixedLenByteArray::from(bytes[7..].to_vec())
            };
            let values = texts.map(|(text, _)| fixed(&text)).collect();
            put::<FixedLenByteArrayType>(values, definitions, repetitions, group);
        }
        Some(FieldType::Quantity(_)) => {
            let bytes = |text: &str| ByteArray::from(scaled(text, 4).to_be_bytes().to_vec());
            put::<ByteArrayType>(
                texts.map(|(text, _)| bytes(&text)).collect(),
                definitions,
                repetitions,
                group,
            );
        }
        Some(FieldType::Number) => {
            let values = texts.map(|(text, _)| text.parse().unwrap()).collect();
            put::<DoubleType>(values, definitions, repetitions, group);
        }
        Some(FieldType::Int(_)) => {
            let values = texts.map(|(text, _)| text.parse().unwrap()).collect();
            put::<Int64Type>(values, definitions, repetitions, group);
        }
        Some(FieldType::Flag) => {
            put::<BoolType>(texts.map(|(text, _)| text == "1").collect(), definitions, repetitions, group);
        }
        Some(FieldType::Date) => {
            let values = texts.map(|(text, _)| parse_date(&text).unwrap()).collect();
            put::<Int32Type>(values, definitions, repetitions, group);
        }
        Some(FieldType::Time) => {
            let moment = |text: &str| {
                let seconds = parse_time(text).unwrap();
                if utc { (seconds - 8 * 3_600) * 1_000 } else { seconds * 1_000_000 }
            };
            put::<Int64Type>(texts.map(|(text, _)| moment(&text)).collect(), definitions, repetitions, group);
        }
        _ => {
            let values = texts.map(|(text, _)| ByteArray::from(text.into_bytes())).collect();
            put::<ByteArrayType>(values, definitions, repetitions, group);
        }
    }
}

/// A moment as nanoseconds of a day of UTC and its Julian day.
fn int96(text: &str) -> Int96 {
    let seconds = parse_time(text).unwrap() - 8 * 3_600;
    let nanos = u64::try_from(seconds.rem_euclid(86_400)).unwrap() * 1_000_000_000;
    let day = u32::try_from(seconds.div_euclid(86_400) + 2_440_588).unwrap();
    let mut value = Int96::new();
    value.set_data(u32::try_from(nanos & 0xffff_ffff).unwrap(), u32::try_from(nanos >> 32).unwrap(), day);
    value
}

fn put<T: DataType>(
    values: Vec<T::T>,
    definitions: &[i16],
    repetitions: Option<&[i16]>,
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) {
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<T>().write_batch(&values, Some(definitions), repetitions).unwrap();
    column.close().unwrap();
}

/// gzip, in two members.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let (one, two) = bytes.split_at(bytes.len() / 2);
    let member = |part: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(part).unwrap();
        encoder.finish().unwrap()
    };
    [member(one), member(two)].concat()
}

/// Zstandard, in two frames.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let (one, two) = bytes.split_at(bytes.len() / 2);
    [one, two].map(|part| zstd::encode_all(part, 3).unwrap()).concat()
}

/// GB18030.
pub(crate) fn gb18030(text: &str) -> Vec<u8> {
    encoding_rs::GB18030.encode(text).0.into_owned()
}

/// Writes records in a format to a folder: `csv`, `gb18030`, `text` (Parquet of text), `int96` or a packing of typed Parquet;
/// `csv` and `gb18030` may be followed by `.gz` or `.zst`.
pub(crate) fn write(records: &BTreeMap<String, Vec<Record>>, format: &str, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let (format, packed) = format.split_once('.').unwrap_or((format, ""));
    for (kind, records) in records {
        let (ending, bytes) = match format {
            "csv" => ("csv", csv(kind, records).into_bytes()),
            "gb18030" => ("csv", gb18030(&csv(kind, records))),
            "text" => ("parquet", parquet(kind, records, false, packing("snappy"))),
            "int96" => ("parquet", parquet_int96(kind, records, packing("snappy"))),
            typed => ("parquet", parquet(kind, records, true, packing(typed))),
        };
        let (ending, bytes) = match packed {
            "gz" => (format!("{ending}.gz"), gzip(&bytes)),
            "zst" => (format!("{ending}.zst"), zstd(&bytes)),
            _ => (ending.to_owned(), bytes),
        };
        fs::write(folder.join(format!("{kind}.{ending}")), bytes).unwrap();
    }
}
