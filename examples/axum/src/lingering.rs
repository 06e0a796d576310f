//! Connections that end in stages, so that a client which is still sending gets its answer.
//!
//! A request is often refused before its body was read: an upload with an expired token, a JSON body that is too
//! large. hyper then closes the connection. Because there are unread bytes, the operating system resets it, and most
//! clients report the reset and ignore the answer. RFC 9112 section 9.6 asks the server to close only its sending side
//! first, and to read on until the client closes too.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// A listener for [`axum::serve`].
pub(crate) struct Lingering(pub(crate) TcpListener);

impl Listener for Lingering {
    type Io = LingeringStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (LingeringStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (LingeringStream(Some(stream)), address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A stream that is closed in stages when it is dropped.
pub(crate) struct LingeringStream(Option<TcpStream>);

impl Drop for LingeringStream {
    fn drop(&mut self) {
        // In another task, for which a graceful shutdown doesn't wait.
        if let (Some(stream), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(timeout(LONGEST, closed_by_both(stream)));
        }
    }
}

async fn closed_by_both(mut stream: TcpStream) -> io::Result<u64> {
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
}

impl LingeringStream {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(self.get_mut().0.as_mut().expect("a stream, until it is dropped"))
    }
}

impl AsyncRead for LingeringStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for LingeringStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }
}

/// How long a client may keep sending after the answer, like nginx's `lingering_time`.
const LONGEST: Duration = Duration::from_secs(30);
