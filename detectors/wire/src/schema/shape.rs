//! The shape of a type, recorded while serde reads it from a source that answers whatever is asked.
//!
//! [`Recorder`] is that source: it notes what it is asked for and hands back the smallest such value: of a struct every
//! field, of a list or map one part, of an enum the first word.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value, json};

use crate::money::AMOUNT;

/// What a value looks like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Any JSON value.
    Any,
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A text.
    Text,
    /// An amount in yuan as text with two places.
    Amount,
    /// One of these words.
    Words(&'static [&'static str]),
    /// `null` or this.
    Nullable(Box<Shape>),
    /// A list of such values.
    List(Box<Shape>),
    /// An object whose names are free and whose values look like this.
    Map(Box<Shape>),
    /// An object of these fields; whether each is required.
    Fields(Vec<(&'static str, Shape, bool)>),
}

impl Shape {
    /// As JSON Schema.
    pub(super) fn schema(&self) -> Value {
        match self {
            Shape::Any => json!({}),
            Shape::Bool => json!({ "type": "boolean" }),
            Shape::Integer => json!({ "type": "integer" }),
            Shape::Number => json!({ "type": "number" }),
            Shape::Text => json!({ "type": "string" }),
            Shape::Amount => json!({ "type": "string", "pattern": "^-?[0-9]+\\.[0-9]{2}$" }),
            Shape::Words(words) => json!({ "enum": words }),
            Shape::Nullable(shape) => json!({ "anyOf": [shape.schema(), { "type": "null" }] }),
            Shape::List(shape) => json!({ "type": "array", "items": shape.schema() }),
            Shape::Map(shape) => json!({ "type": "object", "additionalProperties": shape.schema() }),
            Shape::Fields(fields) => {
                let properties: Map<String, Value> =
                    fields.iter().map(|(name, shape, _)| ((*name).to_owned(), shape.schema())).collect();
                let required: Vec<&str> =
                    fields.iter().filter(|(.., required)| *required).map(|(name, ..)| *name).collect();
                json!({ "type": "object", "properties": properties, "required": required })
            }
        }
    }

    /// What of a value does not look like this.
    pub(super) fn check(&self, value: &Value, path: &str, faults: &mut Vec<String>) {
        let fits = match (self, value) {
            (Shape::Any, _) | (Shape::Nullable(_), Value::Null) | (Shape::Bool, Value::Bool(_)) => true,
            (Shape::Integer, Value::Number(number)) => !number.is_f64(),
            (Shape::Number, Value::Number(_)) | (Shape::Text, Value::String(_)) => true,
            (Shape::Amount, Value::String(text)) => is_amount(text),
            (Shape::Words(words), Value::String(text)) => words.contains(&text.as_str()),
            (Shape::Nullable(shape), value) => return shape.check(value, path, faults),
            (Shape::List(shape), Value::Array(values)) => {
                let each = values.iter().enumerate();
                return each.for_each(|(nth, value)| shape.check(value, &format!("{path}[{nth}]"), faults));
            }
            (Shape::Map(shape), Value::Object(values)) => {
                return values
                    .iter()
                    .for_each(|(name, value)| shape.check(value, &format!("{path}.{name}"), faults));
            }
            (Shape::Fields(fields), Value::Object(values)) => {
                for (name, shape, required) in fields {
                    match values.get(*name) {
                        Some(value) => shape.check(value, &format!("{path}.{name}"), faults),
                        None if *required => faults.push(format!("{path}.{name}: it is missing")),
                        None => {}
                    }
                }
                let unknown = values.keys().filter(|name| !fields.iter().any(|(known, ..)| known == name));
                faults.extend(unknown.map(|name| format!("{path}.{name}: it is not in the schema")));
                return;
            }
            _ => false,
        };
        if !fits {
            faults.push(format!("{path}: {value} does not fit {}", self.schema()));
        }
    }
}

/// What [`Shape::Amount`] states in its pattern.
fn is_amount(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.strip_prefix('-').unwrap_or(text);
    plain.split_once('.').is_some_and(|(yuan, fen)| digits(yuan) && digits(fen) && fen.len() == 2)
}

/// The shape of a type.
///
/// # Panics
/// The type asks for what no output has, such as bytes; a programmer sees it at the first test.
pub(super) fn of<T: DeserializeOwned>() -> Shape {
    let shape = RefCell::new(None);
    let read = T::deserialize(Recorder(&shape));
    assert!(read.is_ok(), "{}: {:?}", std::any::type_name::<T>(), read.err());
    shape.into_inner().expect("what was read was asked for")
}

/// Fields that are not written when they are empty; every other field that is no option is always there.
const OMITTED_WHEN_EMPTY: [(&str, &str); 2] = [("KeptRecord", "as_sent"), ("KeptFinding", "laid")];

/// The token under which serde_json reads JSON text as it stands.
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// A source of data that has whatever is asked for, and writes down what was.
#[derive(Clone, Copy)]
struct Recorder<'r>(&'r RefCell<Option<Shape>>);

