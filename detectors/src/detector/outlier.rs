//! A month that lies far from those of its peers, or from the subject's own past.
//!
//! The judges are those of the crate `models`; their opinions become findings: indicators that name what drove them and
//! count no money. Reads the members of a peer group, of one month together or, for rises, of all months. Sums are held
//! back until *now* enters another month, the bank changes or the run ends; then each group in which a member changed
//! is judged once, as a whole. Months are judged from their end on; subjects that no rule asks for are cut before.
//!
//! Not judged are months with too few peers or too little past (`Peers`), and those whose peers are not known: without
//! the practitioner (`Practitioner`), the institution (`Institution`) or its level (`HospLv`).

use std::collections::BTreeMap;

use models::prices::{ItemSum, price_index};
use models::rise::{Month, RiseParameters, change_point};
use models::{Driver, Method, Opinion, Parameters, Profile, Sum};
use records::Kind;
use records::arena::TextRef;
use records::decimal::format_scaled;
use records::row::{self, day_of};
use records::time::{first_of, format_month, month_of};
use rulebank::looks_back::Reach;
use rulebank::{Comparison, DetectorSpec, ParamKind, ParamSpec, Rule, Subject};
use rust_decimal::prelude::ToPrimitive;

use crate::alert::value_texts;
use crate::compile::{Compiler, choice, decimal, integer};
use crate::coverage::{Count, InstitutionMonth, Missing};
use crate::finding::{AmountBasis, Finding, KeyPart, RuleIx, Value};
use crate::policy::Policy;
use crate::profile::{Group, Member, ProfileColumn, ProfileOwner, end_of, subject_key, subject_of, sums_of};
use crate::sink::Sink;
use crate::statement::Out;
use crate::views::Diff;
use crate::why::scene::Scene;
use crate::why::steps::Why;

const SCORE_REACHED: Comparison = Comparison::new(0, "score ≥ threshold");

/// A month that ends in the days that are judged, from its first day on.
const WHOLE_MONTH: Reach = Reach::Days(62);
/// A rise is held against two years.
const PAST_OF_A_RISE: Reach = Reach::Days(731);

/// What a rule file may set.
pub const SPEC: DetectorSpec = DetectorSpec {
    name: "outlier",
    params: &[
        ParamSpec {
            name: "of",
            doc: "Whose months are compared.",
            kind: ParamKind::Choice(&["institutions", "practitioners"]),
            default: "institutions",
        },
        ParamSpec {
            name: "method",
            doc: "How: three ways of looking at a month beside its peers', or at a rise beside the subject's past.",
            kind: ParamKind::Choice(&["robust_z", "mahalanobis", "isolation", "rise"]),
            default: "robust_z",
        },
        ParamSpec {
            name: "threshold",
            doc: "The score from which on there is an alert, in what the method measures.",
            kind: ParamKind::Decimal { min: "0", max: "1000" },
            default: "5",
        },
        ParamSpec {
            name: "min_peers",
            doc: "The fewest members of a peer group, the subject among them.",
            kind: ParamKind::Integer { min: 3, max: 10_000 },
            default: "10",
        },
        ParamSpec {
            name: "pseudo_cases",
            doc: "Cases like the peers' that each subject is given beside its own, so that a few of its own say little.",
            kind: ParamKind::Integer { min: 0, max: 1_000_000 },
            default: "20",
        },
        ParamSpec {
            name: "months",
            doc: "Of a rise: the fewest earlier months.",
            kind: ParamKind::Integer { min: 3, max: 120 },
            default: "6",
        },
        ParamSpec {
            name: "feature",
            doc: "Of a rise: what rises.",
            kind: ParamKind::Choice(&[
                "fund_per_visit",
                "fund",
                "visits",
                "charges_per_stay",
                "charges_per_stay_day",
            ]),
            default: "fund_per_visit",
        },
    ],
    values: &["month", "score", "peers", "drivers"],
    comparisons: &[SCORE_REACHED],
    subject: Subject::ByChoice {
        param: "of",
        subjects: &[("institutions", "institution"), ("practitioners", "practitioner")],
    },
    keys: &[&["subject", "day"]],
    far: &[Kind::Institution, Kind::Practitioner],
    looks_back: |rule, _| {
        let reach = match choice(rule, "method") {
            "rise" => PAST_OF_A_RISE,
            _ => WHOLE_MONTH,
        };
        let summed = [Kind::Visit, Kind::FeeLine, Kind::Settlement, Kind::Prescription, Kind::Dispensing];
        summed.map(|kind| (kind, reach)).to_vec()
    },
    ..DetectorSpec::BARE
};

