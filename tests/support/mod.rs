//! Functions that the tests of several rooms share.

pub(crate) mod postgres;
pub(crate) mod sources;
