//! Lines of NDJSON: any bytes are a change or a fault, and the same ones every time.

#![no_main]

use libfuzzer_sys::fuzz_target;
use records::decode::{Change, Decoder};

/// What is known of a change without its borrowed texts.
fn seen(change: &Change<'_>) -> (u64, u32, usize) {
    (change.content_hash, change.unknown_fields, change.values.len())
}

fuzz_target!(|bytes: &[u8]| {
    let mut used = Decoder::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let first = used.decode(line, seen);
        // A decoder that has seen other lines says the same as a new one.
        assert_eq!(used.decode(line, seen), first);
        assert_eq!(Decoder::new().decode(line, seen), first);
    }
});
