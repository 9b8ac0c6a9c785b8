//! The tree's laws: who imports whom, what a file begins with, what stands nowhere in it.
//!
//! Each law is a function from texts to complaints, so that it can be tested on small texts of its own; what
//! reads the tree stands at the end. A complaint names the place and the sentence that it breaks.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it has failed")]

#[path = "tidy/circles.rs"]
mod circles;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

// --- who imports whom ---

/// The rooms, from the ground up, and what each may import.
const ARROWS: [(&str, &[&str]); 14] = [
    ("records", &[]),
    ("rulebank", &["records"]),
    ("models", &["records"]),
    ("wire", &["records"]),
    ("detectors", &["records", "rulebank", "models", "wire"]),
    ("synth", &["records"]),
    ("selection", &["records", "rulebank", "wire"]),
    ("eval", &["records", "selection", "wire"]),
    ("reports", &["records", "rulebank", "wire", "synth", "selection", "eval"]),
    ("runtime", &["records", "rulebank", "wire", "detectors"]),
    ("store", &[]),
    ("database", &["wire"]),
    ("serve", &["records", "rulebank", "wire", "detectors", "reports", "runtime", "store", "database"]),
    ("pipeline", &["records", "rulebank", "wire", "detectors", "synth", "reports", "runtime", "serve"]),
];

/// What the tests of a crate may import besides.
const ARROWS_OF_TESTS: [(&str, &[&str]); 3] =
    [("eval", &["synth"]), ("reports", &["detectors"]), ("pipeline", &["selection"])];

/// The sentence that a wrong arrow breaks.
const ONLY_DOWN: &str = "an arrow down is an import; there is no arrow up and none sideways, and rulebank and models do not know each other";

/// Packages that only some rooms may use, and why.
const BORDERS: [(&[&str], &[&str], &str); 7] = [
    (
        &["timely", "differential-dataflow"],
        &["detectors", "runtime", "pipeline"],
        "the dataflow is built in detectors and driven by runtime, or by a test of pipeline; everything else calls detectors::run",
    ),
    (
        &["linfa", "ndarray"],
        &["models"],
        "floats and learning stay in models; what leaves them is a score in thousandths",
    ),
    (
        &["clap", "console", "indicatif", "mimalloc", "tracing-subscriber"],
        &["pipeline"],
        "terminals, arguments, allocators and where a log goes are the program's, not the libraries'",
    ),
    (&["anyhow"], &["pipeline"], "a library has one typed error; only the program prints whatever comes"),
    (
        &["axum", "hyper", "tokio-rustls", "redb", "prometheus-client"],
        &["serve", "store"],
        "only the live service has connections and a state; everything below it builds without them",
    ),
    (
        &["tokio", "sqlx"],
        &["serve", "database"],
        "only the live service and its database wait for others; everything below them builds without a runtime",
    ),
    (
        &["rdkafka"],
        &["serve", "pipeline"],
        "only the live service speaks to a broker, and tests of pipeline send to one",
    ),
];

/// The packages that a manifest names, of whatever sort of dependency, and whether only tests use them.
fn dependencies(manifest: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let (mut listing, mut of_tests) = (false, false);
    for line in manifest.lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            let parts: Vec<&str> = section.split('.').collect();
            listing = parts.last().is_some_and(|last| last.ends_with("dependencies"));
            of_tests = parts.contains(&"dev-dependencies");
            // [dependencies.name]
            if let [.., list, name] = parts.as_slice()
                && list.ends_with("dependencies")
            {
                found.push(((*name).to_owned(), of_tests));
            }
        } else if listing && !line.starts_with('#') {
            let name = line.split(['=', '.', ' ']).next().unwrap_or_default().trim_matches('"');
            // name = { package = "another" }
            let renamed = line.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
            if !name.is_empty() {
                found.push((renamed.unwrap_or(name).to_owned(), of_tests));
            }
        }
    }
    found
}

