//! Mistakes in rule files: each key missing, misspelt, of another type, empty, out of its bounds.

use super::{RULE, Said, check_rule, check_rule_said, check_said};

/// The keys at the top of the rule with their lines.
fn keys() -> Vec<(&'static str, &'static str)> {
    let top = RULE.lines().take_while(|line| !line.starts_with('['));
    top.map(|line| (line.split_once(" = ").expect("a key and its value").0, line)).collect()
}

#[test]
fn every_key_is_needed() {
    for (key, line) in keys() {
        let said = format!("the rule lacks `{key}`");
        // What is not there is missed where the file begins.
        let first = if key == "id" { "v" } else { "i" };
        check_rule_said(&format!("{line}\n"), "", &[(first, &said, "")]);
    }
}

#[test]
fn every_misspelt_key_gets_the_right_one() {
    for (key, line) in keys() {
        let (missing, unknown) = (format!("the rule lacks `{key}`"), format!("the rule has no key `{key}s`"));
        let (marked, hint) = (format!("{key}s"), format!("did you mean `{key}`?"));
        let expected = [("i", missing.as_str(), ""), (marked.as_str(), unknown.as_str(), hint.as_str())];
        check_rule_said(line, &line.replacen(key, &marked, 1), &expected);
    }
}

#[test]
fn every_key_has_its_type() {
    for (key, line) in keys() {
        let wanted = match key {
            "phases" | "basis" | "misses" | "excuses" => "a list in [ ]",
            "title" | "why" | "message" | "next-step" => "a table",
            _ => "a text in quotes",
        };
        let said = format!("`{key}` must be {wanted}, not an integer");
        let nothing: &[Said<'_>] = if key == "basis" { &[("7", "`basis` says nothing", "")] } else { &[] };
        let expected = [&[("7", said.as_str(), "")], nothing].concat();
        check_rule_said(line, &format!("{key} = 7"), &expected);
    }
    for (right, wrong, said) in [
        ("[params]\ntolerance_hours = 24\n", "params = 7\n", "`params` must be a table, not an integer"),
        ("[params]", "[[params]]", "`params` must be a table, not an array"),
        ("[[change]]", "[change]", "`change` must be a list in [ ], not a table"),
        ("[[case]]", "[case]", "`case` must be a list in [ ], not a table"),
    ] {
        let text = super::spoiled(right, wrong);
        let errors = super::mistakes(&[("rules/a05.toml", text.as_bytes())]);
        assert!(errors.iter().any(|error| error.what == said && error.line > 1), "{said}: {errors:#?}");
    }
}

#[test]
fn every_text_says_something() {
    for key in ["id", "version", "detector"] {
        let line = keys().into_iter().find(|(known, _)| *known == key).expect("a key of the rule").1;
        let said = format!("`{key}` says nothing");
        check_rule_said(line, &format!("{key} = \"\""), &[("\"\"", &said, "")]);
    }
    for (right, wrong, said) in [
        ("[\"law\"]", "[]", ("[]", "`basis` says nothing", "")),
        ("[\"law\"]", "[\"\", \" \"]", ("[\"\", \" \"]", "`basis` says nothing", "")),
        ("[{ zh = \"同院\", en = \"one house\" }]", "[]", ("[]", "`misses` says nothing", "")),
        ("[{ zh = \"转院\", en = \"transfer\" }]", "[]", ("[]", "`excuses` says nothing", "")),
        ("\"transfer\"", "\"\"", ("\"\"", "`en` says nothing", "")),
        ("\"Because\"", "\"\"", ("\"\"", "`en` says nothing", "")),
        ("\"First.\"", "\"\"", ("\"\"", "`why` says nothing", "")),
    ] {
        check_rule_said(right, wrong, &[said]);
    }
}

#[test]
fn both_languages_are_needed_everywhere() {
    for key in ["title", "why", "message", "next-step"] {
        let line = keys().into_iter().find(|(known, _)| *known == key).expect("a key of the rule").1;
        let (zh, en) = line.split_once(", en").expect("two languages");
        let table = format!("{} }}", zh.split_once(" = ").expect("a table").1);
        let lacks = format!("`{key}` lacks `en`");
        check_rule_said(line, &format!("{zh} }}"), &[(&table, &lacks, "")]);
        let french = line.replacen(" }", ", fr = \"quoi\" }", 1);
        let unknown = format!("`{key}` has no key `fr`");
        check_rule_said(line, &french, &[("fr", &unknown, "nothing may stand here")]);
        let only = format!("{key} = {{ en{en}");
        let table = format!("{{ en{en}");
        check_rule_said(line, &only, &[(&table, &format!("`{key}` lacks `zh`"), "")]);
    }
    check_rule_said("zh = \"同院\", ", "", &[("{ en = \"one house\" }", "`misses` lacks `zh`", "")]);
    check_rule_said(", en = \"transfer\"", "", &[("{ zh = \"转院\" }", "`excuses` lacks `en`", "")]);
}

#[test]
fn every_word_is_one_of_its_list() {
    for (right, wrong, said, hint) in [
        ("\"fake_patient\"", "fake_pateint", "`fake_pateint` is no family", "did you mean `fake_patient`?"),
        ("\"definite\"", "sure", "`sure` is no verdict", "one of: definite, suspect, indicator"),
        ("\"active\"", "on", "`on` is no status", "one of: draft, shadow, active, retired"),
        ("\"high\"", "High", "`High` is no severity", "did you mean `high`?"),
        ("\"mid\"", "middle", "`middle` is no phases", "one of: pre, mid, post"),
    ] {
        check_rule_said(right, &format!("\"{wrong}\""), &[(&format!("\"{wrong}\""), said, hint)]);
    }
    let order = "each once, in the order pre, mid, post";
    check_rule_said("\"mid\"]", "\"pre\"]", &[("\"pre\"", "the phases are out of order", order)]);
}

#[test]
fn a_budget_is_a_count() {
    let check = |value: &str, expected: &[Said<'_>]| {
        check_rule_said(
            "[params]",
            &format!(
                "alert_budget = {value}
[params]"
            ),
            expected,
        );
    };
    check("0", &[]);
    check("50", &[]);
    let hint = "alert_budget: a whole number from 0 to 1000000000";
    for (wrong, said) in [
        ("-1", "-1 is outside of 0 to 1000000000"),
        ("2.5", "2.5 is no whole number"),
        ("[]", "`alert_budget` is no number"),
    ] {
        check(wrong, &[(wrong, said, hint)]);
    }
}

#[test]
fn the_chance_of_being_confirmed_has_its_limits() {
    let check = |table: &str, expected: &[Said<'_>]| {
        check_rule_said("[[change]]", &format!("[confirmed]\n{table}\n[[change]]"), expected);
    };
    check("prior = 0.85\nindicator = 0\nweight = 5", &[]);
    check("", &[]);
    let (prior, weight) = ("prior: a number from 0 to 1", "weight: a whole number from 1 to 1000000");
    for (value, said) in [
        ("1.01", "1.01 is outside of 0 to 1"),
        ("-0.1", "-0.1 is outside of 0 to 1"),
        ("\"often\"", "often is no number"),
        ("[0.8]", "`prior` is no number"),
        ("true", "`prior` is no number"),
    ] {
        check(&format!("prior = {value}"), &[(value, said, prior)]);
    }
    check("indicator = 2", &[("2", "2 is outside of 0 to 1", "indicator: a number from 0 to 1")]);
    check("weight = 0", &[("0", "0 is outside of 1 to 1000000", weight)]);
    check("weight = 2.5", &[("2.5", "2.5 is no whole number", weight)]);
    check("prio = 0.8", &[("prio", "`confirmed` has no key `prio`", "did you mean `prior`?")]);
    check_rule_said(
        "[[change]]",
        "[[confirmed]]\n[[change]]",
        &[("[[confirmed]]", "`confirmed` must be a table, not an array", "")],
    );
    check_rule(
        "[[change]]",
        "[confirmed]\nprior = 80\n[[change]]",
        "error: 80 is outside of 0 to 1
  --> rules/a05.toml:19:9
   |
19 | prior = 80
   |         ^^
  hint: prior: a number from 0 to 1

1 mistake in 1 file",
    );
}

#[test]
fn an_id_is_a_capital_letter_and_two_digits() {
    for wrong in ["a05", "A5", "A005", "05A", "甲05"] {
        let (marked, said) = (format!("\"{wrong}\""), format!("`{wrong}` is no rule id"));
        let hint = "an id is a capital letter and two digits, such as A05";
        check_rule_said("\"A05\"", &marked, &[(&marked, &said, hint)]);
    }
}

/// The rule with another detector and other parameters, and a message that any detector can fill.
fn with_detector(detector: &str, params: &str) -> String {
    let rule = RULE.replace("stay_overlap", detector).replace("{hours}", "{amount}");
    rule.replace("tolerance_hours = 24", params)
}

#[test]
fn every_sort_of_parameter_has_its_values() {
    let check = |detector: &str, params: &str, expected: &[Said<'_>]| {
        check_said(&[("rules/a05.toml", with_detector(detector, params).as_bytes())], expected);
    };
    let hours = "tolerance_hours: a whole number from 0 to 8760";
    for (value, said) in [
        ("-1", "-1 is outside of 0 to 8760"),
        ("8761", "8761 is outside of 0 to 8760"),
        ("24.5", "24.5 is no whole number"),
        ("\"a day\"", "a day is no whole number"),
        ("true", "this is no parameter value"),
        ("[24]", "this is no parameter value"),
        ("2025-01-01", "this is no parameter value"),
    ] {
        check("stay_overlap", &format!("tolerance_hours = {value}"), &[(value, said, hours)]);
    }
    for (value, said) in [
        ("0.99", "0.99 is outside of 1 to 2000"),
        ("2000.01", "2000.01 is outside of 1 to 2000"),
        ("nan", "nan is no number"),
        ("\"fast\"", "fast is no number"),
    ] {
        check("travel", &format!("kmh = {value}"), &[(value, said, "kmh: a number from 1 to 2000")]);
    }
    let fact = "fact: one of: death, custody, abroad, work_injury, third_party";
    check("person_fact", "fact = \"dead\"", &[("\"dead\"", "`dead` is no choice here", fact)]);
    check("person_fact", "fact = 1", &[("1", "`1` is no choice here", fact)]);
    let nothing = "detector invoice_twice has no parameter `bills`";
    check("invoice_twice", "bills = 2", &[("bills", nothing, "nothing may stand here")]);
    for right in ["tolerance_hours = 0", "tolerance_hours = 8760", "tolerance_hours = \"24\"", ""] {
        check("stay_overlap", right, &[]);
    }
    for right in ["kmh = 1", "kmh = 2000", "slack_hours = 0.05"] {
        check("travel", right, &[]);
    }
}

#[test]
fn messages_have_whole_braces_and_known_names() {
    let braces = "a value is written {name}";
    check_rule_said("重叠{hours}", "重叠{hours", &[("{", "a brace without its partner", braces)]);
    check_rule_said("重叠{hours}", "重叠hours}", &[("}", "a brace without its partner", braces)]);
    let said = "the message uses {}, which this detector does not give";
    let hint = "one of: hours, institution_a, institution_b, amount";
    check_rule_said("重叠{hours}", "重叠{}", &[("{}", said, hint)]);
    check_rule_said("重叠{hours}", "重叠{amount}", &[]);
}

#[test]
fn every_change_says_what_when_and_why() {
    let change = "[[change]]\nversion = \"1.0\"\non = 2026-11-22\nwhy = \"First.\"\n";
    let day = ("a change needs its day", "on = 2026-11-22");
    for (right, wrong, expected) in [
        ("version = \"1.0\"\non", "on", ("[[change]]", "`change` lacks `version`", "")),
        ("why = \"First.\"\n", "", ("[[change]]", "`change` lacks `why`", "")),
        ("on = 2026-11-22\n", "", ("[[change]]", day.0, day.1)),
        ("2026-11-22", "2026-11-22T08:00:00", ("2026-11-22T08:00:00", day.0, day.1)),
        ("2026-11-22", "08:00:00", ("08:00:00", day.0, day.1)),
        ("2026-11-22", "1826-11-22", ("1826-11-22", day.0, day.1)),
        ("why = \"First.\"", "why = 1", ("1", "`why` must be a text in quotes, not an integer", "")),
        (
            "why = \"First.\"",
            "why = \"First.\"\nwho = \"me\"",
            ("who", "`change` has no key `who`", "nothing may stand here"),
        ),
        (
            change,
            "",
            ("\"1.0\"", "the rule has no [[change]]", "a [[change]] says what became different, and why"),
        ),
    ] {
        check_rule_said(right, wrong, &[expected]);
    }
    let earlier = format!("{change}{}", change.replace("2026-11-22", "2026-11-21"));
    let said = ("2026-11-21", "the changes are out of order", "the newest one stands last");
    check_rule_said(change, &earlier, &[said]);
}

#[test]
fn what_is_no_toml_is_shown_where_it_stops_being_one() {
    for (right, wrong, line) in [
        ("severity = \"high\"", "severity \"high\"", 7),
        ("severity = \"high\"", "severity = high", 7),
        ("severity = \"high\"", "severity = \"high\"\nseverity = \"low\"", 8),
        ("on = 2026-11-22", "on = 2026-02-30", 20),
        ("[[change]]", "[[change]", 18),
    ] {
        let text = super::spoiled(right, wrong);
        let errors = super::mistakes(&[("rules/a05.toml", text.as_bytes())]);
        assert!(!errors.is_empty(), "{wrong}");
        assert!(errors.iter().any(|error| error.line == line), "{wrong}: {errors:#?}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_key_it_may_have_been() {
    check_rule(
        "severity = ",
        "severty = ",
        r#"
error: the rule lacks `severity`
  --> rules/a05.toml:1:1
  |
1 | id = "A05"
  | ^

error: the rule has no key `severty`
  --> rules/a05.toml:7:1
  |
7 | severty = "high"
  | ^^^^^^^
  hint: did you mean `severity`?

2 mistakes in 1 file
"#,
    );
}

#[test]
fn a_wrong_word_gets_the_right_one() {
    check_rule(
        "\"high\"",
        "\"hihg\"",
        r#"
error: `hihg` is no severity
  --> rules/a05.toml:7:12
  |
7 | severity = "hihg"
  |            ^^^^^^
  hint: did you mean `high`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_wrong_type_is_named() {
    check_rule(
        "\"high\"",
        "3",
        r#"
error: `severity` must be a text in quotes, not an integer
  --> rules/a05.toml:7:12
  |
7 | severity = 3
  |            ^

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_detector() {
    check_rule(
        "\"stay_overlap\"",
        "\"stay_overlaps\"",
        r#"
error: there is no detector `stay_overlaps`
  --> rules/a05.toml:8:12
  |
8 | detector = "stay_overlaps"
  |            ^^^^^^^^^^^^^^^
  hint: did you mean `stay_overlap`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_detector_with_other_values_and_parameters() {
    check_rule(
        "\"stay_overlap\"",
        "\"age_limit\"",
        r#"
error: the message uses {hours}, which this detector does not give
  --> rules/a05.toml:14:21
   |
14 | message = { zh = "重叠{hours}小时", en = "{hours} h" }
   |                       ^^^^^^^
  hint: one of: item, age, limit, unit, amount

error: the message uses {hours}, which this detector does not give
  --> rules/a05.toml:14:39
   |
14 | message = { zh = "重叠{hours}小时", en = "{hours} h" }
   |                                           ^^^^^^^
  hint: one of: item, age, limit, unit, amount

error: detector age_limit has no parameter `tolerance_hours`
  --> rules/a05.toml:17:1
   |
17 | tolerance_hours = 24
   | ^^^^^^^^^^^^^^^
  hint: nothing may stand here

3 mistakes in 1 file
"#,
    );
}

#[test]
fn phases_out_of_order() {
    check_rule(
        "\"pre\", \"mid\"",
        "\"mid\", \"pre\"",
        r#"
error: the phases are out of order
  --> rules/a05.toml:5:18
  |
5 | phases = ["mid", "pre"]
  |                  ^^^^^
  hint: each once, in the order pre, mid, post

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_parameter() {
    check_rule(
        "tolerance_hours = 24",
        "tolerance_hour = 24",
        r#"
error: detector stay_overlap has no parameter `tolerance_hour`
  --> rules/a05.toml:17:1
   |
17 | tolerance_hour = 24
   | ^^^^^^^^^^^^^^
  hint: did you mean `tolerance_hours`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_parameter_out_of_its_limits() {
    check_rule(
        "tolerance_hours = 24",
        "tolerance_hours = 9000",
        r#"
error: 9000 is outside of 0 to 8760
  --> rules/a05.toml:17:19
   |
17 | tolerance_hours = 9000
   |                   ^^^^
  hint: tolerance_hours: a whole number from 0 to 8760

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_text_that_says_nothing() {
    check_rule(
        "[\"law\"]",
        "[]",
        r#"
error: `basis` says nothing
  --> rules/a05.toml:9:9
  |
9 | basis = []
  |         ^^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_language_that_is_missing() {
    check_rule(
        ", en = \"Look\"",
        "",
        r#"
error: `next-step` lacks `en`
  --> rules/a05.toml:15:13
   |
15 | next-step = { zh = "查" }
   |             ^^^^^^^^^^^^^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_value_that_the_detector_does_not_give() {
    check_rule(
        "重叠{hours}小时",
        "重叠{hour}小时",
        r#"
error: the message uses {hour}, which this detector does not give
  --> rules/a05.toml:14:21
   |
14 | message = { zh = "重叠{hour}小时", en = "{hours} h" }
   |                       ^^^^^^
  hint: did you mean `hours`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_change_without_its_day() {
    check_rule(
        "on = 2026-11-22",
        "on = \"today\"",
        r#"
error: a change needs its day
  --> rules/a05.toml:20:6
   |
20 | on = "today"
   |      ^^^^^^^
  hint: on = 2026-11-22

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_version_that_no_change_explains() {
    check_rule(
        "version = \"1.0\"\non",
        "version = \"1.1\"\non",
        r#"
error: the version is 1.0, the newest change made 1.1
  --> rules/a05.toml:2:11
  |
2 | version = "1.0"
  |           ^^^^^
  hint: a [[change]] says what became different, and why

1 mistake in 1 file
"#,
    );
}

#[test]
fn what_is_no_toml() {
    check_rule(
        "\"A05\"",
        "\"A05",
        r#"
error: invalid basic string, expected `"`
  --> rules/a05.toml:1:10
  |
1 | id = "A05
  |          ^

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_rule_without_anything_lacks_everything_in_one_sentence() {
    let found = super::report(&[("rules/empty.toml", b"")]);
    assert!(found.starts_with("error: the rule lacks `id`, `version`, `title`"), "{found}");
    assert!(found.ends_with("1 mistake in 1 file\n"), "{found}");
}

#[test]
fn days_to_look_back_are_a_whole_number_of_days() {
    let detector = "detector = \"stay_overlap\"\n";
    for (wrong, said) in
        [("0", "0 is outside of 1 to 36525"), ("1.5", "1.5 is no whole number"), ("[1]", "this is no number")]
    {
        let line = format!("looks_back_days = {wrong}\n");
        let hint = "looks_back_days: a whole number from 1 to 36525";
        check_rule_said(detector, &format!("{detector}{line}"), &[(wrong, said, hint)]);
    }
}
