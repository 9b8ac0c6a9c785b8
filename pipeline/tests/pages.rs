//! Pages in a real browser, workbooks in a real spreadsheet program.
//!
//! A page is opened from its file: no error in the console, no request beside the file itself, nothing wider than
//! the window or the sheet. Where Chromium or LibreOffice is missing the tests pass and say so, unless
//! `FUNDWATCH_BROWSER=required`.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

use std::fs;
use std::path::Path;

use maud::html;
use reports::html::plot::{Bar, Dot, Lane, Line, Look, Mark, Part, Shape, Span, Words};
use reports::html::plot::{bars, dots, series, share, timeline};
use reports::html::table::{Table, cell};
use reports::html::{Document, Figure, Tone, badge, facts, figures, notice, section};
use rulebank::Lang;

#[path = "support/browser.rs"]
mod browser;
#[path = "support/left.rs"]
mod left;
#[path = "support/office.rs"]
mod office;
#[path = "support/program.rs"]
mod program;

use browser::{Browser, sheets};
use left::NASTY;
use program::fundwatch;

/// What every page has to keep to, at a view, in a narrow window and on paper. Gives its text.
fn holds(browser: &mut Browser, file: &Path, sheets_at_most: usize) -> String {
    let name = file.display();
    let narrow = browser.look(file, 400);
    assert_eq!(narrow.overflow, 0, "{name} is wider than a narrow window");
    let seen = browser.look(file, 1280);
    assert!(seen.errors.is_empty(), "{name}: {:?}", seen.errors);
    assert!(seen.requests.is_empty(), "{name} asks for {:?}", seen.requests);
    assert_eq!(seen.overflow, 0, "{name} is wider than 1280 pixels");
    assert!(!seen.title.is_empty() && seen.text.len() > 100, "{name} is empty");
    assert_eq!(browser.overflow_on_paper(), 0, "{name} is wider than A4");
    let (count, a4) = sheets(&browser.paper());
    assert!(a4 && (1..=sheets_at_most).contains(&count), "{name}: {count} sheets, A4: {a4}");
    seen.text
}

/// A page with everything the kit has, and texts that try to break it.
fn sampler(lang: Lang) -> String {
    let endless = "X".repeat(200);
    let words = Words { title: NASTY, description: &endless };
    let text = |text: &str| text.to_owned();
    let mut table = Table::new(NASTY).text(&endless).number("yuan");
    for _ in 0..80 {
        table.row([cell(&endless), cell("1,234.50")]);
    }
    table.total([cell("together"), cell("99,999,999,999.99")]);
    table.rest(&endless);
    let months: Vec<String> =
        (0..120).map(|month| format!("{}-{:02}", 2015 + month / 12, month % 12 + 1)).collect();
    let values = (0..120).map(|month| (month % 7 > 0).then_some(f64::from(month))).collect();
    let day = 20_000 * 86_400;
    let lane = Lane {
        label: endless.clone(),
        spans: vec![Span { begin: day, end: day + 86_400, look: Look::Main, text: text(NASTY) }],
        marks: vec![Mark { time: day, look: Look::Warn, text: text(NASTY) }],
    };
    let body = html! {
        (figures(&[Figure { name: text(NASTY), value: text("9,999,999,999.99"), hint: endless.clone() }]))
        (facts(&[(NASTY, endless.clone()), ("beds", text("20"))]))
        (notice(&endless))
        (section("plots", NASTY, html! {
            (badge(NASTY, Tone::Strong))
            (bars(words, ["counted", NASTY], &[Bar { label: endless.clone(), value: 2.0, second: Some(3.0), text: text("2.00 / 3.00") }]))
            (series(words, "yuan", &months, &[Line { name: endless.clone(), values }], Shape::Steps))
            (dots(words, &[Dot { label: endless.clone(), value: 0.5, low: 0.25, high: 0.75, text: text("0.50 (0.25–0.75)") }], Some(0.6)))
            (timeline(words, &[(Look::Main, NASTY)], (day, day + 86_400 * 90), &[lane]))
            (share(words, &[Part { label: endless.clone(), value: 1.0, text: text("1.00") }, Part { label: text(NASTY), value: 3.0, text: text("3.00") }]))
            (table)
        }))
    };
    Document::new(NASTY, lang).subtitle(&endless).note(NASTY).page(&body)
}

