//! Named points at which the program ends itself, as a crash would, where a test asks for it.

pub(crate) use store::fail::point;
