//! `GET /v1/domains/{domain}`.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::Severity;

use super::{
    super::{
        api::{Client, KeyRefusals},
        problem::Problem,
        state::AppState,
    },
    DnsError,
    name::Name,
};

/// The route, described for `/openapi.json`.
pub(crate) fn router(state: AppState) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(get_domain)).with_state(state)
}

/// The answers of DNS about a domain.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DomainOut {
    /// The domain in ASCII.
    #[schema(example = "army.ml")]
    domain: String,
    /// Whether the name exists.
    exists: bool,
    /// Whether mail to it can be delivered: it has an exchanger with an address, or an address itself.
    accepts_mail: bool,
}

/// Whether a look-alike domain exists and takes mail
///
/// The server looks up only domains that the policy of the client's group flags, so that it asks
/// about nobody's ordinary correspondents. Answers come from DNS, and the server keeps them for
/// five minutes to a day.
#[utoipa::path(
    get,
    path = "/v1/domains/{domain}",
    tag = "clients",
    security(("clientKey" = [])),
    params(("domain" = String, Path, description = "The domain, best in ASCII", max_length = 1012, example = "army.ml")),
    responses(
        (status = 200, description = "What DNS says", body = DomainOut),
        KeyRefusals,
        (status = 404, description = "Not a public domain, not a domain that the policy flags, or DNS lookups are disabled", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "More than a client may ask in a minute", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Name servers do not answer", body = Problem, content_type = "application/problem+json"),
    ),
)]
async fn get_domain(
    State(state): State<AppState>,
    client: Client,
    Path(domain): Path<String>,
) -> Result<Response, Problem> {
    let sender = client.sender().key();
    if let Err(wait) = state.domain_rates.take(&sender, std::time::Instant::now()) {
        let detail = "this sender has reached its limit of questions about domains for a minute";
        return Err(Problem::too_many("too-many-domains", detail, wait));
    }
    let refused = |code, detail| Problem::new(StatusCode::NOT_FOUND, code, detail);
    let (name, is_delegated) = match Name::read(&domain) {
        Name::Public(name) => (name, true),
        Name::Undelegated(name) => (name, false),
        Name::Private => {
            return Err(refused("private-name", "names of private networks are not looked up"));
        }
        Name::Malformed => return Err(refused("not-a-domain", "this is not a domain name")),
    };
    if client.group.severity(&format!("postmaster@{name}")) < Severity::Notice {
        let detail =
            "the policy flags nothing about this domain, so the server does not look it up";
        return Err(refused("not-flagged", detail));
    }
    let (exists, accepts_mail) = if is_delegated {
        let evidence = state.dns.evidence(&name).await.map_err(problem)?;
        (evidence.exists, evidence.accepts_mail)
    } else {
        (false, false)
    };
    let caching = [(header::CACHE_CONTROL, "private, no-store")];
    Ok((caching, Json(DomainOut { domain: name, exists, accepts_mail })).into_response())
}

fn problem(error: DnsError) -> Problem {
    let later =
        |detail| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no-answer", detail).retry_after(30);
    match error {
        DnsError::Off => {
            let detail = "DNS lookups are disabled in the configuration (--resolver off)";
            Problem::new(StatusCode::NOT_FOUND, "evidence-off", detail)
        }
        DnsError::Busy => later("too many domains are being looked up"),
        DnsError::Unanswered => later("name servers do not answer, or say that they cannot"),
    }
}
