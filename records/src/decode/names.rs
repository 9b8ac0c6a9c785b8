//! Field names become small numbers: one perfect hash over all names of all kinds.
//!
//! The scanner does not know the kind of a line before its end, so a name is looked up among the names of all
//! kinds and the kind's [`Plan`] gives afterwards which of them belong to it. The table is built once; its
//! multiplier is searched until no two names share a place.

use std::sync::LazyLock;

use crate::Kind;
use crate::schema::{self, Field, FieldType, TRACE_CODE};

/// A field name: its place in the table of all names.
pub(super) type NameId = u8;

/// `kind`.
pub(super) const KIND: NameId = 0;
/// `op`.
pub(super) const OP: NameId = 1;
/// `rev`.
pub(super) const REV: NameId = 2;
/// `recv_time`.
pub(super) const RECV_TIME: NameId = 3;
/// Most fields a record of a list has.
pub(super) const INNER_MAX: usize = 8;

/// The national name of a list of trace codes.
pub(super) const NATIONAL_CODES: &str = "drugtracinfo";

/// A name that no kind has.
pub(super) const UNKNOWN: NameId = u8::MAX;

/// Places of the hash table; a power of two, sparse enough that a multiplier is found in a few dozen tries.
const SLOTS: usize = 4_096;

/// Width of [`Name::head`] in bytes.
const HEAD: usize = 16;

/// One name, in a form that is compared in one step.
struct Name {
    text: &'static str,
    /// The first 16 bytes of the name and the quote that ends it, as a little-endian number.
    head: u128,
    /// Which bits of the head are the name's.
    mask: u128,
    /// Whether values of this name are lists.
    list: bool,
    /// Whether they are lists of texts, which may also come as one text.
    texts: bool,
    /// Whether values of this name are texts or numbers, a number and its text being equal.
    text_or_number: bool,
}

/// All names, and which of them a kind has.
pub(super) struct Names {
    multiplier: u64,
    slots: Box<[NameId; SLOTS]>,
    names: Vec<Name>,
    plans: Vec<Plan>,
    /// The name of the code in a record of a list of trace codes.
    trace_code: NameId,
}

/// The fields of one kind with the numbers of their names.
pub(super) struct Plan {
    /// The kind.
    pub(super) kind: Kind,
    /// Its fields in the order of the contract.
    pub(super) fields: Vec<PlanField>,
    /// A bit for each of its names and the four that every kind has.
    pub(super) known: [u64; 4],
    /// Lists whose records have fields that are text or number.
    pub(super) respelled: Vec<NameId>,
}

/// One field of a plan.
pub(super) struct PlanField {
    /// Number of its name.
    pub(super) name: NameId,
    /// The name.
    pub(super) text: &'static str,
    /// Another name that it may come under, which counts where it does not.
    pub(super) national: Option<(NameId, &'static str)>,
    /// What it holds.
    pub(super) ty: FieldType,
    /// Whether it must be there.
    pub(super) required: bool,
    /// Whether it is part of the key.
    pub(super) key: bool,
    /// Numbers of the names of a list's records, in the order of their fields.
    pub(super) inner: Vec<NameId>,
}

/// The table of all names.
pub(super) fn names() -> &'static Names {
    static NAMES: LazyLock<Names> = LazyLock::new(Names::build);
    &NAMES
}

impl Names {
    fn build() -> Names {
        let mut names: Vec<Name> = Vec::new();
        for text in ["kind", "op", "rev", "recv_time"] {
            add(&mut names, text, FieldType::Text);
        }
        for field in Kind::ALL.into_iter().flat_map(schema::fields) {
            add(&mut names, field.name, field.ty);
            for inner in records_of(field.ty) {
                add(&mut names, inner.name, inner.ty);
            }
        }
        add(&mut names, NATIONAL_CODES, FieldType::Texts);
        add(&mut names, TRACE_CODE.name, TRACE_CODE.ty);
        assert!(names.len() < usize::from(UNKNOWN), "a name's number is a byte");
        let (multiplier, slots) = without_collision(&names);
        let mut built = Names { multiplier, slots, names, plans: Vec::new(), trace_code: UNKNOWN };
        built.trace_code = built.find(TRACE_CODE.name.as_bytes());
        built.plans = Kind::ALL.into_iter().map(|kind| built.plan_of(kind)).collect();
        built
    }

