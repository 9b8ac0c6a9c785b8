//! Frames whose checksum is right and whose bytes make no sense are damage, each with the place of its frame.

use super::*;

/// A frame with these facts and this packed body, with the checksum that it asks for.
fn made(count: u32, plain: u64, packed: &[u8]) -> Vec<u8> {
    let mut frame = vec![0; HEAD];
    frame.extend_from_slice(&7u64.to_le_bytes());
    frame.extend_from_slice(&count.to_le_bytes());
    frame.extend_from_slice(&plain.to_le_bytes());
    frame.extend_from_slice(packed);
    let length = u32::try_from(frame.len() - HEAD).unwrap();
    frame[..4].copy_from_slice(&length.to_le_bytes());
    let sum = xxh3_64(&frame[HEAD..]).to_le_bytes();
    frame[4..HEAD].copy_from_slice(&sum);
    frame
}

/// A frame with this body.
fn with_body(count: u32, body: &[u8]) -> Vec<u8> {
    made(count, body.len() as u64, &zstd::bulk::compress(body, LEVEL).unwrap())
}

/// Replays a segment of a good frame and these bytes: the changes that come, and what ends it.
fn replayed(bytes: &[u8]) -> (usize, Result<(), Error>) {
    let folder = tempfile::tempdir().unwrap();
    let path = path_of(folder.path(), 1);
    let mut whole = MAGIC.to_vec();
    whole.extend_from_slice(&frame(6, [b"good".as_slice()].into_iter()).unwrap());
    whole.extend_from_slice(bytes);
    fs::write(&path, &whole).unwrap();
    let mut count = 0;
    let replayed = replay_file(&path, 0, whole.len() as u64, &mut |_, _| {
        count += 1;
        Ok::<(), Error>(())
    });
    (count, replayed)
}

#[test]
fn frames_that_make_no_sense_are_damage() {
    let good = frame(6, [b"good".as_slice()].into_iter()).unwrap();
    let place = (MAGIC.len() + good.len()) as u64;
    let one = b"\x03\0\0\0abc";
    let cases: [(&str, Vec<u8>); 10] = [
        ("within the head", vec![0; 5]),
        ("cannot be that long", vec![0; HEAD]),
        ("cannot be that long", vec![0xff; 64]),
        ("checksum", [&good[..HEAD], &vec![0; good.len() - HEAD]].concat()),
        ("longer than what is left", with_body(1, b"\xff\xff\xff\xffabc")),
        ("has no length", with_body(1, b"\x03\0\0\0abc\x01")),
        ("not as many", with_body(2, one)),
        ("not as many", with_body(0, one)),
        ("cannot be unpacked", made(1, 7, b"this was never packed")),
        ("cannot be that long", made(1, u64::MAX, &zstd::bulk::compress(one, LEVEL).unwrap())),
    ];
    for (expected, bytes) in cases {
        let (count, result) = replayed(&bytes);
        match result {
            Err(Error::Damaged { offset, what, .. }) => {
                assert!(what.contains(expected), "{what}, and not {expected}");
                assert_eq!((count, offset), (1, place), "{expected}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
    let (count, result) = replayed(&made(1, 9, &zstd::bulk::compress(one, LEVEL).unwrap()));
    assert!(matches!(result, Err(Error::Damaged { .. })) && count == 1);
}

#[test]
fn frames_without_changes_are_none() {
    let (count, result) = replayed(&with_body(0, b""));
    assert!(result.is_ok() && count == 1);
}

#[test]
fn a_file_shorter_than_what_counts_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_of(folder.path(), 1);
    let whole = [MAGIC.as_slice(), &frame(6, [b"good".as_slice()].into_iter()).unwrap()].concat();
    for end in 0..whole.len() {
        fs::write(&path, &whole[..end]).unwrap();
        let result = replay_file(&path, 0, whole.len() as u64, &mut |_, _| Ok::<(), Error>(()));
        assert!(matches!(result, Err(Error::Damaged { .. })), "cut at {end}: {result:?}");
    }
}
