//! What `top` shows: lines of text, the most urgent first.

use std::collections::VecDeque;

use super::figures::{Between, Figures};

/// Rules, partitions and arrangements that are shown, those with the most first.
const RULES: usize = 8;
const PARTITIONS: usize = 8;
const ARRANGEMENTS: usize = 5;

/// The page of some looks, the newest last; rates are of the last two, quantiles and rules of all.
pub fn lines(url: &str, state: &str, looks: &VecDeque<Figures>) -> Vec<String> {
    let (Some(first), Some(now)) = (looks.front(), looks.back()) else { return Vec::new() };
    let before = looks.iter().rev().nth(1).unwrap_or(now);
    let (last, all) = (Between { before, after: now }, Between { before: first, after: now });
    let info = now.of("fundwatch_info").first();
    let of_info = |label| info.map_or("?", |info| info.label(label)).to_owned();
    let uptime = now.value("process_start_time_seconds").map_or_else(String::new, |started| {
        let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        format!(", up {}", duration(clock.as_secs_f64() - started))
    });
    let mut lines = vec![
        format!("fundwatch {} at {url}, state {}{uptime}", of_info("version"), of_info("identity")),
        format!("state      {state}"),
        changes(&last, now),
        format!(
            "rejected   {}/s, {} in all",
            number(last.rate("fundwatch_changes_rejected_total")),
            number(now.sum("fundwatch_changes_rejected_total"))
        ),
    ];
    lines.push(ticks(&last, &all));
    lines.push(format!(
        "events     {}/s, {} in all; {} alerts stand",
        number(last.rate("fundwatch_events_total")),
        number(now.value("fundwatch_sequence").unwrap_or_default()),
        number(now.sum("fundwatch_alerts"))
    ));
    lines.push(format!(
        "now        {} behind the clock, {} records are dated later",
        duration(now.value("fundwatch_now_behind_seconds").unwrap_or_default()),
        number(now.value("fundwatch_records_beyond_now").unwrap_or_default())
    ));
    lines.push(format!(
        "waiting    {} batches, {}",
        number(now.value("fundwatch_inbox_batches").unwrap_or_default()),
        bytes(now.value("fundwatch_inbox_bytes"))
    ));
    let published = now.of("fundwatch_publish_lag_events").first().map_or_else(String::new, |behind| {
        format!("; {} events not published to {} yet", number(behind.value), behind.label("topic"))
    });
    lines.push(format!(
        "readers    {} of the feed{published}",
        number(now.value("fundwatch_feed_readers").unwrap_or_default())
    ));
    lines.push(format!(
        "memory     {} resident, {} of it rows and texts; {:.0} % of a core",
        bytes(now.value("process_resident_memory_bytes")),
        bytes(now.value("fundwatch_arena_bytes")),
        last.rate("process_cpu_seconds_total") * 100.0
    ));
    lines.push(format!(
        "disk       {} changes, {} state.redb, {} free",
        bytes(now.value("fundwatch_store_segment_bytes")),
        bytes(now.value("fundwatch_store_database_bytes")),
        bytes(now.value("fundwatch_disk_free_bytes"))
    ));
    troubles(now, &mut lines);
    rules(&all, now, &mut lines);
    lag(now, &mut lines);
    arrangements(now, &mut lines);
    lines
}

fn changes(last: &Between<'_>, now: &Figures) -> String {
    let name = "fundwatch_changes_accepted_total";
    let by_source: Vec<String> = last
        .rates(name, "source")
        .into_iter()
        .map(|(source, rate)| format!("{source} {}/s", number(rate)))
        .collect();
    format!("accepted   {}; {} in all", by_source.join(", "), number(now.sum(name)))
}

fn ticks(last: &Between<'_>, all: &Between<'_>) -> String {
    let time = |histogram: &str, share| {
        all.quantile(histogram, share)
            .map_or_else(|| "-".to_owned(), |seconds| format!("{:.1}", seconds * 1_000.0))
    };
    format!(
        "ticks      {}/s; p50 {} ms, p99 {} ms; hand-in to commit p50 {} ms, p99 {} ms",
        number(last.rate("fundwatch_ticks_total")),
        time("fundwatch_tick_seconds", 0.5),
        time("fundwatch_tick_seconds", 0.99),
        time("fundwatch_hand_in_to_commit_seconds", 0.5),
        time("fundwatch_hand_in_to_commit_seconds", 0.99)
    )
}

fn troubles(now: &Figures, lines: &mut Vec<String>) {
    let of: Vec<String> = now
        .of("fundwatch_troubles_total")
        .iter()
        .filter(|of| of.value > 0.0)
        .map(|of| format!("{} {}", of.label("thread"), number(of.value)))
        .collect();
    if !of.is_empty() {
        lines.push(format!("troubles   {}; the log says what", of.join(", ")));
    }
}

