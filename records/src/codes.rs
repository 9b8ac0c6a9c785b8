//! The closed lists of codes: each is one enum, and its codes stand nowhere else.
//!
//! The [`schema`](crate::schema) takes a list from here ([`ListType::CODES`]), so the decoder hands on the *position* in
//! it; a row keeps the position; readers get the enum; what is shown or written out is [`ListType::code`]. A code is
//! added by one line here.
//!
//! Codes are those of the national interface. Open lists (`med_type`, `insutype`, ...) are texts and not here.
//!
//! # Example
//! ```
//! use records::codes::{HospitalLevel, ListType};
//!
//! assert_eq!(ListType::from_code("201"), Some(ListType::Service));
//! assert_eq!(ListType::Service.code(), "201");
//! assert!(HospitalLevel::TwoA > HospitalLevel::ThreeC, "two A ranks below three C");
//! ```

/// Declares a list of codes in the order of the contract, whose positions rows keep.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($list:tt)+ }) => {
        crate::closed_list! {
            $(#[$doc])*
            #[derive(serde::Serialize, serde::Deserialize)]
            #[repr(u8)]
            $name { $($list)+ }
        }

        impl $name {
            /// What stands at a position of the list; the decoder gives no position beyond it, which is the last here.
            #[inline]
            pub fn from_position(position: u32) -> $name {
                $name::ALL[(position as usize).min($name::ALL.len() - 1)]
            }

            /// The codes of all others, joined by `/`: all that is known where a row keeps only whether it is `self`.
            pub fn other_codes(self) -> String {
                let others: Vec<&str> =
                    $name::ALL.iter().filter(|other| **other != self).map(|other| other.code()).collect();
                others.join("/")
            }
        }
    };
}

codes! {
    /// `fixmedins_type`.
    InstitutionType {
        /// A hospital, clinic or other medical institution.
        Medical = "1",
        /// A retail pharmacy.
        Pharmacy = "2",
        /// An agency of long-term care.
        CareAgency = "3",
    }
}

codes! {
    /// `hosp_lv`, the highest first: a level that ranks below another is greater.
    HospitalLevel {
        /// Grade three, special.
        ThreeSpecial = "01",
        /// Grade three, class A.
        ThreeA = "02",
        /// Grade three, class B.
        ThreeB = "03",
        /// Grade three, class C.
        ThreeC = "04",
        /// Grade two, class A.
        TwoA = "05",
        /// Grade two, class B.
        TwoB = "06",
        /// Grade two, class C.
        TwoC = "07",
        /// Grade one, class A.
        OneA = "08",
        /// Grade one, class B.
        OneB = "09",
        /// Grade one, class C.
        OneC = "10",
        /// Without a grade.
        Ungraded = "11",
    }
}

impl HospitalLevel {
    /// 1, the highest, to 11.
    pub const fn rank(self) -> u8 {
        self as u8 + 1
    }

    /// The grade, without its class.
    pub const fn grade(self) -> HospitalGrade {
        match self {
            HospitalLevel::ThreeSpecial
            | HospitalLevel::ThreeA
            | HospitalLevel::ThreeB
            | HospitalLevel::ThreeC => HospitalGrade::Tertiary,
            HospitalLevel::TwoA | HospitalLevel::TwoB | HospitalLevel::TwoC => HospitalGrade::Secondary,
            HospitalLevel::OneA | HospitalLevel::OneB | HospitalLevel::OneC => HospitalGrade::Primary,
            HospitalLevel::Ungraded => HospitalGrade::Ungraded,
        }
    }
}

codes! {
    /// The grade of a [`HospitalLevel`], the lowest first; its code is its number, and no field of the wire.
    HospitalGrade {
        /// Without a grade.
        Ungraded = "0",
        /// Grade one.
        Primary = "1",
        /// Grade two.
        Secondary = "2",
        /// Grade three.
        Tertiary = "3",
    }
}

codes! {
    /// `agreements.status`.
    AgreementStatus {
        /// In force.
        Active = "1",
        /// Suspended.
        Suspended = "0",
        /// Ended.
        Ended = "2",
    }
}

codes! {
    /// `prac_psn_type`.
    PractitionerType {
        /// A doctor.
        Doctor = "doctor",
        /// A nurse.
        Nurse = "nurse",
        /// A pharmacist.
        Pharmacist = "pharmacist",
        /// A technician.
        Technician = "technician",
    }
}

codes! {
    /// `gend`.
    Sex {
        /// Male.
        Male = "1",
        /// Female.
        Female = "2",
        /// Not known; in rows also [`Sex::NotStated`].
        Unknown = "0",
        /// Not stated.
        NotStated = "9",
    }
}

impl Sex {
    /// Whether it is male or female.
    pub const fn is_known(self) -> bool {
        matches!(self, Sex::Male | Sex::Female)
    }

    /// The code, or both codes of those who are neither known to be male nor female.
    pub fn code_or_unknown(self) -> String {
        if self.is_known() {
            self.code().to_owned()
        } else {
            [Sex::Unknown, Sex::NotStated].map(Sex::code).join("/")
        }
    }
}

codes! {
    /// `person_fact.fact`.
    FactType {
        /// The person died.
        Death = "death",
        /// In custody.
        Custody = "custody",
        /// Abroad.
        Abroad = "abroad",
        /// An injury at work, which another fund pays.
        WorkInjury = "work_injury",
        /// An injury for which a third party pays.
        ThirdParty = "third_party",
    }
}

