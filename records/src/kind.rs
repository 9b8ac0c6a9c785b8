//! The sixteen kinds of record, in the order of the contract's section 2.
//!
//! A kind's fields are in [`crate::schema`], what is kept of them in [`crate::row`]. The number of a kind stands in the
//! header of its rows, in four bits: a seventeenth kind needs a fifth one.

/// One kind of record. The order is the contract's and decides which missing thing is named first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Kind {
    /// A hospital, pharmacy or care agency.
    Institution,
    /// A doctor, nurse, pharmacist or technician.
    Practitioner,
    /// An insured person, known by an opaque token.
    Person,
    /// A fact from another register: death, custody, stay abroad, work injury, third party.
    PersonFact,
    /// Who is insured where, and since when.
    Enrolment,
    /// One visit; an inpatient one is a stay.
    Visit,
    /// One bill and its split between fund, account and cash.
    Settlement,
    /// One item on one bill.
    FeeLine,
    /// One prescription with its lines.
    Prescription,
    /// What left a pharmacy: a sale or a return.
    Dispensing,
    /// What entered an institution's stock: a purchase or its return.
    Purchase,
    /// Any other movement of stock.
    StockChange,
    /// A count of what lies on the shelf at the end of a day.
    StockCount,
    /// An identity check of a person at an institution.
    Presence,
    /// An invoice as the tax register knows it.
    Invoice,
    /// What a person decided about a case.
    Label,
}

impl Kind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Kind; 16] = [
        Kind::Institution,
        Kind::Practitioner,
        Kind::Person,
        Kind::PersonFact,
        Kind::Enrolment,
        Kind::Visit,
        Kind::Settlement,
        Kind::FeeLine,
        Kind::Prescription,
        Kind::Dispensing,
        Kind::Purchase,
        Kind::StockChange,
        Kind::StockCount,
        Kind::Presence,
        Kind::Invoice,
        Kind::Label,
    ];

    /// The name on the wire: `fee_line`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Institution => "institution",
            Kind::Practitioner => "practitioner",
            Kind::Person => "person",
            Kind::PersonFact => "person_fact",
            Kind::Enrolment => "enrolment",
            Kind::Visit => "visit",
            Kind::Settlement => "settlement",
            Kind::FeeLine => "fee_line",
            Kind::Prescription => "prescription",
            Kind::Dispensing => "dispensing",
            Kind::Purchase => "purchase",
            Kind::StockChange => "stock_change",
            Kind::StockCount => "stock_count",
            Kind::Presence => "presence",
            Kind::Invoice => "invoice",
            Kind::Label => "label",
        }
    }

    /// The kind with this name, if there is one.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}
