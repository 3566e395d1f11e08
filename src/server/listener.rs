//! Connections: how many, and how long one may keep the server waiting.
//!
//! A client that sends nothing, or a byte now and then, must not hold what others need. From the TLS
//! handshake to the last byte of the response there is always a clock running.

use std::{
    future::{Ready, ready},
    io::{self, IoSlice},
    mem,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum_server::{Server, accept::Accept, tls_rustls::RustlsAcceptor};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep, sleep},
};

use super::{metrics::Metrics, tls::Tls};

/// The TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// From the handshake to the end of the first request's head.
const FIRST_REQUEST: Duration = Duration::from_secs(15);

/// The head of each further request.
const HEAD: Duration = Duration::from_secs(15);

/// No byte in either direction.
const IDLE: Duration = Duration::from_mins(1);

/// A head that is larger is refused. Browsers and proxies stay below 16 KiB.
const MAX_HEAD: usize = 64 << 10;

/// Fields in a head.
const MAX_FIELDS: usize = 100;

/// Requests at a time on one connection of HTTP/2.
const MAX_STREAMS: u32 = 64;

/// Accepts connections up to a bound.
#[derive(Clone, Debug)]
pub(super) struct Bounded {
    permits: Arc<Semaphore>,
    metrics: Metrics,
}

impl Bounded {
    pub(super) fn new(connections: usize, metrics: &Metrics) -> Self {
        let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        Self { permits, metrics: metrics.clone() }
    }

    /// The same with TLS. Its handshake is within the bound.
    pub(super) fn with_tls(self, tls: &Tls) -> RustlsAcceptor<Self> {
        RustlsAcceptor::new(tls.config.clone()).handshake_timeout(HANDSHAKE).acceptor(self)
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Guarded<TcpStream>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            // Waiting would hold the connection, and with it a file descriptor, all the same.
            self.metrics.connections_refused.inc();
            return ready(Err(io::Error::other("too many connections")));
        };
        let guarded = stream.set_nodelay(true).map(|()| {
            self.metrics.connections.inc();
            let connections = self.metrics.connections.clone();
            let idle = Box::pin(sleep(IDLE));
            let held = Held { _permit: permit, connections };
            (Guarded { inner: stream, idle, has_moved: false, _held: held }, service)
        });
        ready(guarded)
    }
}

/// Sets the bounds on what HTTP reads.
pub(super) fn configure<A>(server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let mut server = server.first_request_timeout(FIRST_REQUEST);
    let builder = server.http_builder();
    builder
        .http1()
        .header_read_timeout(HEAD)
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
    /// Whether a byte has moved since the clock was set; setting it for each would cost more.
    has_moved: bool,
    _held: Held,
}

/// A place among the connections, given back when dropped.
#[derive(Debug)]
struct Held {
    _permit: OwnedSemaphorePermit,
    connections: Gauge,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.connections.dec();
    }
}

impl<I> Guarded<I> {
    /// What became of reading or writing, but for a connection that has been idle too long.
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
            self.idle.as_mut().reset(Instant::now() + IDLE);
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
