//! Answers health checks while the server waits for its database: the server runs, but is not
//! ready.
//!
//! Without these answers, a supervisor that asks `/healthz` would restart the server for a fault of
//! its database.

use std::{io, net::TcpListener};

use axum::{
    Router,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use axum_server::Handle;

use super::{problem::Problem, tls::Tls};

/// Answers at `listener` until `work` has finished.
///
/// # Errors
///
/// If the listener cannot be used.
pub(super) async fn answer_while<T>(
    listener: &TcpListener,
    tls: Option<&Tls>,
    work: impl Future<Output = T>,
) -> io::Result<T> {
    let router = Router::new().route("/healthz", get(|| async { "ok\n" })).fallback(not_yet);
    let service = router.into_make_service();
    let handle = Handle::new();
    let server = axum_server::from_tcp(listener.try_clone()?)?.handle(handle.clone());
    let answering = match tls {
        Some(tls) => {
            let acceptor = axum_server::tls_rustls::RustlsAcceptor::new(tls.config.clone());
            tokio::spawn(server.acceptor(acceptor).serve(service))
        }
        None => tokio::spawn(server.serve(service)),
    };
    let done = work.await;
    handle.shutdown();
    // The task ends at once, and its connections with it.
    let _ = answering.await;
    Ok(done)
}

async fn not_yet() -> Response {
    let detail = "the server waits for its database";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "starting", detail).retry_after(5).into_response()
}
