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
//! A forest is a function of rows, parameters and seed, to the bit: draws come from `chance`, and nothing is used
//! but adding, multiplying, dividing and square roots, on which all machines agree. (Logarithms and powers are
//! libraries' matter, and libraries differ.) The order of rows counts, for a sample is drawn by place; who wants it
//! not to sorts them first.
//!
//! # Source
//! Liu, Ting and Zhou, *Isolation forest*, ICDM 2008; the draw of the column from Guha, Mishra, Roy and Schrijvers,
//! *Robust random cut forest based anomaly detection on streams*, ICML 2016. The expected depth is taken from the
//! harmonic number itself, not from its approximation by a logarithm.

use linfa::DatasetBase;
use linfa::traits::{Fit, PredictInplace};
use ndarray::{Array1, ArrayBase, ArrayView1, Data, Ix2};

use crate::chance::Chance;
use crate::error::ModelError;
use crate::finite;

/// Below this many rows their box is soon measured.
const FEW_ROWS: usize = 12;

/// What a fit needs to be told.
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

/// A place in a tree; places are numbered from 0, the root.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    /// Not above `at` goes left, which is the next place; the others go to `right`. So many rows of the sample came by.
    Cut { column: u32, rows: u32, right: u32, at: f64 },
    /// Here a row is as deep as this: cuts on the way, and those expected among the rows that ended here together.
    End { rows: u32, depth: f64 },
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
        let size = self.sample.min(rows.nrows());
        let planter = Planter {
            cells: rows.iter().copied().collect(),
            columns: rows.ncols(),
            depths: expected_depths(size),
            // A tree as deep as a balanced one over the sample.
            deepest: size.next_power_of_two().trailing_zeros(),
        };
        let mut places: Vec<usize> = Vec::new();
        let trees = (0..self.trees).map(|number| {
            let mut chance = Chance::new(self.seed, number as u64);
            places.clear();
            places.extend(0..rows.nrows());
            for taken in 0..size {
                let other = taken + chance.below(rows.nrows() - taken);
                places.swap(taken, other);
            }
            let mut growth = Growth {
                chance,
                sample: Bounds::of(rows.ncols()),
                here: Bounds::of(rows.ncols()),
                tree: Vec::with_capacity(2 * size),
            };
            planter.measure(&places[..size], &mut growth.sample);
            planter.plant(&mut places[..size], 0, &mut growth);
            growth.tree
        });
        let trees = trees.collect();
        Ok(Isolation { trees, columns: rows.ncols(), depths: planter.depths })
    }
}

/// What all trees of a forest are grown from.
struct Planter {
    /// The rows, one behind the other.
    cells: Vec<f64>,
    columns: usize,
    /// By number of rows: the cuts that part one of them from the others, as expected.
    depths: Vec<f64>,
    deepest: u32,
}

/// A tree while it grows.
struct Growth {
    chance: Chance,
    /// Around the whole sample.
    sample: Bounds,
    /// Around the rows that are to be cut.
    here: Bounds,
    tree: Vec<Node>,
}

/// How far some rows reach in each column.
#[derive(Clone)]
struct Bounds {
    least: Vec<f64>,
    most: Vec<f64>,
    /// Over all columns, how far apart.
    apart: f64,
}

impl Bounds {
    fn of(columns: usize) -> Bounds {
        Bounds { least: vec![0.0; columns], most: vec![0.0; columns], apart: 0.0 }
    }

    /// A random place on the sides of the box, laid end to end; none if it has no length.
    fn throw(&self, chance: &mut Chance) -> Option<(usize, f64)> {
        let mut left = chance.unit() * self.apart;
        let mut last = None;
        for (column, (least, most)) in self.least.iter().zip(&self.most).enumerate() {
            if least < most {
                let at = least + left;
                if at < *most {
                    return Some((column, at));
                }
                // The greatest always goes right, also where rounding throws beyond the last column.
                last = Some((column, *least));
            }
            left -= most - least;
        }
        last
    }
}