    fn plan_of(&self, kind: Kind) -> Plan {
        let number = |name: &str| self.find(name.as_bytes());
        let mut plan = Plan { kind, fields: Vec::new(), known: [0; 4], respelled: Vec::new() };
        for field in schema::fields(kind) {
            let name = number(field.name);
            let inner = records_of(field.ty);
            assert!(inner.len() <= INNER_MAX, "the records of a list have few fields");
            if inner.iter().any(|field| matches!(field.ty, FieldType::TextOrNumber)) {
                plan.respelled.push(name);
            }
            plan.fields.push(PlanField {
                name,
                text: field.name,
                national: matches!(field.ty, FieldType::Texts)
                    .then(|| (number(NATIONAL_CODES), NATIONAL_CODES)),
                ty: field.ty,
                required: field.required,
                key: field.key,
                inner: inner.iter().map(|field| number(field.name)).collect(),
            });
        }
        let national = plan.fields.iter().filter_map(|field| Some(field.national?.0));
        let own = plan.fields.iter().map(|field| field.name).chain([KIND, OP, REV, RECV_TIME]);
        for name in own.chain(national) {
            plan.known[usize::from(name >> 6)] |= 1 << (name & 63);
        }
        plan
    }

    /// The fields of a kind.
    #[inline]
    pub(super) fn plan(&self, kind: Kind) -> &Plan {
        &self.plans[kind as usize]
    }

    /// The number of a name, or [`UNKNOWN`].
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> NameId {
        let name = self.slots[slot(text, self.multiplier)];
        match self.names.get(usize::from(name)) {
            Some(found) if found.text.as_bytes() == text => name,
            _ => UNKNOWN,
        }
    }

    /// One past the name `name`, if it and its closing quote stand in `line` at `at`; that it does not is no
    /// promise: near the end of a line nothing is recognised.
    #[inline]
    pub(super) fn stands_at(&self, name: NameId, line: &[u8], at: usize) -> Option<usize> {
        let name = self.names.get(usize::from(name))?;
        let head = line.get(at..)?.first_chunk::<HEAD>()?;
        if u128::from_le_bytes(*head) & name.mask != name.head {
            return None;
        }
        let end = at + name.text.len();
        let whole = name.text.len() < HEAD
            || (line.get(at + HEAD..end)? == &name.text.as_bytes()[HEAD..] && *line.get(end)? == b'"');
        whole.then_some(end)
    }

    /// Whether the values of this name are lists.
    pub(super) fn is_list(&self, name: NameId) -> bool {
        self.names.get(usize::from(name)).is_some_and(|name| name.list)
    }

    /// Whether the values of this name are lists of texts, which may also come as one text.
    pub(super) fn is_texts(&self, name: NameId) -> bool {
        self.names.get(usize::from(name)).is_some_and(|name| name.texts)
    }

    /// The name of the code in a record of a list of trace codes.
    pub(super) fn trace_code(&self) -> NameId {
        self.trace_code
    }

    /// Whether the values of this name are texts or numbers alike.
    pub(super) fn is_text_or_number(&self, name: NameId) -> bool {
        self.names.get(usize::from(name)).is_some_and(|name| name.text_or_number)
    }
}

/// The fields of a list's records.
fn records_of(ty: FieldType) -> &'static [Field] {
    match ty {
        FieldType::Records(inner) => inner,
        _ => &[],
    }
}

