//! Profiles by subject, peers by month, and what the models say of them.
//!
//! Sums are held back until *now* enters another month, the bank changes or the run ends: a model judges a whole group
//! of peers at once, and once is enough for all that changed.

use records::arena::{Packed, TextRef};
use records::row;

use super::wiring::{Wiring, one, route, split};
use crate::coverage::Missing;
use crate::detector::outlier::{self, OutlierMethod};
use crate::detector::part;
use crate::fact::Fact;
use crate::hold;
use crate::profile::{
    Group, Member, ProfileOwner, additions_of_doctor, baskets, end_of, months, subject_key, subject_of,
};
use crate::reads::Reads;
use crate::sink::Sink;
use crate::statement::{Out, Route};
use crate::temporal_filter::temporal_filter;
use crate::views::{
    ArrangeShared, Arrangement, Collection, PackedArrangement, PackedCollection, RowArrangement, pair_key,
};

/// Judges months of institutions and practitioners beside their peers'.
pub(super) fn outliers<'s>(wiring: &Wiring<'s>, of_stays: PackedCollection<'s>) {
    // Settlements of a visit are its doctor's.
    let of_doctors = wiring.each(
        "outlier: settlements of doctors",
        wiring.fact(Fact::SettlementOfVisit),
        &[wiring.fact(Fact::Visit)],
        Reads::default(),
        |arena, _, _, row, visits, sink| {
            if let Some(visit_row) = one(&visits[0]) {
                let doctor = row::visit(arena, visit_row).doctor;
                for (key, cell, amount) in additions_of_doctor(&row::settlement(arena, *row), doctor) {
                    sink.emit(Out::Sum(key, cell, amount));
                }
            }
        },
    );
    let of_doctors = split(of_doctors, [], []).sums;

    // All sums of a subject, and what it charged for items, held until they are asked for.
    let sums = wiring.facts.sums.clone().concat(of_stays).concat(of_doctors);
    let sums: PackedArrangement<'s> =
        hold::hold_until("outlier: gather sums", sums, wiring.facts.gate.clone())
            .arrange_shared("outlier: sums by subject");
    let prices =
        hold::hold_until("outlier: gather prices", wiring.facts.prices.clone(), wiring.facts.gate.clone())
            .arrange_shared("outlier: prices by institution");
    let workplaces = workplaces(wiring);

    // A subject's months, each stated where its peers meet.
    let mut reads = Reads::default();
    let asked = reads.rules_seen_as(part::outlier(), asked);
    let members = wiring.whole_packed(
        "outlier: months",
        &[wiring.fact(Fact::Institution), wiring.fact(Fact::Practitioner), &workplaces],
        &[&sums],
        &[&prices],
        reads,
        move |arena, bank, key, state, sink| {
            let (owner, code) = subject_of(key);
            let asked = bank.seen(&asked)[owner as usize];
            if asked == (false, false) {
                return;
            }
            let months = months(&state.packed(0));
            if months.is_empty() {
                return;
            }
            let (own, institution) = match owner {
                ProfileOwner::Institution => {
                    let own = one(&state.rows(0));
                    (own, own)
                }
                ProfileOwner::Practitioner => (one(&state.rows(1)), one(&state.rows(2))),
            };
            let group = Group::of(arena, institution, own, owner);
            let mut baskets = baskets(&state.values(0));
            for (month, profile) in months {
                let basket = baskets.remove(&month).unwrap_or_default();
                let institution = match (owner, own) {
                    (ProfileOwner::Institution, _) => code,
                    (ProfileOwner::Practitioner, Some(own)) => row::practitioner(arena, own).institution,
                    (ProfileOwner::Practitioner, None) => TextRef::NONE,
                };
                let subject = (owner, code, own, institution);
                let member = Member::of(subject, month, &profile, basket, group.err());
                state_month(group, member, asked, sink);
            }
        },
    );
    let members = temporal_filter(members, wiring.facts.now.clone());
    let of_month = by_group(&members, "outlier: members by group and month", |out| match out {
        Out::Member(key, member) => Some((key, *member)),
        _ => None,
    });
    let of_series = by_group(&members, "outlier: members by group", |out| match out {
        Out::Series(key, member) => Some((key, *member)),
        _ => None,
    });

    // The models.
    let mut reads = Reads::default();
    let rules = reads.rules(part::outlier());
    let found = wiring.whole("outlier", &[], &[&of_month], reads, move |_, bank, _, state, sink| {
        outlier::judge(bank, bank.rules_of(rules), &state.values(0), sink);
    });
    wiring.collect_findings(&found);
    let mut reads = Reads::default();
    let rules = reads.rules(part::outlier());
    let found = wiring.whole("outlier: rises", &[], &[&of_series], reads, move |_, bank, _, state, sink| {
        outlier::judge_rises(bank, bank.rules_of(rules), &state.values(0), sink);
    });
    wiring.collect_findings(&found);
}

/// The institutions of practitioners, by practitioner.
fn workplaces<'s>(wiring: &Wiring<'s>) -> RowArrangement<'s> {
    let workplaces = wiring.each(
        "outlier: workplaces",
        wiring.fact(Fact::PractitionerOfInstitution),
        &[wiring.fact(Fact::Institution)],
        Reads::default(),
        |arena, _, _, row, institutions, sink| {
            if let Some(institution) = one(&institutions[0]) {
                let code = row::key(arena, *row).0;
                let key = subject_key(ProfileOwner::Practitioner, code);
                sink.emit(Out::Row(Route::Workplace, key, institution));
            }
        },
    );
    route(&workplaces, "outlier: workplaces by practitioner", Route::Workplace)
}

/// Whether any rule looks at a subject's months beside the peers', and at its rises; by [`ProfileOwner`].
fn asked(rules: &outlier::Rules) -> [(bool, bool); 2] {
    [ProfileOwner::Institution, ProfileOwner::Practitioner].map(|owner| {
        let of = || rules.iter().filter(|rule| rule.owner == owner);
        let is_rise = |rule: &outlier::OutlierRule| matches!(rule.way, OutlierMethod::Rise(..));
        (of().any(|rule| !is_rise(rule)), of().any(is_rise))
    })
}

/// States a subject's month where its peers meet, from the end of the month on.
fn state_month(group: Result<Group, Missing>, member: Member, (month, rise): (bool, bool), sink: &mut Sink) {
    let due = |out: Out| Out::Due(end_of(member.month), Box::new(out));
    if rise && let Ok(group) = &group {
        let of_series = Member { basket: Vec::new(), ..member.clone() };
        sink.emit(due(Out::Series(group.key(None), Box::new(of_series))));
    }
    let key = match &group {
        Ok(group) => group.key(Some(member.month)),
        // Of these nobody can say who their peers are; they meet to be counted.
        Err(lacks) => {
            let of_month = pair_key(Packed::new(*lacks as u32), Packed::new(member.month.cast_unsigned()));
            of_month << 1 | member.owner as u64
        }
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
    members.clone().flat_map(take).arrange_shared(name)
}
