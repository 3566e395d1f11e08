//! The dashboard: who gets in, who may do what, what it shows and what it keeps.

mod access;
mod account;
mod pages;
mod person;
mod policy;
mod reports;
mod sign_in;
