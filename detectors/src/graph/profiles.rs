//! Profiles by subject, peers by month, and what the models say of them.

use std::sync::Arc;

use records::arena::Arena;
use records::row;

use super::collector::{Collector, NONE, never, one, route, split};
use super::facts::FactArrangements;
use crate::compiled_bank::CompiledBank;
use crate::coverage::Missing;
use crate::detector::outlier::{self, OutlierMethod};
use crate::finding::{Out, Route};
use crate::hold;
use crate::judge::{OperatorContext, Sink, each, whole};
use crate::profile::{
    Group, Member, ProfileOwner, baskets, end_of, months, settlement_of_doctor, subject_key, subject_of,
};
use crate::temporal_filter::temporal_filter;
use crate::views::{Arrangement, Collection, RowArrangement, RowCollection, pair_key};

/// Judges months of institutions and practitioners beside their peers'.
pub(super) fn outliers<'s>(
    context: &OperatorContext<'s>,
    arena: &Arc<Arena>,
    collector: &mut Collector<'s>,
    facts: &FactArrangements<'s>,
    of_stays: RowCollection<'s>,
) {
    // Settlements of a visit are its doctor's.
    let reader = Arc::clone(arena);
    let of_doctors = collector.collect_counts(each(
        context,
        "outlier: settlements of doctors",
        &facts.settlements,
        &[&facts.visits],
        never,
        move |_, _, row, visits, sink| {
            if let Some(visit) = one(&visits[0]) {
                let doctor = row::visit(&reader, visit).doctor;
                settlement_of_doctor(&row::settlement(&reader, *row), doctor, sink);
            }
        },
    ));
    let ([], _, of_doctors) = split(of_doctors, []);
    let sums = facts.sums.clone().concat(of_stays).concat(of_doctors);
    let sums: RowArrangement<'s> = hold::hold_until("outlier: gather sums", sums, facts.gate.clone())
        .arrange_by_key_named("outlier: sums by subject");
    let prices = hold::hold_until("outlier: gather prices", facts.prices.clone(), facts.gate.clone())
        .arrange_by_key_named("outlier: prices by institution");

    let reader = Arc::clone(arena);
    let workplaces = collector.collect_counts(each(
        context,
        "outlier: workplaces",
        &facts.practitioners_of_institution,
        &[&facts.institutions],
        never,
        move |_, _, row, institutions, sink| {
            if let Some(institution) = one(&institutions[0]) {
                let code = row::key(&reader, *row).0;
                sink.emit(Out::Row(
                    Route::Workplace,
                    subject_key(ProfileOwner::Practitioner, code),
                    institution,
                ));
            }
        },
    ));
    let workplaces = route(&workplaces, "outlier: workplaces by practitioner", Route::Workplace);

    let reader = Arc::clone(arena);
    let differ = |a: &CompiledBank, b: &CompiledBank| asked(a) != asked(b);
    let members = collector.collect_counts(whole(
        context,
        "outlier: months",
        &[&sums, &facts.institutions, &facts.practitioners, &workplaces],
        &[&prices],
        differ,
        move |bank, key, state, sink| {
            let (owner, code) = subject_of(key);
            let asked = asked(bank)[owner as usize];
            if asked == (false, false) {
                return;
            }
            let months = months(&state.rows(0));
            if months.is_empty() {
                return;
            }
            let (own, address) = match owner {
                ProfileOwner::Institution => {
                    let own = one(&state.rows(1));
                    (own, own)
                }
                ProfileOwner::Practitioner => (one(&state.rows(2)), one(&state.rows(3))),
            };
            let group = Group::of(&reader, address, own, owner);
            let mut baskets = baskets(&state.more(0));
            for (month, profile) in months {
                let basket = baskets.remove(&month).unwrap_or_default();
                let institution = match (owner, own) {
                    (ProfileOwner::Institution, _) => code,
                    (ProfileOwner::Practitioner, Some(own)) => row::practitioner(&reader, own).institution,
                    (ProfileOwner::Practitioner, None) => 0,
                };
                let member = Member {
                    owner,
                    code,
                    institution,
                    row: own.unwrap_or(0),
                    month,
                    sums: profile.sums().to_vec(),
                    basket: basket.into_iter().map(|(item, (cnt, fen))| (item, cnt, fen)).collect(),
                    lacks: group.err(),
                };
                emit(group, member, asked, sink);
            }
        },
    ));
    let members = temporal_filter(members, facts.now.clone());
    let of_month = by_group(&members, "outlier: members by group and month", |out| match out {
        Out::Member(key, member) => Some((key, *member)),
        _ => None,
    });
    let of_series = by_group(&members, "outlier: members by group", |out| match out {
        Out::Series(key, member) => Some((key, *member)),
        _ => None,
    });
    let differ = |a: &CompiledBank, b: &CompiledBank| a.detectors.outlier != b.detectors.outlier;
    collector.collect_findings(whole(
        context,
        "outlier",
        NONE,
        &[&of_month],
        differ,
        |bank, _, state, sink| {
            outlier::judge(bank, &state.more(0), sink);
        },
    ));
    collector.collect_findings(whole(
        context,
        "outlier: rises",
        NONE,
        &[&of_series],
        differ,
        |bank, _, state, sink| {
            outlier::judge_rises(bank, &state.more(0), sink);
        },
    ));
}

/// Whether any rule looks at a subject's months beside the peers', and at its rises; by [`ProfileOwner`].
fn asked(bank: &CompiledBank) -> [(bool, bool); 2] {
    [ProfileOwner::Institution, ProfileOwner::Practitioner].map(|owner| {
        let of = || bank.detectors.outlier.iter().filter(|rule| rule.owner == owner);
        let is_rise = |rule: &outlier::OutlierRule| matches!(rule.way, OutlierMethod::Rise(..));
        (of().any(|rule| !is_rise(rule)), of().any(is_rise))
    })
}

/// States a subject's month where its peers meet, from the end of the month on.
fn emit(group: Result<Group, Missing>, member: Member, (month, rise): (bool, bool), sink: &mut Sink) {
    let due = |out: Out| Out::Due(end_of(member.month), Box::new(out));
    if rise && let Ok(group) = &group {
        let of_series = Member { basket: Vec::new(), ..member.clone() };
        sink.emit(due(Out::Series(group.key(None), Box::new(of_series))));
    }
    let key = match &group {
        Ok(group) => group.key(Some(member.month)),
        // Of these nobody can say who their peers are; they meet to be counted.
        Err(lacks) => pair_key(*lacks as u32, member.month.cast_unsigned()) << 1 | member.owner as u64,
    };
    if month || group.is_err() {
        sink.emit(due(Out::Member(key, Box::new(member.clone()))));
    }
}

fn by_group<'s>(
    members: &Collection<'s, Out>,
    name: &str,
    take: impl Fn(Out) -> Option<(u64, Member)> + 'static,
) -> Arrangement<'s, Member> {
    members.clone().flat_map(take).arrange_by_key_named(name)
}
