//! Stands between a program and the API server and counts what goes over the wire.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// A relay on the loopback.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub port: u16,
    received: Arc<AtomicU64>,
}

impl Relay {
    /// A relay to a port of this machine, for as long as the bench runs.
    pub fn to(server: u16) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let received = Arc::new(AtomicU64::new(0));
        let counted = received.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that cannot be made is seen by the client as closed.
                let _closed = connect(client, server, &counted);
            }
        });
        Ok(Relay { port, received })
    }

    /// Bytes from the server so far.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

fn connect(client: TcpStream, server: u16, received: &Arc<AtomicU64>) -> io::Result<()> {
    let server = TcpStream::connect(("127.0.0.1", server))?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (from_client, to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || pass(from_client, to_server, &AtomicU64::new(0)));
    let received = received.clone();
    thread::spawn(move || pass(server, client, &received));
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(length as u64, Ordering::Relaxed);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    // The other side may have closed already.
    let _closed = to.shutdown(Shutdown::Both);
}
