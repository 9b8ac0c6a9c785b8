//! Closed lists of codes: an enum whose spelling outside of the program stands beside each variant, and nowhere else.
//!
//! [`closed_list!`](macro@crate::closed_list) declares one. The lists of the national interface are made of it
//! ([`crate::codes`]), and so are the words of rules and alerts (the crate `rulebank`); each adds what only it needs.

/// Declares an enum over a closed list of codes: `ALL`, `CODES`, `code` and `from_code`, in the order written.
///
/// # Example
/// ```
/// records::closed_list! {
///     /// Which way goods went.
///     Direction {
///         /// In.
///         In = "in",
///         /// Out.
///         Out = "out",
///     }
/// }
/// assert_eq!(Direction::CODES, ["in", "out"]);
/// assert_eq!(Direction::from_code("out"), Some(Direction::Out));
/// assert_eq!(Direction::ALL[0].code(), "in");
/// ```
#[macro_export]
macro_rules! closed_list {
    ($(#[$of_list:meta])* $name:ident { $($(#[$of_variant:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$of_list])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of_variant])* $variant,)+ }

        impl $name {
            /// All of them, in the order of the list.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// Their codes, in the same order.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// The code, as it is written outside of the program.
            pub const fn code(self) -> &'static str {
                $name::CODES[self as usize]
            }

            /// What has this code.
            pub fn from_code(code: &str) -> Option<$name> {
                match code {
                    $($code => Some($name::$variant),)+
                    _ => None,
                }
            }
        }
    };
}
