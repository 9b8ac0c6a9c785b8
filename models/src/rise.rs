//! A sudden rise: one subject's series of months beside its own past and its peers' growth.
//!
//! Costs rise in winter, with a new price list, with a new wing; what rises for everybody is no finding. So each
//! month is first taken *relative* to the peers' median of the same month. A month's *step* is how far its relative
//! value lies above the median of all earlier months, in robust standard deviations of these, less a slack. Steps are
//! added up and the sum never falls below 0 (a one-sided CUSUM): one great step is seen at once, several moderate
//! ones soon, and noise comes to nothing.
//!
//! Told is the month in which the sum reaches the threshold, and not those after it, in which what has risen stays
//! up. The sum ends at twice the threshold, so that it comes down again when the subject does, and a second rise can
//! be reported. Only earlier months are used for a month, so its opinion stands when later ones come.
//!
//! # Source
//! Page, *Continuous inspection schemes*, Biometrika 1954.

use std::collections::BTreeMap;

use crate::error::ModelError;
use crate::features::Feature;
use crate::opinion::{Against, Driver, Opinion};
use crate::peers::middle_and_unit;
use crate::score::{Score, thousandths};

/// One month's value in thousandths of its column's unit: see [`Feature::value`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since the year 0: year × 12 + month − 1.
    pub month: i32,
    /// The subject's value, or the peers' median: see [`crate::peers::median`].
    pub value: i64,
}

/// The parameters of a rule about rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RiseParameters {
    /// The column.
    pub feature: &'static Feature,
    /// In thousandths of robust standard deviations added up: the month that reaches it is reported; from 1 to
    /// 1,000,000.
    pub threshold: i64,
    /// Earlier months that a month needs: from 3 to 120.
    pub months: u32,
    /// In thousandths of a standard deviation: what each month is forgiven.
    pub slack: i64,
    /// In thousandths of the earlier months' median: a standard deviation is never smaller; from 1 to 1,000.
    pub floor: i64,
}

impl RiseParameters {
    /// The parameters that a rule about this column has if it states nothing else.
    pub const fn of(feature: &'static Feature) -> RiseParameters {
        RiseParameters { feature, threshold: 5_000, months: 6, slack: 1_000, floor: 100 }
    }

    /// Whether each parameter lies in its range.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), ModelError> {
        let holds = [
            ((1..=1_000_000).contains(&self.threshold), "threshold is from 1 to 1000000"),
            ((3..=120).contains(&self.months), "months is from 3 to 120"),
            ((0..=10_000).contains(&self.slack), "slack is from 0 to 10000"),
            ((1..=1_000).contains(&self.floor), "floor is from 1 to 1000"),
        ];
        match holds.into_iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(ModelError::Parameter(what)),
            None => Ok(()),
        }
    }
}

/// The opinion on the last of the subject's months.
///
/// A month counts in which both the subject and its peers have a value above 0; of several values for one month the
/// greatest counts. None is *not judged*: the last month does not count, fewer than `months` earlier ones do, or a
/// parameter is out of range. The driver holds what the month's value would be at the earlier months' median and the
/// peers' growth. The order of the months does not matter.
///
/// # Example
/// ```
/// use models::rise::{Month, RiseParameters, change_point};
/// use models::FeatureSet;
///
/// let series = |values: [i64; 8]| -> Vec<Month> {
///     (24_300..).zip(values).map(|(month, value)| Month { month, value: value * 1000 }).collect()
/// };
/// let peers = series([100, 110, 130, 120, 100, 100, 105, 140]);
/// let quiet = series([51, 54, 66, 61, 49, 50, 53, 70]);
/// let risen = series([51, 54, 66, 61, 49, 50, 53, 140]);
/// let feature = FeatureSet::Institution.find("fund_per_visit").expect("a column");
/// let ask = |own: &[Month]| change_point(own, &peers, &RiseParameters::of(feature));
/// assert!(ask(&quiet).is_some_and(|opinion| opinion.drivers.is_empty()));
/// assert_eq!(
///     ask(&risen).expect("enough months").en(),
///     "fund per visit 140.00 yuan (by its past and its peers' growth 70.67 yuan)"
/// );
/// ```
pub fn change_point(own: &[Month], peers: &[Month], parameters: &RiseParameters) -> Option<Opinion> {
    parameters.check().ok()?;
    let own = by_month(own);
    let mut peers = by_month(peers);
    peers.retain(|_, value| *value > 0);
    let (last, value) = own.last_key_value()?;
    let usual_now = *peers.get(last).filter(|_| *value > 0)?;

    let months = usize::try_from(parameters.months).ok()?;
    let mut earlier: Vec<f64> = Vec::with_capacity(own.len());
    let mut rise = Rise::default();
    for (month, value) in &own {
        let Some(usual) = peers.get(month).filter(|_| *value > 0) else { continue };
        let relative = float(*value) / float(*usual);
        if earlier.len() >= months {
            rise = rise.then(&earlier, relative, parameters)?;
        }
        earlier.push(relative);
    }
    // The last month counts, so it was the last to be pushed.
    let before = earlier.len() - 1;
    if before < months {
        return None;
    }
    let mut drivers = Vec::new();
    if rise.reported {
        drivers.push(Driver {
            feature: parameters.feature,
            value: *value,
            usual: thousandths(rise.center * float(usual_now) / 1000.0)?,
            against: Against::History,
            distance: rise.distance,
        });
    }
    let score = Score::from_thousandths(rise.sum)?;
    Some(Opinion { score, peers: u32::try_from(before).unwrap_or(u32::MAX), drivers })
}

/// The greatest value of each month.
fn by_month(months: &[Month]) -> BTreeMap<i32, i64> {
    let mut found: BTreeMap<i32, i64> = BTreeMap::new();
    for Month { month, value } in months {
        let greatest = found.entry(*month).or_insert(*value);
        *greatest = (*greatest).max(*value);
    }
    found
}

/// How far a series has risen, up to a month.
#[derive(Clone, Copy, Default)]
struct Rise {
    /// The steps added up, in thousandths.
    sum: i64,
    /// Whether the month brought the sum up to the threshold.
    reported: bool,
    /// How far the month lies from the median of the months before, in thousandths.
    distance: i64,
    /// This median.
    center: f64,
}

impl Rise {
    fn then(self, earlier: &[f64], relative: f64, parameters: &RiseParameters) -> Option<Rise> {
        let (center, unit) = middle_and_unit(&mut earlier.to_vec(), 0.0);
        let floor = center * float(parameters.floor) / 1000.0;
        let distance = thousandths((relative - center) / unit.max(floor))?;
        let threshold = parameters.threshold;
        let sum = self.sum.saturating_add(distance - parameters.slack).clamp(0, threshold * 2);
        Some(Rise { sum, reported: self.sum < threshold && sum >= threshold, distance, center })
    }
}

/// The float nearest to a value.
fn float(value: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "beyond 2^53 thousandths a value is near enough")]
    let float = value as f64;
    float
}
