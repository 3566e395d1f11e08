//! What a running server says: to people on a terminal as text, to what collects logs as JSON.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// The least that is logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum LogLevel {
    /// What keeps the server from its work.
    Error,
    /// What may need someone to look.
    Warn,
    /// What changed: start, stop, certificate.
    Info,
    /// Each request.
    Debug,
}

/// How it is logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// A line for people.
    Text,
    /// An object a line.
    Json,
}

impl LogFormat {
    /// Whether standard error gets JSON.
    pub(in crate::cli) fn is_json(self) -> bool {
        match self {
            Self::Auto => !io::stderr().is_terminal(),
            Self::Text => false,
            Self::Json => true,
        }
    }
}

/// Has everything that this program logs written to standard error.
///
/// Of libraries, only warnings of the database and of the listener: others name what is asked of them, and
/// domains are not to be in a log.
pub(in crate::cli) fn start(level: LogLevel, is_json: bool) {
    let level = match level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
    };
    let filter = Targets::new()
        .with_target("milguard", level)
        .with_target("axum_server", level.min(tracing::Level::WARN))
        .with_target("sqlx", level.min(tracing::Level::WARN));
    let lines = fmt::layer().with_writer(io::stderr).with_target(false);
    // Started twice only where a test does so.
    let _ = if is_json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        registry().with(filter).with(lines.with_span_list(false)).try_init()
    } else {
        let lines = lines.with_ansi(io::stderr().is_terminal());
        registry().with(filter).with(lines).try_init()
    };
}