/// What is wrong with the arrows of one crate, which is named by its folder.
fn wrong_arrows(folder: &str, manifest: &str) -> Vec<String> {
    let room = folder.rsplit('/').next().unwrap_or(folder);
    let tests = ARROWS_OF_TESTS.iter().find(|(name, _)| *name == room).map_or(&[][..], |(_, more)| more);
    let Some((_, below)) = ARROWS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("{room} is no room of the map: give it a place in ARROWS")];
    };
    let mut wrong = Vec::new();
    for (package, of_tests) in dependencies(manifest) {
        let may = below.contains(&package.as_str()) || of_tests && tests.contains(&package.as_str());
        if ARROWS.iter().any(|(name, _)| *name == package) && !may {
            wrong.push(format!("{room} -> {package}: {ONLY_DOWN}"));
        }
        for (packages, rooms, why) in BORDERS {
            if packages.contains(&package.as_str()) && !rooms.contains(&room) {
                wrong.push(format!("{room} -> {package}: {why}"));
            }
        }
    }
    wrong
}

#[test]
fn a_wrong_arrow_is_seen() {
    let good =
        "[dependencies]\nrecords.workspace = true\n# timely\n\n[lints]\nworkspace = true\ntimely = 1\n";
    assert_eq!(wrong_arrows("rulebank", good), [""; 0]);
    assert_eq!(wrong_arrows("eval", "[dev-dependencies]\nsynth.workspace = true\n"), [""; 0]);
    for (room, manifest) in [
        ("records", "[dependencies]\nrulebank.workspace = true\n"),
        ("rulebank", "[dependencies]\nmodels = { path = \"../models\" }\n"),
        ("rulebank", "[dev-dependencies]\ndetectors.workspace = true\n"),
        ("eval", "[dependencies]\ntimely = \"0.32\"\n"),
        ("eval", "[dependencies]\nsynth.workspace = true\n"),
        ("eval/selection", "[dev-dependencies]\nsynth.workspace = true\n"),
        ("eval", "[dependencies.timely]\nversion = \"0.32\"\n"),
        (
            "eval",
            "[target.'cfg(unix)'.build-dependencies]\nflow = { package = \"timely\", version = \"0.32\" }\n",
        ),
        ("detectors", "[dependencies]\nndarray.workspace = true\n"),
        ("pipeline", "[dependencies]\ntokio.workspace = true\n"),
        ("attic", ""),
    ] {
        assert_eq!(wrong_arrows(room, manifest).len(), 1, "{room}: {manifest}");
    }
}

// --- what a file begins with ---

/// Whether a source file begins with a line that says what it is.
fn has_title(source: &str) -> bool {
    source
        .lines()
        .next()
        .is_some_and(|line| line.strip_prefix("//! ").is_some_and(|text| !text.trim().is_empty()))
}

#[test]
fn a_file_without_a_title_is_seen() {
    assert!(has_title("//! Amounts.\n\nuse std::fmt;\n"));
    for source in ["", "use std::fmt;\n", "\n//! Amounts.\n", "//!\n", "// Amounts.\n", "/// Amounts.\n"] {
        assert!(!has_title(source), "{source:?}");
    }
}

// --- files that nobody declares ---

/// Whether `parent` declares the module `name`.
fn declares(parent: &str, name: &str) -> bool {
    let wanted = format!("mod {name};");
    // The detectors stand in a list that declares each of them.
    let listed = parent.split("\ndetectors! {").nth(1).and_then(|rest| rest.split("\n}").next());
    if listed.is_some_and(|list| list.lines().any(|line| line.trim() == format!("{name},"))) {
        return true;
    }
    parent.lines().any(|line| {
        let line = line.trim_start();
        let line = line.strip_prefix("pub").map_or(line, |rest| {
            rest.strip_prefix('(').and_then(|rest| rest.split_once(')')).map_or(rest, |(_, rest)| rest)
        });
        line.trim_start() == wanted
    })
}

/// The file that declares the module in `path`, below a `src` folder; none for the roots of a crate.
fn parent_of(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    if folder.file_name()? == "src" {
        let is_root = matches!(path.file_name()?.to_str()?, "lib.rs" | "main.rs");
        return (!is_root).then(|| folder.join("lib.rs"));
    }
    Some(folder.with_extension("rs"))
}