/// The type asks for what no output has.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Refused(String);

impl de::Error for Refused {
    fn custom<T: fmt::Display>(text: T) -> Refused {
        Refused(text.to_string())
    }
}

impl Recorder<'_> {
    fn note(self, shape: Shape) {
        *self.0.borrow_mut() = Some(shape);
    }
}

/// Reads one part of a value and gives its shape with it.
fn part<'de, S: DeserializeSeed<'de>>(seed: S) -> Result<(S::Value, Shape), Refused> {
    let shape = RefCell::new(None);
    let value = seed.deserialize(Recorder(&shape))?;
    Ok((value, shape.into_inner().unwrap_or(Shape::Any)))
}

macro_rules! notes {
    ($($method:ident $shape:ident $visit:ident $($value:expr)?;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.note(Shape::$shape);
            visitor.$visit($($value)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Recorder<'_> {
    type Error = Refused;

    notes! {
        deserialize_any Any visit_unit;
        deserialize_ignored_any Any visit_unit;
        deserialize_unit Any visit_unit;
        deserialize_bool Bool visit_bool false;
        deserialize_i8 Integer visit_i8 0;
        deserialize_i16 Integer visit_i16 0;
        deserialize_i32 Integer visit_i32 0;
        deserialize_i64 Integer visit_i64 0;
        deserialize_u8 Integer visit_u8 0;
        deserialize_u16 Integer visit_u16 0;
        deserialize_u32 Integer visit_u32 0;
        deserialize_u64 Integer visit_u64 0;
        deserialize_f32 Number visit_f64 0.0;
        deserialize_f64 Number visit_f64 0.0;
        deserialize_char Text visit_char ' ';
        deserialize_str Text visit_str "";
        deserialize_string Text visit_str "";
        deserialize_identifier Text visit_str "";
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let value = visitor.visit_some(self)?;
        let inner = self.0.borrow_mut().take().unwrap_or(Shape::Any);
        self.note(Shape::Nullable(Box::new(inner)));
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match name {
            AMOUNT => {
                self.note(Shape::Amount);
                visitor.visit_str("0.00")
            }
            RAW_VALUE => {
                self.note(Shape::Any);
                visitor.visit_map(MapDeserializer::new(std::iter::once((RAW_VALUE, "null"))))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut one = One(None);
        let value = visitor.visit_seq(&mut one)?;
        self.note(Shape::List(Box::new(one.0.unwrap_or(Shape::Any))));
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let mut one = One(None);
        let value = visitor.visit_map(&mut one)?;
        self.note(Shape::Map(Box::new(one.0.unwrap_or(Shape::Any))));
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        // serde_json asks for its text as it stands by the name of a struct.
        if name == RAW_VALUE {
            return self.deserialize_newtype_struct(RAW_VALUE, visitor);
        }
        let mut every = Every { fields, shapes: Vec::new() };
        let value = visitor.visit_map(&mut every)?;
        let field = |(field, shape): (&'static str, Shape)| {
            let may_be_absent =
                matches!(shape, Shape::Nullable(_)) || OMITTED_WHEN_EMPTY.contains(&(name, field));
            (field, shape, !may_be_absent)
        };
        self.note(Shape::Fields(fields.iter().copied().zip(every.shapes).map(field).collect()));
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.note(Shape::Words(words));
        let first: StrDeserializer<'_, Refused> =
            words.first().copied().unwrap_or_default().into_deserializer();
        visitor.visit_enum(first)
    }

    serde::forward_to_deserialize_any! { bytes byte_buf unit_struct tuple tuple_struct }
}

/// A list or map of one part, whose shape it keeps.
struct One(Option<Shape>);

impl<'de> SeqAccess<'de> for &mut One {
    type Error = Refused;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        if self.0.is_some() {
            return Ok(None);
        }
        let (value, shape) = part(seed)?;
        self.0 = Some(shape);
        Ok(Some(value))
    }
}

impl<'de> MapAccess<'de> for &mut One {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        if self.0.is_some() { Ok(None) } else { part(seed).map(|(key, _)| Some(key)) }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let (value, shape) = part(seed)?;
        self.0 = Some(shape);
        Ok(value)
    }
}

/// All fields of a struct, with the shapes of those that were read.
struct Every {
    fields: &'static [&'static str],
    shapes: Vec<Shape>,
}

impl<'de> MapAccess<'de> for &mut Every {
    type Error = Refused;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Refused> {
        let Some(field) = self.fields.get(self.shapes.len()) else { return Ok(None) };
        let name: StrDeserializer<'_, Refused> = (*field).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Refused> {
        let (value, shape) = part(seed)?;
        self.shapes.push(shape);
        Ok(value)
    }
}
