//! The security headers of every response.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::site::Place;
use crate::bundle::BundleOptions;

/// A page may run its own scripts, compile the checker (`'wasm-unsafe-eval'`, which allows no code
/// from strings) and talk to its own server. No site may show it in a frame.
const POLICY: Policy<'static> = Policy {
    scripts: " 'wasm-unsafe-eval'",
    connections: "",
    frames: "",
    frame_ancestors: "'none'",
    forms: "'none'",
};

/// The headers of every response, errors too.
const ALWAYS: [(HeaderName, &str); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The directives of a content security policy that differ between the parts of the server.
struct Policy<'a> {
    scripts: &'a str,
    connections: &'a str,
    frames: &'a str,
    frame_ancestors: &'a str,
    forms: &'a str,
}

impl Policy<'_> {
    fn render(&self) -> HeaderValue {
        let Self { scripts, connections, frames, frame_ancestors, forms } = self;
        let text = format!(
            "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; \
             img-src 'self'; connect-src 'self'{connections}; {frames}base-uri 'none'; \
             form-action {forms}; frame-ancestors {frame_ancestors}"
        );
        // Origins are checked when they are read and hold nothing that a header cannot.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    }
}

/// The headers for each part of the server.
#[derive(Debug)]
pub(super) struct Headers {
    pages: HeaderValue,
    outlook: HeaderValue,
    simulation: HeaderValue,
    admin: HeaderValue,
    is_strict: bool,
}

/// The headers for one path.
#[derive(Clone, Copy, Debug)]
pub(super) struct PathHeaders<'a> {
    policy: &'a HeaderValue,
    is_outlook: bool,
    is_icon: bool,
    is_strict: bool,
}

impl Headers {
    pub(super) fn new(options: &BundleOptions, is_strict: bool) -> Self {
        let office = options.cloud.hosts();
        let scripts = format!("{} {office}", POLICY.scripts);
        // If Office.js does not know the host of the mailbox, as with Exchange on premises, it asks
        // the person in a frame of its own whether to trust the add-in.
        let frames = format!("frame-src {office}; ");
        let backend = options.config.backend.as_ref();
        let connections = backend.map_or_else(String::new, |to| format!(" {}", to.url.host()));
        Self {
            pages: POLICY.render(),
            // Outlook on the web shows the pane in a frame, and on premises it may be on any host.
            // Another site that shows the pane in a frame gains nothing, because the pane has no
            // message there.
            outlook: Policy {
                scripts: &scripts,
                connections: &connections,
                frames: &frames,
                frame_ancestors: "'self' https:",
                ..POLICY
            }
            .render(),
            // The simulation shows the pane in a frame, as Outlook does, but needs no host of
            // Microsoft.
            simulation: Policy { frames: "frame-src 'self'; ", ..POLICY }.render(),
            // The dashboard's pages have forms, and no checker.
            admin: Policy { scripts: "", forms: "'self'", ..POLICY }.render(),
            is_strict,
        }
    }

    /// The security headers for one path.
    pub(super) fn of(&self, path: &str) -> PathHeaders<'_> {
        let path = Place::of(path).path;
        let is_outlook = path.starts_with("/outlook/");
        let policy = if is_outlook {
            &self.outlook
        } else if path.starts_with("/try/outlook/") {
            &self.simulation
        } else if path == "/admin" || path.starts_with("/admin/") {
            &self.admin
        } else {
            &self.pages
        };
        // Outlook on the web shows the icons in its own page.
        let is_icon = path.starts_with("/outlook/icons/");
        PathHeaders { policy, is_outlook, is_icon, is_strict: self.is_strict }
    }
}

impl PathHeaders<'_> {
    pub(super) fn add(&self, headers: &mut HeaderMap) {
        headers.reserve(ALWAYS.len() + 5);
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        // A browser would apply this header to every port of localhost.
        if self.is_strict {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
        if !self.is_outlook {
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
        let shared = if self.is_icon { "cross-origin" } else { "same-origin" };
        headers.insert(RESOURCE_POLICY, HeaderValue::from_static(shared));
        if self.is_icon {
            // Office shows a generic icon if a response has any caching header.
            headers.remove(header::CACHE_CONTROL);
        }
    }
}
