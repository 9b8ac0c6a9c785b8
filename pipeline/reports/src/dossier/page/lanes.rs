//! Lanes of time: when a record was, and the plot of lanes with its key.

use maud::{Markup, html};
use records::time::{parse_date, parse_time, start_of};
use wire::KeptRecord;

use super::context::RenderContext;
use crate::html::plot::{Lane, Look, Words, timeline};

/// When a record was, if it has a time: the begin of what has a begin.
pub(super) fn time_of(record: &KeptRecord) -> Option<i64> {
    let fields =
        ["begntime", "sel_time", "fee_ocur_time", "idv_time", "setl_time", "prsc_time", "stoin_time"];
    let time = fields.iter().find_map(|name| record.fields.get(name)).and_then(parse_time);
    let day = || ["invdate", "begin"].iter().find_map(|name| record.fields.get(name)).and_then(parse_date);
    time.or_else(|| day().map(start_of))
}

/// The plot, with those looks in its key that occur, and what it leaves out.
pub(super) fn drawn(
    context: &RenderContext<'_>,
    words: Words<'_>,
    key: &[(Look, &str)],
    lanes: &[Lane],
    all: usize,
) -> Markup {
    let spans = || lanes.iter().flat_map(|lane| &lane.spans);
    let marks = || lanes.iter().flat_map(|lane| &lane.marks);
    let times = || spans().flat_map(|s| [s.begin, s.end]).chain(marks().map(|m| m.time));
    let (Some(from), Some(to)) = (times().min(), times().max()) else { return html! {} };
    let occurs = |look: Look| spans().any(|span| span.look == look) || marks().any(|mark| mark.look == look);
    let key: Vec<(Look, &str)> = key.iter().copied().filter(|(look, _)| occurs(*look)).collect();
    let more = all.saturating_sub(lanes.len());
    html! {
        (timeline(words, &key, (from, to), lanes))
        @if more > 0 {
            p.rest { (match context.lang {
                rulebank::Lang::Zh => format!("另有{more}行未画出。"),
                rulebank::Lang::En => format!("{more} more lanes are not drawn."),
            }) }
        }
    }
}
