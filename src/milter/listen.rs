//! The addresses of the interfaces: TCP or a Unix socket, with a limit on connections.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// An address to listen on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Listen {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket in the file system.
    #[cfg(unix)]
    Unix(PathBuf),
}

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        #[cfg(unix)]
        if let Some(path) = text.strip_prefix("unix:") {
            if path.is_empty() {
                return Err("expected a path after unix:".to_owned());
            }
            return Ok(Self::Unix(path.into()));
        }
        let numeric = text.replacen("localhost:", "127.0.0.1:", 1);
        let expected = "expected unix:PATH or ADDR:PORT, such as 127.0.0.1:8891";
        numeric.parse().map(Self::Tcp).map_err(|_| expected.to_owned())
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            #[cfg(unix)]
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A connection over TCP or a Unix socket.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + Sync {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Stream for T {}

/// A TCP connection that acknowledges at once what it has read.
///
/// A mail server writes each header field in a packet of its own, and the milter answers none of
/// them. The server's system holds the second packet back until ours acknowledges the first
/// (Nagle's algorithm), and our system would delay that by 40 ms (RFC 1122, 4.2.3.2).
struct Prompt(TcpStream);

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.0).poll_read(context, buffer);
        // The system forgets this setting after some packets. If it cannot be set, mail is only
        // slower.
        #[cfg(target_os = "linux")]
        if read.is_ready() {
            let _ = self.0.set_quickack(true);
        }
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// Something that accepts connections.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        listener: UnixListener,
        path: PathBuf,
    },
}

impl Listener {
    /// Listens. A Unix socket gets the permissions `mode`; one that a dead process left is replaced.
    ///
    /// # Errors
    ///
    /// When the address is in use or must not be used.
    pub(crate) async fn bind(listen: &Listen, mode: u32) -> io::Result<Self> {
        match listen {
            Listen::Tcp(address) => crate::net::listen(*address).map(Self::Tcp),
            #[cfg(unix)]
            Listen::Unix(path) => {
                remove_dead(path).await?;
                let listener = UnixListener::bind(path)?;
                let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
                std::fs::set_permissions(path, permissions)?;
                Ok(Self::Unix { listener, path: path.clone() })
            }
        }
    }

    /// The address of the listener, with the port that the system chose for port 0.
    pub(crate) fn address(&self) -> io::Result<Listen> {
        match self {
            Self::Tcp(listener) => listener.local_addr().map(Listen::Tcp),
            #[cfg(unix)]
            Self::Unix { path, .. } => Ok(Listen::Unix(path.clone())),
        }
    }

    async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(Prompt(stream)))
            }
            #[cfg(unix)]
            Self::Unix { listener, .. } => Ok(Box::new(listener.accept().await?.0)),
        }
    }

    /// Serves each connection in a task of its own, at most `connections` at a time: others wait in the
    /// system's queue. Never ends by itself; dropping the future ends all connections.
    pub(crate) async fn serve<F: Future<Output = ()> + Send + 'static>(
        self,
        connections: usize,
        serve: impl Fn(Box<dyn Stream>) -> F,
    ) {
        let permits = Arc::new(Semaphore::new(connections.clamp(1, Semaphore::MAX_PERMITS)));
        let mut tasks = JoinSet::new();
        loop {
            let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
            match self.accept().await {
                Ok(stream) => {
                    let task = serve(stream);
                    tasks.spawn(async move {
                        task.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    // For example, file descriptors have run out; connections that end free some.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Self::Unix { path, .. } = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Removes a socket that nobody listens on. A file of another kind stays, and so does a socket in use.
#[cfg(unix)]
async fn remove_dead(path: &Path) -> io::Result<()> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if std::os::unix::fs::FileTypeExt::is_socket(&metadata.file_type()) {
        match tokio::net::UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                return std::fs::remove_file(path);
            }
            _ => {}
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AddrInUse,
        "the socket is in use, or the file is not a socket",
    ))
}
