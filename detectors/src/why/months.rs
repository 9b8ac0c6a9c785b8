//! Conditions about a month beside its peers': counted again from the records, one by one.

use std::collections::BTreeMap;

use models::{Profile, Sum};
use records::Kind;
use records::arena::TextRef;
use records::decimal::format_scaled;
use records::row::{self, day_of};
use records::time::{first_of, format_month, month_of};

use super::Scene;
use super::steps::Why;
use crate::alert::value_texts;
use crate::detector::outlier::{OutlierMethod, OutlierRule, of_rule, opinions, rises, values_of};
use crate::profile::{Group, Member, ProfileOwner, end_of, subject_key, subject_of, sums_of};

/// (institution or practitioner, month) that lies far from its peers' or from its own past.
pub(super) fn outlier(why: &mut Why<'_, '_>, code: TextRef, first: TextRef) -> Option<()> {
    let scene = why.scene;
    let rule = of_rule(0, why.rule);
    let first = why.day(first)?;
    let month = month_of(first);
    why.check(
        ["主键中的月份写作该月第一天", "the month of the key is written as its first day"],
        vec![("month", format_month(month))],
        first == first_of(month),
    )?;
    why.check(
        ["该月已经结束", "the month is over"],
        vec![("now", records::time::format_time(scene.now))],
        end_of(month) <= scene.now,
    )?;
    let members = members(scene, rule.owner);
    let own = members.iter().find(|(member, _)| member.code == code && member.month == month);
    let sums = own.map(|(member, _)| member.profile()).unwrap_or_default();
    let shown = [Sum::Visits, Sum::Settlements, Sum::Lines, Sum::Stays];
    why.check(
        ["该对象当月有业务", "the subject did something in the month"],
        shown.iter().map(|sum| (sum.key(), sums[*sum].to_string())).collect(),
        own.is_some(),
    )?;
    let (own, group) = own?;
    let known = ["可以确定同类机构或人员", "it can be said who its peers are"];
    let group = match group {
        Ok(group) => *group,
        Err(missing) => return why.missing(known, Vec::new(), missing.reason()),
    };
    let peers: Vec<&Member> = members
        .iter()
        .filter(|(_, other)| *other == Ok(group))
        .map(|(member, _)| member)
        .filter(|member| end_of(member.month) <= scene.now)
        .collect();
    let of_month: Vec<&Member> = peers.iter().copied().filter(|member| member.month == month).collect();
    let count = ("peers", of_month.len().to_string());
    why.check(known, vec![count.clone()], true)?;
    let opinion = opinion(&rule, own, &peers, &of_month);
    let enough =
        ["同类数量和自身业务量足以比较", "there are enough peers, and enough of its own, to compare"];
    let Some(opinion) = opinion else { return why.missing(enough, vec![count], "missing:peers") };
    why.check(enough, vec![count], true)?;
    let threshold = match rule.way {
        OutlierMethod::Peers(parameters) => parameters.threshold,
        OutlierMethod::Rise(parameters, _) => parameters.threshold,
    };
    let values = value_texts(scene.arena, why.rule, &values_of(own, &opinion));
    let drivers = values.into_iter().find(|(name, _)| *name == "drivers");
    let drivers = drivers.map(|(name, text)| (name, format!("{} / {}", text.zh, text.en)));
    let score = opinion.score.thousandths();
    let stated = vec![("score", format_scaled(score, 3)), ("threshold", format_scaled(threshold, 3))];
    why.check(
        [
            "得分达到阈值，且有可疑一侧的指标",
            "the score reaches the threshold, by columns on the suspicious side",
        ],
        stated.into_iter().chain(drivers).collect(),
        score >= threshold && !opinion.drivers.is_empty(),
    )
}

