//! What an operator reads of the rule bank, and so what of a changed bank makes it judge again.
//!
//! An operator registers each part that its judge reads and gets a token for it; with the token, and with nothing
//! else, the judge reads that part of whatever version of the bank is in force. So the list of what an operator
//! reads cannot be shorter than what it reads: a changed bank is compared part by part, and where no part differs
//! nothing is judged again. A part may say which rows its difference concerns ([`Concern`]); one that does not is
//! held to concern everything.

use std::sync::Arc;

use records::arena::{Arena, RowRef, TextRef};
use records::row::{self, day_of};

use crate::classes::Classes;
use crate::compiled_bank::CompiledBank;
use crate::detector::{Compiled, Part};
use crate::exempt::Exempt;
use crate::watch::Watch;

/// Says of a value in an arrangement whether something holds.
pub type Predicate<V> = Box<dyn Fn(&V) -> bool>;

/// What a difference between two banks may make a judge answer differently. It may hold of too much, which costs
/// time, never of too little.
///
/// `V` is the type of the rows that an operator judges, `J` that of the rows that it joins to them.
pub struct Concern<V, J = RowRef> {
    /// Rows of the operator's first arrangement.
    pub(crate) rows: Vec<Predicate<V>>,
    /// All rows of the keys under which such a row stands, in the arrangement of this number: of an operator over
    /// each row the arrangements that are joined to it, of one over whole keys all of its arrangements of rows.
    pub(crate) keys: Vec<(usize, Predicate<J>)>,
}

impl<V, J> Concern<V, J> {
    /// Every row.
    pub fn everything() -> Concern<V, J> {
        Concern::rows(|_| true)
    }
    /// No row.
    pub fn nothing() -> Concern<V, J> {
        Concern { rows: Vec::new(), keys: Vec::new() }
    }
    /// These rows.
    pub fn rows(row: impl Fn(&V) -> bool + 'static) -> Concern<V, J> {
        Concern { rows: vec![Box::new(row)], keys: Vec::new() }
    }
    /// All rows of the keys under which such a row stands in the `nth` arrangement.
    pub fn keys(nth: usize, row: impl Fn(&J) -> bool + 'static) -> Concern<V, J> {
        Concern { rows: Vec::new(), keys: vec![(nth, Box::new(row))] }
    }
    /// Both.
    #[must_use]
    pub fn and(mut self, other: Concern<V, J>) -> Concern<V, J> {
        self.rows.extend(other.rows);
        self.keys.extend(other.keys);
        self
    }
}

type Concerned<V, J> = Box<dyn Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V, J>>;

/// Says whether a part of the bank differs.
type Differs = Box<dyn Fn(&CompiledBank, &CompiledBank) -> bool>;

/// One part of the bank that an operator reads.
struct Read<V, J> {
    differs: Differs,
    concern: Concerned<V, J>,
}

/// The parts of the bank that an operator reads; `V` and `J` are the types of its rows, as of its [`Concern`].
pub struct Reads<V = RowRef, J = RowRef> {
    parts: Vec<Read<V, J>>,
}

impl<V, J> Default for Reads<V, J> {
    fn default() -> Self {
        Reads { parts: Vec::new() }
    }
}

/// Leave to read what one detector compiled.
pub struct RulesOf<T> {
    get: fn(&Compiled) -> &T,
}

impl<T> Clone for RulesOf<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for RulesOf<T> {}

/// Leave to read the classes of visits.
#[derive(Clone, Copy)]
pub struct ClassesOf(());

/// Leave to read who looks at which item.
#[derive(Clone, Copy)]
pub struct WatchesOf(());

/// Leave to read the exemptions.
#[derive(Clone, Copy)]
pub struct ExemptsOf(());

impl<V, J> Reads<V, J> {
    fn add(
        &mut self,
        differs: impl Fn(&CompiledBank, &CompiledBank) -> bool + 'static,
        concern: impl Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V, J> + 'static,
    ) {
        self.parts.push(Read { differs: Box::new(differs), concern: Box::new(concern) });
    }