codes! {
    /// `enrolment.status`.
    EnrolmentStatus {
        /// Normal.
        Normal = "1",
        /// Suspended.
        Suspended = "2",
        /// Ended.
        Ended = "3",
    }
}

codes! {
    /// `list_type`.
    ListType {
        /// A drug.
        Drug = "101",
        /// A herb.
        Herb = "102",
        /// A service.
        Service = "201",
        /// A consumable.
        Consumable = "301",
    }
}

impl ListType {
    /// Drug or herb.
    pub const fn is_drug(self) -> bool {
        matches!(self, ListType::Drug | ListType::Herb)
    }
}

codes! {
    /// `med_chrgitm_type`: what an item is charged as. The list is open; a code beyond it is [`ChargeType::Unlisted`].
    ChargeType {
        /// Bed.
        Bed = "01",
        /// Consultation or examination by a doctor.
        Consultation = "02",
        /// Examination by a device.
        Examination = "03",
        /// Laboratory test.
        Laboratory = "04",
        /// Treatment.
        Treatment = "05",
        /// Surgery.
        Surgery = "06",
        /// Nursing.
        Nursing = "07",
        /// Materials.
        Materials = "08",
        /// Western drugs.
        WesternDrugs = "09",
        /// Slices of herbs.
        Herbs = "10",
        /// Chinese patent drugs.
        PatentDrugs = "11",
        /// General consultation of a clinic.
        GeneralConsultation = "12",
        /// Registration.
        Registration = "13",
        /// Anything else.
        Other = "14",
        /// A code that the list does not have.
        Unlisted = "?",
    }
}

codes! {
    /// `prescription.state`.
    PrescriptionState {
        /// Issued.
        Issued = "issued",
        /// Reviewed by a pharmacist.
        Reviewed = "reviewed",
        /// Dispensed.
        Dispensed = "dispensed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

codes! {
    /// `dispensing.move`.
    DispensingMove {
        /// Goods left.
        Sale = "sale",
        /// Goods came back.
        Return = "return",
    }
}

codes! {
    /// `purchase.move`.
    PurchaseMove {
        /// Goods came in.
        Purchase = "purchase",
        /// Goods went back.
        Return = "return",
    }
}

codes! {
    /// `inv_chg_type`.
    StockChangeType {
        /// In from another store.
        In = "101",
        /// Out to another store.
        Out = "102",
        /// Found at a count.
        Gain = "103",
        /// Missing at a count.
        Loss = "104",
        /// Destroyed.
        Destroyed = "105",
        /// In for another reason.
        OtherIn = "106",
        /// Out for another reason.
        OtherOut = "107",
    }
}

impl StockChangeType {
    /// Whether stock grows by it.
    pub const fn is_inward(self) -> bool {
        matches!(self, StockChangeType::In | StockChangeType::Gain | StockChangeType::OtherIn)
    }
}

codes! {
    /// `presence.scene`.
    PresenceScene {
        /// At the registration.
        Register = "register",
        /// At the admission.
        Admit = "admit",
        /// At the bedside.
        BedCheck = "bed_check",
        /// At a treatment.
        Treat = "treat",
        /// At the settlement.
        Settle = "settle",
        /// When drugs are picked up.
        Pickup = "pickup",
        /// When somebody signs in.
        SignIn = "sign_in",
    }
}

codes! {
    /// `presence.result`.
    PresenceResult {
        /// The person was there.
        Pass = "pass",
        /// It was not the person.
        Fail = "fail",
        /// Somebody let the person pass.
        Override = "override",
    }
}

codes! {
    /// `invoice.state`.
    InvoiceState {
        /// Valid.
        Normal = "normal",
        /// Reversed.
        Red = "red",
    }
}

codes! {
    /// `label.subject_type`.
    SubjectType {
        /// A person.
        Person = "person",
        /// An institution.
        Institution = "institution",
        /// A practitioner.
        Practitioner = "practitioner",
        /// A settlement.
        Settlement = "settlement",
        /// A visit.
        Visit = "visit",
        /// An alert.
        Alert = "alert",
    }
}

codes! {
    /// `label.decision`.
    Decision {
        /// The case is confirmed.
        Confirmed = "confirmed",
        /// A part of it is.
        Partly = "partly",
        /// It is not.
        Denied = "denied",
        /// It is not decided.
        Undecided = "undecided",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes are found again, positions are those of the list, and no code stands in a list twice.
    #[test]
    fn codes_and_positions_are_one_list() {
        macro_rules! check {
            ($($name:ident),*) => {$(
                for (position, one) in $name::ALL.iter().enumerate() {
                    assert_eq!($name::from_code(one.code()), Some(*one));
                    assert_eq!($name::from_position(u32::try_from(position).unwrap()), *one);
                    assert_eq!(*one as usize, position);
                }
                assert_eq!($name::from_code(""), None);
            )*};
        }
        check!(
            InstitutionType,
            HospitalLevel,
            HospitalGrade,
            AgreementStatus,
            PractitionerType,
            Sex,
            FactType,
            EnrolmentStatus
        );
        check!(ListType, ChargeType, PrescriptionState, DispensingMove, PurchaseMove, StockChangeType);
        check!(PresenceScene, PresenceResult, InvoiceState, SubjectType, Decision);
        assert_eq!(Sex::Unknown.other_codes(), "1/2/9");
        assert_eq!(
            (HospitalLevel::ThreeA.rank(), HospitalLevel::ThreeA.grade()),
            (2, HospitalGrade::Tertiary)
        );
    }
}
