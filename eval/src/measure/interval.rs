//! Intervals of counts: Wilson's for a share, Garwood's for a rate.
//!
//! Both are at the level of all measures ([`super::LEVEL`]) and need nothing but the count, so they are exact on every
//! machine. A share of nothing has no interval.

use super::LEVEL;

/// The point below which 95 % of a standard normal lie: both ends of [`LEVEL`].
const Z: f64 = 1.644_853_626_951_472_2;

/// The interval of a share `hits` of `all`; none of nothing.
///
/// # Source
/// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
///
/// # Example
/// ```
/// use eval::measure::interval::wilson;
/// let (low, high) = wilson(8, 10).expect("ten were looked at");
/// assert!((low - 0.541).abs() < 0.001 && (high - 0.931).abs() < 0.001);
/// assert_eq!(wilson(0, 0), None);
/// ```
pub fn wilson(hits: usize, all: usize) -> Option<(f64, f64)> {
    if all == 0 {
        return None;
    }
    let n = super::number(all);
    let p = super::number(hits) / n;
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some((((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0)))
}

/// The interval of the mean of a Poisson number of which `count` was seen: exact, so rather too wide than too narrow.
///
/// # Source
/// F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936).
pub fn garwood(count: usize) -> (f64, f64) {
    let tail = (1.0 - LEVEL) / 2.0;
    let n = super::number(count);
    let low = if count == 0 { 0.0 } else { gamma_quantile(n, tail) };
    (low, gamma_quantile(n + 1.0, 1.0 - tail))
}

/// Where the distribution of a gamma variable of this shape and scale 1 reaches `share`.
fn gamma_quantile(shape: f64, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, shape + 10.0 * shape.sqrt() + 30.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if lower_gamma(shape, middle) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The regularised lower incomplete gamma function: a series where it converges fast, else a continued fraction.
fn lower_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * 1e-15 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    // Lentz's method.
    let mut b = x + 1.0 - a;
    let mut c = f64::MAX;
    let mut d = 1.0 / b;
    let mut h = d;
    let mut i = 1.0;
    loop {
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        h *= d * c;
        i += 1.0;
        if (d * c - 1.0).abs() < 1e-15 || i > 100_000.0 {
            return 1.0 - front * h;
        }
    }
}

fn nonzero(value: f64) -> f64 {
    if value.abs() < 1e-300 { 1e-300 } else { value }
}

/// The logarithm of the gamma function for x > 0 (Lanczos).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut sum = 0.999_999_999_999_809_9;
    let mut n = 1.0;
    for term in TERMS {
        sum += term / (x + n);
        n += 1.0;
    }
    let t = x + 7.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: (f64, f64), wanted: (f64, f64)) {
        assert!((got.0 - wanted.0).abs() < 1e-3 && (got.1 - wanted.1).abs() < 1e-3, "{got:?} {wanted:?}");
    }

    #[test]
    fn a_rate_has_the_printed_limits() {
        // Garwood's table at 90 %.
        close(garwood(0), (0.0, 2.9957));
        close(garwood(1), (0.0513, 4.7439));
        close(garwood(10), (5.4254, 16.9622));
        close(garwood(100), (84.1393, 118.0786));
        let (low, high) = garwood(40_000);
        assert!((low - 39_671.7).abs() < 1.0 && (high - 40_330.6).abs() < 1.0, "{low} {high}");
    }

    #[test]
    fn a_share_stays_between_nothing_and_all() {
        close(wilson(0, 20).unwrap(), (0.0, 0.1191));
        close(wilson(20, 20).unwrap(), (0.8809, 1.0));
    }

    #[test]
    fn a_wilson_interval_covers_about_as_often_as_it_says() {
        // Exact coverage over all outcomes of 50 draws at several true shares.
        for p in [0.1f64, 0.3, 0.7] {
            let (mut covered, mut chance) = (0.0, (1.0 - p).powi(50));
            for hits in 0..=50usize {
                let (low, high) = wilson(hits, 50).unwrap();
                if low <= p && p <= high {
                    covered += chance;
                }
                chance *= super::super::number(50 - hits) / super::super::number(hits + 1) * p / (1.0 - p);
            }
            assert!((0.86..0.95).contains(&covered), "{p}: {covered}");
        }
    }
}
