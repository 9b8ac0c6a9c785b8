//! The door: connections are taken, bounded in number and patience, spoken to by TLS where that is configured, and
//! handed to the routes.
//!
//! A connection costs at most the head of a request, what is written and not read yet (64 KiB here and `SEND_BYTES` in
//! the kernel) and what its handler holds. Who does not send a head, or does not read, is cut off.

pub mod patient;
pub mod subject;
pub mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::access::config::Limits;
use crate::access::control::Peer;
use patient::Patient;
use tls::Tls;

/// Bytes that the kernel keeps for a reader.
const SEND_BYTES: u32 = 256 << 10;

/// Connections that the kernel keeps until they are taken.
const BACKLOG: u32 = 1_024;

/// Connections beyond the limit that are told so at a time; those beyond these are closed.
const TURNED_AWAY: usize = 64;

/// How long somebody who is turned away may take to read it.
const TURNING_AWAY: Duration = Duration::from_secs(1);

/// How long nobody is let in when the system has no room for more.
const PAUSE: Duration = Duration::from_millis(100);

/// What is said to those for whom there is no room.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n\
    Retry-After: 2\r\nConnection: close\r\nContent-Length: 107\r\n\r\n\
    {\"code\":\"unavailable\",\"title\":\"it cannot be done at the moment\",\"status\":503,\"detail\":\"no connection free\"}";

/// Lets people and programs in.
pub struct Door {
    /// What answers.
    pub router: Router,
    /// How much is taken.
    pub limits: Limits,
    /// TLS, if it is spoken.
    pub tls: Option<Tls>,
}

/// Listens on an address. To be called within the runtime.
///
/// # Errors
/// The address is in use, or is not this machine's.
pub fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

impl Door {
    /// Takes connections for ever.
    pub async fn open(self, listener: TcpListener) {
        let door = Arc::new(self);
        let room = Arc::new(Semaphore::new(door.limits.connections));
        let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
        loop {
            let Ok((stream, address)) = listener.accept().await else {
                // The connection is gone already, or there are no more file descriptors.
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if let Ok(place) = Arc::clone(&room).try_acquire_owned() {
                let door = Arc::clone(&door);
                tokio::spawn(async move {
                    door.receive(stream, address).await;
                    drop(place);
                });
            } else if let Ok(place) = Arc::clone(&turned_away).try_acquire_owned()
                && door.tls.is_none()
            {
                tokio::spawn(async move {
                    turn_away(stream).await;
                    drop(place);
                });
            }
        }
    }

    async fn receive(&self, stream: TcpStream, address: SocketAddr) {
        // An answer goes out at once. Where that cannot be said to the kernel, it goes out later.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream, self.limits.write());
        let Some(tls) = &self.tls else {
            return self.speak(stream, Peer { address: Some(address), certificate: None }).await;
        };
        let Ok(Ok(stream)) = timeout(self.limits.head(), tls.acceptor().accept(stream)).await else { return };
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates.and_then(|all| subject::common_name(all.first()?)).map(Arc::from);
        self.speak(stream, Peer { address: Some(address), certificate }).await;
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S, peer: Peer) {
        let service = service_fn(|request: Request<Incoming>| {
            let router = self.router.clone();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(peer.clone());
            async move {
                Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
            }
        });
        // However it ends, whoever was there has gone, or is let go.
        let _ = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head())
            .max_buf_size(self.limits.head_bytes)
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }
}

/// Says that there is no room.
async fn turn_away(mut stream: TcpStream) {
    let said = async {
        stream.write_all(FULL).await?;
        stream.shutdown().await?;
        // What was asked is read, so that closing does not throw away what was said.
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
    };
    // Who is gone need not be told.
    let _ = timeout(TURNING_AWAY, said).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_without_room_are_told_all_of_it() {
        let text = std::str::from_utf8(FULL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        assert_eq!(serde_json::from_str::<serde_json::Value>(body).unwrap()["status"], 503);
    }
}