fn add(names: &mut Vec<Name>, text: &'static str, ty: FieldType) {
    if names.iter().any(|name| name.text == text) {
        return;
    }
    let (head, mask) = head_and_mask(text);
    names.push(Name {
        text,
        head,
        mask,
        list: matches!(ty, FieldType::Records(_) | FieldType::Texts),
        texts: matches!(ty, FieldType::Texts),
        text_or_number: matches!(ty, FieldType::TextOrNumber),
    });
}

fn head_and_mask(text: &str) -> (u128, u128) {
    let mut head = [0; HEAD];
    let mut mask = [0; HEAD];
    for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(text.bytes().chain([b'"'])) {
        *head = byte;
        *mask = u8::MAX;
    }
    (u128::from_le_bytes(head), u128::from_le_bytes(mask))
}

/// A multiplier under which every name has a place of its own, and the places.
fn without_collision(names: &[Name]) -> (u64, Box<[NameId; SLOTS]>) {
    // Odd multiples of the golden ratio: any sequence would do, this one is the same on every start.
    let mut multiplier = 0x9e37_79b9_7f4a_7c15_u64;
    loop {
        let mut slots = Box::new([UNKNOWN; SLOTS]);
        let free = names.iter().zip(0..).all(|(name, number)| {
            let slot = &mut slots[slot(name.text.as_bytes(), multiplier)];
            std::mem::replace(slot, number) == UNKNOWN
        });
        if free {
            return (multiplier, slots);
        }
        multiplier = multiplier.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Hash of a name: its first and last eight bytes and its length, one multiplication.
#[inline]
fn slot(text: &[u8], multiplier: u64) -> usize {
    let (first, last) = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => {
            let mut short = [0; 8];
            short[..text.len()].copy_from_slice(text);
            (u64::from_le_bytes(short), 0)
        }
    };
    const BITS: u32 = SLOTS.trailing_zeros();
    let mixed = (first ^ last.rotate_left(29) ^ text.len() as u64).wrapping_mul(multiplier);
    usize::try_from(mixed >> (u64::BITS - BITS)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        let names = names();
        for kind in Kind::ALL {
            for (field, plan) in schema::fields(kind).iter().zip(&names.plan(kind).fields) {
                assert_eq!(names.find(field.name.as_bytes()), plan.name);
                assert_ne!(plan.name, UNKNOWN);
                for other in
                    [&field.name[1..], &field.name[..field.name.len() - 1], &format!("{}x", field.name)]
                {
                    let found = names.find(other.as_bytes());
                    assert!(found == UNKNOWN || names.names[usize::from(found)].text == other);
                }
            }
        }
        assert_eq!(
            [KIND, OP, REV, RECV_TIME],
            ["kind", "op", "rev", "recv_time"].map(|name| names.find(name.as_bytes()))
        );
        assert_eq!(names.find(b""), UNKNOWN);
        assert_eq!(names.find(b"det_item_fee_xumamt"), UNKNOWN);
    }

    #[test]
    fn a_name_is_recognised_in_place_with_its_quote() {
        let names = names();
        for text in
            ["op", "rev", "fee_ocur_time", "med_chrgitm_type", "det_item_fee_sumamt", "zero_claim_years"]
        {
            let name = names.find(text.as_bytes());
            let good = format!("{{\"{text}\": 1                       }}");
            assert_eq!(names.stands_at(name, good.as_bytes(), 2), Some(2 + text.len()), "{text}");
            assert_eq!(names.stands_at(name, good.as_bytes(), 1), None);
            for bad in [
                format!("{{\"{text}x\": 1                    }}"),
                format!("{{\"{text}\"")[..2 + text.len()].to_owned(),
            ] {
                assert_eq!(names.stands_at(name, bad.as_bytes(), 2), None, "{bad}");
            }
        }
        assert_eq!(names.stands_at(UNKNOWN, b"{\"op\": 1              }", 2), None);
    }
}
