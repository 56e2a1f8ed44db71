//! The part of a kubelet that the API server talks to: it answers for the logs of containers from files.
//!
//! `logs/NAMESPACE/POD/CONTAINER.log` holds what the container wrote, each line behind its stamp, and
//! `CONTAINER.previous.log` what the instance before it wrote. The container still runs while `CONTAINER.open` exists.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use futures::{StreamExt, stream};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::control_plane::rest;

/// Between two looks for new lines of a log that is followed.
const PAUSE: Duration = Duration::from_millis(50);

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Begins to answer for the logs in a folder, for as long as the tests run; gives the port.
pub fn serve(folder: &Path) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has free ports");
    listener.set_nonblocking(true).expect("a listener can be set to not block");
    let port = listener.local_addr().expect("a bound listener has an address").port();
    let (acceptor, logs) = (acceptor(folder), folder.join("logs"));
    thread::spawn(move || rest::block_on(accept(listener, acceptor, logs)));
    port
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(folder.join("certificate.pem")).expect("a certificate of our own");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key of our own");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().expect("the provider knows the versions");
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key);
    TlsAcceptor::from(Arc::new(config.expect("the key belongs to the certificate")))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, logs: PathBuf) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener does not block");
    while let Ok((connection, _)) = listener.accept().await {
        let (acceptor, logs) = (acceptor.clone(), logs.clone());
        tokio::spawn(async move {
            let Ok(connection) = acceptor.accept(connection).await else { return };
            let service = service_fn(|request| {
                let answer = answer(&request, &logs);
                async move { Ok::<_, Infallible>(answer) }
            });
            // A caller that goes away in the middle of a log has seen enough.
            let _ended = http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
        });
    }
}

/// A log that is asked for.
#[derive(Clone, Debug)]
struct Asked {
    file: PathBuf,
    open: PathBuf,
    options: BTreeMap<String, String>,
}

fn answer(request: &Request<Incoming>, logs: &Path) -> Response<Body> {
    let path: Vec<&str> = request.uri().path().trim_start_matches('/').split('/').collect();
    let ["containerLogs", namespace, pod, container] = path[..] else {
        return refusal(StatusCode::NOT_FOUND, "404 page not found");
    };
    let options = options(request.uri().query().unwrap_or_default());
    let previous = options.get("previous").is_some_and(|value| value == "true");
    let folder = logs.join(namespace).join(pod);
    let file = folder.join(if previous { format!("{container}.previous.log") } else { format!("{container}.log") });
    let asked = Asked { file, open: folder.join(format!("{container}.open")), options };
    if asked.file.is_file() {
        return Response::new(if asked.is("follow") && !previous { followed(asked) } else { once(&asked) });
    }
    let why = if previous {
        format!("previous terminated container \"{container}\" in pod \"{pod}\" not found")
    } else {
        format!("container \"{container}\" in pod \"{pod}\" is waiting to start: ContainerCreating")
    };
    refusal(StatusCode::BAD_REQUEST, &why)
}

fn refusal(status: StatusCode, why: &str) -> Response<Body> {
    let mut answer = Response::new(Full::new(Bytes::from(why.to_owned())).boxed_unsync());
    *answer.status_mut() = status;
    answer
}

fn options(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.replace("%3A", ":"))).collect()
}

impl Asked {
    fn is(&self, option: &str) -> bool {
        self.options.get(option).is_some_and(|value| value == "true")
    }

    /// Whole lines from a place in the file on, and where they end.
    fn lines_from(&self, start: usize) -> (Vec<u8>, usize) {
        let written = fs::read(&self.file).unwrap_or_default();
        let fresh = written.get(start..).unwrap_or_default();
        let end = memchr::memrchr(b'\n', fresh).map_or(0, |end| end + 1);
        (fresh[..end].to_vec(), start + end)
    }

    /// The lines that were asked for, with or without their stamps.
    fn chosen(&self, lines: &[u8], tail: usize) -> Bytes {
        let since: Option<Timestamp> = self.options.get("sinceTime").and_then(|time| time.parse().ok());
        let lines: Vec<(&str, &[u8])> = lines.split_inclusive(|byte| *byte == b'\n').map(stamped).collect();
        let is_late = |stamp: &str| since.is_none_or(|since| stamp.parse().is_ok_and(|at: Timestamp| at >= since));
        let late: Vec<_> = lines.into_iter().filter(|(stamp, _)| is_late(stamp)).collect();
        let chosen = late[late.len().saturating_sub(tail)..].iter();
        let stamps = self.is("timestamps");
        let line = |(stamp, text): &(&str, &[u8])| {
            if stamps { [stamp.as_bytes(), b" ", text].concat() } else { text.to_vec() }
        };
        chosen.flat_map(line).collect()
    }

    fn tail(&self) -> usize {
        self.options.get("tailLines").and_then(|lines| lines.parse().ok()).unwrap_or(usize::MAX)
    }
}

fn stamped(line: &[u8]) -> (&str, &[u8]) {
    let end = memchr::memchr(b' ', line).expect("every line stands behind a stamp");
    (std::str::from_utf8(&line[..end]).expect("a stamp is text"), &line[end + 1..])
}

fn once(asked: &Asked) -> Body {
    let (lines, _) = asked.lines_from(0);
    Full::new(asked.chosen(&lines, asked.tail())).boxed_unsync()
}

/// What is there, and then what comes until the container ends.
fn followed(asked: Asked) -> Body {
    let pieces = stream::unfold((asked, None), |(asked, read)| async move {
        let Some(mut start) = read else {
            let (lines, end) = asked.lines_from(0);
            return Some((asked.chosen(&lines, asked.tail()), (asked, Some(end))));
        };
        loop {
            let is_open = asked.open.exists();
            let (lines, end) = asked.lines_from(start);
            start = end;
            if !lines.is_empty() {
                return Some((asked.chosen(&lines, usize::MAX), (asked, Some(end))));
            }
            if !is_open {
                return None;
            }
            tokio::time::sleep(PAUSE).await;
        }
    });
    BodyExt::boxed_unsync(StreamBody::new(pieces.map(|piece| Ok::<_, Infallible>(Frame::data(piece)))))
}