fn opinion(
    rule: &OutlierRule,
    own: &Member,
    peers: &[&Member],
    of_month: &[&Member],
) -> Option<models::Opinion> {
    let (asked, stated) = match &rule.way {
        OutlierMethod::Peers(parameters) => (of_month, opinions(of_month, parameters)),
        OutlierMethod::Rise(parameters, min_peers) => (peers, rises(peers, parameters, *min_peers)),
    };
    let address = asked.iter().position(|member| member.code == own.code && member.month == own.month)?;
    stated.into_iter().nth(address)?
}

/// All months of all subjects, counted again, with who their peers are.
fn members(scene: &Scene<'_>, owner: ProfileOwner) -> Vec<(Member, Result<Group, crate::coverage::Missing>)> {
    let arena = scene.arena;
    let mut profiles: BTreeMap<(u64, i32), Profile> = BTreeMap::new();
    let mut add = |key: u64, month: i32, sum: Sum, amount: i64| {
        profiles.entry((key, month)).or_default().add(sum, amount);
    };
    for kind in [Kind::Visit, Kind::Settlement, Kind::FeeLine, Kind::Prescription, Kind::Dispensing] {
        for address in scene.rows(kind) {
            sums_of(arena, *address, |key, month, sums| {
                sums.iter().for_each(|(sum, amount)| add(key, month, *sum, *amount));
            });
        }
    }
    let visits: BTreeMap<TextRef, row::Visit> = scene.visits().map(|(_, visit)| (visit.id, visit)).collect();
    for stay in visits.values().filter(|visit| scene.is_stay(visit)) {
        let Some(end) = stay.end.map(day_of) else { continue };
        let key = subject_key(ProfileOwner::Institution, stay.institution);
        add(key, month_of(end), Sum::Stays, 1);
        add(key, month_of(end), Sum::StayDays, i64::from((end - day_of(stay.begin)).max(1)));
    }
    let mut baskets: BTreeMap<(u64, i32), BTreeMap<TextRef, (i64, i64)>> = BTreeMap::new();
    for line in scene.net_lines() {
        let month = month_of(day_of(line.time));
        if visits.get(&line.visit).is_some_and(|visit| scene.is_stay(visit)) {
            add(
                subject_key(ProfileOwner::Institution, line.institution),
                month,
                Sum::StayCharges,
                line.amount,
            );
        }
        let basket =
            baskets.entry((subject_key(ProfileOwner::Institution, line.institution), month)).or_default();
        let of_item = basket.entry(line.item).or_default();
        of_item.0 += line.cnt;
        of_item.1 += line.amount;
    }
    for settlement in scene.live() {
        let doctor = visits.get(&settlement.visit).map_or(TextRef::NONE, |visit| visit.doctor);
        if doctor.is_some() {
            let (key, month) =
                (subject_key(ProfileOwner::Practitioner, doctor), month_of(day_of(settlement.time)));
            add(key, month, Sum::Settlements, 1);
            add(key, month, Sum::Fund, settlement.fund);
            add(key, month, Sum::Account, settlement.account);
        }
    }
    let subject = |((key, month), profile): ((u64, i32), Profile)| {
        let (of, code) = subject_of(key);
        if of != owner || profile.is_empty() {
            return None;
        }
        let (own, address, institution) = match owner {
            ProfileOwner::Institution => {
                let own = scene.find(Kind::Institution, (code, TextRef::NONE));
                (own, own, code)
            }
            ProfileOwner::Practitioner => {
                let own = scene.find(Kind::Practitioner, (code, TextRef::NONE));
                let institution = own.map_or(TextRef::NONE, |own| row::practitioner(arena, own).institution);
                (own, scene.find(Kind::Institution, (institution, TextRef::NONE)), institution)
            }
        };
        let group = Group::of(arena, address, own, owner);
        let basket = baskets.get(&(key, month)).into_iter().flatten();
        let member = Member {
            owner,
            code,
            institution,
            row: own.unwrap_or_default(),
            month,
            sums: profile.sums().to_vec(),
            basket: basket.map(|(item, (cnt, fen))| (*item, *cnt, *fen)).collect(),
            lacks: group.err(),
        };
        Some((member, group))
    };
    profiles.into_iter().filter_map(subject).collect()
}
