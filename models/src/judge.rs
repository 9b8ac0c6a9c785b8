//! The public entry: who of a peer group is unusual, and why.
//!
//! The caller decides who is a peer of whom and in which month, and hands in the group's profiles; what comes back is
//! integers. Inside, profiles become columns, columns become distances from the peers' median (`peers`), and one of
//! three methods makes one number of a row of distances:
//!
//! | method | asks | measures |
//! |---|---|---|
//! | `robust_z` | is it far out, column by column? | robust standard deviations |
//! | `mahalanobis` | is it far out when columns that go together count together? | standard deviations |
//! | `isolation` | is it easily parted from the others? | 0 to 1, everybody else at 0.4 to 0.5 |
//!
//! All three look only at the suspicious side of each column: what lies on the other side counts as if it lay at the
//! median. So nobody is unusual for being cheap.

use ndarray::Array2;

use crate::error::ModelError;
use crate::features::{Direction, Feature, FeatureSet};
use crate::isolation::{Isolation, IsolationParams};
use crate::mahalanobis::{Mahalanobis, MahalanobisParams};
use crate::opinion::{Against, Driver, Opinion};
use crate::peers::Standing;
use crate::profile::Profile;
use crate::score::{Score, thousandths};

/// How one number is made of a row of distances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// The mean of the three greatest distances on the suspicious side.
    RobustZ,
    /// The Mahalanobis distance from the median.
    Mahalanobis,
    /// The score of an isolation forest.
    Isolation,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 3] = [Method::RobustZ, Method::Mahalanobis, Method::Isolation];

    /// The name, as rule files write it.
    pub const fn key(self) -> &'static str {
        match self {
            Method::RobustZ => "robust_z",
            Method::Mahalanobis => "mahalanobis",
            Method::Isolation => "isolation",
        }
    }

    /// A threshold, in thousandths, to begin with: in made-up regions in which nothing is wrong about one month of a
    /// subject in a thousand reaches it, or none. Real peers are less alike; look at who is reported before relying on
    /// it.
    pub const fn usual_threshold(self) -> i64 {
        match self {
            Method::RobustZ => 5_000,
            Method::Mahalanobis => 8_000,
            Method::Isolation => 780,
        }
    }

    /// The method of that name.
    pub fn find(key: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.key() == key)
    }
}

/// The parameters of a rule about judging.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Parameters {
    /// How to judge.
    pub method: Method,
    /// In thousandths of what the method measures: from here on a subject is reported. See [`Method::usual_threshold`].
    pub threshold: i64,
    /// Fewer peers than this have no median: from 3 to 1,000,000.
    pub min_peers: u32,
    /// The cases like the peers' that every subject is given beside its own: up to 1,000,000.
    pub pseudo_cases: u32,
    /// Of the isolation forest: any number.
    pub seed: u64,
    /// Of the isolation forest: from 1 to 1,000.
    pub trees: u32,
    /// Of the isolation forest, rows to a tree: from 2 to 4,096.
    pub sample: u32,
}

impl Default for Parameters {
    fn default() -> Parameters {
        Parameters {
            method: Method::RobustZ,
            threshold: Method::RobustZ.usual_threshold(),
            min_peers: 10,
            pseudo_cases: 20,
            seed: 0,
            trees: 100,
            sample: 256,
        }
    }
}

impl Parameters {
    /// Whether each parameter lies in its range.
    ///
    /// # Errors
    /// The first that does not; a rule that states such a one is refused when it is loaded.
    pub fn check(&self) -> Result<(), ModelError> {
        let holds = [
            (self.threshold >= 0, "threshold is not below 0"),
            ((3..=1_000_000).contains(&self.min_peers), "min_peers is from 3 to 1000000"),
            (self.pseudo_cases <= 1_000_000, "pseudo_cases is up to 1000000"),
            ((1..=1_000).contains(&self.trees), "trees is from 1 to 1000"),
            ((2..=4_096).contains(&self.sample), "sample is from 2 to 4096"),
        ];
        match holds.into_iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(ModelError::Parameter(what)),
            None => Ok(()),
        }
    }

    fn forest(&self) -> IsolationParams {
        let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        IsolationParams { trees: size(self.trees), sample: size(self.sample), seed: self.seed }
    }
}

/// The opinions on these subjects, who are one another's peers.
///
/// None is *not judged*: the group is smaller than `min_peers`, the subject has no case of any column that enough
/// peers have a case of, or a parameter is out of range. Every other subject has an opinion, and is reported where the
/// score reaches the threshold and some column can be named.
///
/// # Contract
/// * **The order of the rows changes nothing** but the order of the answers: rows are looked at in the order of their
///   sums, and subjects with equal sums have equal opinions. [test]
/// * **The same rows and parameters give the same opinions**, on every replay and machine. [test]
/// * **It is whole**: what a subject's opinion is depends on all rows, so whoever keeps opinions asks again for the
///   group when one profile changes.
///
/// # Example
/// ```
/// use models::{FeatureSet, Parameters, Profile, Sum, judge};
///
/// let month = |fund: i64| {
///     let mut profile = Profile::default();
///     profile.add(Sum::Visits, 500);
///     profile.add(Sum::Fund, fund);
///     profile
/// };
/// let mut rows: Vec<Profile> = (0..30).map(|n| month(5_000_000 + n * 20_000)).collect();
/// rows.push(month(20_000_000));
/// let opinions = judge(FeatureSet::Institution, &rows, &Parameters::default());
/// let last = opinions[30].as_ref().expect("it has peers");
/// assert_eq!(last.drivers[0].en(), "fund per visit 400.00 yuan (peers' median 106.00 yuan)");
/// assert!(opinions[..30].iter().flatten().all(|opinion| opinion.drivers.is_empty()));
/// ```
pub fn judge(set: FeatureSet, rows: &[Profile], parameters: &Parameters) -> Vec<Option<Opinion>> {
    let nobody = vec![None; rows.len()];
    let min_peers = usize::try_from(parameters.min_peers).unwrap_or(usize::MAX);
    if parameters.check().is_err() || rows.len() < min_peers {
        return nobody;
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|row| &rows[*row]);
    let sorted: Vec<Profile> = order.iter().map(|row| rows[*row]).collect();
    let standing = Standing::of(set.features(), &sorted, min_peers, parameters.pseudo_cases);
    let suspicious = suspicious(&standing);
    let Ok(measure) = Measure::of(parameters, &standing.distances, &suspicious) else { return nobody };
    let group = Group { rows: &sorted, standing: &standing, suspicious: &suspicious, measure: &measure };
    let mut opinions = nobody;
    for (position, row) in order.into_iter().enumerate() {
        opinions[row] = group.opinion(position, parameters.threshold);
    }
    opinions
}

