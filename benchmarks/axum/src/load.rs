//! Requests over loopback: many connections kept alive, on each one request at a time, all on one
//! thread. The client does as little as possible, so that the server is measured and not the client.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use authx_benchmarks::harness::{self, Batch, Clock, measure};
use bytes::{Bytes, BytesMut};
use futures_util::future::try_join_all;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::contestant::{self, Answer, Contestant};
use crate::server::{self, Server};
use crate::{Measurement, ours, request};

const CONNECTIONS: usize = 32;
/// How many requests a contestant gets per turn.
const BATCH: u32 = 1000;
/// The timeout of a batch, which normally takes hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server, and the request to send.
#[derive(Deserialize)]
pub struct Target {
    name: String,
    address: SocketAddr,
    token: String,
    /// The id of the process whose main thread serves.
    process: u32,
}

/// Measures our server of every contestant.
pub fn loopback(rounds: u32) -> Vec<Measurement> {
    let runtime = runtime();
    let server = Server::start();
    let token = ours::token();
    let target = |contestant: Contestant| {
        let (name, address) = (contestant.name, server.address(contestant.name));
        contestant::check(name, contestant.is_protected, &token, |token| {
            runtime.block_on(ask(address, token)).expect("an answer")
        });
        Target { name: name.to_owned(), address, token: token.clone(), process: server.process() }
    };
    let targets = contestant::all().into_iter().map(target).collect();
    load(targets, rounds, BATCH)
}

/// Measures servers that the caller has started, with `batch` requests to each per turn.
pub fn load(targets: Vec<Target>, rounds: u32, batch: u32) -> Vec<Measurement> {
    let runtime = Rc::new(runtime());
    let mut contestants = Vec::new();
    let mut times = Vec::new();
    for Target { name, address, token, process } in targets {
        let time = Rc::new(RefCell::new(Time::default()));
        times.push(Rc::clone(&time));
        let mut load = Load::start(&runtime, address, &token);
        let runtime = Rc::clone(&runtime);
        // Leaking is harmless: the names are few, and are needed until the end.
        contestants.push(harness::Contestant::timed(name.leak(), move |requests| {
            let before = server::processor_time(process);
            let elapsed = load.run(&runtime, requests);
            time.borrow_mut().add(elapsed, before, server::processor_time(process));
            elapsed
        }));
    }
    measure(contestants, rounds, Batch::Of(batch))
        .into_iter()
        .zip(times)
        .map(|((contestant, nanoseconds), time)| {
            let server_busy = time.borrow().server_busy();
            Measurement { contestant, nanoseconds, server_busy }
        })
        .collect()
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The total time of one contestant's requests, and for how much of it the server's thread ran.
#[derive(Default)]
struct Time {
    elapsed: Duration,
    server: Duration,
}

impl Time {
    fn add(&mut self, elapsed: Duration, before: Option<Duration>, after: Option<Duration>) {
        if let (Some(before), Some(after)) = (before, after) {
            self.elapsed += elapsed;
            self.server += after - before;
        }
    }

    fn server_busy(&self) -> Option<f64> {
        (!self.elapsed.is_zero()).then(|| self.server.as_secs_f64() / self.elapsed.as_secs_f64())
    }
}

struct Load {
    connections: Vec<Connection>,
}

impl Load {
    fn start(runtime: &Runtime, address: SocketAddr, token: &str) -> Self {
        let connect = || Connection::open(address, token);
        let connections = try_join_all((0..CONNECTIONS).map(|_| connect()));
        Self { connections: runtime.block_on(connections).expect("connections") }
    }

    /// The time to send this many requests and to receive their answers, each with status 200.
    fn run(&mut self, runtime: &Runtime, requests: u32) -> Duration {
        let left = Cell::new(requests);
        let work = self.connections.iter_mut().map(|connection| connection.work(&left));
        runtime.block_on(async {
            let clock = Clock::start();
            let worked = timeout(PATIENCE, try_join_all(work)).await;
            worked.expect("a server that answers in time").expect("answers");
            clock.elapsed()
        })
    }
}

async fn ask(address: SocketAddr, token: &str) -> io::Result<Answer> {
    Connection::open(address, token).await?.exchange().await
}

struct Connection {
    stream: TcpStream,
    request: String,
    received: BytesMut,
}

impl Connection {
    async fn open(address: SocketAddr, token: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, request: request::http1(token), received: BytesMut::with_capacity(4096) })
    }

    async fn work(&mut self, left: &Cell<u32>) -> io::Result<()> {
        while let Some(rest) = left.get().checked_sub(1) {
            left.set(rest);
            let status = self.exchange().await?.status;
            if status != 200 {
                return Err(io::Error::other(format!("an answer with status {status}")));
            }
        }
        Ok(())
    }

    async fn exchange(&mut self) -> io::Result<Answer> {
        self.stream.write_all(self.request.as_bytes()).await?;
        self.received.clear();
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = parse(&self.received)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, if it is complete. Every contestant sends `Content-Length`.
fn parse(received: &[u8]) -> io::Result<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received).map_err(io::Error::other)?
    else {
        return Ok(None);
    };
    let length = response.headers.iter().find(|it| it.name.eq_ignore_ascii_case("content-length"));
    let length: usize = length
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or_else(|| io::Error::other("an answer without a length"))?;
    let body = &received[head..];
    if body.len() < length {
        return Ok(None);
    }
    let status = response.code.ok_or_else(|| io::Error::other("an answer without a status"))?;
    Ok(Some(Answer { status, body: Bytes::copy_from_slice(&body[..length]) }))
}
