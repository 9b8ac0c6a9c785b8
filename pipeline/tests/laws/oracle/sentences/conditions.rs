//! Sentences about what fits a person: the tables of ages, sexes, indications; M05, M20, M21.

use serde_json::{Value, json};

use super::{alert, found, judge, judged, keys, lacking, line, person, shown, visit, with};

#[test]
fn an_age_is_judged_by_the_row_of_the_lines_day() {
    let table = [(
        "age_limit",
        "rule,item,unit,max,valid_from,valid_to,source,reading\n\
        D06,x,years,1,,2025-02-28,a,\nD06,x,years,1,2025-03-01,,a,own\nD06,x,years,9,,,a,text\n\
        D06,y,days,28,,,a,\nS05,z,days,1,,,a,\n",
    )];
    let born = |day: &str| json!({"kind": "person", "psn_no": "p", "gend": "0", "brdy": day});
    let lines = [
        line("v", "1", "x", "2025-02-28 23:59:59", 1),
        line("v", "2", "x", "2025-03-01 00:00:00", 1),
        line("v", "3", "y", "2024-03-28 10:00:00", 1),
        line("v", "4", "y", "2024-03-29 10:00:00", 1),
        line("v", "5", "z", "2024-03-29 10:00:00", 1),
        line("v", "6", "y", "2024-02-28 10:00:00", 1),
    ];
    let mut known = lines.to_vec();
    known.push(born("2024-02-29"));
    let expected = judge(&known, &table, None);
    assert_eq!(keys(&expected, "D06"), ["v 2", "v 4"]);
    assert_eq!(expected.alerts[0]["verdict"], "suspect");
    assert_eq!(expected.alerts[1]["verdict"], "definite");
    let covered = &expected.coverage["D06"];
    assert_eq!((covered.not_judged["missing:brdy"], covered.judged, covered.clean), (1, Some(5), Some(3)));
    assert_eq!(judge(&lines, &table, None).coverage["D06"].not_judged["missing:person"], 5);
}

#[test]
fn an_age_limit_is_the_rule_of_its_row() {
    let table = [(
        "age_limit",
        "rule,item,unit,max,valid_from,valid_to,source\nS05,x,days,28,,,a\nC01,x,years,18,,,a\nD06,y,days,1,,,a\n",
    )];
    let expected =
        judge(&[person("1", "2000-03-02"), line("v", "1", "x", "2018-03-02 10:00:00", 1)], &table, None);
    assert_eq!((keys(&expected, "S05").len(), keys(&expected, "C01").len()), (1, 1));
    assert_eq!(
        (judged(&expected, "D06"), judged(&expected, "C01")),
        ((Some(1), Some(1)), (Some(1), Some(0)))
    );
    let day_before =
        judge(&[person("1", "2000-03-02"), line("v", "1", "x", "2018-03-01 10:00:00", 1)], &table, None);
    assert_eq!((keys(&day_before, "C01").len(), day_before.near["C01"]), (0, 1));
}

#[test]
fn an_item_is_for_one_sex() {
    let table = [(
        "sex_limit",
        "rule,item,gend,valid_from,valid_to,source,reading\n\
        H04,x,1,,,a,\nH18,x,1,,,a,own\nH18,x,2,,2024-03-01,a,\nH24,y,2,,,a,\n",
    )];
    let lines = |who: Value| [who, line("v", "1", "x", "2024-03-02 10:00:00", 1)];
    let woman = judge(&lines(person("2", "2000-01-01")), &table, None);
    assert_eq!(found(&woman, "H04"), [("v 1".to_owned(), "8.00".to_owned())]);
    assert_eq!(
        (&alert(&woman, "H04")["verdict"], &alert(&woman, "H18")["verdict"]),
        (&json!("definite"), &json!("suspect"))
    );
    assert_eq!(shown(&woman, "H04"), ["v/1", "p"]);
    let man = judge(&lines(person("1", "2000-01-01")), &table, None);
    assert_eq!((keys(&man, "H04").len(), man.near["H04"], man.near["H24"]), (0, 1, 0));
    for unknown in ["0", "9"] {
        let expected = judge(&lines(person(unknown, "2000-01-01")), &table, None);
        assert_eq!(lacking(&expected, "H18"), [("gend".to_owned(), 1)]);
        assert!(lacking(&expected, "H24").is_empty());
    }
    let nobody = judge(&lines(with(person("1", "2000-01-01"), json!({"psn_no": "q"}))), &table, None);
    assert_eq!(
        (lacking(&nobody, "H04"), judged(&nobody, "H04")),
        (vec![("person".to_owned(), 1)], (Some(0), Some(0)))
    );
    // Before 2 March H18 asks for both sexes, and one of them is always violated.
    let early = [person("1", "2000-01-01"), line("v", "1", "x", "2024-03-01 10:00:00", 1)];
    assert_eq!(alert(&judge(&early, &table, None), "H18")["verdict"], "definite");
}

