//! How large each part of a policy may be. A client refuses a document beyond these limits.

/// Characters of `id`.
pub const ID: usize = 64;
/// The largest `version`: the largest integer that JavaScript's numbers hold exactly.
pub const VERSION: u64 = (1 << 53) - 1;
/// Entries of `protected.suffixes`.
pub const SUFFIXES: usize = 100;
/// Entries of `protected.domains`.
pub const DOMAINS: usize = 10_000;
/// Entries of `allow` and of `deny`.
pub const PATTERNS: usize = 100_000;
/// Bytes of a pattern: a local-part, `@`, a domain, `-*.` (RFC 5321 §4.5.3.1), with room for
/// U-labels, which are longer than their A-labels in UTF-8.
pub const PATTERN: usize = 1_100;
/// Seconds of `countdown`.
pub const COUNTDOWN: u32 = 60;
/// Languages in `texts`.
pub const LANGUAGES: usize = 100;
/// Characters of a title, a link text or a question.
pub const TITLE: usize = 100;
/// Characters of a message: with the addresses it must fit Outlook's 500 in `errorMessage`.
pub const BODY: usize = 300;
/// Characters of `trainingUrl`.
pub const URL: usize = 2_000;
/// Entries of `markings.words`.
pub const WORDS: usize = 1_000;
/// Fewest characters of an entry of `markings.words`: shorter ones are found everywhere.
pub const WORD_MIN: usize = 3;
/// Most characters of an entry of `markings.words`.
pub const WORD_MAX: usize = 100;
/// Characters of `gateway.sendAnywayTag`.
pub const TAG: usize = 40;
/// Entries of `locked`.
pub const LOCKED: usize = 500;
