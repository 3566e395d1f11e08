//! Who is asking, and what they may do.

pub(crate) mod backoff;
pub(crate) mod cookie;
pub(crate) mod csrf;
pub(crate) mod password;
pub(crate) mod role;
pub(crate) mod second_factor;
pub(crate) mod secret;