#[test]
fn pages_open_without_an_error_and_ask_for_nothing() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (lang, name) in [(Lang::Zh, "kit-zh.html"), (Lang::En, "kit-en.html")] {
        let file = folder.path().join(name);
        fs::write(&file, sampler(lang)).unwrap();
        let text = holds(&mut browser, &file, 12);
        assert!(text.contains(NASTY), "{text}");
    }
    left::leave(folder.path());
    for (lang, told) in [("zh", "五、未能判断的部分"), ("en", "5 What could not be judged")] {
        for code in ["H1", "P1", NASTY] {
            let arguments = ["dossier", code, "--from", ".", "--out", "page.html", "--lang", lang];
            assert!(made(folder.path(), &arguments).starts_with("page.html: "));
            let text = holds(&mut browser, &folder.path().join("page.html"), 8);
            assert!(text.split_whitespace().collect::<Vec<_>>().join(" ").contains(told), "{text}");
        }
    }
}

/// A run of the busy month, and what is made of it for people.
#[test]
fn pages_of_a_run_open_and_ask_for_nothing() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../samples/busy-month");
    let path = |name: &str| sample.join(name).display().to_string();
    let (records, rules, truth) = (path("records"), path("rules"), path("truth.ndjson"));
    made(at, &["run", &records, "--rules", &rules, "--out", "out", "--quiet"]);
    fs::create_dir_all(at.join("other/tables")).unwrap();
    for lang in ["zh", "en"] {
        let pages: [(&str, &[&str]); 4] = [
            (
                "list.html",
                &[
                    "list",
                    "--from",
                    "out",
                    "--control",
                    "3",
                    "--seed",
                    "S",
                    "--days",
                    "20",
                    "--out",
                    "list.html",
                ],
            ),
            ("persons.html", &["list", "--from", "out", "--of", "persons", "--out", "persons.html"]),
            ("report/report.html", &["eval", "--from", "out", "--truth", &truth, "--out", "report"]),
            ("diff.html", &["rules", "diff", &rules, "other", &records, "--quiet", "--out", "diff.html"]),
        ];
        for (page, arguments) in pages {
            made(at, &[arguments, &["--lang", lang]].concat());
            let text = holds(&mut browser, &at.join(page), 60);
            let persons = fs::read_to_string(at.join("out/owners.ndjson")).unwrap();
            let first = persons.split_once("\"persons\":[{\"id\":\"").unwrap().1.split('"').next().unwrap();
            assert!(!text.contains(first), "{page} names a person");
        }
    }
    made(at, &["list", "--from", "out", "--control", "3", "--seed", "S", "--out", "list.xlsx"]);
    made(at, &["list", "--from", "out", "--control", "3", "--seed", "S", "--out", "list.ndjson"]);
    let Some(sheets) = office::sheets(&at.join("list.xlsx")) else { return };
    let rows = fs::read_to_string(at.join("list.ndjson")).unwrap();
    let first: serde_json::Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let code = first["fixmedins_code"].as_str().unwrap();
    let shown = sheets.values().flatten().any(|row| row.iter().any(|cell| cell == code));
    assert!(shown && sheets.len() >= 4, "{code} in {:?}", sheets.keys());
}

#[test]
fn a_page_that_breaks_the_rules_is_seen() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut look = |body: &str| {
        let file = folder.path().join("bad.html");
        fs::write(&file, format!("<!doctype html><meta charset=utf-8><title>x</title><body>{body}")).unwrap();
        browser.look(&file, 1280)
    };
    let said = look("<script>console.error('planted')</script>");
    assert!(said.errors.iter().any(|error| error.contains("planted")), "{said:?}");
    assert!(!look("<script>nothing.at.all()</script>").errors.is_empty());
    let asked = look("<img src='http://far.example/x.png'>");
    assert_eq!(asked.requests, ["http://far.example/x.png"]);
    assert_eq!(look("<img src='beside.png'>").requests.len(), 1);
    assert!(look("<div style='width:1500px'>wide</div>").overflow > 0);
    // What the policy of a page of ours holds back is an error that is seen.
    let page = Document::new("x", Lang::En).page(&html! { p { "text" } });
    let file = folder.path().join("policy.html");
    for planted in ["<script>document.title='run'</script>", "<img src='http://far.example/x.png'>"] {
        fs::write(&file, page.replace("<p>", &format!("{planted}<p>"))).unwrap();
        let seen = browser.look(&file, 1280);
        assert!(!seen.errors.is_empty() && seen.title == "x", "{planted}: {seen:?}");
    }
    // Paper: an element that is wider than a sheet, and one that is not A4.
    fs::write(&file, page.replace("<p>", "<p style='width:900px'>")).unwrap();
    browser.look(&file, 1280);
    assert!(browser.overflow_on_paper() > 0);
    fs::write(&file, page.replace("size:A4", "size:A5")).unwrap();
    browser.look(&file, 1280);
    assert!(!sheets(&browser.paper()).1);
}

