//! The state of the server, which an administrator looks at first if something seems wrong.

use std::time::Instant;

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use crate::server::admin::{
    auth::visitor::Signed,
    shared::{
        command_line::database_options,
        error::AdminError,
        page::{Page, html, number},
        time::{Moment, ago, now},
    },
    state::Admin,
};
use crate::store::EventFilter;

const SECTION: &str = "/admin/system";

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    page: Page,
    parts: Vec<Part>,
    /// The options by which a command finds the database. `None` with PostgreSQL, which has its own tools.
    database: Option<String>,
}

struct Part {
    name: &'static str,
    facts: Vec<Fact>,
}

struct Fact {
    name: &'static str,
    text: String,
    /// The moment, for facts that are a time.
    time: Option<Moment>,
    /// A severity, for facts that have a colour.
    class: &'static str,
}

fn fact(name: &'static str, text: impl Into<String>) -> Fact {
    Fact { name, text: text.into(), time: None, class: "" }
}

/// Shows the page.
#[expect(
    clippy::too_many_lines,
    reason = "one part of the page after the other, each asked of another part of the server"
)]
pub(crate) async fn show(
    State(admin): State<Admin>,
    signed: Signed,
) -> Result<Response, AdminError> {
    let store = admin.store();
    let began = Instant::now();
    store.ping().await?;
    let ping = began.elapsed();
    let size = store.size().await?;
    let last = store.events(&EventFilter::default(), None, 1).await?.events.pop();
    let revision = store.revision().await?;
    let options = &admin.app().options;
    let mut database = vec![
        fact("Kind", store.backend()),
        fact("Size", bytes(size)),
        fact("Answers in", format!("{:.1} ms", ping.as_secs_f64() * 1000.0)),
        fact("Revision of groups and policies", number(revision)),
    ];
    database.extend(admin.disk().map(|(free, total)| {
        let low = free < total / 20;
        Fact {
            class: if low { "warn" } else { "" },
            ..fact("Disk of the state folder", format!("{} of {} free", bytes(free), bytes(total)))
        }
    }));
    let mut events = vec![match last {
        Some(event) => Fact {
            time: Some(Moment(event.received)),
            ..fact("Last event received", ago(event.received))
        },
        None => fact("Last event received", "none yet"),
    }];
    events.push(fact("Waiting to be stored", number(admin.queue())));
    events.push(fact(
        "Events kept for",
        match options.retention.event_days {
            None => "ever".to_owned(),
            Some(days) => format!("{} days", number(i64::from(days))),
        },
    ));
    events.push(fact(
        "Counts kept for",
        match options.retention.count_days {
            None => "ever".to_owned(),
            Some(days) => format!("{} days", number(i64::from(days))),
        },
    ));
    let server = vec![
        fact("Version", env!("CARGO_PKG_VERSION")),
        fact("Reached at", admin.origin().base()),
        fact(
            "Connections",
            if options.transport.is_tls() { "HTTPS" } else { "HTTP, behind a proxy" },
        ),
        fact("Name servers", options.resolver.to_string()),
        fact("State folder", options.state.display().to_string()),
        Fact { time: Some(Moment(now())), ..fact("Clock", "") },
    ];
    let parts = vec![
        Part { name: "Server", facts: server },
        Part { name: "Database", facts: database },
        Part { name: "Events", facts: events },
    ];
    let database = database_options(options.database.as_ref(), &options.state);
    let page = signed.page(SECTION, "System");
    Ok(html(StatusCode::OK, &SystemPage { page, parts, database }))
}

#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
fn bytes(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{bytes} {name}") } else { format!("{value:.1} {name}") }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_written_for_people() {
        for (given, written) in
            [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1.0 kB"), (12_345_678, "12.3 MB")]
        {
            assert_eq!(bytes(given), written);
        }
    }
}
