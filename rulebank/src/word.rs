//! The closed vocabularies of rules and alerts.
//!
//! Each word is written in rule files, alerts and on the page in one way only, that of `as_str`. The order of
//! [`Severity`] and [`Verdict`] is the order in which alerts take their share of a yuan: strongest first.

/// Declares an enum of words together with their spelling and the list of all of them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$word_doc])* #[serde(rename = $text)] $word,)+ }

        impl $name {
            /// Every word, in order.
            pub const ALL: &'static [$name] = &[$($name::$word,)+];

            /// The word as rule files and alerts write it.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$word => $text,)+ }
            }
        }

        impl crate::word::Word for $name {
            fn all() -> &'static [$name] { $name::ALL }
            fn spelling(self) -> &'static str { self.as_str() }
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
        assert_eq!(Family::DataQuality.as_str(), "data_quality");
    }
}
