//! The feed by a filter.

use serde_json::Value;

use super::{Place, after_death, feed, institution, sale, take};

/// The whole blocks of a feed's text: sequence, and the event if there is one.
fn blocks(text: &str) -> Vec<(u64, Option<Value>)> {
    let whole = text.rfind("\n\n").map_or("", |end| &text[..end]);
    let block = |block: &str| {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        let event = field("data: ").map(|data| serde_json::from_str(data).unwrap());
        Some((field("id: ")?.parse().ok()?, event))
    };
    whole.split("\n\n").filter_map(block).collect()
}

/// The events of a feed that is asked for like this, once there are so many.
fn events(service: &super::Service, query: &str, last_seen: u64, count: usize) -> Vec<(u64, Value)> {
    let of = |text: &str| -> Vec<(u64, Value)> {
        blocks(text).into_iter().filter_map(|(sequence, event)| Some((sequence, event?))).collect()
    };
    of(&feed(service, query, &last_seen.to_string(), |text| of(text).len() >= count))
}

#[test]
fn a_reader_gets_the_events_that_it_asks_for_with_the_sequences_that_they_have() {
    let place = Place::new();
    let service = place.serve();
    let [south, north] = ["H44010000001", "H45020000001"];
    take(&service, &[institution(south, "440103"), institution(north, "450203")]);
    for (nth, code) in [(1, south), (2, north), (3, south), (4, "H00000000003")] {
        take(&service, &after_death(nth, code));
    }
    take(&service, &[sale("S-1", south, "81340000000000000001"), sale("S-2", south, "81340000000000000001")]);
    // A visit is withdrawn, and with it what it raised.
    take(&service, &[serde_json::json!({"kind": "visit", "op": "del", "rev": 2, "mdtrt_id": "V00000003"})]);
    // What comes last is asked for by every filter, so that it is seen that all came before.
    let all = service.events(0, 6);
    assert!(all.iter().any(|(_, event)| event["event"] == "withdrawn"), "{all:?}");
    assert!(all.iter().any(|(_, event)| event["alert"]["rule"] == "T01"), "{all:?}");
    let death = all[0].1["alert"].clone();
    let text = |of: &Value| of.as_str().unwrap_or_default().to_owned();
    let (rule, family) = (text(&death["rule"]), text(&death["family"]));
    type Fits<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let alert = |name: &'static str, value: String| -> Fits<'_> {
        Box::new(move |event: &Value| event["alert"][name] == value.as_str())
    };
    let of_south = |event: &Value| event["alert"]["institution"] == south;
    let filters: Vec<(String, Fits<'_>)> = vec![
        (format!("rule={rule}"), alert("rule", rule.clone())),
        ("rule=T01".to_owned(), alert("rule", "T01".to_owned())),
        (format!("family={family}"), alert("family", family)),
        ("family=inventory".to_owned(), alert("family", "inventory".to_owned())),
        ("verdict=definite".to_owned(), alert("verdict", "definite".to_owned())),
        ("severity=high".to_owned(), alert("severity", "high".to_owned())),
        (format!("fixmedins_code={south}"), Box::new(of_south)),
        ("division=44".to_owned(), Box::new(of_south)),
        ("division=450203".to_owned(), alert("institution", north.to_owned())),
        ("event=withdrawn".to_owned(), Box::new(|event| event["event"] == "withdrawn")),
        (
            format!("event=raised&division=4401&rule={rule}"),
            Box::new(|event| {
                event["event"] == "raised" && of_south(event) && event["alert"]["rule"] == rule.as_str()
            }),
        ),
    ];
    for (query, fits) in &filters {
        let wanted: Vec<(u64, Value)> = all.iter().filter(|(_, event)| fits(event)).cloned().collect();
        assert!(!wanted.is_empty() && wanted.len() <= all.len(), "{query}");
        assert_eq!(events(&service, &format!("?{query}"), 0, wanted.len()), wanted, "{query}");
        // Who comes back with the sequence of an event goes on behind it.
        if let [(first, _), rest @ ..] = wanted.as_slice()
            && !rest.is_empty()
        {
            assert_eq!(events(&service, &format!("?{query}"), *first, rest.len()), rest, "{query}");
        }
    }
    for wrong in
        ["rules=T01", "severity=hihg", "verdict=", "family=x", "event=lowered", "division=44x", "state=held"]
    {
        let answer = service.get(&format!("/v1/feed?{wrong}")).unwrap();
        assert_eq!((answer.status, answer.json()["code"].as_str()), (400, Some("bad_request")), "{wrong}");
    }
    for (route, wrong) in [("alerts", "severity=hihg"), ("incidents", "family=x"), ("alerts", "event=raised")]
    {
        assert_eq!(service.get(&format!("/v1/{route}?{wrong}")).unwrap().status, 400, "{wrong}");
    }
}

#[test]
fn a_reader_whose_filter_fits_nothing_is_told_where_it_stands() {
    let place = Place::new();
    let service = place.serve();
    let many: Vec<Value> = (0..300).flat_map(|nth| after_death(nth, "H1")).collect();
    take(&service, &many);
    let all = service.events(0, 300);
    let last = all.last().unwrap().0;
    // After 256 events, and otherwise in some seconds.
    let told = |text: &str| -> Vec<u64> { blocks(text).iter().map(|(sequence, _)| *sequence).collect() };
    let begun = std::time::Instant::now();
    let text = feed(&service, "?rule=T01", "0", |text| told(text).last() == Some(&last));
    assert_eq!(told(&text), [256, last]);
    assert!(begun.elapsed().as_secs() >= 10 && !text.contains("data: "), "{text}");
    // From there it goes on with what it asks for.
    take(&service, &[sale("S-1", "H1", "81340000000000000001"), sale("S-2", "H1", "81340000000000000001")]);
    let next = events(&service, "?rule=T01", last, 1);
    assert!(next.len() == 1 && next[0].0 > last, "{next:?}");
}
