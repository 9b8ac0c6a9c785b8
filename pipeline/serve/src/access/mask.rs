//! Persons in front of those who need not know them: a token becomes a pseudonym, the same one wherever it stands.
//!
//! A pseudonym is `P~` and ten characters of a keyed hash (HMAC-SHA-256). The key is drawn when the state is made and
//! lies beside it; without it nobody can try tokens until one fits. Two states have two keys, so that what is read of
//! one cannot be laid beside the other.
//!
//! What is a person's token is known by [`wire::mask`]. It is replaced in subject, key, evidence and causes where a
//! person stands, and in messages and ids where it stands whole and can be nothing else; if it has [`LONG`] characters
//! or more, also within longer words, such as the id of a record that a hospital made of it. A person called `1234` or
//! `-` changes no amount and no code.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::rand::{GetRandomFlags, getrandom};
use sha2::{Digest, Sha256};
use wire::explanation::Explanation;
use wire::mask::{FIELDS_OF_PERSONS, Tokens, is_distinct, names_a_person, person_of_cause, persons_of};
use wire::{Alert, Cause, Event};

use crate::Error;

/// Characters from which on a token is also replaced within longer words: by chance it does not stand there.
pub const LONG: usize = 8;

/// The name of the key's file, in the folder of the state.
pub const KEY_FILE: &str = "mask.key";

/// Digits of a pseudonym, five bits each; without those that look like others.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Gives persons their pseudonyms.
#[derive(Clone)]
pub struct Mask {
    /// The key, as the inner and the outer hash take it.
    inner: [u8; 64],
    outer: [u8; 64],
}

/// Random bytes of the operating system.
///
/// # Errors
/// It has none.
pub fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut filled = 0;
    while filled < bytes.len() {
        filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
    }
    Ok(bytes)
}

impl Mask {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Mask {
        let (mut inner, mut outer) = ([0x36; 64], [0x5c; 64]);
        for (nth, byte) in key.iter().enumerate() {
            inner[nth] ^= byte;
            outer[nth] ^= byte;
        }
        Mask { inner, outer }
    }