impl Planter {
    /// Grows the part of a tree that holds these rows.
    fn plant(&self, rows: &mut [usize], depth: u32, growth: &mut Growth) {
        let number =
            |of: usize| u32::try_from(of).expect("two places for each row of a sample, and few columns");
        let count = number(rows.len());
        let end = Node::End { rows: count, depth: f64::from(depth) + self.depths[rows.len()] };
        let cut = if depth < self.deepest && rows.len() > 1 { self.cut(rows, growth) } else { None };
        let Some((column, at)) = cut else { return growth.tree.push(end) };
        let mut left = 0;
        for place in 0..rows.len() {
            if self.cell(rows[place], column) <= at {
                rows.swap(left, place);
                left += 1;
            }
        }
        let number =
            |of: usize| u32::try_from(of).expect("two places for each row of a sample, and few columns");
        let here = growth.tree.len();
        growth.tree.push(end);
        let (low, high) = rows.split_at_mut(left);
        self.plant(low, depth + 1, growth);
        growth.tree[here] =
            Node::Cut { column: number(column), rows: count, right: number(growth.tree.len()), at };
        self.plant(high, depth + 1, growth);
    }

    /// A random place in a random column; none if the rows are all alike.
    ///
    /// Cuts are thrown at the box around the whole sample until one parts these rows, which is as likely for each
    /// place as if they were thrown at the box around these rows, and asks for one column instead of all. Where the
    /// rows are few, or after some throws that missed, that box is measured after all.
    fn cut(&self, rows: &[usize], growth: &mut Growth) -> Option<(usize, f64)> {
        let throws = if rows.len() < FEW_ROWS { 0 } else { self.columns / 2 };
        for _ in 0..throws {
            let (column, at) = growth.sample.throw(&mut growth.chance)?;
            let left = rows.iter().filter(|row| self.cell(**row, column) <= at).count();
            if 0 < left && left < rows.len() {
                return Some((column, at));
            }
        }
        self.measure(rows, &mut growth.here);
        growth.here.throw(&mut growth.chance)
    }

    /// The box around some rows.
    fn measure(&self, rows: &[usize], bounds: &mut Bounds) {
        let Bounds { least, most, apart } = bounds;
        least.fill(f64::INFINITY);
        most.fill(f64::NEG_INFINITY);
        for row in rows {
            let cells = &self.cells[row * self.columns..][..self.columns];
            for ((cell, least), most) in cells.iter().zip(&mut *least).zip(&mut *most) {
                *least = if cell < least { *cell } else { *least };
                *most = if cell > most { *cell } else { *most };
            }
        }
        *apart = least.iter().zip(&*most).map(|(least, most)| most - least).sum();
    }

    fn cell(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.columns + column]
    }
}

/// For 0 … `most` rows, the mean number of cuts that part one from the others when each cut falls at random:
/// 2 H(n − 1) − 2 (n − 1) / n, where H is the harmonic number.
fn expected_depths(most: usize) -> Vec<f64> {
    let mut harmonic = 0.0;
    let mut depths = vec![0.0; most + 1];
    for (rows, depth) in depths.iter_mut().enumerate().skip(2) {
        #[expect(clippy::cast_precision_loss, reason = "a number of rows")]
        let (rows, others) = (rows as f64, (rows - 1) as f64);
        harmonic += 1.0 / others;
        *depth = 2.0 * harmonic - 2.0 * others / rows;
    }
    depths
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
            let mut place = 0;
            sum += loop {
                match tree[place] {
                    Node::End { depth, .. } => break depth,
                    Node::Cut { column, at, .. } if row[column as usize] <= at => place += 1,
                    Node::Cut { right, .. } => place = right as usize,
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
            let mut place = 0;
            while let Node::Cut { column, rows, right, at } = tree[place] {
                let column = column as usize;
                place = if row[column] <= at { place + 1 } else { right as usize };
                let (Node::Cut { rows: left, .. } | Node::End { rows: left, .. }) = tree[place];
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
