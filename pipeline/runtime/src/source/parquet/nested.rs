//! Lists and groups of columns become JSON.
//!
//! Parquet stores a list of records as one column per field, each value with two levels: how much of the way to it is
//! there (definition) and at which list it goes on (repetition), after Melnik et al., "Dremel", 2010. A [`Node`] is that
//! way; [`write_row`] walks it for one row. The older spellings of lists are read as the format's rules of backward
//! compatibility state. Columns of one list that disagree about its length are damage, never a wrong record.

use parquet::basic::{ConvertedType, LogicalType, Repetition};
use parquet::schema::types::Type;

use super::fault::{Fault, misshapen};
use super::leaf::Leaf;
use super::value::push_quoted;
use records::decode::{LINE_BYTES_MAX, matched};

/// What stands at a place of the schema.
pub(super) struct Node {
    what: NodeKind,
    /// The first of its leaves, and one past the last, within its column.
    leaves: (usize, usize),
}

enum NodeKind {
    /// A value.
    Leaf,
    /// Perhaps something: it is there from this definition level on.
    Optional(i16, Box<Node>),
    /// A list: it has an element from this definition level on, and goes on at this repetition level.
    List { filled: i16, again: i16, element: Box<Node> },
    /// Fields with names.
    Group(Vec<(String, Node)>),
}

/// Where a walk through the schema is.
struct Walk {
    definition: i16,
    repetition: i16,
    leaf: usize,
}

impl Node {
    /// The column `field`.
    pub(super) fn of(field: &Type) -> Result<Node, Fault> {
        Node::at(field, &mut Walk { definition: 0, repetition: 0, leaf: 0 })
    }

    /// How many leaves it has.
    pub(super) fn leaves(&self) -> usize {
        self.leaves.1 - self.leaves.0
    }

    /// Whether it is more than one value in a row.
    pub(super) fn is_nested(&self) -> bool {
        match &self.what {
            NodeKind::Leaf => false,
            NodeKind::Optional(_, inner) => inner.is_nested(),
            NodeKind::List { .. } | NodeKind::Group(_) => true,
        }
    }

    fn at(ty: &Type, walk: &mut Walk) -> Result<Node, Fault> {
        let first = walk.leaf;
        let what = match ty.get_basic_info().repetition() {
            Repetition::REQUIRED => return Node::content(ty, walk),
            Repetition::OPTIONAL => {
                walk.definition += 1;
                let inner = Node::content(ty, walk)?;
                walk.definition -= 1;
                NodeKind::Optional(walk.definition + 1, Box::new(inner))
            }
            // A repeated field that is in no list is a list of its own.
            Repetition::REPEATED => Node::list(walk, |walk| Node::content(ty, walk))?,
        };
        Ok(Node { what, leaves: (first, walk.leaf) })
    }

    fn list(
        walk: &mut Walk,
        element: impl FnOnce(&mut Walk) -> Result<Node, Fault>,
    ) -> Result<NodeKind, Fault> {
        walk.definition += 1;
        walk.repetition += 1;
        let element = Box::new(element(walk)?);
        let what = NodeKind::List { filled: walk.definition, again: walk.repetition, element };
        walk.definition -= 1;
        walk.repetition -= 1;
        Ok(what)
    }

    /// A type without its repetition.
    fn content(ty: &Type, walk: &mut Walk) -> Result<Node, Fault> {
        let first = walk.leaf;
        if ty.is_primitive() {
            walk.leaf += 1;
            return Ok(Node { what: NodeKind::Leaf, leaves: (first, walk.leaf) });
        }
        let about = ty.get_basic_info();
        let is_list = about.logical_type_ref() == Some(&LogicalType::List)
            || about.converted_type() == ConvertedType::LIST;
        let what = match ty.get_fields() {
            [] => return misshapen(format!("the group {} has no columns", ty.name())),
            [repeated] if is_list && repeated.get_basic_info().repetition() == Repetition::REPEATED => {
                Node::list(walk, |walk| Node::element(ty.name(), repeated, walk))?
            }
            fields => {
                let mut group = Vec::new();
                for field in fields {
                    group.push((matched(field.name()).into_owned(), Node::at(field, walk)?));
                }
                NodeKind::Group(group)
            }
        };
        Ok(Node { what, leaves: (first, walk.leaf) })
    }

    /// The element of a list, whose repeated field is it or holds it.
    fn element(list: &str, repeated: &Type, walk: &mut Walk) -> Result<Node, Fault> {
        if repeated.is_primitive() {
            return Node::content(repeated, walk);
        }
        match repeated.get_fields() {
            [element] if repeated.name() != "array" && repeated.name() != format!("{list}_tuple") => {
                Node::at(element, walk)
            }
            _ => Node::content(repeated, walk),
        }
    }
}

/// Appends the JSON text of the next row to `out`; no more of it than makes it clear that it is too long.
pub(super) fn write_row(node: &Node, leaves: &mut [Leaf], out: &mut String) -> Result<(), Fault> {
    write(node, leaves, out)?;
    match leaves.iter().all(|leaf| leaf.repetition() == 0) {
        true => Ok(()),
        false => misshapen("the columns of a list disagree about its length"),
    }
}

fn write(node: &Node, leaves: &mut [Leaf], out: &mut String) -> Result<(), Fault> {
    let (first, end) = node.leaves;
    match &node.what {
        NodeKind::Leaf => leaves[first].write_next(out),
        NodeKind::Optional(from, _) if leaves[first].definition()? < *from => {
            push(out, "null");
            skip(&mut leaves[first..end], *from - 1)
        }
        NodeKind::Optional(_, inner) => write(inner, leaves, out),
        NodeKind::List { filled, .. } if leaves[first].definition()? < *filled => {
            push(out, "[]");
            skip(&mut leaves[first..end], *filled - 1)
        }
        NodeKind::List { again, element, .. } => {
            push(out, "[");
            loop {
                write(element, leaves, out)?;
                if leaves[first].repetition() != *again {
                    break;
                }
                push(out, ",");
            }
            push(out, "]");
            Ok(())
        }
        NodeKind::Group(fields) => {
            push(out, "{");
            for (nth, (name, field)) in fields.iter().enumerate() {
                if nth > 0 {
                    push(out, ",");
                }
                if out.len() <= LINE_BYTES_MAX {
                    push_quoted(out, name);
                }
                push(out, ":");
                write(field, leaves, out)?;
            }
            push(out, "}");
            Ok(())
        }
    }
}

fn push(out: &mut String, text: &str) {
    if out.len() <= LINE_BYTES_MAX {
        out.push_str(text);
    }
}

/// Passes what is not there above this definition level, in leaves that all state so.
fn skip(leaves: &mut [Leaf], level: i16) -> Result<(), Fault> {
    leaves.iter_mut().try_for_each(|leaf| leaf.skip_above(level))
}
