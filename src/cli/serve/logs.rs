//! The log of a running server: text for people on a terminal, JSON for programs that collect logs.

use std::io::{self, IsTerminal};

use clap::ValueEnum;
use tracing_subscriber::{
    filter::Targets, fmt, layer::SubscriberExt, registry, util::SubscriberInitExt,
};

/// The lowest level to log.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(in crate::cli) enum LogLevel {
    /// Errors that keep the server from its work.
    Error,
    /// Facts that somebody may have to look at.
    Warn,
    /// Changes: start, stop, certificate.
    Info,
    /// Each request.
    Debug,
}

/// The form of the log.
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

/// Writes everything that this program logs to standard error.
///
/// From libraries, it logs only the warnings of the database and of the listener: other messages
/// may name the objects of requests, and a log must not contain domains.
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
    // Only a test starts this twice.
    let _ = if is_json {
        let lines = lines.json().flatten_event(true).with_current_span(false);
        registry().with(filter).with(lines.with_span_list(false)).try_init()
    } else {
        let lines = lines.with_ansi(io::stderr().is_terminal());
        registry().with(filter).with(lines).try_init()
    };
}
