//! `milguard twins`: what is listed, how it is printed, and what is asked of the DNS.

mod command;
mod dns;
mod list;
mod resolve;
mod run;
