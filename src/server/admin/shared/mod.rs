//! What pages share: the frame, times, labels, choices, exports. Nothing here knows who the user is.

pub(crate) mod chart;
pub(crate) mod choice;
pub(crate) mod command_line;
pub(crate) mod domain_query;
pub(crate) mod error;
pub(crate) mod event_query;
pub(crate) mod export;
pub(crate) mod labels;
pub(crate) mod page;
pub(crate) mod period;
pub(crate) mod query;
pub(crate) mod role;
pub(crate) mod saved;
pub(crate) mod time;
pub(crate) mod tree;
