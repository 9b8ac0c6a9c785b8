//! The closed vocabularies of rules and alerts.
//!
//! Each word is written in rule files, alerts and on the page in one way only, that of `code`. The order of
//! [`Severity`] and [`Verdict`] is the order in which alerts take their share of a yuan: strongest first.

/// Declares a vocabulary: a closed list that rule files and outputs can have as a value.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of_word:meta])* $word:ident = $code:literal,)+ }) => {
        records::closed_list! {
            $(#[$doc])*
            #[derive(serde::Serialize, serde::Deserialize)]
            $name { $($(#[$of_word])* #[serde(rename = $code)] $word = $code,)+ }
        }

        impl crate::word::Word for $name {
            fn all() -> &'static [$name] { $name::ALL }
            fn spelling(self) -> &'static str { self.code() }
        }
    };
}
pub(crate) use words;

/// A closed vocabulary, so that one function can read any of them.
pub(crate) trait Word: Copy + 'static {
    fn all() -> &'static [Self];
    fn spelling(self) -> &'static str;
}

words! {
    /// What sort of misuse a rule looks for.
    Family {
        /// Nobody was there, or somebody else was.
        FakePatient = "fake_patient",
        /// The person was there, the illness was not.
        FakeCondition = "fake_condition",
        /// Paper without the service behind it.
        FakeReceipt = "fake_receipt",
        /// The fund does not pay for this, or not under these circumstances.
        PaymentPolicy = "payment_policy",
        /// Charged more, more often or in more parts than allowed.
        Pricing = "pricing",
        /// Not what clinical practice calls for.
        Clinical = "clinical",
        /// Goods that do not add up.
        Inventory = "inventory",
        /// Not insured, or the institution not contracted.
        Eligibility = "eligibility",
        /// Behaviour of several people or over many visits.
        Group = "group",
        /// The data themselves are wrong.
        DataQuality = "data_quality",
    }
}

words! {
    /// When in the life of a bill a rule can judge.
    Phase {
        /// Before the event: while ordering or registering.
        Pre = "pre",
        /// During it: before the bill is settled.
        Mid = "mid",
        /// After it.
        Post = "post",
    }
}

words! {
    /// How sure a finding is of the fact. Never a word about intent.
    Verdict {
        /// The records leave no other reading.
        Definite = "definite",
        /// Something has to be looked at before it counts.
        Suspect = "suspect",
        /// A number that stands out.
        Indicator = "indicator",
    }
}

words! {
    /// How much a finding weighs.
    Severity {
        /// Look first.
        High = "high",
        /// The ordinary weight.
        Medium = "medium",
        /// Mostly a matter of tidiness.
        Low = "low",
    }
}

words! {
    /// Where a rule stands in its life; only active rules reach the alerts.
    Status {
        /// Being written.
        Draft = "draft",
        /// Runs beside the others, and nobody acts on it.
        Shadow = "shadow",
        /// In force.
        Active = "active",
        /// No longer in force, kept for what it once found.
        Retired = "retired",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_words_come_first() {
        assert!(Severity::High < Severity::Medium && Severity::Medium < Severity::Low);
        assert!(Verdict::Definite < Verdict::Suspect && Verdict::Suspect < Verdict::Indicator);
        assert_eq!(Family::DataQuality.code(), "data_quality");
    }
}