/// The distances with 0 in place of what lies on the side that is not suspicious.
fn suspicious(standing: &Standing) -> Array2<f64> {
    let mut cells = standing.distances.clone();
    for (feature, mut column) in standing.features.iter().zip(cells.columns_mut()) {
        let (low, high) = match feature.direction {
            Direction::Upper => (0.0, f64::INFINITY),
            Direction::Lower => (f64::NEG_INFINITY, 0.0),
            Direction::Both => (f64::NEG_INFINITY, f64::INFINITY),
        };
        column.mapv_inplace(|x| x.clamp(low, high));
    }
    cells
}

/// A column nearer to the median than this, in its units, is not named as a reason, whatever part it has.
const NEAREST: f64 = 1.0;

/// A method, fitted to a group.
enum Measure {
    RobustZ,
    Mahalanobis(Mahalanobis),
    Isolation(Isolation),
}

impl Measure {
    fn of(
        parameters: &Parameters,
        distances: &Array2<f64>,
        suspicious: &Array2<f64>,
    ) -> Result<Measure, ModelError> {
        Ok(match parameters.method {
            Method::RobustZ => Measure::RobustZ,
            // How columns go together is seen on both sides.
            Method::Mahalanobis => Measure::Mahalanobis(MahalanobisParams::default().fit_rows(distances)?),
            Method::Isolation => Measure::Isolation(parameters.forest().fit_rows(suspicious)?),
        })
    }
}

/// A group that is being judged; all in one order.
struct Group<'a> {
    rows: &'a [Profile],
    standing: &'a Standing,
    suspicious: &'a Array2<f64>,
    measure: &'a Measure,
}

impl Group<'_> {
    fn opinion(&self, position: usize, threshold: i64) -> Option<Opinion> {
        if !self.standing.has_case[position] {
            return None;
        }
        let row = self.suspicious.row(position);
        let measured = match self.measure {
            Measure::RobustZ => strongest(&row.to_vec()),
            Measure::Mahalanobis(model) => model.distance(row).ok()?,
            Measure::Isolation(model) => model.score(row).ok()?,
        };
        let score = Score::from_measure(measured)?;
        let drivers = if score.thousandths() < threshold { Vec::new() } else { self.drivers(position)? };
        Some(Opinion { score, peers: u32::try_from(self.rows.len()).unwrap_or(u32::MAX), drivers })
    }

    /// The columns with the greatest parts of the score, among those at least [`NEAREST`] out on the suspicious side.
    fn drivers(&self, position: usize) -> Option<Vec<Driver>> {
        let row = self.suspicious.row(position);
        let parts = match self.measure {
            Measure::RobustZ => row.iter().map(|x| x.abs()).collect(),
            Measure::Mahalanobis(model) => model.contributions(row).ok()?,
            Measure::Isolation(model) => model.contributions(row).ok()?,
        };
        let mut columns: Vec<usize> =
            (0..parts.len()).filter(|j| parts[*j] > 0.0 && row[*j].abs() >= NEAREST).collect();
        let weight = |j: usize| (parts[j], row[j].abs());
        columns.sort_by(|a, b| {
            let ((part_a, far_a), (part_b, far_b)) = (weight(*a), weight(*b));
            part_b.total_cmp(&part_a).then(far_b.total_cmp(&far_a)).then(a.cmp(b))
        });
        columns.truncate(Opinion::DRIVERS);
        columns.into_iter().map(|j| self.driver(position, j)).collect()
    }

    fn driver(&self, position: usize, column: usize) -> Option<Driver> {
        let feature: &'static Feature = self.standing.features[column];
        Some(Driver {
            feature,
            value: feature.value(&self.rows[position])?,
            usual: self.standing.medians[column],
            against: Against::Peers,
            distance: thousandths(self.suspicious[(position, column)])?,
        })
    }
}

/// The mean of the three greatest distances: one column has to lie very far out by itself, three together less so.
///
/// The greatest alone is a poorer judge: in a table of many columns everybody is odd in one.
fn strongest(row: &[f64]) -> f64 {
    let mut far: Vec<f64> = row.iter().map(|x| x.abs()).collect();
    far.sort_unstable_by(|a, b| b.total_cmp(a));
    far.truncate(Opinion::DRIVERS);
    far.iter().sum::<f64>() / 3.0
}
