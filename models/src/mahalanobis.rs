//! How far a row lies from the middle, when columns that go together count together.
//!
//! A hospital whose stays are dear is dear by the stay and by the day; that is one oddity and not two. And a row may
//! be ordinary in each column and still be nowhere near the others, since with them the columns go together. Both
//! are seen by the Mahalanobis distance: in the principal components of the peers' covariance, each measured in its
//! own standard deviation.
//!
//! The model takes rows as `peers` gives them: distances from the median, in units of the column. Then:
//! * for the covariance a distance ends at 3, so that who lies far out does not make far out look near;
//! * a column varies by at least its own unit, so that no distance grows by being compared with peers all alike;
//! * covariances between columns are taken at n parts in n + p (n rows, p columns): few rows know little of them;
//! * components in which the peers hardly vary are dropped, for to divide by nearly nothing is to ask the rounding.
//!
//! The squared distance is a sum with one part for each column, its *contribution*, and a contribution below 0 means
//! that the other columns explain this one.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use linfa_linalg::eigh::EighInto;
use ndarray::{Array1, Array2, ArrayBase, ArrayView1, Data, Ix2};

use crate::error::ModelError;
use crate::finite;

/// The parameters of a fit.
///
/// # Example
/// ```
/// use linfa::DatasetBase;
/// use linfa::traits::{Fit, Predict};
/// use models::mahalanobis::MahalanobisParams;
/// use ndarray::array;
///
/// let rows = array![[0.5, 1.0], [1.0, 0.5], [-1.0, -0.5], [-0.5, -1.0], [2.0, -2.0]];
/// let model = MahalanobisParams::default().fit(&DatasetBase::from(rows.clone()))?;
/// let distances = model.predict(&rows);
/// assert!(distances[4] > distances[0]);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MahalanobisParams {
    /// Where a cell ends for the covariance; above 0.
    pub farthest: f64,
    /// Components whose variance is below this part of the components' mean are dropped; from 0 to 1, 1 excluded.
    pub least_variance: f64,
}

impl Default for MahalanobisParams {
    fn default() -> MahalanobisParams {
        MahalanobisParams { farthest: 3.0, least_variance: 0.01 }
    }
}

/// A fitted distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Mahalanobis {
    /// The inverse of the covariance, on the components that were kept.
    precision: Array2<f64>,
    /// How many were kept.
    components: usize,
}

impl MahalanobisParams {
    /// The distance among these rows.
    ///
    /// # Errors
    /// Fewer than 2 rows, no column, a cell that is no finite number, a parameter out of range.
    pub fn fit_rows<D: Data<Elem = f64>>(&self, rows: &ArrayBase<D, Ix2>) -> Result<Mahalanobis, ModelError> {
        if !(self.farthest > 0.0 && self.farthest.is_finite()) {
            return Err(ModelError::Parameter("farthest is above 0"));
        }
        if !(0.0..1.0).contains(&self.least_variance) {
            return Err(ModelError::Parameter("least_variance is from 0 to 1, 1 excluded"));
        }
        finite::rows(rows, 2)?;
        let columns = rows.ncols();
        let (values, vectors) = covariance(rows, self.farthest)
            .eigh_into()
            .map_err(|error| ModelError::Decomposition(error.to_string()))?;
        if !values.iter().chain(&vectors).all(|x| x.is_finite()) {
            return Err(ModelError::Decomposition("they are no numbers".to_owned()));
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of columns")]
        let least = self.least_variance * values.iter().sum::<f64>() / columns as f64;
        let kept: Vec<usize> = (0..columns).filter(|c| values[*c] > least.max(0.0)).collect();
        let mut precision = Array2::zeros((columns, columns));
        for i in 0..columns {
            for j in 0..=i {
                let sum = kept.iter().map(|c| vectors[(i, *c)] * vectors[(j, *c)] / values[*c]).sum();
                precision[(i, j)] = settled(sum);
                precision[(j, i)] = precision[(i, j)];
            }
        }
        Ok(Mahalanobis { precision, components: kept.len() })
    }
}

/// The covariance of the rows, as the page above weighs it. Plain loops in a fixed order: a product of matrices may
/// add in another order on a machine of another kind.
fn covariance<D: Data<Elem = f64>>(rows: &ArrayBase<D, Ix2>, farthest: f64) -> Array2<f64> {
    #[expect(clippy::cast_precision_loss, reason = "numbers of rows and columns")]
    let (count, width) = (rows.nrows() as f64, rows.ncols() as f64);
    let mut cells = rows.mapv(|x| x.clamp(-farthest, farthest));
    for mut column in cells.columns_mut() {
        let mean = column.iter().sum::<f64>() / count;
        column.iter_mut().for_each(|x| *x -= mean);
    }
    let mut covariance = Array2::zeros((rows.ncols(), rows.ncols()));
    for i in 0..rows.ncols() {
        for j in 0..=i {
            let products = cells.column(i).into_iter().zip(cells.column(j)).map(|(x, y)| x * y);
            let mean = products.sum::<f64>() / count;
            let weighed = if i == j { mean.max(1.0) } else { mean * (count / (count + width)) };
            covariance[(i, j)] = weighed;
            covariance[(j, i)] = weighed;
        }
    }
    covariance
}

/// A number without its last bits: multiples of 2^-24.
///
/// Where a machine multiplies and adds in one step, eigenvectors differ in their last bits; what is made of them is
/// the same again after this.
fn settled(x: f64) -> f64 {
    const STEPS: f64 = 16_777_216.0;
    (x * STEPS).round() / STEPS
}

impl Mahalanobis {
    /// How many components of the covariance were kept.
    pub fn components(&self) -> usize {
        self.components
    }

    /// The distance of a row from the middle: 0 in the middle, and for one column alone as far as the row lies in it.
    ///
    /// # Errors
    /// Another width than the model's, a cell that is no finite number.
    pub fn distance(&self, row: ArrayView1<'_, f64>) -> Result<f64, ModelError> {
        let squared: f64 = self.contributions(row)?.iter().sum();
        Ok(squared.max(0.0).sqrt())
    }

    /// The parts of the squared distance, one for each column.
    ///
    /// # Errors
    /// As [`Mahalanobis::distance`].
    pub fn contributions(&self, row: ArrayView1<'_, f64>) -> Result<Vec<f64>, ModelError> {
        finite::row(row, self.precision.ncols())?;
        let part = |(i, x): (usize, &f64)| {
            x * self.precision.row(i).into_iter().zip(row).map(|(p, y)| p * y).sum::<f64>()
        };
        Ok(row.iter().enumerate().map(part).collect())
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, ModelError> for MahalanobisParams {
    type Object = Mahalanobis;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Mahalanobis, ModelError> {
        self.fit_rows(&dataset.records)
    }
}

/// Distances of many rows; not a number for a row that has none.
impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<f64>> for Mahalanobis {
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, distances: &mut Array1<f64>) {
        for (row, distance) in rows.rows().into_iter().zip(distances) {
            *distance = self.distance(row).unwrap_or(f64::NAN);
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<f64> {
        Array1::zeros(rows.nrows())
    }
}
