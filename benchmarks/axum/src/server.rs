//! A process that serves every contestant on a separate port, all on one thread.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::net::TcpListener;

use crate::contestant::{self, App};

/// Serves until the standard input ends, so that it ends with the process that started it.
pub fn serve() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut addresses = HashMap::new();
        for contestant in contestant::all() {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
            addresses.insert(contestant.name, listener.local_addr().expect("an address"));
            tokio::spawn(contestant.app.serve(listener));
        }
        println!("{}", serde_json::to_string(&addresses).expect("names and addresses"));
        let input = &mut tokio::io::stdin();
        tokio::io::copy(input, &mut tokio::io::sink()).await.expect("a standard input");
    });
}

impl App {
    async fn serve(self, listener: TcpListener) {
        match self {
            Self::Axum08(router) => axum::serve(listener, router).await,
            Self::Axum07(router) => axum_07::serve(listener, router).await,
        }
        .expect("a server that runs until the process ends");
    }
}

/// A process that runs [`serve`], and ends when this is dropped.
pub struct Server {
    process: Child,
    addresses: HashMap<String, SocketAddr>,
}

impl Server {
    pub fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().expect("a path"))
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let output = process.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("a line");
        let addresses = serde_json::from_str(&line).expect("the server's addresses");
        Self { process, addresses }
    }

    pub fn address(&self, name: &str) -> SocketAddr {
        self.addresses[name]
    }

    pub fn process(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        self.process.wait().expect("the server's end");
    }
}

/// How long a process' main thread has run, if the system reports it (Linux).
pub fn processor_time(process: u32) -> Option<Duration> {
    let statistics = std::fs::read_to_string(format!("/proc/{process}/schedstat")).ok()?;
    statistics.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
