//! What the parts of the page are given: the dossier, the language, and what rules are called.

use rulebank::{Lang, Rule};

use super::super::read::{Dossier, Found};
use crate::language::pick;
use crate::mask::{Mask, key_names};

/// What the parts of the page share.
pub(super) struct RenderContext<'d> {
    pub(super) dossier: &'d Dossier,
    pub(super) lang: Lang,
}

impl<'d> RenderContext<'d> {
    /// The text of the page's language.
    pub(super) fn pick<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        pick(self.lang, zh, en)
    }

    /// The rule of this id, if the kept bank has it.
    pub(super) fn rule(&self, id: &str) -> Option<&'d Rule> {
        self.dossier.bank.rule(id)
    }

    /// What a rule is called; its id alone if the kept bank does not have it.
    pub(super) fn title(&self, id: &str) -> String {
        self.rule(id).map_or_else(String::new, |rule| self.lang.of(&rule.title).to_owned())
    }

    /// The parts of a finding's key, without persons.
    pub(super) fn key(&self, found: &Found, mask: &mut Mask) -> Vec<String> {
        let alert = &found.alert;
        let names = self
            .rule(&alert.rule)
            .and_then(|rule| key_names(&rule.detector, alert.key.len(), self.dossier.specs));
        mask.key(names, &alert.subject, &alert.key)
    }

    /// The code of the institution.
    pub(super) fn code(&self) -> &'d str {
        &self.dossier.institution.fixmedins_code
    }
}

/// The anchor of a rule's findings: ids of rules are letters and digits, but the file may have been changed.
pub(super) fn anchor(rule: &str) -> String {
    let plain: String =
        rule.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("rule-{plain}")
}