fn rules(all: &Between<'_>, now: &Figures, lines: &mut Vec<String>) {
    let standing = now.by("fundwatch_alerts", "rule");
    let mut rules: Vec<(String, f64)> = all.rates("fundwatch_events_total", "rule").into_iter().collect();
    let alerts = |rule: &str| standing.get(rule).copied().unwrap_or_default();
    rules.sort_by(|a, b| b.1.total_cmp(&a.1).then(alerts(&b.0).total_cmp(&alerts(&a.0))).then(a.0.cmp(&b.0)));
    rules.retain(|(rule, rate)| *rate > 0.0 || alerts(rule) > 0.0);
    if rules.is_empty() {
        return;
    }
    let held = now.by("fundwatch_alerts_held", "rule");
    lines.extend([String::new(), "rule       events/s   alerts     held".to_owned()]);
    for (rule, rate) in rules.into_iter().take(RULES) {
        let held = held.get(rule.as_str()).copied().unwrap_or_default();
        let (rate, alerts, held) = (number(rate), number(alerts(&rule)), number(held));
        lines.push(format!("{rule:<8} {rate:>10} {alerts:>8} {held:>8}"));
    }
}

fn lag(now: &Figures, lines: &mut Vec<String>) {
    let mut partitions: Vec<_> = now.of("fundwatch_kafka_lag_messages").iter().collect();
    if partitions.is_empty() {
        return;
    }
    partitions.sort_by(|a, b| b.value.total_cmp(&a.value));
    let all = number(partitions.iter().map(|of| of.value).sum());
    lines.extend([String::new(), format!("partition  messages that wait, {all} in all")]);
    for of in partitions.into_iter().take(PARTITIONS) {
        lines.push(format!("{}/{} {}", of.label("topic"), of.label("partition"), number(of.value)));
    }
}

fn arrangements(now: &Figures, lines: &mut Vec<String>) {
    let mut operators: Vec<_> = now.of("fundwatch_arrangement_updates").iter().collect();
    if operators.is_empty() {
        return;
    }
    operators.sort_by(|a, b| b.value.total_cmp(&a.value));
    lines.extend([String::new(), "updates    arranged by".to_owned()]);
    for of in operators.into_iter().take(ARRANGEMENTS) {
        lines.push(format!("{:<10} {}", number(of.value), of.label("operator")));
    }
}

/// A number in few characters.
fn number(value: f64) -> String {
    match value {
        value if value >= 10_000_000.0 => format!("{:.0} M", value / 1e6),
        value if value >= 100_000.0 => format!("{:.0} k", value / 1e3),
        value if value >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        value => format!("{value:.1}"),
    }
}

fn bytes(value: Option<f64>) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let Some(mut value) = value else { return "?".to_owned() };
    let mut unit = 0;
    while value >= 1_024.0 && unit + 1 < UNITS.len() {
        value /= 1_024.0;
        unit += 1;
    }
    if unit == 0 || value >= 100.0 {
        format!("{value:.0} {}", UNITS[unit])
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

/// A time in its largest unit.
fn duration(seconds: f64) -> String {
    let (sign, seconds) = if seconds < 0.0 { ("-", -seconds) } else { ("", seconds) };
    match seconds {
        seconds if seconds >= 172_800.0 => format!("{sign}{:.0} days", seconds / 86_400.0),
        seconds if seconds >= 7_200.0 => format!("{sign}{:.0} h", seconds / 3_600.0),
        seconds if seconds >= 120.0 => format!("{sign}{:.0} min", seconds / 60.0),
        seconds => format!("{sign}{seconds:.0} s"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_page_says_what_two_looks_differ_in() {
        let begun = Instant::now();
        let text = |accepted: u32| {
            format!(
                "fundwatch_info{{version=\"1\",identity=\"ab\"}} 1\n\
                 fundwatch_changes_accepted_total{{source=\"http\",kind=\"visit\"}} {accepted}\n\
                 fundwatch_events_total{{rule=\"X01\",event=\"raised\"}} {accepted}\n\
                 fundwatch_alerts{{rule=\"X01\"}} 3\n\
                 fundwatch_alerts_held{{rule=\"X01\"}} 7\n\
                 fundwatch_kafka_lag_messages{{topic=\"t\",partition=\"1\"}} 250000\n\
                 process_resident_memory_bytes 1610612736\n"
            )
        };
        let looks: VecDeque<Figures> = [(10, 0), (30, 1), (90, 2)]
            .map(|(accepted, second)| Figures::read(&text(accepted), begun + Duration::from_secs(second)))
            .into();
        let page = lines("http://x", "ready", &looks).join("\n");
        for part in [
            "state      ready",
            "accepted   http 60/s; 90 in all",
            "X01              40        3        7",
            "t/1 250 k",
            "1.5 GiB resident",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
    }
}
