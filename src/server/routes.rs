//! The routes, and the layers around them.
//!
//! [`guard`] does the work around every route: the id, log line, counters and deadline of a request, the
//! check of its host and of its length, the headers of its response.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tower_http::{
    compression::CompressionLayer,
    cors::{Any, CorsLayer},
};
use utoipa_axum::router::OpenApiRouter;

use super::{
    admin, api,
    assets::{Asset, Assets, Lookup},
    compression::{self, Encoding},
    conditional::is_current,
    dns,
    headers::Headers,
    health::{self, is_forwarded},
    openapi,
    request_guard::{MAX_BODY, REQUEST_ID, RequestGuard, guard},
    site::{Place, Site},
    state::AppState,
};

pub(super) fn router(state: AppState, site: Site, headers: Headers) -> Router {
    let (described, _) = described(&state).split_for_parts();
    described
        .merge(admin::router(state.clone()))
        .fallback_service(get(asset).with_state(Served { site, state: state.clone() }))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn_with_state(RequestGuard::new(state, headers), guard))
}

/// The description of the interface for programs.
pub(super) fn description(state: &AppState) -> utoipa::openapi::OpenApi {
    described(state).into_openapi()
}

/// The routes that are in the description.
fn described(state: &AppState) -> OpenApiRouter {
    let clients = api::router(state.clone()).merge(dns::router(state.clone()));
    OpenApiRouter::with_openapi(openapi::description())
        .merge(clients.layer(cross_origin()).layer(CompressionLayer::new()))
        .merge(api::admin::router(state.clone()))
        .merge(health::router(state.clone()))
}

/// Add-ins ask from origins of their own (`moz-extension://…`, a static server of the
/// organisation's). The token that they send decides what they may do, and they send no cookie.
fn cross_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, header::RETRY_AFTER, REQUEST_ID])
        .max_age(Duration::from_hours(24))
}

/// The state for answering a request for a file.
#[derive(Clone, Debug)]
struct Served {
    site: Site,
    state: AppState,
}

async fn asset(State(served): State<Served>, uri: Uri, request: Request) -> Response {
    let place = Place::of(uri.path());
    // `Body` is not `Sync`, so the request is split before anything is awaited.
    let (head, _) = request.into_parts();
    let is_local = is_local(&served.state, &head);
    let Some(files) = served.files(&place, is_local).await else { return missing(&head) };
    match files.get(place.path) {
        Lookup::Found(asset) => file(asset, &head.headers),
        Lookup::Folder => {
            // The location is relative, so that it is right behind a proxy with a path prefix. The
            // path names a file in the table, so it is free of `//` and of characters a header
            // cannot hold.
            let name = place.path.rsplit('/').next().unwrap_or_default();
            let location = [(header::LOCATION, format!("{name}/"))];
            (StatusCode::PERMANENT_REDIRECT, location).into_response()
        }
        Lookup::Missing => missing(&head),
    }
}

#[derive(Template)]
#[template(path = "missing.html")]
struct MissingPage;

/// A person gets a page with links, a program gets two words.
fn missing(head: &Parts) -> Response {
    let path = head.uri.path();
    if path == "/admin/" {
        return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/admin")]).into_response();
    }
    let accept = head.headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_person = accept.is_some_and(|accept| accept.contains("text/html"));
    let page = MissingPage.render().ok().filter(|_| is_person);
    match page {
        Some(_) if path.starts_with("/admin/") => admin::missing(),
        Some(page) => (StatusCode::NOT_FOUND, Html(page)).into_response(),
        None => (StatusCode::NOT_FOUND, "Not found.\n").into_response(),
    }
}

impl Served {
    /// The files to search for a path; `None` if the path names a deployment that is not open.
    async fn files(&self, place: &Place<'_>, is_local: bool) -> Option<Arc<Assets>> {
        let directory = &self.state.clients.directory;
        let made = if let Some(secret) = place.secret {
            self.site.tree(secret, directory.deployed(secret)?).await
        } else {
            let public = self.site.public();
            let deployed = directory.local().filter(|_| is_local);
            let Some(deployed) = deployed else { return Some(public) };
            match self.site.tree("", deployed).await {
                // A tree holds only the files of a deployment; `public` holds all other files.
                Ok(files) if !matches!(files.get(place.path), Lookup::Found(_)) => {
                    return Some(public);
                }
                other => other,
            }
        };
        made.inspect_err(
            |error| tracing::error!(%error, "the files of a deployment cannot be made"),
        )
        .ok()
    }
}

/// Whether a program on this machine asks for the pages of a server that serves this machine alone.
fn is_local(state: &AppState, head: &Parts) -> bool {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>();
    state.origin.is_local()
        && peer.is_some_and(|peer| peer.0.ip().to_canonical().is_loopback())
        && !is_forwarded(&head.headers)
}

fn file(asset: &Asset, request: &HeaderMap) -> Response {
    let mut encodings = compression::accepted(request);
    let packed = encodings.find_map(|encoding| Some((encoding, asset.encoded(encoding)?)));
    let (encoding, body) = packed.unwrap_or((Encoding::Identity, asset.body.clone()));
    // A browser may keep the file but asks each time whether it is current: an update of the
    // pages is seen at once, and no page runs with the checker of another version.
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::ETAG, asset.etag(encoding));
    if asset.is_compressible() {
        headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    let known = Encoding::ALL.map(|encoding| asset.etag(encoding));
    if is_current(request, &known) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, asset.content_type.clone());
    if let Some(name) = encoding.name() {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    (headers, body).into_response()
}
