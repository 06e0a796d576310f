//! A descriptor that becomes readable for an event loop: an eventfd on Linux, a pair of sockets on other Unix systems.

#[cfg(target_os = "linux")]
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
#[cfg(target_os = "linux")]
use std::os::fd::{FromRawFd, OwnedFd};
#[cfg(not(target_os = "linux"))]
use std::os::unix::net::UnixStream;

/// Neither end ever blocks, and both are closed with it.
#[cfg(target_os = "linux")]
pub(super) struct Descriptor {
    counter: File,
}

#[cfg(target_os = "linux")]
impl Descriptor {
    pub(super) fn new() -> io::Result<Self> {
        #[expect(unsafe_code, reason = "the standard library has no eventfd")]
        // SAFETY: eventfd takes no pointer, and nobody else has the descriptor that it returns.
        let descriptor = unsafe {
            match libc::eventfd(0, libc::EFD_NONBLOCK | libc::EFD_CLOEXEC) {
                -1 => return Err(io::Error::last_os_error()),
                descriptor => OwnedFd::from_raw_fd(descriptor),
            }
        };
        Ok(Self { counter: File::from(descriptor) })
    }

    pub(super) fn number(&self) -> RawFd {
        self.counter.as_raw_fd()
    }

    pub(super) fn wake(&self) {
        // It fails only if the counter is full, and then it is readable.
        let _ = (&self.counter).write(&1_u64.to_ne_bytes());
    }

    pub(super) fn clear(&self) {
        let _ = (&self.counter).read(&mut [0; 8]);
    }
}

/// Neither end ever blocks, and both are closed with it.
#[cfg(not(target_os = "linux"))]
pub(super) struct Descriptor {
    reader: UnixStream,
    writer: UnixStream,
}

#[cfg(not(target_os = "linux"))]
impl Descriptor {
    pub(super) fn new() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        writer.set_nonblocking(true)?;
        Ok(Self { reader, writer })
    }

    pub(super) fn number(&self) -> RawFd {
        self.reader.as_raw_fd()
    }

    pub(super) fn wake(&self) {
        // It fails only if the socket is full, and then it is readable.
        let _ = (&self.writer).write(&[1]);
    }

    pub(super) fn clear(&self) {
        let mut bytes = [0; 64];
        while (&self.reader).read(&mut bytes).is_ok_and(|read| read == bytes.len()) {}
    }
}
