//! What is written of a change is read back, kind by kind, and a row is no longer than its fields ask for.
//!
//! Changes are made at random from the schema alone ([`sample`]); what must be read is put together here from their
//! values by the fields' names, so that a position, a flag or a width that is wrong in a kind's file shows.

#[path = "rows/sample.rs"]
mod sample;

use proptest::prelude::*;
use records::Kind;
use records::arena::TextRef;
use records::codes::{
    ChargeType, Decision, FactType, HospitalLevel, InstitutionType, ListType, PractitionerType,
    PresenceScene, Sex, SubjectType,
};
use records::row::{self, Head, Lateness};
use sample::{Sample, Written, write};

/// As many changes of a kind as are tried.
const CASES: u32 = 400;

fn round_trip(kind: Kind, check: impl Fn(&mut Written, &Sample)) {
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(CASES) };
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let result = runner.run(&sample::of_kind(kind), |change| {
        let mut written = write(&change);
        let head = Head {
            kind,
            del: change.del,
            key: written.key.0,
            key2: written.key.1,
            rev: change.rev,
            content_hash: change.content_hash,
        };
        prop_assert_eq!(row::head(written.arena(), written.row), head);
        if !change.del {
            check(&mut written, &change);
        }
        prop_assert_eq!(written.length, written.expected_length(), "words of the row");
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
}

#[test]
fn institutions() {
    round_trip(Kind::Institution, |w, s| {
        let (lon, lat) = (w.degrees(s, "lon"), w.degrees(s, "lat"));
        let agreements = s.records("agreements");
        w.words += 1 + 3 * agreements.len();
        let rank = (1..=11u8).find(|rank| s.string("hosp_lv") == format!("{rank:02}"));
        let expected = row::Institution {
            code: w.key.0,
            name: w.optional_text(s, "fixmedins_name"),
            admdvs: w.text(s, "admdvs"),
            institution_type: InstitutionType::ALL[w.bits(s, "fixmedins_type")],
            level: rank.map(|rank| HospitalLevel::ALL[usize::from(rank) - 1]),
            beds: w.optional_wide(s, "beds"),
            agreements: agreements
                .iter()
                .map(|agreement| row::Agreement {
                    active: agreement.int("status") == Some(0),
                    begin: agreement.day("begin").unwrap(),
                    end: agreement.day("end"),
                })
                .collect(),
            lon,
            lat,
        };
        assert_eq!(row::institution(w.arena(), w.row), expected);
    });
}

#[test]
fn practitioners() {
    round_trip(Kind::Practitioner, |w, s| {
        let expected = row::Practitioner {
            code: w.key.0,
            institution: w.text(s, "fixmedins_code"),
            practitioner_type: PractitionerType::ALL[w.code(s, "prac_psn_type")],
            title: w.optional_text(s, "title_lv"),
            dept: w.optional_text(s, "dept_codg"),
        };
        assert_eq!(row::practitioner(w.arena(), w.row), expected);
    });
}

#[test]
fn persons() {
    round_trip(Kind::Person, |w, s| {
        let gend = [Sex::Male, Sex::Female, Sex::Unknown, Sex::Unknown][w.bits(s, "gend")];
        let expected = row::Person { psn_no: w.key.0, gend, brdy: w.day(s, "brdy") };
        assert_eq!(row::person(w.arena(), w.row), expected);
    });
}

#[test]
fn person_facts() {
    round_trip(Kind::PersonFact, |w, s| {
        let expected = row::PersonFact {
            id: w.key.0,
            psn_no: w.text(s, "psn_no"),
            fact: FactType::ALL[w.code(s, "fact")],
            begin: w.day(s, "begin"),
            end: w.optional_day(s, "end"),
        };
        assert_eq!(row::person_fact(w.arena(), w.row), expected);
    });
}

#[test]
fn enrolments() {
    round_trip(Kind::Enrolment, |w, s| {
        let expected = row::Enrolment {
            id: w.key.0,
            psn_no: w.text(s, "psn_no"),
            insutype: w.text(s, "insutype"),
            admdvs: w.text(s, "insu_admdvs"),
            normal: w.bits(s, "status") == 0,
            begin: w.day(s, "begin"),
            end: w.optional_day(s, "end"),
        };
        assert_eq!(row::enrolment(w.arena(), w.row), expected);
    });
}

#[test]
fn visits() {
    round_trip(Kind::Visit, |w, s| {
        let expected = row::Visit {
            id: w.key.0,
            psn_no: w.text(s, "psn_no"),
            institution: w.text(s, "fixmedins_code"),
            med_type: w.text(s, "med_type"),
            begin: w.int(s, "begntime"),
            end: w.optional_int(s, "endtime"),
            doctor: w.optional_text(s, "dr_codg"),
        };
        assert_eq!(row::visit(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.event_time()));
        let diagnoses: Vec<row::Diagnosis> = s
            .records("diags")
            .iter()
            .map(|diagnosis| row::Diagnosis {
                code: w.intern(&diagnosis.string("diag_code")),
                main: diagnosis.int("maindiag_flag") == Some(1),
                rank: diagnosis.int("diag_srt_no"),
            })
            .collect();
        let operations: Vec<TextRef> =
            s.records("oprns").iter().map(|operation| w.intern(&operation.string("oprn_code"))).collect();
        let ranks = diagnoses.iter().filter(|diagnosis| diagnosis.rank.is_some()).count();
        w.words += 1 + 2 * diagnoses.len() + 2 * ranks + 1 + operations.len();
        assert_eq!(row::diagnoses(w.arena(), w.row), diagnoses);
        assert_eq!(row::operations(w.arena(), w.row), operations);
    });
}

#[test]
fn settlements() {
    round_trip(Kind::Settlement, |w, s| {
        let below_zero = |name| s.int(name).is_some_and(|amount| amount < 0);
        let refunded = s.int("refd_setl_flag") == Some(1)
            || below_zero("medfee_sumamt")
            || below_zero("fund_pay_sumamt");
        let expected = row::Settlement {
            id: w.key.0,
            visit: w.text(s, "mdtrt_id"),
            psn_no: w.text(s, "psn_no"),
            institution: w.text(s, "fixmedins_code"),
            insutype: w.optional_text(s, "insutype"),
            time: w.int(s, "setl_time"),
            fund: w.int(s, "fund_pay_sumamt"),
            account: w.int(s, "acct_pay"),
            bill_code: w.optional_text(s, "bill_code"),
            bill_no: w.optional_text(s, "bill_no"),
            original: w.optional_text(s, "orig_setl_id"),
            live: !refunded,
        };
        assert_eq!(row::settlement(w.arena(), w.row), expected);
        let sent = w.row;
        for bits in 1..8u8 {
            let marks = row::SettlementMarks {
                withdrawn: bits & 1 != 0,
                no_bill_code: bits & 2 != 0,
                no_bill_no: bits & 4 != 0,
            };
            let (marked, words) = w.derive(|row| row::write_marked_settlement(row, sent, marks));
            assert_eq!(words, 2);
            let unless = |gone: bool, text| if gone { TextRef::NONE } else { text };
            let expected = row::Settlement {
                live: expected.live && !marks.withdrawn,
                bill_code: unless(marks.no_bill_code, expected.bill_code),
                bill_no: unless(marks.no_bill_no, expected.bill_no),
                ..expected
            };
            assert_eq!(row::settlement(w.arena(), marked), expected);
            assert_eq!(row::settlement_marks(w.arena(), marked), marks);
            assert_eq!(row::key(w.arena(), marked), w.key);
        }
    });
}

#[test]
fn fee_lines() {
    round_trip(Kind::FeeLine, |w, s| {
        let charge = match s.string("med_chrgitm_type").as_str() {
            "" => None,
            text => {
                let number = (1..=14usize).find(|number| text == format!("{number:02}"));
                Some(number.map_or(ChargeType::Unlisted, |number| ChargeType::ALL[number - 1]))
            }
        };
        let expected = row::FeeLine {
            visit: w.key.0,
            sn: w.key.1,
            psn_no: w.text(s, "psn_no"),
            institution: w.text(s, "fixmedins_code"),
            item: w.text(s, "med_list_codg"),
            time: w.int(s, "fee_ocur_time"),
            cnt: w.int(s, "cnt"),
            price: w.int(s, "pric"),
            amount: w.int(s, "det_item_fee_sumamt"),
            fund: w.int(s, "fund_amt"),
            has_fund: s.int("fund_amt").is_some(),
            unsettled: false,
            reverses: w.optional_text(s, "init_feedetl_sn"),
            settlement: w.optional_text(s, "setl_id"),
            rx: w.optional_text(s, "rx_id"),
            list_type: ListType::ALL[w.bits(s, "list_type")],
            charge,
            delay: s.recv_time.map(|received| received - s.int("fee_ocur_time").unwrap()),
            doctor: w.optional_text(s, "bilg_dr_codg"),
        };
        w.words += expected.delay.map_or(0, sample::width);
        assert_eq!(row::fee_line(w.arena(), w.row), expected);
        assert_eq!(row::item(w.arena(), w.row), expected.item);
        assert_eq!(row::fee_line_institution(w.arena(), w.row), expected.institution);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
        let (cnt, amount, fund) = (expected.amount, expected.price, expected.cnt);
        let sent = w.row;
        let netted = row::NetLine { cnt, amount, fund, netted: true, unsettled: false };
        let (net, words) = w.derive(|row| row::write_net_line(row, sent, netted));
        assert_eq!(words, 8);
        assert_eq!(row::fee_line(w.arena(), net), row::FeeLine { cnt, amount, fund, ..expected });
        let unsettled = row::NetLine { netted: false, unsettled: true, ..netted };
        let (unpaid, _) = w.derive(|row| row::write_net_line(row, sent, unsettled));
        let whole = row::fee_line(w.arena(), unpaid);
        assert_eq!(whole, row::FeeLine { cnt, amount, fund: 0, unsettled: true, ..expected });
        assert!(whole.is_unpaid());
        for row in [sent, net, unpaid] {
            let (whole, place) = (row::fee_line(w.arena(), row), row::fee_line_place(w.arena(), row));
            let exact = i128::from(expected.cnt) * i128::from(expected.price);
            let expected = row::FeeLinePlace {
                visit: whole.visit,
                sn: whole.sn,
                reverses: whole.reverses,
                rx: whole.rx,
                is_net: whole.is_net(),
                is_netted: row == net,
                is_doubtful: exact != i128::from(expected.amount) * 100_000_000,
            };
            assert_eq!(place, expected);
        }
    });
}

#[test]
fn prescriptions() {
    round_trip(Kind::Prescription, |w, s| {
        let lines = s.records("lines");
        w.words += 1 + 3 * lines.len();
        let expected = row::Prescription {
            id: w.key.0,
            psn_no: w.text(s, "psn_no"),
            institution: w.text(s, "fixmedins_code"),
            time: w.int(s, "prsc_time"),
            cancelled: w.bits(s, "state") == 3,
            doctor: w.text(s, "dr_codg"),
            lines: lines
                .iter()
                .map(|line| row::PrescriptionLine {
                    item: w.intern(&line.string("med_list_codg")),
                    cnt: line.int("cnt").unwrap(),
                    list_type: line
                        .int("list_type")
                        .map(|position| ListType::ALL[usize::try_from(position).unwrap()]),
                })
                .collect(),
        };
        assert_eq!(row::prescription(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
    });
}

#[test]
fn sales_and_returns() {
    round_trip(Kind::Dispensing, |w, s| {
        let codes: Vec<TextRef> = s.strings("trace_codes").iter().map(|code| w.intern(code)).collect();
        w.words += 1 + codes.len();
        let expected = row::Dispensing {
            id: w.key.0,
            is_return: w.bits(s, "move") == 1,
            return_of: w.optional_text(s, "return_of"),
            institution: w.text(s, "fixmedins_code"),
            item: w.text(s, "med_list_codg"),
            cnt: w.int(s, "cnt"),
            time: w.int(s, "sel_time"),
            price: w.optional_int(s, "finl_trns_pric"),
            visit: w.optional_text(s, "mdtrt_id"),
            psn_no: w.optional_text(s, "psn_no"),
            rx: w.optional_text(s, "rx_id"),
            settlement: w.optional_text(s, "setl_id"),
            insured: s.string("mdtrt_setl_type") == "1",
            says_who_paid: !s.string("mdtrt_setl_type").is_empty(),
            split: s.int("trdn_flag") == Some(1),
            needs_rx: s.int("rx_flag") == Some(1),
            expires: w.optional_day(s, "expy_end"),
            codes: codes.clone(),
        };
        assert_eq!(row::dispensing(w.arena(), w.row), expected);
        assert_eq!(row::item(w.arena(), w.row), expected.item);
        let sent = w.row;
        let left = &codes[codes.len() / 2..];
        for by_settlement in [false, true] {
            let (net, words) =
                w.derive(|row| row::write_net_sale(row, sent, -expected.cnt, left, by_settlement));
            assert_eq!(words, 5 + left.len());
            let insured = expected.insured || by_settlement;
            let expected =
                row::Dispensing { cnt: -expected.cnt, codes: left.to_vec(), insured, ..expected.clone() };
            assert_eq!(row::dispensing(w.arena(), net), expected);
        }
    });
}

#[test]
fn purchases() {
    round_trip(Kind::Purchase, |w, s| {
        let codes: Vec<TextRef> = s.strings("trace_codes").iter().map(|code| w.intern(code)).collect();
        w.words += 1 + codes.len();
        let expected = row::Purchase {
            id: w.key.0,
            is_return: w.bits(s, "move") == 1,
            institution: w.text(s, "fixmedins_code"),
            item: w.text(s, "med_list_codg"),
            cnt: w.int(s, "cnt"),
            time: w.int(s, "stoin_time"),
            codes: codes.clone(),
        };
        assert_eq!(row::purchase(w.arena(), w.row), expected);
        let (sent, left) = (w.row, &codes[codes.len() / 2..]);
        let (clean, words) = w.derive(|row| row::write_purchase_of_codes(row, sent, left));
        assert_eq!(words, 3 + left.len());
        let without = row::Purchase { codes: left.to_vec(), ..expected.clone() };
        assert_eq!(row::purchase(w.arena(), clean), without);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
    });
}

#[test]
fn movements_of_stock() {
    round_trip(Kind::StockChange, |w, s| {
        // In, gain and other in come; out, loss, destroyed and other out go.
        let sign = [1, -1, 1, -1, -1, 1, -1][w.bits(s, "inv_chg_type")];
        let expected = row::StockChange {
            id: w.key.0,
            institution: w.text(s, "fixmedins_code"),
            item: w.text(s, "med_list_codg"),
            cnt: sign * w.int(s, "cnt"),
            time: w.int(s, "inv_chg_time"),
        };
        assert_eq!(row::stock_change(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
    });
}

#[test]
fn counts_of_stock() {
    round_trip(Kind::StockCount, |w, s| {
        let expected = row::StockCount {
            id: w.key.0,
            institution: w.text(s, "fixmedins_code"),
            item: w.text(s, "med_list_codg"),
            cnt: w.int(s, "inv_cnt"),
            day: w.day(s, "invdate"),
        };
        assert_eq!(row::stock_count(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(i64::from(expected.day) * 86_400));
    });
}

#[test]
fn presences() {
    round_trip(Kind::Presence, |w, s| {
        let expected = row::Presence {
            id: w.key.0,
            psn_no: w.text(s, "psn_no"),
            institution: w.text(s, "fixmedins_code"),
            time: w.int(s, "idv_time"),
            pass: w.bits(s, "result") == 0,
            scene: PresenceScene::ALL[w.bits(s, "scene")],
        };
        assert_eq!(row::presence(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
    });
}

#[test]
fn invoices() {
    round_trip(Kind::Invoice, |w, s| {
        let expected = row::Invoice {
            bill_code: w.key.0,
            bill_no: w.key.1,
            institution: w.optional_text(s, "fixmedins_code"),
            time: w.int(s, "issue_time"),
        };
        assert_eq!(row::invoice(w.arena(), w.row), expected);
        assert_eq!(row::event_time(w.arena(), w.row), Some(expected.time));
    });
}

#[test]
fn labels() {
    round_trip(Kind::Label, |w, s| {
        w.words += 2;
        let expected = row::Label {
            case: w.key.0,
            subject_type: SubjectType::ALL[w.code(s, "subject_type")],
            subject: w.text(s, "subject_id"),
            begin: w.optional_day(s, "period_begin"),
            end: w.optional_day(s, "period_end"),
            scheme: w.optional_text(s, "scheme"),
            decision: Decision::ALL[w.code(s, "decision")],
            amount: w.optional_wide(s, "amount"),
            decided: s.int("decided_at").unwrap(),
            source: w.optional_text(s, "source"),
        };
        assert_eq!(row::label(w.arena(), w.row), expected);
    });
}

#[test]
fn how_late_a_record_came_is_kept_in_its_header() {
    const DAY: i64 = 86_400;
    for (delay, late) in [
        (None, None),
        (Some(-5), Some(Lateness::WithinDay)),
        (Some(DAY), Some(Lateness::WithinDay)),
        (Some(DAY + 1), Some(Lateness::WithinThreeDays)),
        (Some(3 * DAY), Some(Lateness::WithinThreeDays)),
        (Some(3 * DAY + 1), Some(Lateness::WithinWeek)),
        (Some(7 * DAY), Some(Lateness::WithinWeek)),
        (Some(7 * DAY + 1), Some(Lateness::Later)),
    ] {
        for (kind, event) in [
            (Kind::Visit, "endtime"),
            (Kind::Settlement, "setl_time"),
            (Kind::FeeLine, "fee_ocur_time"),
            (Kind::Prescription, "prsc_time"),
            (Kind::Dispensing, "sel_time"),
            (Kind::Purchase, "stoin_time"),
            (Kind::StockChange, "inv_chg_time"),
            (Kind::StockCount, "invdate"),
            (Kind::Presence, "idv_time"),
            (Kind::Invoice, "issue_time"),
        ] {
            let day = if kind == Kind::StockCount { DAY } else { 1 };
            let mut change = Sample::empty(kind);
            change.put(event, 20_000 * DAY / day);
            change.recv_time = delay.map(|delay| 20_000 * DAY + delay);
            let written = write(&change);
            assert_eq!(row::late(written.arena(), written.row), late, "{kind:?} {delay:?}");
        }
    }
}
