//! Access: who comes, what they may do, for which divisions, how much of it, and what is written down of it.
//!
//! In reading order: [`config`] is what the configuration says; [`table`] says which roles may do what; [`principal`]
//! recognises who comes; [`routes`] is the only way to give the service a route, and wants its operation; [`gate`]
//! stands before each route; [`viewer`] is what a handler knows of who asks, and through which it answers; [`mask`]
//! gives persons pseudonyms; [`audit`] writes down. All of it is held together by [`control`].

pub mod audit;
pub mod audit_file;
pub mod body;
pub mod config;
pub mod control;
pub mod gate;
pub mod mask;
pub mod principal;
pub mod routes;
pub mod table;
pub mod viewer;