#[test]
fn a_file_that_nobody_declares_is_seen() {
    let parent = "//! All.\n\nmod one;\npub mod two;\npub(crate) mod three;\n// mod four;\nmod five { }\n";
    let declared: Vec<&str> = ["one", "two", "three", "four", "five", "six"]
        .into_iter()
        .filter(|name| declares(parent, name))
        .collect();
    assert_eq!(declared, ["one", "two", "three"]);
    let parent = |path: &str| parent_of(Path::new(path));
    assert_eq!(parent("a/src/lib.rs"), None);
    assert_eq!(parent("a/src/one.rs"), Some("a/src/lib.rs".into()));
    assert_eq!(parent("a/src/one/two.rs"), Some("a/src/one.rs".into()));
}

// --- rule ids in code ---

/// Where the id of a rule may stand in code, and why.
const IDS_MAY_STAND_IN: [(&str, &str); 2] = [
    ("eval/synth/src", "the simulator plants what a rule should see, and its truth names the rule"),
    ("pipeline/src/bench.rs", "the bench changes rules it knows, to measure what a change costs"),
];

/// Whether the id of a rule may stand in this file.
fn ids_may_stand_in(path: &str) -> bool {
    IDS_MAY_STAND_IN.iter().any(|(place, _)| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '.']))
    })
}

