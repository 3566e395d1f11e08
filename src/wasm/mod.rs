//! The JavaScript boundary: conversions only.
