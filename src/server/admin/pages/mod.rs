//! One file for each page. A page uses `shared` and `auth`, never another page.

pub(crate) mod account;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod clients;
pub(crate) mod deployments;
pub(crate) mod domains;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod exports;
pub(crate) mod filters;
pub(crate) mod groups;
pub(crate) mod help;
pub(crate) mod overview;
pub(crate) mod password;
pub(crate) mod policy;
pub(crate) mod report;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod single_sign_on;
pub(crate) mod system;
pub(crate) mod tokens;
pub(crate) mod users;
