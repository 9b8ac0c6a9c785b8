//! The text of `/metrics`, read: samples by name and labels, differences of two looks, quantiles of histograms.

use std::collections::BTreeMap;
use std::time::Instant;

/// A sample: its labels and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Labels by name.
    pub labels: BTreeMap<String, String>,
    /// Its value.
    pub value: f64,
}

impl Sample {
    /// A label; empty if it has none of this name.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

/// All samples of a look.
#[derive(Clone, Debug)]
pub struct Figures {
    samples: BTreeMap<String, Vec<Sample>>,
    /// When it was looked.
    pub at: Instant,
}

impl Figures {
    /// Reads a text in Prometheus' format; lines that are none of it are left out.
    pub fn read(text: &str, at: Instant) -> Figures {
        let mut samples: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
        for (name, sample) in text.lines().filter(|line| !line.starts_with('#')).filter_map(sample) {
            samples.entry(name.to_owned()).or_default().push(sample);
        }
        Figures { samples, at }
    }

    /// Samples of a name.
    pub fn of(&self, name: &str) -> &[Sample] {
        self.samples.get(name).map_or(&[], Vec::as_slice)
    }

    /// The sum over all samples of a name.
    pub fn sum(&self, name: &str) -> f64 {
        self.of(name).iter().map(|sample| sample.value).sum()
    }

    /// The value of a name without labels, if there is one.
    pub fn value(&self, name: &str) -> Option<f64> {
        self.of(name).first().map(|sample| sample.value)
    }

    /// Sums of the samples of a name by one of their labels.
    pub fn by(&self, name: &str, label: &str) -> BTreeMap<&str, f64> {
        let mut sums = BTreeMap::new();
        for sample in self.of(name) {
            *sums.entry(sample.label(label)).or_default() += sample.value;
        }
        sums
    }
}

/// A line: its name and sample.
fn sample(line: &str) -> Option<(&str, Sample)> {
    let (head, value) = line.trim().rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, rest)) = head.split_once('{') else {
        return Some((head, Sample { labels: BTreeMap::new(), value }));
    };
    let mut labels = BTreeMap::new();
    let mut rest = rest.strip_suffix('}')?;
    while let Some((label, behind)) = rest.split_once("=\"") {
        let (text, behind) = quoted(behind)?;
        labels.insert(label.trim_start_matches(',').to_owned(), text);
        rest = behind;
    }
    Some((name, Sample { labels, value }))
}

/// A text up to its closing quotation mark, and what is behind that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let (mut out, mut chars) = (String::new(), text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    None
}

/// What happened between two looks.
pub struct Between<'f> {
    /// The earlier look.
    pub before: &'f Figures,
    /// The later one.
    pub after: &'f Figures,
}

impl Between<'_> {
    /// Seconds between the looks.
    pub fn seconds(&self) -> f64 {
        self.after.at.saturating_duration_since(self.before.at).as_secs_f64().max(0.001)
    }

    /// How fast a counter rose, by one of its labels.
    pub fn rates(&self, name: &str, label: &str) -> BTreeMap<String, f64> {
        let before = self.before.by(name, label);
        let rate = |(of, value): (&str, f64)| {
            let rose = (value - before.get(of).copied().unwrap_or(0.0)).max(0.0);
            (of.to_owned(), rose / self.seconds())
        };
        self.after.by(name, label).into_iter().map(rate).collect()
    }

    /// How fast a counter rose in all.
    pub fn rate(&self, name: &str) -> f64 {
        (self.after.sum(name) - self.before.sum(name)).max(0.0) / self.seconds()
    }

    /// A quantile of what a histogram got between the looks, within its bucket as if evenly spread; none if it got
    /// nothing. What is beyond the last bucket counts as its end.
    pub fn quantile(&self, histogram: &str, share: f64) -> Option<f64> {
        let name = format!("{histogram}_bucket");
        let (before, after) = (self.before.by(&name, "le"), self.after.by(&name, "le"));
        let end = |le: &str| if le == "+Inf" { f64::INFINITY } else { le.parse().unwrap_or(f64::INFINITY) };
        let mut buckets: Vec<(f64, f64)> = after
            .into_iter()
            .map(|(le, count)| (end(le), count - before.get(le).copied().unwrap_or(0.0)))
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let all = buckets.last()?.1;
        if all <= 0.0 {
            return None;
        }
        let (mut begin, mut below) = (0.0, 0.0);
        for (end, count) in buckets {
            if count >= share * all && count > below {
                let within = (share * all - below) / (count - below);
                return Some(if end.is_finite() { begin + (end - begin) * within } else { begin });
            }
            (begin, below) = (end, count);
        }
        Some(begin)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_text_is_read_and_looks_are_compared() {
        let begun = Instant::now();
        let of = |fee: u32, low: u32, all: u32, at| {
            let text = format!(
                "# HELP a_total Of it.\n# TYPE a_total counter\na_total{{source=\"http\",kind=\"fee_line\"}} {fee}\n\
                 a_total{{source=\"http\",kind=\"?\"}} 1\nodd{{text=\"a \\\"b\\\\ c, d=\\\"}}\"}} 2\nplain 3.5\n\
                 t_bucket{{le=\"0.01\"}} {low}\nt_bucket{{le=\"0.03\"}} {all}\nt_bucket{{le=\"+Inf\"}} {all}\n"
            );
            Figures::read(&text, at)
        };
        let (before, after) = (of(5, 1, 1, begun), of(15, 6, 11, begun + Duration::from_secs(2)));
        assert_eq!(
            (after.sum("a_total"), after.value("plain"), after.value("none")),
            (16.0, Some(3.5), None)
        );
        assert_eq!(after.of("odd")[0].label("text"), "a \"b\\ c, d=\"}");
        let between = Between { before: &before, after: &after };
        assert_eq!(between.rate("a_total"), 5.0);
        assert_eq!(
            between.rates("a_total", "kind"),
            [("?".to_owned(), 0.0), ("fee_line".to_owned(), 5.0)].into()
        );
        // Ten came: five below 10 ms, five below 30 ms.
        assert_eq!(between.quantile("t", 0.5), Some(0.01));
        assert!((between.quantile("t", 0.75).unwrap_or_default() - 0.02).abs() < 1e-9);
        assert_eq!(Between { before: &after, after: &after }.quantile("t", 0.5), None);
    }
}
