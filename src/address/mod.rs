//! Recipient parsing (RFC 5322 §3.4, RFC 6531).
