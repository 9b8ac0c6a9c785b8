//! Circles of imports between the files of a crate.
//!
//! A file imports another where a path that begins with `crate`, `super`, `self` or one of its own modules leads into
//! it; lines of comment and a file's own tests do not count. A file and its submodules are two files like any other:
//! what both need stands in a third.

use std::collections::{BTreeMap, BTreeSet};

/// The files of one crate by the paths of their modules, such as `judge::each`; the root has none.
pub(crate) type Modules = BTreeMap<String, String>;

/// The module of a file below `src`; none for the roots of a crate and for files of tests.
pub(crate) fn module_of(path: &str) -> Option<String> {
    let module = path.strip_suffix(".rs")?.replace('/', "::");
    let is_of_tests = module.split("::").any(|part| part == "tests");
    (!is_of_tests && module != "lib" && module != "main").then_some(module)
}

/// Each circle as the sorted modules that are on it.
pub(crate) fn circles(modules: &Modules) -> Vec<Vec<String>> {
    let imports: BTreeMap<&str, BTreeSet<String>> =
        modules.iter().map(|(module, text)| (module.as_str(), imports_of(module, text, modules))).collect();
    // What a file leads to, step by step until nothing is added.
    let mut reached: BTreeMap<&str, BTreeSet<String>> = imports.clone();
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for module in modules.keys() {
            let further: BTreeSet<String> = reached[module.as_str()]
                .iter()
                .filter_map(|next| reached.get(next.as_str()))
                .flatten()
                .cloned()
                .collect();
            reached.entry(module).or_default().extend(further);
        }
        if reached.values().map(BTreeSet::len).sum::<usize>() == before {
            break;
        }
    }
    // Two files that lead to each other are on one circle.
    let mut found: Vec<Vec<String>> = Vec::new();
    for (module, leads_to) in &reached {
        if leads_to.contains(*module) && !found.iter().flatten().any(|known| known == module) {
            let back = |other: &&String| reached[other.as_str()].contains(*module);
            found.push(leads_to.iter().filter(back).cloned().collect());
        }
    }
    found
}

/// The modules of the crate that a file imports.
fn imports_of(module: &str, text: &str, modules: &Modules) -> BTreeSet<String> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let code: String = text[..end]
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut paths: Vec<Vec<String>> = Vec::new();
    for item in code.split(';') {
        if let Some(tree) = use_tree(item) {
            expand(&[], tree, &mut paths);
        }
    }
    // Paths that stand in the code itself.
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':') {
                let path: String = code[at..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':')
                    .collect();
                paths.push(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect());
            }
        }
    }
    let found = paths.iter().filter_map(|path| resolve(module, path, modules));
    found.filter(|found| found != module).collect()
}

/// The tree of a `use` item, if the last lines of this text are one.
fn use_tree(item: &str) -> Option<&str> {
    let at =
        item.rfind("use ").filter(|at| item[..*at].chars().next_back().is_none_or(char::is_whitespace))?;
    let tree = item[at + 4..].trim();
    tree.chars().all(|c| c.is_alphanumeric() || "_:{}, *\n".contains(c)).then_some(tree)
}

/// Takes `a::{b, c::d}` apart into its paths.
fn expand(prefix: &[String], tree: &str, paths: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or(tree).split("::").map(|part| part.trim().to_owned());
        paths.push(prefix.iter().cloned().chain(path).collect());
        return;
    };
    let head = tree[..open].split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned);
    let prefix: Vec<String> = prefix.iter().cloned().chain(head).collect();
    let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !inner[start..at].trim().is_empty() {
                    expand(&prefix, &inner[start..at], paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// The file that a path leads into, seen from a module.
fn resolve(module: &str, path: &[String], modules: &Modules) -> Option<String> {
    let mut from: Vec<&str> = module.split("::").collect();
    let mut rest: Vec<&str> = path.iter().map(String::as_str).collect();
    match *rest.first()? {
        "crate" => {
            from.clear();
            rest.remove(0);
        }
        "self" => {
            rest.remove(0);
        }
        "super" => {
            while rest.first() == Some(&"super") {
                from.pop();
                rest.remove(0);
            }
        }
        first if modules.contains_key(&format!("{module}::{first}")) => {}
        _ => return None,
    }
    from.extend(rest);
    (1..=from.len()).rev().map(|parts| from[..parts].join("::")).find(|name| modules.contains_key(name))
}

#[test]
fn a_circle_is_seen() {
    let of = |files: &[(&str, &str)]| -> Modules {
        files.iter().map(|(module, text)| ((*module).to_owned(), (*text).to_owned())).collect()
    };
    let none = [("a", "use crate::b::{self, C};\n"), ("b", "// use crate::a;\nuse std::fmt;\n"), ("c", "")];
    assert!(circles(&of(&none)).is_empty());
    let direct = [("a", "pub use crate::{\n    b::C,\n};\n"), ("b", "fn f() -> crate::a::D {}\n")];
    assert_eq!(circles(&of(&direct)), [["a", "b"]]);
    let with_child = [("a", "mod b;\nuse b::C;\n"), ("a::b", "use super::D;\n")];
    assert_eq!(circles(&of(&with_child)), [["a", "a::b"]]);
    let long = [
        ("a", "use crate::b::X;"),
        ("b", "use super::c::Y;"),
        ("c", "use crate::a::{Z};"),
        ("d", "use crate::a::Z;"),
    ];
    assert_eq!(circles(&of(&long)), [["a", "b", "c"]]);
    let of_tests = [
        ("a", "use crate::b::C;\n#[cfg(test)]\nmod tests {\n"),
        ("b", "#[cfg(test)]\nmod tests {\nuse crate::a::D;"),
    ];
    assert!(circles(&of(&of_tests)).is_empty());
}
