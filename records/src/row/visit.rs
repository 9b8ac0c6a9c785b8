//! Visits with their diagnoses and operations; an inpatient one is a stay.
//!
//! Words: psn_no, fixmedins_code, med_type, begin, end, doctor; the number of diagnoses and for each its code, marks
//! and rank (2, where it is there); the number of operations and their codes. Diagnoses and operations have readers
//! of their own, for most rules need neither.

use super::given::{Given, Intern, RowWriter, field};
use super::layout::{Fields, header, open};
use super::render_context::RenderContext;
use crate::arena::{Arena, RowRef, TextRef};
use crate::decode::Value;
use crate::time::Moment;

header! {
    BEGIN_WIDE = 8..9;
    HAS_END = 9..10;
    END_WIDE = 10..11;
    HAS_DOCTOR = 11..12;
}

/// Marks of a diagnosis: it is the main one.
const MAIN: u32 = 1;
/// Marks of a diagnosis: its rank follows.
const RANKED: u32 = 2;

/// A visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visit {
    /// mdtrt_id
    pub id: TextRef,
    /// psn_no
    pub psn_no: TextRef,
    /// fixmedins_code
    pub institution: TextRef,
    /// med_type
    pub med_type: TextRef,
    /// begntime
    pub begin: Moment,
    /// endtime
    pub end: Option<Moment>,
    /// dr_codg, if there is one.
    pub doctor: TextRef,
}

impl Visit {
    /// The visit's event time: its end, else its begin.
    pub fn event_time(&self) -> Moment {
        self.end.unwrap_or(self.begin)
    }
}

/// A diagnosis of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// diag_code
    pub code: TextRef,
    /// maindiag_flag is 1.
    pub main: bool,
    /// diag_srt_no
    pub rank: Option<i64>,
}

/// The event time that a change states, for how late it came.
pub(super) fn sent_event_time(given: Given<'_, '_>) -> Option<Moment> {
    given.maybe(field!(Visit."endtime")).or(given.maybe(field!(Visit."begntime")))
}

/// Writes the fields of a change into a row.
pub(super) fn write<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    w.text(field!(Visit."psn_no"))?;
    w.text(field!(Visit."fixmedins_code"))?;
    w.text(field!(Visit."med_type"))?;
    w.int(BEGIN_WIDE, field!(Visit."begntime"));
    w.optional_int(HAS_END, END_WIDE, w.given.maybe(field!(Visit."endtime")));
    w.optional_text(HAS_DOCTOR, field!(Visit."dr_codg"))?;
    write_diagnoses(w)?;
    const WIDTH: usize = 5;
    let operations = w.given.list(field!(Visit."oprns"));
    w.length(operations.len() / WIDTH);
    for operation in operations.chunks_exact(WIDTH) {
        let Value::Text(code) = operation[0] else { continue };
        let code = w.texts.intern(code)?;
        w.row.text(code);
    }
    Ok(())
}

fn write_diagnoses<I: Intern>(w: &mut RowWriter<'_, '_, I>) -> Result<(), I::Error> {
    const WIDTH: usize = 3;
    let diagnoses = w.given.list(field!(Visit."diags"));
    w.length(diagnoses.len() / WIDTH);
    for diagnosis in diagnoses.chunks_exact(WIDTH) {
        let [Value::Text(code), main, rank] = *diagnosis else { continue };
        let code = w.texts.intern(code)?;
        w.row.text(code);
        let main = u32::from(matches!(main, Value::Int(1))) * MAIN;
        match rank {
            Value::Int(rank) => {
                w.row.word(main | RANKED);
                w.row.wide(rank);
            }
            _ => w.row.word(main),
        }
    }
    Ok(())
}

/// Reads a [`Visit`].
pub fn visit(arena: &Arena, row: RowRef) -> Visit {
    let (head, mut fields) = open(arena, row);
    let (psn_no, institution, med_type) = (fields.text(), fields.text(), fields.text());
    let begin = fields.int(BEGIN_WIDE);
    let end = fields.flag(HAS_END).then(|| fields.int(END_WIDE));
    let doctor = fields.optional_text(HAS_DOCTOR);
    Visit { id: head.key, psn_no, institution, med_type, begin, end, doctor }
}

/// Reads the diagnoses of a visit, in order.
pub fn diagnoses(arena: &Arena, row: RowRef) -> Vec<Diagnosis> {
    read_diagnoses(&mut after_visit(arena, row))
}

/// Reads the operation codes of a visit, in order.
pub fn operations(arena: &Arena, row: RowRef) -> Vec<TextRef> {
    let mut fields = after_visit(arena, row);
    read_diagnoses(&mut fields);
    fields.texts()
}

/// The reader where the lists of a visit begin.
fn after_visit(arena: &Arena, row: RowRef) -> Fields<'_> {
    let (_, mut fields) = open(arena, row);
    fields.skip(3);
    fields.int(BEGIN_WIDE);
    if fields.flag(HAS_END) {
        fields.int(END_WIDE);
    }
    fields.optional_text(HAS_DOCTOR);
    fields
}

fn read_diagnoses(fields: &mut Fields<'_>) -> Vec<Diagnosis> {
    let count = fields.word();
    let diagnoses = (0..count).map(|_| {
        let (code, marks) = (fields.text(), fields.word());
        let rank = (marks & RANKED != 0).then(|| fields.wide());
        Diagnosis { code, main: marks & MAIN != 0, rank }
    });
    diagnoses.collect()
}

/// The event time of a row.
pub(super) fn event_time(arena: &Arena, row: RowRef) -> Moment {
    visit(arena, row).event_time()
}

/// Renders the fields of a row, without its key.
pub(super) fn render(arena: &Arena, row: RowRef, to: &mut RenderContext<'_>) {
    let visit = visit(arena, row);
    to.text("psn_no", visit.psn_no);
    to.text("fixmedins_code", visit.institution);
    to.text("med_type", visit.med_type);
    to.moment("begntime", Some(visit.begin));
    to.moment("endtime", visit.end);
    to.text("dr_codg", visit.doctor);
    to.list(
        "diags",
        diagnoses(arena, row).iter().map(|diagnosis| {
            let main = if diagnosis.main { " *" } else { "" };
            let rank = diagnosis.rank.map(|rank| format!(" ({rank})")).unwrap_or_default();
            format!("{}{main}{rank}", arena.text(diagnosis.code))
        }),
    );
    to.codes("oprns", &operations(arena, row));
}
