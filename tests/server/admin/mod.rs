//! The dashboard: who gets in, who may do what, what it shows and what it keeps.

mod access;
mod account;
mod breach;
mod help;
mod invitations;
mod mistakes;
mod pages;
pub(crate) mod person;
mod policy;
mod reports;
mod scope;
mod search;
mod sign_in;
mod single_sign_on;
