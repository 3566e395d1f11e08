//! Who is asking, and what they may do.

pub(crate) mod api_token;
pub(crate) mod attempts;
pub(crate) mod backoff;
pub(crate) mod confirm;
pub(crate) mod cookie;
pub(crate) mod csrf;
pub(crate) mod external;
pub(crate) mod flow;
pub(crate) mod forms;
pub(crate) mod gate;
pub(crate) mod new_password;
pub(crate) mod password;
pub(crate) mod password_link;
pub(crate) mod proxy;
mod resend;
pub(crate) mod second_factor;
pub(crate) mod secret;
pub(crate) mod sessions;
pub(crate) mod sign_in_method;
pub(crate) mod visitor;
mod within;
