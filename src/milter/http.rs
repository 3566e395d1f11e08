//! The HTTP interface: metrics, health, and whole messages from rspamd.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::gate::{Gate, mark};
use super::judge::{Flagged, Judge, MessageVerdict};
use super::metrics::Outcome;
use crate::policy::GatewayAction;

/// The largest message. The script for rspamd sends only the header of larger ones.
const MESSAGE: usize = 4 << 20;

/// The most recipients, as in the milter.
const RECIPIENTS: usize = 10_000;

/// The routes of this interface.
pub(super) fn routes(gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/metrics", get(metrics))
        .route("/rspamd", post(rspamd).layer(DefaultBodyLimit::max(MESSAGE)))
        .with_state(gate)
}

async fn metrics(State(gate): State<Arc<Gate>>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    gate.metrics.memory.set(i64::try_from(gate.budget.used()).unwrap_or(i64::MAX));
    ([(header::CONTENT_TYPE, kind)], gate.metrics.text())
}

/// `POST /rspamd`: a message, with a field `Rcpt` for each recipient of its envelope.
async fn rspamd(State(gate): State<Arc<Gate>>, headers: HeaderMap, body: Bytes) -> Response {
    let envelope: Vec<String> = headers
        .get_all("rcpt")
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .collect();
    if envelope.len() > RECIPIENTS {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let judge = gate.judge();
    let judged = tokio::task::spawn_blocking(move || {
        let verdict = judge.message(&body, &envelope);
        let (answer, action, outcome) = answer(&judge, &verdict);
        gate.metrics.message(outcome);
        gate.report(&judge, verdict.flagged.iter().map(|it| (it, action)));
        answer
    });
    judged.await.map_or_else(
        |_| StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        |it| Json(it).into_response(),
    )
}

/// The answer, the action for events, and the counter.
fn answer(judge: &Judge, verdict: &MessageVerdict) -> (Value, &'static str, Outcome) {
    let flagged = &verdict.flagged;
    let with = |action| flagged.iter().filter(move |it| it.action == action).collect::<Vec<_>>();
    let refused = with(GatewayAction::Refuse);
    let (action, text, event, outcome) = if !refused.is_empty() {
        // rspamd cannot remove a tag from the subject, so the answer offers none.
        let copies: Vec<_> =
            refused.iter().map(|it| Flagged { can_override: false, ..it.copy() }).collect();
        let text = judge.refusal(&copies.iter().collect::<Vec<_>>(), None).replace("%%", "%");
        ("reject", text, "blocked", Outcome::Refused)
    } else if let Some(held) = with(GatewayAction::Hold).first() {
        ("quarantine", mark(held), "asked", Outcome::Held)
    } else if let Some(marked) = with(GatewayAction::Header).first() {
        ("header", mark(marked), "audited", Outcome::Marked)
    } else if flagged.is_empty() {
        ("pass", String::new(), "audited", Outcome::Passed)
    } else {
        ("report", String::new(), "audited", Outcome::Reported)
    };
    let recipients: Vec<_> = flagged
        .iter()
        .map(|it| {
            let reasons: Vec<_> = it.report.findings.iter().map(|it| it.reason.as_str()).collect();
            json!({
                "address": it.address, "severity": it.report.severity, "reasons": reasons,
                "suggestion": it.report.suggestion,
            })
        })
        .collect();
    (json!({"action": action, "text": text, "recipients": recipients}), event, outcome)
}
