//! The judge's page read again by plain loops: medians by counting, covariance and its inverse by elimination.

use models::{Direction, Feature, FeatureSet, Method, Parameters, Profile, Sum, Unit, judge};

use crate::group::{grown, hospitals};

/// The middle of a sorted copy.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let n = sorted.len();
    if n % 2 == 1 { sorted[n / 2] } else { (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0 }
}

fn sum(profile: &Profile, sum: Sum) -> f64 {
    profile.sums()[sum as usize] as f64
}

/// The distances of all rows in one column, in yuan, counts and shares instead of their thousandths.
fn column(feature: &Feature, rows: &[Profile], pseudo: f64) -> Vec<f64> {
    let unit = if feature.unit == Unit::Yuan { 0.01 } else { 1.0 };
    let floor = feature.floor as f64 / 1000.0;
    let (values, floor): (Vec<f64>, f64) = match feature.under {
        None => {
            let totals: Vec<f64> = rows.iter().map(|row| sum(row, feature.over) * unit).collect();
            let middle = median(&totals);
            (
                totals.iter().map(|x| x.powf(0.125)).collect(),
                (middle + floor).powf(0.125) - middle.powf(0.125),
            )
        }
        Some(under) => {
            let ratios: Vec<f64> = rows
                .iter()
                .filter(|row| sum(row, feature.cases) >= pseudo)
                .map(|row| sum(row, feature.over) * unit / sum(row, under))
                .collect();
            let total = |of: Sum| rows.iter().map(|row| sum(row, of)).sum::<f64>();
            let (ratio, given) = (median(&ratios), pseudo * total(under) / total(feature.cases));
            let weighed =
                |row: &Profile| (sum(row, feature.over) * unit + ratio * given) / (sum(row, under) + given);
            (rows.iter().map(weighed).collect(), floor)
        }
    };
    let middle = median(&values);
    let spread = median(&values.iter().map(|x| (x - middle).abs()).collect::<Vec<_>>()) * 1.4826;
    let spread = [spread, floor, middle.abs() / 20.0].into_iter().fold(0.0, f64::max);
    values.iter().map(|x| ((x - middle) / spread).clamp(-30.0, 30.0)).collect()
}

/// The inverse of a matrix, by elimination.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let n = matrix.len();
    let mut inverse: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for step in 0..n {
        let best =
            (step..n).max_by(|a, b| matrix[*a][step].abs().total_cmp(&matrix[*b][step].abs())).unwrap();
        matrix.swap(step, best);
        inverse.swap(step, best);
        let pivot = matrix[step][step];
        for x in matrix[step].iter_mut().chain(&mut inverse[step]) {
            *x /= pivot;
        }
        for other in (0..n).filter(|other| *other != step) {
            let part = matrix[other][step];
            for j in 0..n {
                let (m, i) = (matrix[step][j], inverse[step][j]);
                matrix[other][j] -= part * m;
                inverse[other][j] -= part * i;
            }
        }
    }
    inverse
}

fn mahalanobis(rows: &[Vec<f64>], suspicious: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let (n, p) = (rows.len() as f64, rows[0].len());
    let near: Vec<Vec<f64>> = rows.iter().map(|r| r.iter().map(|x| x.clamp(-3.0, 3.0)).collect()).collect();
    let mean: Vec<f64> = (0..p).map(|j| near.iter().map(|r| r[j]).sum::<f64>() / n).collect();
    let mut covariance = vec![vec![0.0; p]; p];
    for i in 0..p {
        for j in 0..p {
            let sum: f64 = near.iter().map(|r| (r[i] - mean[i]) * (r[j] - mean[j])).sum();
            let share = n / (n + p as f64);
            covariance[i][j] = if i == j { (sum / n).max(1.0) } else { sum / n * share };
        }
    }
    let precision = inverse(covariance);
    let parts = |u: &Vec<f64>| {
        (0..p).map(|i| u[i] * (0..p).map(|j| precision[i][j] * u[j]).sum::<f64>()).collect::<Vec<_>>()
    };
    suspicious.iter().map(parts).collect()
}

#[test]
fn the_judge_agrees_with_plain_loops() {
    for (seed, set) in
        [(1, FeatureSet::Institution), (2, FeatureSet::Practitioner), (3, FeatureSet::Institution)]
    {
        let mut rows = hospitals(seed, 61 + usize::try_from(seed).unwrap());
        rows[7] = grown(grown(rows[7], Sum::ConsumableCharges, 300), Sum::NightVisits, 300);
        rows[8] = grown(rows[8], Sum::StayDays, 40);
        // Pharmacies have no sales here, and say nothing of them.
        let features: Vec<&Feature> =
            set.features().iter().filter(|f| rows.iter().all(|row| sum(row, f.cases) > 0.0)).collect();
        let columns: Vec<Vec<f64>> = features.iter().map(|f| column(f, &rows, 20.0)).collect();
        let distances: Vec<Vec<f64>> =
            (0..rows.len()).map(|row| columns.iter().map(|c| c[row]).collect()).collect();
        let suspicious: Vec<Vec<f64>> = distances
            .iter()
            .map(|row| {
                let side =
                    |(x, f): (&f64, &&Feature)| if f.direction == Direction::Both { *x } else { x.max(0.0) };
                row.iter().zip(&features).map(side).collect()
            })
            .collect();
        let contributions = mahalanobis(&distances, &suspicious);
        for method in [Method::RobustZ, Method::Mahalanobis] {
            let parameters = Parameters { method, threshold: 0, ..Parameters::default() };
            let opinions = judge(set, &rows, &parameters);
            for (row, opinion) in opinions.iter().enumerate() {
                let opinion = opinion.as_ref().unwrap();
                let parts: Vec<f64> = match method {
                    Method::RobustZ => suspicious[row].iter().map(|x| x.abs()).collect(),
                    _ => contributions[row].clone(),
                };
                let mut order: Vec<usize> = (0..parts.len()).filter(|j| parts[*j] > 0.0).collect();
                order.sort_by(|a, b| parts[*b].total_cmp(&parts[*a]));
                let measure = match method {
                    Method::RobustZ => order.iter().take(3).map(|j| parts[*j]).sum::<f64>() / 3.0,
                    _ => parts.iter().sum::<f64>().sqrt(),
                };
                order.retain(|j| distances[row][*j].abs() >= 1.0);
                order.truncate(3);
                let score = opinion.score.thousandths() as f64 / 1000.0;
                assert!((score - measure).abs() < 0.001, "{method:?} {row}: {score} {measure}");
                let named: Vec<&str> = opinion.drivers.iter().map(|driver| driver.feature.key).collect();
                assert_eq!(
                    named,
                    order.iter().map(|j| features[*j].key).collect::<Vec<_>>(),
                    "{method:?} {row}"
                );
                for (driver, j) in opinion.drivers.iter().zip(order) {
                    let distance = driver.distance as f64 / 1000.0;
                    assert!((distance - distances[row][j]).abs() < 0.001, "{row} {}", driver.feature.key);
                }
            }
        }
    }
}
