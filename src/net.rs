//! Listening for connections.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

/// The most connections that may wait to be accepted. The standard library lets 128 wait: the system then drops the
/// first packet of each further connection in a burst, and its client waits a second before it sends that packet
/// again. The system's own limit (`net.core.somaxconn`) applies too.
const BACKLOG: u32 = 4_096;

/// Listens on an address, even while the system still remembers connections of a process that has
/// ended.
///
/// # Errors
///
/// When the address is in use or must not be used.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // On Windows, this option would let two programs have the same port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_of_connections_waits_until_it_is_accepted() {
        let listener = listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let limit = std::time::Duration::from_mins(1);
        let mut waiting = Vec::new();
        for number in 0..400 {
            let connecting = tokio::net::TcpStream::connect(address);
            let connected = tokio::time::timeout(limit, connecting).await;
            waiting.push(connected.unwrap_or_else(|_| panic!("{number} waited in vain")).unwrap());
        }
        for _ in waiting {
            tokio::time::timeout(limit, listener.accept()).await.unwrap().unwrap();
        }
    }
}