    /// The rules and rows of a detector; a difference concerns everything.
    pub fn rules<T: PartialEq + 'static>(&mut self, part: Part<T>) -> RulesOf<T> {
        self.rules_concerning(part, |_, _, _| Concern::everything())
    }

    /// The rules and rows of a detector; a difference concerns what `concern(rules, old, new)` says, which reads
    /// them of both banks with the token.
    pub fn rules_concerning<T: PartialEq + 'static>(
        &mut self,
        part: Part<T>,
        concern: impl Fn(RulesOf<T>, &Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V, J> + 'static,
    ) -> RulesOf<T> {
        let get = part.get;
        let differs = move |a: &CompiledBank, b: &CompiledBank| get(&a.detectors) != get(&b.detectors);
        self.add(differs, move |old, new| concern(RulesOf { get }, old, new));
        RulesOf { get }
    }

    /// The rules and rows of a detector, of which the judge reads no more than `seen` of them.
    pub fn rules_seen_as<T: 'static, U: PartialEq + 'static>(
        &mut self,
        part: Part<T>,
        seen: fn(&T) -> U,
    ) -> SeenAs<T, U> {
        let get = part.get;
        self.add(
            move |a, b| seen(get(&a.detectors)) != seen(get(&b.detectors)),
            |_, _| Concern::everything(),
        );
        SeenAs { rules: RulesOf { get }, seen }
    }

    /// The classes of visits; a difference concerns what `concern(old, new)` says.
    pub fn classes(
        &mut self,
        concern: impl Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V, J> + 'static,
    ) -> ClassesOf {
        self.add(|a, b| a.classes != b.classes, concern);
        ClassesOf(())
    }

    /// Who looks at which item; a difference concerns what `concern(old, new)` says.
    pub fn watches(
        &mut self,
        concern: impl Fn(&Arc<CompiledBank>, &Arc<CompiledBank>) -> Concern<V, J> + 'static,
    ) -> WatchesOf {
        self.add(|a, b| a.watched != b.watched, concern);
        WatchesOf(())
    }

    /// The exemptions.
    pub fn exempts(&mut self) -> ExemptsOf {
        self.add(|a, b| a.exempts != b.exempts, |_, _| Concern::everything());
        ExemptsOf(())
    }

    /// What the difference between two banks concerns; `None` if the operator reads nothing that differs.
    pub(crate) fn concern(&self, old: &Arc<CompiledBank>, new: &Arc<CompiledBank>) -> Option<Concern<V, J>> {
        let differing = self.parts.iter().filter(|part| (part.differs)(old, new));
        differing.map(|part| (part.concern)(old, new)).reduce(Concern::and)
    }
}

/// Leave to read one view of what a detector compiled.
pub struct SeenAs<T, U> {
    rules: RulesOf<T>,
    seen: fn(&T) -> U,
}

impl CompiledBank {
    /// What a detector compiled.
    #[inline]
    pub fn rules_of<T>(&self, token: RulesOf<T>) -> &T {
        (token.get)(&self.detectors)
    }
    /// What is seen of what a detector compiled.
    pub fn seen<T, U>(&self, token: &SeenAs<T, U>) -> U {
        (token.seen)(self.rules_of(token.rules))
    }
    /// The classes of visits.
    #[inline]
    pub fn classes_of(&self, _: ClassesOf) -> &Classes {
        &self.classes
    }
    /// Who looks at an item, if anybody does.
    #[inline]
    pub fn watch(&self, _: WatchesOf, item: TextRef) -> Option<&Watch> {
        self.watched.get(&item)
    }
    /// The exemptions that name a rule that judges, by id.
    pub fn exempts_of(&self, _: ExemptsOf) -> &[Exempt] {
        &self.exempts
    }
}

/// Holds of the visits that have another class in another bank.
pub fn reclassed(
    arena: &Arc<Arena>,
    old: &Arc<CompiledBank>,
    new: &Arc<CompiledBank>,
) -> impl Fn(&RowRef) -> bool + use<> {
    let (arena, old, new) = (Arc::clone(arena), Arc::clone(old), Arc::clone(new));
    move |visit| {
        let visit = row::visit(&arena, *visit);
        let day = day_of(visit.begin);
        old.classes().class(visit.med_type, day) != new.classes().class(visit.med_type, day)
    }
}
