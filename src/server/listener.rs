//! Limits connections: their number, and how long one may keep the server waiting.
//!
//! A client that sends nothing, or a byte now and then, must not occupy a connection that others
//! need. So a time limit runs at every moment, from the TLS handshake to the last byte of the
//! response.

use std::{
    collections::HashMap,
    future::{Ready, ready},
    io::{self, IoSlice},
    mem,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum_server::{Server, accept::Accept, tls_rustls::RustlsAcceptor};
use ipnet::IpNet;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

use super::{
    limits::network,
    metrics::Metrics,
    options::{ServerOptions, Timeouts, Transport},
    tls::Tls,
};

/// The largest head of a request. Browsers and proxies stay below 16 KiB.
const MAX_HEAD: usize = 64 << 10;

/// The most header fields of a request. Browsers send some twenty; more would cost memory for each
/// connection.
const MAX_FIELDS: usize = 100;

/// The most requests at a time on one HTTP/2 connection. With more, one client could occupy the
/// server alone.
const MAX_STREAMS: u32 = 64;

/// Accepts a limited number of connections, and a smaller number from each network.
#[derive(Clone, Debug)]
pub(super) struct Bounded(Arc<Bounds>);

#[derive(Debug)]
struct Bounds {
    permits: Arc<Semaphore>,
    of_network: usize,
    networks: Mutex<HashMap<String, usize>>,
    /// Connections from these addresses carry everybody's requests, so the limit for a network does
    /// not apply.
    proxies: Vec<IpNet>,
    timeouts: Timeouts,
    metrics: Metrics,
}

impl Bounded {
    pub(super) fn new(options: &ServerOptions, metrics: &Metrics) -> Self {
        let limits = &options.limits;
        let connections = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
        let proxies = match &options.transport {
            Transport::Plain { trusted_proxies } => trusted_proxies.clone(),
            Transport::OwnCertificate | Transport::Files { .. } => Vec::new(),
        };
        Self(Arc::new(Bounds {
            permits: Arc::new(Semaphore::new(connections)),
            of_network: limits.network_connections.max(1),
            networks: Mutex::default(),
            proxies,
            timeouts: limits.timeouts,
            metrics: metrics.clone(),
        }))
    }

    /// Accepts connections with TLS. The bound includes the handshake.
    pub(super) fn with_tls(self, tls: &Tls) -> RustlsAcceptor<Self> {
        RustlsAcceptor::new(tls.config.clone())
            .handshake_timeout(self.0.timeouts.handshake)
            .acceptor(self)
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Guarded<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Some(held) = self.0.take(&stream) else {
            // Waiting would hold the connection, and with it a file descriptor, anyway.
            self.0.metrics.connections_refused.inc();
            return ready(Err(io::Error::other("too many connections")));
        };
        let guarded = stream.set_nodelay(true).map(|()| {
            let limit = self.0.timeouts.idle;
            let idle = Box::pin(sleep(limit));
            (Guarded { inner: stream, idle, limit, has_moved: false, _held: held }, service)
        });
        ready(guarded)
    }
}

impl Bounds {
    /// A place for a connection, if one is free.
    fn take(self: &Arc<Self>, stream: &TcpStream) -> Option<Held> {
        let permit = Arc::clone(&self.permits).try_acquire_owned().ok()?;
        let peer = stream.peer_addr().ok()?.ip().to_canonical();
        let is_proxy = self.proxies.iter().any(|net| net.contains(&peer));
        let network = if is_proxy { None } else { Some(network(peer)) };
        if let Some(network) = &network {
            let mut networks = self.networks.lock().unwrap_or_else(PoisonError::into_inner);
            let open = networks.entry(network.clone()).or_default();
            if *open >= self.of_network {
                return None;
            }
            *open += 1;
        }
        self.metrics.connections.inc();
        Some(Held { _permit: permit, network, bounds: Arc::clone(self) })
    }
}

/// Sets the bounds on what HTTP reads.
pub(super) fn configure<A>(
    server: Server<SocketAddr, A>,
    timeouts: &Timeouts,
) -> Server<SocketAddr, A> {
    let mut server = server.first_request_timeout(timeouts.head);
    let builder = server.http_builder();
    builder
        .http1()
        .header_read_timeout(timeouts.head)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_FIELDS)
        .half_close(false);
    builder
        .http2()
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(16 << 10)
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10));
    server
}

/// A connection that ends when no byte has moved for a while.
#[derive(Debug)]
pub(super) struct Guarded<I> {
    inner: I,
    idle: Pin<Box<Sleep>>,
    limit: Duration,
    /// Whether a byte has moved since the timer was set. Setting the timer for each byte would cost
    /// more.
    has_moved: bool,
    _held: Held,
}

/// A place among the connections. Dropping it gives the place back.
#[derive(Debug)]
struct Held {
    _permit: OwnedSemaphorePermit,
    network: Option<String>,
    bounds: Arc<Bounds>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bounds.metrics.connections.dec();
        let Some(network) = &self.network else { return };
        let mut networks = self.bounds.networks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(open) = networks.get_mut(network) {
            *open -= 1;
            if *open == 0 {
                networks.remove(network);
            }
        }
    }
}

impl<I> Guarded<I> {
    /// The result of reading or writing, or an error if the connection has been idle too long.
    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        moved: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            self.has_moved = true;
            return moved;
        }
        while self.idle.as_mut().poll(cx).is_ready() {
            if !mem::take(&mut self.has_moved) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.idle.as_mut().reset(Instant::now() + self.limit);
        }
        Poll::Pending
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Guarded<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.watch(cx, read)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Guarded<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let ended = Pin::new(&mut self.inner).poll_shutdown(cx);
        self.watch(cx, ended)
    }
}
