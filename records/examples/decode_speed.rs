//! How long decoding takes: nanoseconds per record, the median of five passes, on one core.
//!
//! `cargo run --release -p records --example decode_speed`

#![expect(clippy::print_stdout, reason = "the figures are the output")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use records::decode::Decoder;

/// Lines of one shape.
const LINES: usize = 50_000;

/// Writes the line of a number.
type Shape = fn(usize) -> String;

fn main() {
    let shapes: [(&str, Shape); 3] = [("fee_line", fee_line), ("visit", visit), ("mixed", mixed)];
    for (shape, line) in shapes {
        let mut block = String::new();
        let mut lines = Vec::new();
        for i in 0..LINES {
            let start = block.len();
            block.push_str(&line(i));
            lines.push(start..block.len());
            block.push('\n');
        }
        let mut decoder = Decoder::new();
        let mut passes: Vec<f64> = (0..5).map(|_| pass(&mut decoder, block.as_bytes(), &lines)).collect();
        passes.sort_by(f64::total_cmp);
        let bytes = block.len() / LINES;
        println!(
            "{shape}: {:.0} ns per record of {bytes} bytes, {:.0} MB/s",
            passes[2],
            block.len() as f64 * 1e3 / passes[2] / LINES as f64
        );
    }
}

fn pass(decoder: &mut Decoder, block: &[u8], lines: &[std::ops::Range<usize>]) -> f64 {
    let start = Instant::now();
    let mut sum = 0_u64;
    for line in lines {
        let hash = decoder.decode(&block[line.clone()], |change| change.content_hash).expect("a good line");
        sum = sum.wrapping_add(hash);
    }
    black_box(sum);
    start.elapsed().as_secs_f64() * 1e9 / lines.len() as f64
}

fn fee_line(i: usize) -> String {
    let (visit, person, item) = (i / 12, i * 7 % 9_973, i * 31 % 4_001);
    let (day, minute, second) = (1 + i % 28, i % 60, i * 17 % 60);
    let fen = 100 + i * 37 % 90_000;
    format!(
        r#"{{"kind": "fee_line", "rev": {}, "mdtrt_id": "V{visit:08}", "feedetl_sn": "{i}", "setl_id": "S{visit:08}", "psn_no": "T{person:07}", "fixmedins_code": "H44010{:05}", "fee_ocur_time": "2025-03-{day:02} 10:{minute:02}:{second:02}", "med_list_codg": "XA02BCA{item:05}", "list_type": "101", "med_chrgitm_type": "09", "cnt": {}, "pric": "{}.{:02}", "det_item_fee_sumamt": "{}.{:02}", "fund_amt": "{}.{:02}", "recv_time": "2025-03-{day:02} 18:00:00"}}"#,
        1 + i % 3,
        i % 300,
        1 + i % 5,
        fen / 100,
        fen % 100,
        fen / 50,
        fen % 100,
        fen / 60,
        fen % 100,
    )
}

fn visit(i: usize) -> String {
    let mut line = format!(
        r#"{{"kind": "visit", "rev": 1, "mdtrt_id": "V{i:08}", "psn_no": "T{:07}", "fixmedins_code": "H44010{:05}", "med_type": "21", "begntime": "2025-03-{:02} 09:10:00", "endtime": "2025-03-30 10:00:00", "insutype": "310", "insu_admdvs": "440100", "dept_codg": "A03", "dr_codg": "D{:06}", "diags": ["#,
        i * 7 % 9_973,
        i % 300,
        1 + i % 28,
        i % 4_000,
    );
    write!(line, r#"{{"diag_code": "I10.x0{}", "maindiag_flag": "1", "diag_srt_no": 1}}, "#, i % 10)
        .expect("a String");
    line.push_str(r#"{"diag_code": "E11.900", "maindiag_flag": "0", "diag_srt_no": 2}]}"#);
    line
}

/// Fee lines with a visit, a settlement and a sale between them.
fn mixed(i: usize) -> String {
    match i % 7 {
        0 => visit(i),
        1 => format!(
            r#"{{"kind": "settlement", "rev": 1, "setl_id": "S{i:08}", "mdtrt_id": "V{i:08}", "psn_no": "T{:07}", "fixmedins_code": "H44010{:05}", "med_type": "21", "insutype": "310", "setl_time": "2025-03-30 11:00:00", "medfee_sumamt": "1234.50", "fund_pay_sumamt": "900.00", "acct_pay": "100.00", "psn_cash_pay": "234.50", "bill_code": "440625", "bill_no": "{i:010}"}}"#,
            i * 7 % 9_973,
            i % 300,
        ),
        2 => format!(
            r#"{{"kind": "dispensing", "rev": 1, "sel_id": "X{i:08}", "move": "sale", "fixmedins_code": "P44010{:05}", "med_list_codg": "XA02BCA{:05}", "cnt": 2, "sel_time": "2025-03-30 11:00:00", "finl_trns_pric": "12.345000", "psn_no": "T{:07}", "mdtrt_setl_type": "1", "trace_codes": ["8{i:019}", "9{i:019}"]}}"#,
            i % 300,
            i * 31 % 4_001,
            i * 7 % 9_973,
        ),
        _ => fee_line(i),
    }
}