#[test]
fn a_workbook_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("book.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("list").unwrap();
    let money = rust_xlsxwriter::Format::new().set_num_format("#,##0.00");
    sheet.write_string(0, 0, "机构").unwrap();
    sheet.write_string(1, 0, "=1+1").unwrap();
    sheet.write_number_with_format(1, 1, 1234.5, &money).unwrap();
    book.save(&file).unwrap();
    let Some(sheets) = office::sheets(&file) else { return };
    assert_eq!(sheets["list"][0][0], "机构");
    assert_eq!(sheets["list"][1], ["=1+1", "1,234.50"], "a formula that is a text stays one");
}

/// The pictures of the docs: `cargo test -p pipeline --test pages -- --ignored pictures`.
///
/// They are of a made-up region; `FUNDWATCH_RUN` may name the folder of a run instead of making one.
#[test]
#[ignore = "writes docs/pictures"]
fn pictures_of_the_docs() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let left = std::env::var("FUNDWATCH_RUN").unwrap_or_else(|_| {
        for command in [
            "synth --out region --seed 5 --visits 60000 --months 6 --quiet",
            "run region/records --rules region/rules --out out --quiet",
        ] {
            made(at, &command.split(' ').collect::<Vec<_>>());
        }
        "out".to_owned()
    });
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures");
    fs::create_dir_all(&pictures).unwrap();
    let code = busiest(&at.join(&left));
    let shown = [
        ("head", "en", "body"),
        ("stays", "zh", "#times figure:nth-of-type(3)"),
        ("finding", "en", "#findings h3"),
    ];
    for (name, lang, part) in shown {
        let arguments = ["dossier", &code, "--from", &left, "--out", "page.html", "--lang", lang];
        made(at, &arguments);
        holds(&mut browser, &at.join("page.html"), 400);
        browser.look(&at.join("page.html"), 1280);
        let top = browser.top_of(part).unwrap_or(0);
        let png = browser.picture([60, u32::try_from(top).unwrap(), 1160, 760]);
        assert!(png.len() < 200_000, "{name}: {} bytes", png.len());
        fs::write(pictures.join(format!("dossier-{name}-{lang}.png")), png).unwrap();
    }
    for (name, arguments) in [
        ("list", "list --control 10 --seed 2025-07 --days 60 --out page.html"),
        ("evaluation", "eval --truth region/truth.ndjson --out report"),
    ] {
        if name == "evaluation" && !at.join("region").is_dir() {
            continue;
        }
        let arguments = format!("{arguments} --from {left} --lang en");
        made(at, &arguments.split(' ').collect::<Vec<_>>());
        let page = if name == "list" { "page.html" } else { "report/report.html" };
        browser.look(&at.join(page), 1280);
        let png = browser.picture([60, 0, 1160, 760]);
        assert!(png.len() < 200_000, "{name}: {} bytes", png.len());
        fs::write(pictures.join(format!("{name}-en.png")), png).unwrap();
    }
}

/// Runs the program to a good end; gives what it said.
fn made(at: &Path, arguments: &[&str]) -> String {
    let done = fundwatch(at, arguments);
    assert_eq!(done.code, Some(0), "{arguments:?}: {}", done.err);
    done.out
}

/// The institution with the most findings.
fn busiest(left: &Path) -> String {
    let mut found: std::collections::BTreeMap<String, u32> = std::collections::BTreeMap::new();
    for line in fs::read_to_string(left.join("owners.ndjson")).unwrap().lines() {
        let owners: serde_json::Value = serde_json::from_str(line).unwrap();
        for share in owners["institutions"].as_array().unwrap() {
            *found.entry(share["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    found.into_iter().max_by_key(|(_, count)| *count).unwrap().0
}
