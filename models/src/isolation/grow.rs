//! How the trees of an isolation forest grow.
//!
//! A tree is a list of nodes. A cut is drawn in the box around the whole sample, as often as it takes until one parts
//! the rows at hand, which asks for one column of each row instead of all; the box around the rows themselves is
//! measured only where they are few or the draws keep missing. What is drawn comes from the seed and the tree's number.

use ndarray::{ArrayBase, Data, Ix2};

use records::splitmix::SplitMix64;

/// Below this many rows their box is soon measured.
const FEW_ROWS: usize = 32;

/// A place in a tree; places are numbered from 0, the root.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    /// Not above `at` goes left, which is the next place; the others go to `right`. So many rows of the sample came by.
    Cut { column: u32, rows: u32, right: u32, at: f64 },
    /// Here a row is as deep as this: cuts on the way, and those expected among the rows that ended here together.
    End { rows: u32, depth: f64 },
}

/// So many trees of these rows, each of a sample of them; and by number of rows, up to that of the sample, the cuts
/// expected until one of them is alone. The rows are finite and at least two.
pub(super) fn forest<D: Data<Elem = f64>>(
    trees: usize,
    sample: usize,
    seed: u64,
    rows: &ArrayBase<D, Ix2>,
) -> (Vec<Vec<Node>>, Vec<f64>) {
    let size = sample.min(rows.nrows());
    let planter = Planter {
        cells: rows.iter().copied().collect(),
        columns: rows.ncols(),
        depths: expected_depths(size),
        // A tree as deep as a balanced one over the sample.
        deepest: size.next_power_of_two().trailing_zeros(),
    };
    let mut row_numbers: Vec<usize> = Vec::new();
    let trees = (0..trees).map(|number| {
        let mut chance = SplitMix64::numbered(seed, number as u64);
        row_numbers.clear();
        row_numbers.extend(0..rows.nrows());
        for taken in 0..size {
            let other = taken + chance.fine_index(rows.nrows() - taken);
            row_numbers.swap(taken, other);
        }
        let mut growth = Growth {
            chance,
            sample: Bounds::of(rows.ncols()),
            here: Bounds::of(rows.ncols()),
            tree: Vec::with_capacity(2 * size),
        };
        planter.measure(&row_numbers[..size], &mut growth.sample);
        planter.plant(&mut row_numbers[..size], 0, &mut growth);
        growth.tree
    });
    let trees = trees.collect();
    (trees, planter.depths)
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
    chance: SplitMix64,
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
    fn throw(&self, chance: &mut SplitMix64) -> Option<(usize, f64)> {
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
        for next in 0..rows.len() {
            if self.cell(rows[next], column) <= at {
                rows.swap(left, next);
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

#[cfg(test)]
mod tests {
    use super::expected_depths;

    #[test]
    fn expected_depths_are_those_of_random_cuts() {
        let depths = expected_depths(256);
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-3, "{found}");
        assert_eq!(depths[..3], [0.0, 0.0, 1.0]);
        // Of three, one is alone after one cut, the other two after two.
        near(depths[3], 5.0 / 3.0);
        near(depths[256], 10.2487);
    }
}
