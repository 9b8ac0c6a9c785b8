//! The common name of a certificate that was verified: who comes with it.
//!
//! The library that verifies certificates gives the subject as it stands there (X.501 `Name` in DER, RFC 5280 section
//! 4.1.2.6); this finds the one common name in it.

use tokio_rustls::rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// `2.5.4.3`.
const COMMON_NAME: [u8; 3] = [0x55, 0x04, 0x03];

const OBJECT_IDENTIFIER: u8 = 0x06;
const UTF8_STRING: u8 = 0x0c;
const PRINTABLE_STRING: u8 = 0x13;
const IA5_STRING: u8 = 0x16;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;

/// The common name of the subject; none where there is not exactly one, or it is of a type that is not text of ours.
pub(super) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    of_subject(EndEntityCert::try_from(certificate).ok()?.subject())
}

fn of_subject(mut subject: &[u8]) -> Option<String> {
    let mut found = None;
    while !subject.is_empty() {
        let (mut set, rest) = value(subject, SET)?;
        subject = rest;
        while !set.is_empty() {
            let (attribute, rest) = value(set, SEQUENCE)?;
            set = rest;
            let (identifier, text) = value(attribute, OBJECT_IDENTIFIER)?;
            if identifier != COMMON_NAME {
                continue;
            }
            let tag = *text.first()?;
            if ![UTF8_STRING, PRINTABLE_STRING, IA5_STRING].contains(&tag) {
                return None;
            }
            let (text, _) = value(text, tag)?;
            // Two names: it cannot be said whose it is.
            if found.replace(std::str::from_utf8(text).ok()?.to_owned()).is_some() {
                return None;
            }
        }
    }
    found
}

/// The value of the element that DER begins with, which must be of this type, and what follows it.
fn value(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, length], rest) = der.split_first_chunk::<2>()?;
    let (length, rest) = match length {
        0..=0x7f => (usize::from(length), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest
            .split_first_chunk::<2>()
            .map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    if found != tag {
        return None;
    }
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn element(tag: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        [&[tag, length][..], value].concat()
    }

    fn attribute(identifier: &[u8], tag: u8, text: &str) -> Vec<u8> {
        let of = [element(OBJECT_IDENTIFIER, identifier), element(tag, text.as_bytes())].concat();
        element(SET, &element(SEQUENCE, &of))
    }

    #[test]
    fn the_one_common_name_is_found() {
        let country = attribute(&[0x55, 0x04, 0x06], PRINTABLE_STRING, "CN");
        let name = |text| attribute(&COMMON_NAME, UTF8_STRING, text);
        assert_eq!(of_subject(&[country.clone(), name("科长")].concat()).as_deref(), Some("科长"));
        assert_eq!(of_subject(&country), None);
        assert_eq!(of_subject(&[name("a"), name("b")].concat()), None);
        assert_eq!(of_subject(&attribute(&COMMON_NAME, 0x1e, "ab")), None);
        let whole = name("abc");
        for end in 1..whole.len() {
            assert_eq!(of_subject(&whole[..end]), None, "{end}");
        }
    }
}
