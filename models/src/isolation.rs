//! How easily a row is parted from the others: an isolation forest.
//!
//! A tree cuts a sample of the rows in two at a random place of a random column, and each part again, until every
//! row is alone or the tree is deep enough. Who lies apart is alone after few cuts. The score is
//! 2^(−mean depth / expected depth): near 1 for who is parted at once, about 0.4 to 0.5 for everybody else.
//! It needs no bell curve and no covariance, and sees what is odd in a combination of columns that no line describes.
//!
//! A column is drawn the more often the farther apart the rows lie in it, so that a row far out in two columns of
//! eighteen is found there, and does not stand behind one that is a little odd in all. This asks for columns in one
//! unit, as `peers` gives them.
//!
//! A forest is a function of rows, parameters and seed, to the bit: draws come from [`records::splitmix`], and nothing
//! is used but adding, multiplying, dividing and square roots, on which all machines agree. (Logarithms and powers are
//! libraries' matter, and libraries differ.) The order of rows counts, for a sample is drawn by place; who wants it not
//! to sorts them first.
//!
//! # Source
//! Liu, Ting and Zhou, *Isolation forest*, ICDM 2008; the draw of the column from Guha, Mishra, Roy and Schrijvers,
//! *Robust random cut forest based anomaly detection on streams*, ICML 2016. The expected depth is taken from the
//! harmonic number itself, not from its approximation by a logarithm.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

use crate::error::ModelError;
use crate::finite;

mod grow;

use grow::Node;

/// The parameters of a fit.
///
/// # Example
/// ```
/// use linfa::DatasetBase;
/// use linfa::traits::{Fit, Predict};
/// use models::isolation::IsolationParams;
/// use ndarray::array;
///
/// let rows = array![[0.1, 0.2], [0.2, 0.1], [0.0, 0.3], [0.3, 0.0], [9.0, 9.0]];
/// let forest = IsolationParams { seed: 7, ..IsolationParams::default() }.fit(&DatasetBase::from(rows.clone()))?;
/// let scores = forest.predict(&rows);
/// assert!(scores[4] > 0.6 && scores[0] < 0.6);
/// # Ok::<(), models::ModelError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsolationParams {
    /// From 1 to 1,000.
    pub trees: usize,
    /// Rows to a tree, or all rows where these are fewer; from 2 to 4,096.
    pub sample: usize,
    /// Any number; the same number gives the same forest.
    pub seed: u64,
}

impl Default for IsolationParams {
    fn default() -> IsolationParams {
        IsolationParams { trees: 100, sample: 256, seed: 0 }
    }
}

/// A fitted forest.
#[derive(Clone, Debug, PartialEq)]
pub struct Isolation {
    trees: Vec<Vec<Node>>,
    columns: usize,
    /// By number of rows, the cuts expected until one of them is alone; the last is for the sample.
    depths: Vec<f64>,
}

impl IsolationParams {
    /// The forest of these rows.
    ///
    /// # Errors
    /// Fewer than 2 rows, no column, a cell that is no finite number, a parameter out of range.
    pub fn fit_rows<D: Data<Elem = f64>>(&self, rows: &ArrayBase<D, Ix2>) -> Result<Isolation, ModelError> {
        if !(1..=1_000).contains(&self.trees) {
            return Err(ModelError::Parameter("trees are from 1 to 1000"));
        }
        if !(2..=4_096).contains(&self.sample) {
            return Err(ModelError::Parameter("sample is from 2 to 4096"));
        }
        finite::rows(rows, 2)?;
        let (trees, depths) = grow::forest(self.trees, self.sample, self.seed, rows);
        Ok(Isolation { trees, columns: rows.ncols(), depths })
    }
}

impl Isolation {
    /// How unusual a row is, from 0 to 1.
    ///
    /// # Errors
    /// Another width than the forest's, a cell that is no finite number.
    pub fn score(&self, row: ArrayView1<'_, f64>) -> Result<f64, ModelError> {
        finite::row(row, self.columns)?;
        let mut sum = 0.0;
        for tree in &self.trees {
            let mut node = 0;
            sum += loop {
                match tree[node] {
                    Node::End { depth, .. } => break depth,
                    Node::Cut { column, at, .. } if row[column as usize] <= at => node += 1,
                    Node::Cut { right, .. } => node = right as usize,
                }
            };
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of trees")]
        let mean = sum / self.trees.len() as f64;
        Ok(half_to_the(mean / self.expected()))
    }

    /// The expected depth at which a row of the sample is alone.
    fn expected(&self) -> f64 {
        self.depths.last().copied().expect("at least 2 rows")
    }

    /// For each column, the cuts that were saved by cutting the row there, on average over the trees.
    ///
    /// A cut that leaves the row among n rows where it was among m saves what is expected for m, less what is
    /// expected for n, less itself. Over all columns that is the expected depth less the row's: nothing is left over.
    ///
    /// # Errors
    /// As [`Isolation::score`].
    pub fn contributions(&self, row: ArrayView1<'_, f64>) -> Result<Vec<f64>, ModelError> {
        finite::row(row, self.columns)?;
        let mut saved = vec![0.0; self.columns];
        for tree in &self.trees {
            let mut node = 0;
            while let Node::Cut { column, rows, right, at } = tree[node] {
                let column = column as usize;
                node = if row[column] <= at { node + 1 } else { right as usize };
                let (Node::Cut { rows: left, .. } | Node::End { rows: left, .. }) = tree[node];
                saved[column] += self.depths[rows as usize] - self.depths[left as usize] - 1.0;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of trees")]
        let trees = self.trees.len() as f64;
        saved.iter_mut().for_each(|sum| *sum /= trees);
        Ok(saved)
    }
}

/// 2^−x for x not below 0, by square roots of a half: the same bits everywhere.
fn half_to_the(x: f64) -> f64 {
    let (mut power, mut whole) = (1.0, x.trunc());
    while whole > 0.0 && power > 0.0 {
        power *= 0.5;
        whole -= 1.0;
    }
    let (mut root, mut rest) = (0.5_f64, x.fract());
    while rest > 0.0 && root < 1.0 {
        root = root.sqrt();
        rest *= 2.0;
        if rest >= 1.0 {
            power *= root;
            rest -= 1.0;
        }
    }
    power
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, ModelError> for IsolationParams {
    type Object = Isolation;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<Isolation, ModelError> {
        self.fit_rows(&dataset.records)
    }
}

/// Scores of many rows; not a number for a row that has none.
impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<f64>> for Isolation {
    fn predict_inplace<'a>(&'a self, rows: &'a ArrayBase<D, Ix2>, scores: &mut Array1<f64>) {
        for (row, score) in rows.rows().into_iter().zip(scores) {
            *score = self.score(row).unwrap_or(f64::NAN);
        }
    }

    fn default_target(&self, rows: &ArrayBase<D, Ix2>) -> Array1<f64> {
        Array1::zeros(rows.nrows())
    }
}
