//! How deep the schema of a file is, before anybody walks it.
//!
//! The library below reads a schema by recursion, and a file of some kilobytes can be deep enough to use up the stack, which
//! no error handling survives. So the list of its elements is looked at first: each states how many children it has, and
//! that is all there is to know.
//!
//! # Source
//! Apache Parquet, `parquet.thrift` (`FileMetaData.schema`, `SchemaElement.num_children`); Apache Thrift, compact protocol.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use super::fault::{Fault, misshapen};

/// Most levels that a schema may have; exporters have three a list.
const LEVELS_MAX: usize = 100;

/// Structures within structures that are passed over; the format has a few.
const NESTED_MAX: usize = 32;

/// Holds that the schema of a file is no deeper than is read; a footer that cannot be read is left to the library.
pub(super) fn check(file: &mut File) -> Result<(), Fault> {
    let levels = footer(file).ok().flatten().and_then(|footer| Reader(&footer).levels());
    file.rewind().map_err(parquet::errors::ParquetError::from)?;
    match levels {
        Some(levels) if levels > LEVELS_MAX => {
            misshapen(format!("a schema of {levels} levels; at most {LEVELS_MAX} are read"))
        }
        _ => Ok(()),
    }
}

/// The bytes of the footer: they stand before its length and the mark of the format.
fn footer(file: &mut File) -> std::io::Result<Option<Vec<u8>>> {
    const END: usize = 8;
    let size = file.seek(SeekFrom::End(0))?;
    let mut end = [0; END];
    if size < END as u64 {
        return Ok(None);
    }
    file.seek(SeekFrom::End(-(END as i64)))?;
    file.read_exact(&mut end)?;
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    if !end.ends_with(b"PAR1") || length + END as u64 > size {
        return Ok(None);
    }
    let mut footer = Vec::new();
    file.seek(SeekFrom::Start(size - END as u64 - length))?;
    file.take(length).read_to_end(&mut footer)?;
    Ok(Some(footer))
}

/// What is still to be read, in Thrift's compact protocol.
struct Reader<'a>(&'a [u8]);

/// Types of the protocol.
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;
const I32: u8 = 5;

impl Reader<'_> {
    /// Levels of the schema.
    fn levels(&mut self) -> Option<usize> {
        const SCHEMA: i64 = 2;
        let mut field = 0;
        loop {
            let ty = self.field(&mut field)?;
            if (field, ty) == (SCHEMA, LIST) {
                break;
            }
            self.skip(ty, 0)?;
        }
        let (count, _) = self.list()?;
        let (mut open, mut deepest): (Vec<u64>, usize) = (Vec::new(), 0);
        for _ in 0..count {
            let children = self.children()?;
            while open.pop_if(|left| *left == 0).is_some() {}
            if let Some(left) = open.last_mut() {
                *left -= 1;
            }
            deepest = deepest.max(open.len());
            if children > 0 {
                open.push(children);
            }
        }
        Some(deepest)
    }

    /// How many children an element of the schema has.
    fn children(&mut self) -> Option<u64> {
        const CHILDREN: i64 = 5;
        let (mut field, mut children) = (0, 0);
        loop {
            match self.field(&mut field)? {
                0 => return Some(children),
                I32 if field == CHILDREN => children = u64::try_from(self.zigzag()?).unwrap_or(0),
                ty => self.skip(ty, 0)?,
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The type of the next field of a structure, 0 at its end; its number goes to `field`.
    fn field(&mut self, field: &mut i64) -> Option<u8> {
        let header = self.byte()?;
        let ty = header & 0x0f;
        if ty != 0 {
            *field = match header >> 4 {
                0 => self.zigzag()?,
                more => field.saturating_add(i64::from(more)),
            };
        }
        Some(ty)
    }

    /// How many elements a list has, and their type.
    fn list(&mut self) -> Option<(u64, u8)> {
        let header = self.byte()?;
        let count = if header >> 4 == 15 { self.varint()? } else { u64::from(header >> 4) };
        Some((count, header & 0x0f))
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        self.0 = self.0.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    /// Passes a value.
    fn skip(&mut self, ty: u8, nested: usize) -> Option<()> {
        if nested > NESTED_MAX {
            return None;
        }
        match ty {
            // Booleans are the type itself.
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.varint().map(drop),
            7 => self.pass(8),
            BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            LIST | 10 => {
                let (count, ty) = self.list()?;
                // Booleans in a list are a byte each.
                (0..count).try_for_each(|_| if ty <= 2 { self.pass(1) } else { self.skip(ty, nested + 1) })
            }
            11 => {
                let count = self.varint()?;
                let types = if count > 0 { self.byte()? } else { 0 };
                (0..count).try_for_each(|_| {
                    self.skip(types >> 4, nested + 1)?;
                    self.skip(types & 0x0f, nested + 1)
                })
            }
            STRUCT => {
                let mut field = 0;
                loop {
                    match self.field(&mut field)? {
                        0 => return Some(()),
                        ty => self.skip(ty, nested + 1)?,
                    }
                }
            }
            _ => None,
        }
    }
}