    /// With the key of a folder, which is drawn if there is none.
    ///
    /// # Errors
    /// It cannot be read or written, is no key, or others may read it.
    pub fn open(data: &Path) -> Result<Mask, Error> {
        let path = data.join(KEY_FILE);
        let failed = |source| Error::file(&path, source);
        let mut file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return draw(data, &path),
            Err(error) => return Err(failed(error)),
        };
        if file.metadata().map_err(failed)?.permissions().mode() & 0o077 != 0 {
            return Err(Error::config(format!(
                "{}: others than its owner may read the key that masks persons; `chmod 600` it",
                path.display()
            )));
        }
        let mut key = Vec::new();
        file.read_to_end(&mut key).map_err(failed)?;
        match <[u8; 32]>::try_from(key) {
            Ok(key) => Ok(Mask::new(&key)),
            Err(_) => Err(Error::config(format!(
                "{}: 32 bytes are a key; put it back from a backup, or remove it: then persons get other pseudonyms",
                path.display()
            ))),
        }
    }

    /// The pseudonym of a token.
    pub fn pseudonym(&self, token: &str) -> String {
        let inner = Sha256::new().chain_update(self.inner).chain_update(token.as_bytes()).finalize();
        let hash: [u8; 32] = Sha256::new().chain_update(self.outer).chain_update(inner).finalize().into();
        let mut bits = hash.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte)) >> 14;
        let mut digits = [0; 10];
        for digit in digits.iter_mut().rev() {
            *digit = DIGITS[usize::try_from(bits & 31).unwrap_or(0)];
            bits >>= 5;
        }
        format!("P~{}", String::from_utf8_lossy(&digits))
    }

    /// An alert without the numbers of persons.
    pub fn alert(&self, mut alert: Alert) -> Alert {
        let mut tokens = Tokens::default();
        persons_of(&alert).for_each(|token| tokens.know(token));
        self.alert_of(&mut alert, &tokens);
        alert
    }

    /// An event without the numbers of persons.
    pub fn event(&self, mut event: Event) -> Event {
        let mut tokens = Tokens::default();
        persons_of(&event.alert).for_each(|token| tokens.know(token));
        event.cause.iter().filter_map(person_of_cause).for_each(|token| tokens.know(token));
        event.cause.iter_mut().for_each(|cause| self.name(&cause.kind, &mut cause.key, &tokens));
        self.alert_of(&mut event.alert, &tokens);
        event
    }

    /// The causes of an event of this alert, without the numbers of persons.
    pub fn causes(&self, alert: &Alert, causes: Vec<Cause>) -> Vec<Cause> {
        let event = Event { event: "".into(), tick: 0, cause: causes, alert: alert.clone() };
        self.event(event).cause
    }

    /// An explained alert without the numbers of persons.
    pub fn explanation(&self, mut of: Explanation) -> Explanation {
        let mut tokens = Tokens::default();
        persons_of(&of.alert).for_each(|token| tokens.know(token));
        for record in &of.records {
            if names_a_person(&record.kind) {
                tokens.know(&record.key);
            }
            let fields = record.fields.0.iter().chain(&record.as_sent.0);
            let of_person = fields.filter(|(name, _)| FIELDS_OF_PERSONS.contains(&name.as_str()));
            of_person.for_each(|(_, token)| tokens.know(token));
        }
        let causes = of.history.iter().flat_map(|entry| &entry.cause);
        causes.filter_map(person_of_cause).for_each(|token| tokens.know(token));
        self.alert_of(&mut of.alert, &tokens);
        for text in of.values.values_mut() {
            self.replace(&mut text.zh, &tokens);
            self.replace(&mut text.en, &tokens);
        }
        for record in &mut of.records {
            self.name(&record.kind, &mut record.key, &tokens);
            for (name, value) in record.fields.0.iter_mut().chain(&mut record.as_sent.0) {
                match FIELDS_OF_PERSONS.contains(&name.as_str()) && !value.is_empty() {
                    true => *value = self.pseudonym(value),
                    false => self.replace(value, &tokens),
                }
            }
        }
        for cause in of.history.iter_mut().flat_map(|entry| &mut entry.cause) {
            self.name(&cause.kind, &mut cause.key, &tokens);
        }
        if let Some(money) = &mut of.money {
            for laid in &mut money.laid {
                self.name(&laid.kind, &mut laid.key, &tokens);
                laid.visit.iter_mut().for_each(|visit| self.replace(visit, &tokens));
            }
            for earlier in &mut money.before {
                earlier.visit.iter_mut().for_each(|visit| self.replace(visit, &tokens));
            }
            money.laid.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
        }
        // As evidence: their own order would say how the tokens stand to each other.
        of.records.sort_by(|a, b| (&a.kind, &a.key).cmp(&(&b.kind, &b.key)));
        of
    }

    fn alert_of(&self, alert: &mut Alert, tokens: &Tokens) {
        let is_person = names_a_person(&alert.subject.r#type);
        // Facts, enrolments and checks are named by parts of a key.
        let of_records = alert.evidence.iter().filter(|of| names_a_person(&of.kind) && of.kind != "person");
        let of_records: Vec<String> = of_records.map(|of| of.key.clone()).collect();
        for (nth, part) in alert.key.iter_mut().enumerate() {
            // Who is the subject stands first.
            let is_subject = nth == 0 && is_person;
            let is_record = nth > 0 || alert.subject.id != *part;
            if is_subject || is_record && of_records.contains(part) {
                *part = self.pseudonym(part);
            } else {
                self.replace(part, tokens);
            }
        }
        self.name(&alert.subject.r#type, &mut alert.subject.id, tokens);
        for record in &mut alert.evidence {
            self.name(&record.kind, &mut record.key, tokens);
        }
        // In their own order they would say how the tokens stand to each other.
        alert.evidence.sort();
        self.replace(&mut alert.message.zh, tokens);
        self.replace(&mut alert.message.en, tokens);
        if let Some(exempted_by) = &mut alert.exempted_by {
            self.replace(exempted_by, tokens);
        }
    }

    /// The name of a record or thing of this kind.
    fn name(&self, kind: &str, key: &mut String, tokens: &Tokens) {
        if names_a_person(kind) {
            *key = self.pseudonym(key);
        } else {
            self.replace(key, tokens);
        }
    }

    /// A text or an id that is no person's.
    fn replace(&self, text: &mut String, tokens: &Tokens) {
        let name = |token: &str| match is_distinct(token) {
            true => self.pseudonym(token),
            false => token.to_owned(),
        };
        let mut replaced = tokens.replaced(text, name).into_owned();
        for token in tokens.iter().filter(|token| token.len() >= LONG && is_distinct(token)) {
            if replaced.contains(token) {
                replaced = replaced.replace(token, &self.pseudonym(token));
            }
        }
        *text = replaced;
    }
}

fn draw(data: &Path, path: &Path) -> Result<Mask, Error> {
    let key = random().map_err(Error::System)?;
    let write = || -> std::io::Result<()> {
        fs::create_dir_all(data)?;
        // Whole under its name, or not at all.
        let part = path.with_extension("part");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
        file.write_all(&key)?;
        file.sync_all()?;
        fs::rename(&part, path)?;
        fs::File::open(data)?.sync_all()
    };
    write().map_err(|source| Error::file(path, source))?;
    Ok(Mask::new(&key))
}

/// What is wrong with a change, without what stands in it: the place is named, the value is left out.
pub fn fault_without_values(code: &str, text: &str) -> String {
    match code {
        "missing_field" => text.to_owned(),
        _ => text.split(": ").next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use wire::{Bilingual, RecordName, Subject};

    use super::*;

    #[test]
    fn a_pseudonym_is_a_keyed_hash() {
        let mask = Mask::new(&[7; 32]);
        let pseudonym = mask.pseudonym("T1");
        assert!(pseudonym.starts_with("P~") && pseudonym.len() == 12, "{pseudonym}");
        assert_eq!(pseudonym, mask.pseudonym("T1"));
        assert_ne!(pseudonym, mask.pseudonym("T2"));
        assert_ne!(pseudonym, Mask::new(&[8; 32]).pseudonym("T1"));
        // RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
        let mut key = [0; 32];
        key[..4].copy_from_slice(b"Jefe");
        let hash = 0x5bdc_c146_bf60_754e_u64 >> 14;
        let digit = |nth: u32| char::from(DIGITS[usize::try_from(hash >> (5 * nth) & 31).unwrap()]);
        let expected: String = (0..10).rev().map(digit).collect();
        assert_eq!(Mask::new(&key).pseudonym("what do ya want for nothing?"), format!("P~{expected}"));
    }

    #[test]
    fn persons_are_masked_wherever_they_stand() {
        let name = |kind: &'static str, key: &str| RecordName { kind: kind.into(), key: key.to_owned() };
        let alert = Alert {
            key: vec!["PSN00000001".to_owned(), "ITEM".to_owned()],
            subject: Subject { r#type: "person".into(), id: "PSN00000001".to_owned() },
            evidence: vec![
                name("fee_line", "VPSN00000001/1"),
                name("person", "PSN00000001"),
                name("presence", "I-7"),
                name("visit", "V-1"),
            ],
            message: Bilingual {
                zh: "人员PSN00000001".to_owned(),
                en: "person PSN00000001, check I-7".to_owned(),
            },
            ..Alert::default()
        };
        let cause = vec![Cause { kind: "person_fact".into(), key: "F-9".to_owned(), rev: Some(1) }];
        let event = Event { event: "raised".into(), tick: 1, cause, alert };
        let mask = Mask::new(&[7; 32]);
        let masked = mask.event(event);
        let text = serde_json::to_string(&masked).unwrap();
        for token in ["PSN00000001", "I-7", "F-9"] {
            assert!(!text.contains(token), "{token}: {text}");
        }
        assert_eq!(masked.alert.key, [mask.pseudonym("PSN00000001"), "ITEM".to_owned()]);
        assert!(masked.alert.message.en.ends_with(&format!("check {}", mask.pseudonym("I-7"))));
        assert!(masked.alert.evidence.iter().any(|of| of.key == "V-1"));
    }

    #[test]
    fn numbers_and_signs_are_masked_where_a_person_stands_and_nowhere_else() {
        for token in ["1234", "-", "2025", "03", ".", "2025-03-01", "03-01 - 03"] {
            let name = |kind: &'static str, key: &str| RecordName { kind: kind.into(), key: key.to_owned() };
            let message = "1,234.03 yuan (1234.03) on 2025-03-01 - 03";
            let alert = Alert {
                key: vec![token.to_owned(), "1234".to_owned(), "2025-03-01".to_owned()],
                subject: Subject { r#type: "person".into(), id: token.to_owned() },
                evidence: vec![name("person", token), name("visit", "V-1234-2025.03")],
                message: Bilingual { zh: message.to_owned(), en: message.to_owned() },
                ..Alert::default()
            };
            let mask = Mask::new(&[7; 32]);
            let masked = mask.alert(alert);
            let person = mask.pseudonym(token);
            assert_eq!(masked.key, [person.as_str(), "1234", "2025-03-01"]);
            assert_eq!((&masked.subject.id, masked.message.en.as_str()), (&person, message));
            assert_eq!(masked.evidence, [name("person", &person), name("visit", "V-1234-2025.03")]);
        }
    }

    #[test]
    fn the_key_stays_and_is_nobody_elses() {
        let folder = tempfile::tempdir().unwrap();
        let first = Mask::open(folder.path()).unwrap().pseudonym("T1");
        assert_eq!(Mask::open(folder.path()).unwrap().pseudonym("T1"), first);
        let path = folder.path().join(KEY_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Mask::open(folder.path()).err().unwrap().to_string().contains("chmod 600"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, b"short").unwrap();
        assert!(Mask::open(folder.path()).err().unwrap().to_string().contains("32 bytes"));
    }

    #[test]
    fn a_fault_is_told_without_the_value() {
        let of = fault_without_values;
        assert_eq!(of("missing_field", "person.gend is missing"), "person.gend is missing");
        assert_eq!(of("bad_value", "person.psn_no: 4401 is not a string"), "person.psn_no");
    }
}
