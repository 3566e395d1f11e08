//! The formats: one file for each, all behind [`Parser`].

mod again;
mod card;
mod cisco;
mod columns;
mod common;
mod contacts;
mod courier;
mod csv;
mod embedded;
mod exchange;
mod exim;
mod export;
mod jsonl;
mod kind;
mod line;
mod list;
mod log;
mod mbox;
mod message;
mod message_trace;
mod opensmtpd;
mod parser;
mod pending;
mod postfix;
mod prefix;
mod program;
mod qmail;
mod row;
mod rows;
mod sendmail;
mod sniff;
mod table;

pub(crate) use card::cut as cut_folded;
pub use columns::Columns;
pub(crate) use csv::cut as cut_csv;
pub(crate) use jsonl::cut as cut_json;
pub use kind::Format;
pub(crate) use kind::Framing;
pub(crate) use mbox::{HEADER_LIMIT, header_end, is_start, next_candidate};
pub(crate) use parser::Parser;
pub(crate) use prefix::stamp;

pub(crate) use sniff::{SNIFFED, Unreadable, for_format, sniff};