/// The code of a source file: without lines of comment and without its tests, which stand last.
fn code(source: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = source.find("#[cfg(test)]\nmod tests {").unwrap_or(source.len());
    let lines = source[..end].lines();
    (1..).zip(lines).filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Quoted rule ids of a line: a capital letter and two digits.
fn rule_ids(line: &str) -> Vec<&str> {
    let quoted = line.split('"').skip(1).step_by(2);
    quoted.filter(|text| matches!(text.as_bytes(), [b'A'..=b'Z', b'0'..=b'9', b'0'..=b'9'])).collect()
}

#[test]
fn a_rule_id_in_code_is_seen() {
    assert_eq!(rule_ids(r#"let rule = "A05"; let other = "Z99";"#), ["A05", "Z99"]);
    assert_eq!(rule_ids(r#"["A5", "a05", "A055", "x A05", A05, "", "H1"]"#), [""; 0]);
    let source =
        "//! \"A01\"\n/// \"A02\"\nlet x = \"A03\";\n    // \"A04\"\n#[cfg(test)]\nmod tests {\n\"A05\"\n}\n";
    let found: Vec<(usize, &str)> =
        code(source).flat_map(|(line, text)| rule_ids(text).into_iter().map(move |id| (line, id))).collect();
    assert_eq!(found, [(3, "A03")]);
    assert!(ids_may_stand_in("eval/synth/src/case.rs") && ids_may_stand_in("pipeline/src/bench.rs"));
    assert!(!ids_may_stand_in("eval/synth/srcs.rs") && !ids_may_stand_in("detectors/src/synth.rs"));
}

// --- identity numbers ---

/// Texts of the shape of an 18-digit identity number: six digits, a day of birth, three digits, a digit or X.
fn identity_numbers(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| is_identity_number(word.as_bytes())).collect()
}

fn is_identity_number(word: &[u8]) -> bool {
    let Some((last, digits)) = word.split_last() else { return false };
    if digits.len() != 17
        || !digits.iter().all(u8::is_ascii_digit)
        || !matches!(last, b'0'..=b'9' | b'X' | b'x')
    {
        return false;
    }
    let number = |from: usize, to: usize| {
        digits[from..to].iter().fold(0u32, |n, digit| n * 10 + u32::from(digit - b'0'))
    };
    (1800..2100).contains(&number(6, 10))
        && (1..=12).contains(&number(10, 12))
        && (1..=31).contains(&number(12, 14))
}

#[test]
fn an_identity_number_is_seen() {
    // The number of GB 11643's own example, in three places.
    let number = ["110105", "19491231", "002X"].concat();
    for text in [number.clone(), format!("\"psn_no\":\"{number}\""), format!("a,{number},b").to_lowercase()] {
        assert_eq!(identity_numbers(&text).len(), 1, "{text}");
    }
    let long = format!("{number}1");
    let month = number.replace("194912", "194913");
    let day = number.replace("1231", "1232");
    for text in [long, month, day, number.replace('X', "Y"), "T0001 81340000001200000001".to_owned()] {
        assert_eq!(identity_numbers(&text), [""; 0], "{text}");
    }
}

// --- links between pages ---

/// The relative links of a page, without the heading that they lead to.
///
/// A link is what stands in `](…)` and is neither an address nor a heading of the page itself; code is no link.
fn relative_links(page: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in page.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code {
            continue;
        }
        // Pieces between backquotes are code, text, code, …
        for text in line.split('`').step_by(2) {
            for rest in text.split("](").skip(1) {
                let target = rest.split([')', ' ']).next().unwrap_or_default();
                let path = target.split('#').next().unwrap_or_default();
                if !path.is_empty() && !path.contains("://") && !path.starts_with("mailto:") {
                    links.push(path);
                }
            }
        }
    }
    links
}

#[test]
fn links_of_a_page_are_seen() {
    let page =
        "[a](b.md) ![c](d/e.png), [`f`](../g.md#h)\n[i](#j) [k](https://l.m) `[n](o)`\n```\n[p](q)\n```\n";
    assert_eq!(relative_links(page), ["b.md", "d/e.png", "../g.md"]);
}

// --- the tree itself ---

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The rooms that the workspace has.
fn rooms() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
    members.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The files below a folder as paths from the root, in order; none if there is no such folder.
fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// The Rust files of every room, with their texts.
fn sources() -> BTreeMap<String, String> {
    let folders = rooms()
        .into_iter()
        .flat_map(|room| ["src", "tests", "examples", "benches"].map(|f| format!("{room}/{f}")));
    let paths = folders.flat_map(|folder| files(&folder)).filter(|path| path.ends_with(".rs"));
    paths.map(|path| (path.clone(), read(&path))).collect()
}

fn holds(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_point_down_and_borders_hold() {
    let rooms = rooms();
    assert_eq!(rooms.len(), ARROWS.len(), "the map and the workspace have other rooms: {rooms:?}");
    let of = |room: &String| wrong_arrows(room, &read(&format!("{room}/Cargo.toml")));
    holds(&rooms.iter().flat_map(of).collect::<Vec<_>>());
}

#[test]
fn every_room_has_the_lints_of_the_workspace() {
    for room in rooms() {
        let manifest = read(&format!("{room}/Cargo.toml"));
        assert!(
            manifest.contains("[lints]\nworkspace = true\n"),
            "{room} goes without the lints of the workspace"
        );
    }
}

#[test]
fn every_file_says_what_it_is() {
    let sources = sources();
    assert!(sources.contains_key("pipeline/tests/tidy.rs"));
    let untitled = sources.iter().filter(|(_, source)| !has_title(source));
    holds(
        &untitled
            .map(|(path, _)| format!("{path}: begins without a //! line that says what it is"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn every_file_is_declared() {
    let mut wrong = Vec::new();
    for path in files_of_crates() {
        let Some(parent) = parent_of(Path::new(&path)) else { continue };
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        if !declares(&read(parent.to_str().unwrap()), name) {
            wrong.push(format!("{path}: {} does not declare it, so nobody compiles it", parent.display()));
        }
    }
    holds(&wrong);
}

/// The Rust files below the `src` folders.
fn files_of_crates() -> Vec<String> {
    let paths = rooms().into_iter().flat_map(|room| files(&format!("{room}/src")));
    paths.filter(|path| path.ends_with(".rs")).collect()
}

#[test]
fn every_detector_is_in_the_list_that_rules_choose_from() {
    let list = read("detectors/src/detector.rs");
    let named = list.split("\ndetectors! {").nth(1).and_then(|rest| rest.split("\n}").next()).unwrap();
    let detectors = files("detectors/src/detector");
    assert!(!detectors.is_empty());
    let mut wrong = Vec::new();
    // What a detector is made of stands in a folder of its name.
    let whole = |path: &String| path.matches('/').count() == 3;
    for path in detectors.into_iter().filter(whole) {
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        if !named.lines().any(|line| line.trim() == format!("{name},")) {
            wrong.push(format!("{path}: a detector has its place in the list, or no rule can use it"));
        }
    }
    holds(&wrong);
}

#[test]
fn no_rule_is_known_to_the_code() {
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        if !path.contains("/src/") || ids_may_stand_in(&path) || path.ends_with("/tests.rs") {
            continue;
        }
        for (line, text) in code(&source) {
            for id in rule_ids(text) {
                wrong.push(format!(
                    "{path}:{line}: {id} is a rule's name; code knows detectors, the bank knows rules"
                ));
            }
        }
    }
    holds(&wrong);
    for (place, _) in IDS_MAY_STAND_IN {
        assert!(root().join(place).exists(), "{place} may hold rule ids and is not there any more");
    }
}

#[test]
fn no_file_that_people_copy_from_holds_an_identity_number() {
    let mut wrong = Vec::new();
    for path in ["samples", "rulebank/rules", "rulebank/tables"].into_iter().flat_map(files) {
        let text = String::from_utf8_lossy(&fs::read(root().join(&path)).unwrap()).into_owned();
        for number in identity_numbers(&text) {
            wrong.push(format!(
                "{path}: {number} has the shape of an identity number; no file ever holds one"
            ));
        }
    }
    holds(&wrong);
}

#[test]
fn the_bans_of_the_detectors_keep_the_settings_of_the_workspace() {
    let bans = read("detectors/clippy.toml");
    for setting in read(".clippy.toml").lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        assert!(bans.lines().any(|line| line == setting), "detectors/clippy.toml goes without {setting}");
    }
    for ban in ["f64", "std::time::Instant::now", "std::fs::read", "std::thread::spawn"] {
        assert!(
            bans.contains(&format!("{{ path = \"{ban}\", reason = \"")),
            "{ban} is not banned with a reason"
        );
    }
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    let inside = rooms().into_iter().chain(["docs", "samples", "fuzz"].map(str::to_owned));
    let top = ["README.md", "ARCHITECTURE.md"].map(str::to_owned);
    let pages: Vec<String> =
        inside.flat_map(|folder| files(&folder)).filter(|path| path.ends_with(".md")).chain(top).collect();
    let mut wrong = Vec::new();
    for page in &pages {
        let folder = root().join(page).parent().unwrap().to_owned();
        for link in relative_links(&read(page)) {
            if !folder.join(link).exists() {
                wrong.push(format!("{page}: the link {link} leads nowhere"));
            }
        }
    }
    assert!(pages.len() > 10, "the pages of the tree are not where they were: {pages:?}");
    holds(&wrong);
}

#[test]
fn no_circle_between_the_files_of_a_crate() {
    let mut wrong = Vec::new();
    for room in rooms() {
        let src = format!("{room}/src/");
        let texts = files(&src).into_iter().filter(|path| path.ends_with(".rs"));
        let modules: circles::Modules = texts
            .filter_map(|path| Some((circles::module_of(path.strip_prefix(&src)?)?, read(&path))))
            .collect();
        let of_room = circles::circles(&modules).into_iter();
        wrong.extend(of_room.map(|circle| {
            format!(
                "{room}: {} import each other; what they share stands in a file of its own",
                circle.join(", ")
            )
        }));
    }
    holds(&wrong);
}

/// Lines that a file may have, tests included.
const LINES: usize = 700;

#[test]
fn no_file_is_longer_than_a_thought() {
    let long = sources().into_iter().map(|(path, text)| (path, text.lines().count()));
    let long = long.filter(|(_, lines)| *lines > LINES);
    holds(
        &long.map(|(path, lines)| format!("{path}: {lines} lines, {LINES} at the most")).collect::<Vec<_>>(),
    );
}