#[test]
fn a_diagnosis_or_an_operation_is_for_one_sex() {
    let head = "rule,prefix,gend,valid_from,valid_to,source";
    let diagnoses = format!("{head}\nM20,C61,1,,,a\nM20,,1,,,a\nM20,O,2,2024-03-03,,a\n");
    let operations = format!("{head}\nM05,68.,2,,,a\n");
    let tables = [("diagnosis_sex", diagnoses.as_str()), ("operation_sex", operations.as_str())];
    let seen = with(
        visit("v", "11", "2024-03-02 10:00:00"),
        json!({"diags": [{"diag_code": "C61.x"}, {"diag_code": "C61.x"}, {"diag_code": "c61"}, {"diag_code": "O80"}],
            "oprns": [{"oprn_code": "68.4", "oprn_date": "2020-01-01"}, {"oprn_code": "6"}]}),
    );
    let woman = judge(&[person("2", "2000-01-01"), seen.clone()], &tables, None);
    assert_eq!((keys(&woman, "M20"), woman.near["M05"]), (vec!["v C61.x".to_owned()], 1));
    assert_eq!(shown(&woman, "M20"), ["p", "v"]);
    let man = judge(&[person("1", "2000-01-01"), seen.clone()], &tables, None);
    assert_eq!((keys(&man, "M05"), keys(&man, "M20").len()), (vec!["v 68.4".to_owned()], 0));
    assert_eq!(alert(&man, "M05")["subject"], json!({"type": "visit", "id": "v"}));
    let nobody = judge(&[seen], &tables, None);
    assert_eq!(
        (lacking(&nobody, "M05"), lacking(&nobody, "M20")),
        (vec![("person".to_owned(), 1)], vec![("person".to_owned(), 1)])
    );
}

#[test]
fn a_diagnosis_has_its_ages() {
    let table = [(
        "diagnosis_age",
        "rule,prefix,min_years,max_years,valid_from,valid_to,source\nM21,P,,0,,,a\nM21,N95,40,60,,,a\n",
    )];
    let of_age = |born: &str, code: &str| {
        let seen = with(visit("v", "11", "2024-03-02 10:00:00"), json!({"diags": [{"diag_code": code}]}));
        judge(&[person("2", born), seen], &table, None)
    };
    for (born, code, is_found) in [
        ("2023-03-03", "P07", false),
        ("2023-03-02", "P07", true),
        ("1984-03-02", "N95.1", false),
        ("1984-03-03", "N95.1", true),
        ("1963-03-03", "N95.1", false),
        ("1963-03-02", "N95.1", true),
    ] {
        let expected = of_age(born, code);
        assert_eq!(
            (keys(&expected, "M21").len(), expected.near["M21"]),
            (usize::from(is_found), u64::from(!is_found)),
            "{born}"
        );
    }
    assert_eq!(lacking(&of_age("2024-03-03", "P07"), "M21"), [("brdy".to_owned(), 1)]);
    assert_eq!(alert(&of_age("2020-01-01", "P07"), "M21")["verdict"], "suspect");
}

#[test]
fn an_item_needs_its_indication() {
    let table = [(
        "indication",
        "rule,item,prefixes,valid_from,valid_to,source\n\
        D08,x,C50;C51,,,a\nD08,x,;J,,,a\nS07,x,E,,,a\nH25,y,,,,a\n",
    )];
    let with_diags = |diags: Value| {
        let seen = with(visit("v", "11", "2024-03-02 10:00:00"), json!({"diags": diags}));
        judge(&[seen, line("v", "1", "x", "2024-03-02 10:00:00", 1)], &table, None)
    };
    let two = with_diags(json!([{"diag_code": "I10"}, {"diag_code": "J18"}]));
    assert_eq!((keys(&two, "D08").len(), two.near["D08"]), (0, 1));
    assert_eq!(found(&two, "S07"), [("v 1".to_owned(), "8.00".to_owned())]);
    assert_eq!(shown(&two, "S07"), ["v/1", "v"]);
    assert_eq!(keys(&with_diags(json!([{"diag_code": "C5"}])), "D08"), ["v 1"]);
    for none in [json!([]), json!(null)] {
        let expected = with_diags(none);
        assert_eq!(lacking(&expected, "D08"), [("diags".to_owned(), 1)]);
        assert!(lacking(&expected, "H25").is_empty());
    }
    let alone = judge(&[line("v", "1", "x", "2024-03-02 10:00:00", 1)], &table, None);
    assert_eq!(lacking(&alone, "S07"), [("visit".to_owned(), 1)]);
}
