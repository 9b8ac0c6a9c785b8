//! Paths become lines: files in the order of the arguments, in a folder by the bytes of their relative path.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// How `origin` names it: as it was given, or the folder as given and the path below it.
    pub name: String,
    /// Its size when it was found, bytes.
    pub bytes: u64,
}

/// Bytes read at a time.
const BLOCK: usize = 1 << 20;

/// Files of one argument list, in order of arrival; files that nobody reads are named in `skipped`.
///
/// # Errors
/// A path that is not there or cannot be listed, and a file whose format is not read.
pub fn inputs(paths: &[PathBuf], skipped: &mut Vec<PathBuf>) -> Result<Vec<Input>, Error> {
    let mut inputs = Vec::new();
    for path in paths {
        let about = fs::metadata(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        if about.is_dir() {
            let mut below = Vec::new();
            walk(path, &mut below)?;
            below.sort_by_cached_key(|file| relative(path, file));
            for file in below {
                match format(&file) {
                    Format::Ndjson => inputs.push(input(&file)?),
                    Format::NotYet(name) => return Err(not_yet(&file, name)),
                    Format::Unknown => skipped.push(file),
                }
            }
        } else {
            match format(path) {
                Format::NotYet(name) => return Err(not_yet(path, name)),
                // A file named by hand is read whatever its name.
                Format::Ndjson | Format::Unknown => inputs.push(input(path)?),
            }
        }
    }
    Ok(inputs)
}

enum Format {
    Ndjson,
    NotYet(&'static str),
    Unknown,
}

fn format(path: &Path) -> Format {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ends = |ending: &str| name.ends_with(ending);
    match () {
        () if ends(".ndjson") || ends(".jsonl") => Format::Ndjson,
        () if ends(".csv") || ends(".csv.gz") || ends(".csv.zst") => Format::NotYet("CSV"),
        () if ends(".parquet") => Format::NotYet("Parquet"),
        () if [".ndjson", ".jsonl"].iter().any(|e| ends(&format!("{e}.gz")) || ends(&format!("{e}.zst"))) => {
            Format::NotYet("compressed NDJSON")
        }
        () => Format::Unknown,
    }
}

fn not_yet(path: &Path, format: &str) -> Error {
    Error::Arguments(format!("{}: {format} input is not built yet; convert it to NDJSON", path.display()))
}

fn input(path: &Path) -> Result<Input, Error> {
    let about = fs::metadata(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Ok(Input { path: path.to_owned(), name: path.to_string_lossy().into_owned(), bytes: about.len() })
}

fn relative(base: &Path, path: &Path) -> Vec<u8> {
    path.strip_prefix(base).unwrap_or(path).as_os_str().as_encoded_bytes().to_vec()
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        // Follows links as opening would; a broken one is an error, not a gap.
        let about = fs::metadata(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        if about.is_dir() { walk(&path, into)? } else { into.push(path) }
    }
    Ok(())
}

/// What a reader of lines does with them.
pub trait Lines {
    /// One line, without its end, with its number from 1.
    ///
    /// # Errors
    /// Ends the reading.
    fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error>;
    /// So many more bytes were read.
    fn bytes(&mut self, _count: u64) {}
}

/// Reads a file line by line; memory is bounded by the longest line.
///
/// # Errors
/// The file cannot be read, or `lines` wants to stop.
pub fn read(input: &Input, lines: &mut impl Lines) -> Result<(), Error> {
    let failed = |source| Error::Read { path: input.path.clone(), source };
    let mut file = File::open(&input.path).map_err(failed)?;
    let mut buffer = vec![0; BLOCK];
    // Bytes of the buffer that are an unfinished line.
    let mut kept = 0;
    let mut number = 0;
    let mut start_of_file = true;
    loop {
        if kept == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let got = match file.read(&mut buffer[kept..]) {
            Ok(got) => got,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(failed(source)),
        };
        lines.bytes(got as u64);
        let end = kept + got;
        let mut start = 0;
        if start_of_file && (end >= 3 || got == 0) {
            start_of_file = false;
            if buffer[..end].starts_with(b"\xef\xbb\xbf") {
                start = 3;
            }
        }
        if start_of_file {
            kept = end;
            continue;
        }
        while let Some(length) = memchr::memchr(b'\n', &buffer[start..end]) {
            number += 1;
            lines.line(number, trim(&buffer[start..start + length]))?;
            start += length + 1;
        }
        if got == 0 {
            if start < end {
                number += 1;
                lines.line(number, &buffer[start..end])?;
            }
            return Ok(());
        }
        buffer.copy_within(start..end, 0);
        kept = end - start;
    }
}

/// The `\r` of `\r\n` is not part of a line.
fn trim(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kept(Vec<(u64, Vec<u8>)>);
    impl Lines for Kept {
        fn line(&mut self, number: u64, line: &[u8]) -> Result<(), Error> {
            self.0.push((number, line.to_vec()));
            Ok(())
        }
    }

    fn lines_of(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ndjson");
        fs::write(&path, bytes).unwrap();
        let mut kept = Kept(Vec::new());
        read(&input(&path).unwrap(), &mut kept).unwrap();
        kept.0
    }

    #[test]
    fn lines_are_numbered_and_trimmed() {
        let expected = vec![(1, b"a".to_vec()), (2, b"".to_vec()), (3, b"b".to_vec())];
        assert_eq!(lines_of(b"\xef\xbb\xbfa\r\n\nb"), expected);
        assert_eq!(lines_of(b""), vec![]);
        assert_eq!(lines_of(b"\n"), vec![(1, b"".to_vec())]);
        assert_eq!(lines_of(b"x\n"), vec![(1, b"x".to_vec())]);
    }

    #[test]
    fn a_line_may_be_longer_than_a_block() {
        let long = vec![b'x'; 3 * BLOCK + 17];
        let mut bytes = long.clone();
        bytes.extend_from_slice(b"\ny");
        assert_eq!(lines_of(&bytes), vec![(1, long), (2, b"y".to_vec())]);
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_its_paths() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.ndjson", "a/z.ndjson", "a.ndjson", "notes.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let mut skipped = Vec::new();
        let found = inputs(&[folder.path().to_owned()], &mut skipped).unwrap();
        let names: Vec<_> = found.iter().map(|input| relative(folder.path(), &input.path)).collect();
        assert_eq!(names, [b"a.ndjson".to_vec(), b"a/z.ndjson".to_vec(), b"b.ndjson".to_vec()]);
        assert_eq!(skipped.len(), 1);
    }
}
