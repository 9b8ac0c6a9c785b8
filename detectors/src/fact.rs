//! The facts by the keys under which somebody looks for them, each arranged once and shared by all who read it.
//!
//! Nearly every arrangement of the dataflow's input maps a key of 64 bits to rows: a [`Fact`] names each of them
//! once, with what stands there and under which key. A further one is a line of the list below and a line where
//! [`crate::graph::Inputs`] feeds it. Where it only matters that something is there, no row stands for it
//! ([`RowRef::NONE`](records::arena::RowRef::NONE)).

/// Lists the facts: their names, and what the operator that arranges them is called.
macro_rules! facts {
    ($($(#[$doc:meta])* $name:ident: $label:literal,)+) => {
        /// An arrangement of facts: what stands there, and under which key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fact {
            $($(#[$doc])* $name,)+
        }

        impl Fact {
            /// Every one.
            pub const ALL: &[Fact] = &[$(Fact::$name,)+];
            /// How many there are.
            pub const COUNT: usize = Fact::ALL.len();

            /// What it is called where operators are listed.
            pub fn name(self) -> &'static str {
                match self {
                    $(Fact::$name => concat!("facts: ", $label),)+
                }
            }
        }
    };
}

facts! {
    /// Institutions by fixmedins_code.
    Institution: "institutions",
    /// Persons by psn_no.
    Person: "persons",
    /// Facts of other registers by person.
    PersonFact: "person facts by person",
    /// Enrolments by person.
    EnrolmentOfPerson: "enrolments by person",
    /// No row under key 0, once for every enrolment.
    AnyEnrolment: "any enrolment",
    /// Visits by mdtrt_id.
    Visit: "visits",
    /// Live settlements by visit.
    SettlementOfVisit: "settlements by visit",
    /// Live settlements by person.
    SettlementOfPerson: "settlements by person",
    /// Live settlements by institution.
    SettlementOfInstitution: "settlements by institution",
    /// Live settlements and invoices by bill_code and bill_no.
    Bill: "bills",
    /// Net fee lines and net sales by visit.
    LineOfVisit: "lines by visit",
    /// No row, once for every standing line with an rx_id, by visit.
    VisitWithRx: "visits with rx",
    /// Prescriptions, the net lines and the sales that name them, by rx_id.
    OfPrescription: "by prescription",
    /// Returns, and sales of which nothing is left, that name a prescription, by rx_id.
    GoneWithRx: "returns by prescription",
    /// Lines as sent that reverse another or do not add up exactly, by visit and the line they reverse or their own
    /// number.
    DoubtfulLine: "doubtful lines",
    /// No row, once for every original that has reversals, by visit and number.
    NettedLine: "lines with reversals",
    /// No row, once for every prescription, by institution.
    Prescribing: "prescribing institutions",
    /// Insured sales by trace code.
    SaleOfCode: "sales by trace code",
    /// Purchases and their returns by trace code.
    PurchaseOfCode: "purchases by trace code",
    /// No row, once for every purchase, by institution and item.
    Bought: "bought items",
    /// No row, once for every purchase with a trace code, by institution and item.
    BoughtWithCodes: "items bought with codes",
    /// No row, once for every purchase and return, by institution.
    Buying: "buying institutions",
    /// Stock counts by institution and item.
    StockCount: "stock counts",
    /// Passed checks by person.
    PassOfPerson: "passes by person",
    /// No row, once for every check of a patient, by institution.
    Checking: "checking institutions",
    /// Practitioners by [`crate::profile::subject_key`].
    Practitioner: "practitioners",
    /// Practitioners by institution.
    PractitionerOfInstitution: "practitioners by institution",
}