/// How a rule looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutlierMethod {
    /// At a month beside the peers' same month.
    Peers(Parameters),
    /// At a month beside the subject's earlier ones, and the peers' growth; with the fewest peers.
    Rise(RiseParameters, u32),
}

/// One rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OutlierRule {
    /// The rule.
    pub rule: RuleIx,
    /// Whose months.
    pub owner: ProfileOwner,
    /// How.
    pub way: OutlierMethod,
}

/// Its rules.
pub type Rules = Vec<OutlierRule>;

/// Compiles its rules.
pub fn compile(compiler: &mut Compiler<'_>) -> Rules {
    compiler.rules_of(SPEC.name).into_iter().map(|(rule, text)| of_rule(rule, &text)).collect()
}

/// What a rule file says, for the models.
pub fn of_rule(number: RuleIx, rule: &Rule) -> OutlierRule {
    let whole = |name: &str| u32::try_from(integer(rule, name)).unwrap_or(u32::MAX);
    let threshold = decimal(rule, "threshold") * rust_decimal::Decimal::ONE_THOUSAND;
    let threshold = threshold.trunc().to_i64().unwrap_or(i64::MAX);
    let owner = match choice(rule, "of") {
        "practitioners" => ProfileOwner::Practitioner,
        _ => ProfileOwner::Institution,
    };
    let min_peers = whole("min_peers");
    let way = match Method::find(choice(rule, "method")) {
        Some(method) => OutlierMethod::Peers(Parameters {
            method,
            threshold,
            min_peers,
            pseudo_cases: whole("pseudo_cases"),
            ..Parameters::default()
        }),
        None => {
            let features = owner.features();
            let feature = features.find(choice(rule, "feature")).unwrap_or(&features.features()[0]);
            let rise = RiseParameters { threshold, months: whole("months"), ..RiseParameters::of(feature) };
            OutlierMethod::Rise(rise, min_peers)
        }
    };
    OutlierRule { rule: number, owner, way }
}

/// Judges the members of a peer group in one month, or those of whom it cannot be said who their peers are.
pub fn judge(bank: &Policy, rules: &Rules, members: &[(Member, Diff)], sink: &mut Sink) {
    let Some((first, _)) = members.first() else { return };
    for rule in rules.iter().filter(|rule| rule.owner == first.owner) {
        if let Some(lacks) = first.lacks {
            for (member, _) in members {
                sink.count(Count::Subject(rule.rule));
                sink.not_judged(rule.rule, lacks, month(member));
            }
            continue;
        }
        let OutlierMethod::Peers(parameters) = &rule.way else { continue };
        let members: Vec<&Member> = members.iter().map(|(member, _)| member).collect();
        let opinions = opinions(&members, parameters);
        for (member, opinion) in members.iter().zip(opinions) {
            conclude(bank, rule.rule, parameters.threshold, member, opinion, sink);
        }
    }
}

/// What the model says of each member.
pub fn opinions(members: &[&Member], parameters: &Parameters) -> Vec<Option<Opinion>> {
    let min_peers = usize::try_from(parameters.min_peers).unwrap_or(usize::MAX);
    let mut items: BTreeMap<TextRef, Vec<ItemSum<TextRef>>> = BTreeMap::new();
    for member in members {
        for (item, quantity, charges_fen) in &member.basket {
            let of_item = items.entry(*item).or_default();
            of_item.push(ItemSum { subject: member.code, quantity: *quantity, charges_fen: *charges_fen });
        }
    }
    let index = price_index(items.values().map(Vec::as_slice), min_peers);
    let profile = |member: &&Member| {
        let mut profile = member.profile();
        if let Some(index) = index.get(&member.code) {
            index.put_into(&mut profile);
        }
        profile
    };
    let Some(first) = members.first() else { return Vec::new() };
    let profiles: Vec<Profile> = members.iter().map(profile).collect();
    models::judge(first.owner.features(), &profiles, parameters)
}

/// Judges the rises of the members of a peer group, all their months together.
pub fn judge_rises(bank: &Policy, rules: &Rules, members: &[(Member, Diff)], sink: &mut Sink) {
    let Some((first, _)) = members.first() else { return };
    let members: Vec<&Member> = members.iter().map(|(member, _)| member).collect();
    for rule in rules.iter().filter(|rule| rule.owner == first.owner) {
        let OutlierMethod::Rise(parameters, min_peers) = &rule.way else { continue };
        for (member, opinion) in members.iter().zip(rises(&members, parameters, *min_peers)) {
            conclude(bank, rule.rule, parameters.threshold, member, opinion, sink);
        }
    }
}

