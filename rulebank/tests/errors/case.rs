//! Mistakes in the cases of a rule: what they show, what they find, and the facts they hold.

use super::{RULE, Said, check_rule, check_rule_said, check_said};

/// The rule with other facts in its case.
fn check_facts(facts: &str, expected: &[Said<'_>]) {
    let start = RULE.find("visit  med").expect("the facts of the case");
    let end = RULE.find("\"\"\"\nfinds").expect("the end of the facts");
    let text = format!("{}{facts}\n{}", &RULE[..start], &RULE[end..]);
    check_said(&[("rules/a05.toml", text.as_bytes())], expected);
}

/// The rule with more after its case.
fn check_added(added: &str, expected: &[Said<'_>]) {
    check_said(&[("rules/a05.toml", format!("{RULE}{added}").as_bytes())], expected);
}

#[test]
fn every_key_of_a_case_is_needed_and_known() {
    let facts = "facts = \"\"\"\nvisit  med_type  begntime\nV1     21        2025-03-01 09:00\n\"\"\"\n";
    let finds = "finds = [[\"V1\", \"V2\"]]";
    for (right, wrong, expected) in [
        ("name = \"found\"\n", "", ("[[case]]", "`case` lacks `name`", "")),
        ("kind = \"hit\"\n", "", ("[[case]]", "`case` lacks `kind`", "")),
        (facts, "", ("[[case]]", "`case` lacks `facts`", "")),
        (facts, "facts = \"\"\n", ("\"\"", "`facts` says nothing", "")),
        ("\"found\"", "\" \"", ("\" \"", "`name` says nothing", "")),
        ("\"found\"", "7", ("7", "`name` must be a text in quotes, not an integer", "")),
        ("\"hit\"", "\"hits\"", ("\"hits\"", "`hits` is no kind", "did you mean `hit`?")),
        ("\"hit\"", "\"found\"", ("\"found\"", "`found` is no kind", "one of: hit, near_miss, correction")),
        (
            finds,
            "finds = [[\"V1\", \"V2\"]]\namount = [\"1.00\"]",
            ("amount", "`case` has no key `amount`", "did you mean `amounts`?"),
        ),
    ] {
        check_rule_said(right, wrong, &[expected]);
    }
}

#[test]
fn a_case_finds_what_its_kind_says() {
    let hint = "change `kind`, or what the steps find";
    let none = [("\"found\"", "a hit finds something", hint)];
    check_rule_said("[[\"V1\", \"V2\"]]", "[]", &none);
    check_rule_said("\"hit\"", "\"near_miss\"", &[("\"found\"", "a near miss finds nothing", hint)]);
    let same = [("\"found\"", "a correction makes a finding go or come", hint)];
    check_rule_said("\"hit\"", "\"correction\"", &same);
    let text = RULE.replace("\"hit\"", "\"correction\"");
    let then = |finds: &str| format!("{text}[[case.then]]\nfacts = \"visit\\n-V1\"\nfinds = {finds}\n");
    check_said(&[("rules/a05.toml", then("[[\"V1\", \"V2\"]]").as_bytes())], &same);
    check_said(&[("rules/a05.toml", then("[]").as_bytes())], &[]);
}

#[test]
fn what_a_step_finds_is_a_list_of_keys_with_an_amount_each() {
    let finds = "finds = [[\"V1\", \"V2\"]]";
    let amount = "two places: \"80.00\"";
    for (wrong, expected) in [
        ("finds = [[]]", ("[]", "a key has at least one part", "finds = [[\"V1\", \"1\"]]")),
        ("finds = [[\"V1\", 2]]", ("2", "`finds` must be a text in quotes, not an integer", "")),
        (
            "finds = [[\"V1\"]]\namounts = [\"1.00\", \"2.00\"]",
            ("[\"1.00\", \"2.00\"]", "2 amounts for 1 findings", "one for each, in the order of `finds`"),
        ),
        ("finds = [[\"V1\"]]\namounts = [\"1\"]", ("[\"1\"]", "`1` is no amount", amount)),
        ("finds = [[\"V1\"]]\namounts = [\"-1.00\"]", ("[\"-1.00\"]", "`-1.00` is no amount", amount)),
        ("finds = [[\"V1\"]]\namounts = [\"1.000\"]", ("[\"1.000\"]", "`1.000` is no amount", amount)),
    ] {
        check_rule_said(finds, wrong, &[expected]);
    }
    let nothing = ("[[case]]", "the step does not say what it finds", "nothing: finds = []");
    let kind = ("\"found\"", "a hit finds something", "change `kind`, or what the steps find");
    check_rule_said(&format!("{finds}\n"), "", &[nothing, kind]);
    let list = ("\"V1\"", "`finds` must be a list in [ ], not a string", "");
    check_rule_said(
        finds,
        "finds = [[\"V1\"], \"V1\"]",
        &[list, ("\"V1\"", "a key has at least one part", "finds = [[\"V1\", \"1\"]]")],
    );
}

#[test]
fn what_is_not_judged_is_counted_by_reason() {
    for (not_judged, expected) in [
        ("{ person = 1 }", ("person", "`person` is no reason", "\"missing:<kind or field>\" = 1")),
        ("{ \"missing:person\" = -1 }", ("-1", "this is no count", "")),
        ("{ \"missing:person\" = \"many\" }", ("\"many\"", "this is no count", "")),
        ("{ \"missing:person\" = [1] }", ("[1]", "this is no count", "")),
        ("1", ("1", "`not-judged` must be a table, not an integer", "")),
    ] {
        check_added(&format!("not-judged = {not_judged}\n"), &[expected]);
    }
}

#[test]
fn the_now_of_a_case_is_a_time() {
    let hint = "YYYY-MM-DD HH:MM:SS or YYYY-MM-DD";
    for wrong in ["today", "2025-02-29", "2025-03-01 24:00:00", "2025-03-01 09:00"] {
        let (marked, said) = (format!("\"{wrong}\""), format!("`{wrong}` is no time"));
        check_added(&format!("as-of = \"{wrong}\"\n"), &[(&marked, &said, hint)]);
    }
    check_added("as-of = \"2025-03-01\"\n", &[]);
    check_added("as-of = \"2025-03-01 23:59:59\"\n", &[]);
}

#[test]
fn the_tables_of_a_case_are_read_like_those_of_the_bank() {
    let header = "rule,item,unit,max,valid_from,valid_to,source";
    let no_table = ("age_limits", "there is no table `age_limits`", "did you mean `age_limit`?");
    check_added("tables = { age_limits = \"\" }\n", &[no_table]);
    check_added("tables = { age_limit = 1 }\n", &[("1", "a table is CSV text", "")]);
    check_added("tables = 1\n", &[("1", "`tables` must be a table, not an integer", "")]);
    // Where escapes make the file differ from what it says, the whole text is marked.
    let text = format!("\"{header}\\nD06,X,days,-1,,,s\\n\"");
    let said = ("`-1` cannot stand under `max`", "a number of at most six places, not below 0");
    check_added(&format!("tables = {{ age_limit = {text} }}\n"), &[(&text, said.0, said.1)]);
    let text = format!("[case.tables]\nage_limit = \"\"\"\n{header}\nD06,X,days,-1,,,s\n\"\"\"\n");
    check_added(&text, &[("-1", said.0, said.1)]);
    check_added(
        "tables = { med_type = \"\" }\n",
        &[("\"", "the table has no header", "it begins with: code,class,valid_from,valid_to,source")],
    );
}

#[test]
fn every_step_is_checked_like_the_first() {
    check_added(
        "[[case.then]]\nfact = \"visit\\nV1\"\nfinds = []\n",
        &[
            ("[[case.then]]", "`then` lacks `facts`", ""),
            ("fact", "`then` has no key `fact`", "did you mean `facts`?"),
        ],
    );
    check_added(
        "[[case.then]]\nfacts = \"\"\"\nvisit\nV1  V2\n\"\"\"\nfinds = []\n",
        &[(
            "V1  V2",
            "2 cells where 1 belong",
            "columns stand at least two spaces apart; `-` is an absent value",
        )],
    );
}

#[test]
fn headings_of_facts_name_a_kind_and_its_columns_once() {
    let kinds = "one of: institution, practitioner, person, person_fact, enrolment, visit, settlement, \
                 fee_line, prescription, dispensing, purchase, stock_change, stock_count, presence, invoice, \
                 label";
    check_facts("V1  21", &[("V1", "there is no kind `V1`", kinds)]);
    check_facts(
        "visits  med_type\nV1  21",
        &[("visits", "there is no kind `visits`", "did you mean `visit`?")],
    );
    let column = ("med_typ", "kind visit has no column `med_typ`", "did you mean `med_type`?");
    check_facts("visit  med_typ\nV1  21", &[column]);
    let other = "one of: fixmedins_code, med_list_codg, inv_chg_type, cnt, inv_chg_time";
    check_facts("stock_change  price\nC1  2", &[("price", "kind stock_change has no column `price`", other)]);
    check_facts("visit  bedno  bedno\nV1  1  2", &[("bedno", "column `bedno` stands twice", "")]);
    let id = ("mdtrt_id", "`mdtrt_id` is the id of kind visit", "it stands in the first column");
    check_facts("visit  mdtrt_id\nV1  V1", &[id]);
    // Each table is read even if the one before it is wrong.
    check_facts(
        "visits\nV1\n\nperson  age\nP1  3",
        &[
            ("visits", "there is no kind `visits`", "did you mean `visit`?"),
            ("age", "kind person has no column `age`", "one of: gend, brdy, tel_tok, addr_tok"),
        ],
    );
}

#[test]
fn ids_have_as_many_parts_as_their_kind() {
    for (facts, marked, kind, parts) in [
        ("fee_line  cnt\nV1  1", "V1", "fee_line", "mdtrt_id/feedetl_sn"),
        ("fee_line  cnt\nV1/  1", "V1/", "fee_line", "mdtrt_id/feedetl_sn"),
        ("fee_line\n-V1", "-V1", "fee_line", "mdtrt_id/feedetl_sn"),
        ("invoice  amount\nB1  1", "B1", "invoice", "bill_code/bill_no"),
        ("visit\n-", "-", "visit", "mdtrt_id"),
    ] {
        let said = format!("`{}` is no id of kind {kind}", marked.trim_start_matches('-'));
        check_facts(facts, &[(marked, &said, &format!("written as {parts}"))]);
    }
    let withdrawn = ("-V1  21", "2 cells where 1 belong", "a record is withdrawn by its id alone");
    check_facts("visit  med_type\n-V1  21", &[withdrawn]);
}

#[test]
fn every_sort_of_cell_says_what_may_stand_there() {
    let lines = "ITEM*2;OTHER*1 102 (list_type 101 if it is left out, none after ` -`)";
    let diags = "main J18.9 #1,I10 #2 (`main` and `#` may be left out)";
    let oprns = "main 68.4900 2025-03-02,54.2100 (`main` and the day may be left out)";
    let agreements = "active 2024-01-01..2025-12-31,suspended 2026-01-01.. (active, suspended, ended)";
    for (kind, id, column, cell, hint) in [
        ("dispensing", "S1", "move", "sold", "one of: sale, return"),
        ("person", "P1", "brdy", "1980-02-30", "YYYY-MM-DD"),
        ("visit", "V1", "begntime", "2025-03-01", "YYYY-MM-DD HH:MM:SS"),
        ("fee_line", "V1/1", "recv_time", "2025-03-01 24:00", "YYYY-MM-DD HH:MM:SS"),
        ("fee_line", "V1/1", "cnt", "one", "a number"),
        ("fee_line", "V1/1", "hosp_appr_flag", "yes", "0 or 1"),
        ("dispensing", "S1", "trace_codes", "TC1,,TC2", "TC1,TC2"),
        ("dispensing", "S1", "trace_codes", "[1]", "a JSON list of texts"),
        ("prescription", "R1", "lines", "ITEM", lines),
        ("prescription", "R1", "lines", "ITEM*2 900", lines),
        ("visit", "V1", "diags", "J18.9 I10", diags),
        ("visit", "V1", "diags", "[1]", "a JSON list of records"),
        ("visit", "V1", "oprns", "68.4900 soon", oprns),
        ("institution", "H1", "agreements", "active 2024", agreements),
        ("institution", "H1", "agreements", "[{]", "a JSON list of records"),
    ] {
        let said = format!("`{cell}` cannot stand under `{column}`");
        check_facts(&format!("{kind}  {column}\n{id}  {cell}"), &[(cell, &said, hint)]);
    }
}

#[test]
fn a_case_that_is_not_what_it_says() {
    check_rule(
        "\"hit\"",
        "\"near_miss\"",
        r#"
error: a near miss finds nothing
  --> rules/a05.toml:23:8
   |
23 | name = "found"
   |        ^^^^^^^
  hint: change `kind`, or what the steps find

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_unknown_kind_of_record() {
    check_rule(
        "visit  med",
        "vist  med",
        r#"
error: there is no kind `vist`
  --> rules/a05.toml:26:1
   |
26 | vist  med_type  begntime
   | ^^^^
  hint: did you mean `visit`?

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_day_that_does_not_exist_in_the_facts() {
    check_rule(
        "2025-03-01 09:00",
        "2025-02-30 09:00",
        r#"
error: `2025-02-30 09:00` cannot stand under `begntime`
  --> rules/a05.toml:27:18
   |
27 | V1     21        2025-02-30 09:00
   |                  ^^^^^^^^^^^^^^^^
  hint: YYYY-MM-DD HH:MM:SS

1 mistake in 1 file
"#,
    );
}

#[test]
fn columns_that_stand_too_close() {
    check_rule(
        "V1     21        2025",
        "V1     21 2025",
        r#"
error: 2 cells where 3 belong
  --> rules/a05.toml:27:1
   |
27 | V1     21 2025-03-01 09:00
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^
  hint: columns stand at least two spaces apart; `-` is an absent value

1 mistake in 1 file
"#,
    );
}

#[test]
fn an_amount_without_its_fen() {
    check_rule(
        "finds = [[\"V1\", \"V2\"]]\n",
        "finds = [[\"V1\", \"V2\"]]\namounts = [\"1.5\"]\n",
        r#"
error: `1.5` is no amount
  --> rules/a05.toml:30:11
   |
30 | amounts = ["1.5"]
   |           ^^^^^^^
  hint: two places: "80.00"

1 mistake in 1 file
"#,
    );
}

#[test]
fn a_mistake_in_the_table_of_a_case() {
    check_rule(
        "finds = [[\"V1\", \"V2\"]]\n",
        "finds = [[\"V1\", \"V2\"]]\n[case.tables]\nage_limit = '''\nrule,item,unit,max,valid_from,valid_to,source\nD06,X,weeks,28,,,s\n'''\n",
        r#"
error: `weeks` cannot stand under `unit`
  --> rules/a05.toml:33:7
   |
33 | D06,X,weeks,28,,,s
   |       ^^^^^
  hint: one of: days, years

1 mistake in 1 file
"#,
    );
}