/// What is to be said of each member's month beside the earlier ones.
pub fn rises(members: &[&Member], parameters: &RiseParameters, min_peers: u32) -> Vec<Option<Opinion>> {
    let mut peers: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    let mut own: BTreeMap<TextRef, Vec<Month>> = BTreeMap::new();
    for member in members {
        if let Some(value) = parameters.feature.value(&member.profile()) {
            peers.entry(member.month).or_default().push(value);
            own.entry(member.code).or_default().push(Month { month: member.month, value });
        }
    }
    let enough = usize::try_from(min_peers).unwrap_or(usize::MAX);
    let usual: Vec<Month> = peers
        .into_iter()
        .filter(|(_, values)| values.len() >= enough)
        .filter_map(|(month, mut values)| Some(Month { month, value: models::peers::median(&mut values)? }))
        .collect();
    let opinion = |member: &&Member| {
        let own = own.get(&member.code)?;
        let so_far: Vec<Month> = own.iter().filter(|month| month.month <= member.month).copied().collect();
        // The last of them has to be this month.
        so_far.iter().any(|month| month.month == member.month).then_some(())?;
        change_point(&so_far, &usual, parameters)
    };
    members.iter().map(opinion).collect()
}

fn month(member: &Member) -> InstitutionMonth {
    InstitutionMonth { institution: member.institution, month: member.month }
}

fn conclude(
    bank: &Policy,
    rule: RuleIx,
    threshold: i64,
    member: &Member,
    opinion: Option<Opinion>,
    sink: &mut Sink,
) {
    sink.count(Count::Subject(rule));
    let Some(opinion) = opinion else {
        sink.not_judged(rule, Missing::Peers, month(member));
        return;
    };
    if !bank.reaches(SCORE_REACHED, opinion.score.thousandths(), threshold) || opinion.drivers.is_empty() {
        return;
    }
    let first = first_of(member.month);
    sink.emit(Out::Finding(Box::new(Finding {
        rule,
        verdict: bank.verdict(rule, false),
        key: vec![KeyPart::Text(member.code), KeyPart::Day(first)],
        institution: member.institution,
        evidence: vec![member.row],
        occurred: end_of(member.month) - 1,
        amount_basis: AmountBasis::Nothing,
        values: values_of(member, &opinion),
    })));
}

/// What a message may say of an opinion.
pub fn values_of(member: &Member, opinion: &Opinion) -> Vec<Value> {
    let mut values = vec![
        Value::Month(member.month),
        Value::Thousandths(opinion.score.thousandths()),
        Value::Int(i64::from(opinion.peers)),
    ];
    values.extend(opinion.drivers.iter().map(|driver| value_of(member.owner, driver)));
    values
}

fn value_of(owner: ProfileOwner, driver: &Driver) -> Value {
    Value::Driver {
        column: ProfileColumn::of(owner, driver.feature),
        history: driver.against == models::Against::History,
        value: driver.value,
        usual: driver.usual,
    }
}

/// (institution or practitioner, month) that lies far from its peers' or from its own past.
pub fn why(why: &mut Why<'_, '_>, _: &Rules, key: &[TextRef]) -> Option<()> {
    let &[code, first] = key else { return None };
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
        Err(missing) => return why.missing(known, Vec::new(), *missing),
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
    let Some(opinion) = opinion else { return why.missing(enough, vec![count], Missing::Peers) };
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
    let row = asked.iter().position(|member| member.code == own.code && member.month == own.month)?;
    stated.into_iter().nth(row)?
}

/// All months of all subjects, counted again, with who their peers are.
fn members(scene: &Scene<'_>, owner: ProfileOwner) -> Vec<(Member, Result<Group, Missing>)> {
    let arena = scene.arena;
    let mut profiles: BTreeMap<(u64, i32), Profile> = BTreeMap::new();
    let mut add = |key: u64, month: i32, sum: Sum, amount: i64| {
        profiles.entry((key, month)).or_default().add(sum, amount);
    };
    for kind in [Kind::Visit, Kind::Settlement, Kind::FeeLine, Kind::Prescription, Kind::Dispensing] {
        for row in scene.rows(kind) {
            sums_of(arena, *row, |key, month, sums| {
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
    for (_, line) in scene.net_lines() {
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
    for (_, settlement) in scene.live() {
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
        let (own, institution_row, institution) = match owner {
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
        let group = Group::of(arena, institution_row, own, owner);
        let basket = baskets.get(&(key, month)).into_iter().flatten().map(|(item, sums)| (*item, *sums));
        let subject = (owner, code, own, institution);
        let member = Member::of(subject, month, &profile, basket, group.err());
        Some((member, group))
    };
    profiles.into_iter().filter_map(subject).collect()
}
