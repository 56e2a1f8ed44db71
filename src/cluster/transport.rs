//! The way to the API server: one client with our own keep-alive, deadlines and limits, which can only read.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::header::{ACCEPT, DATE, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use kube::client::{Body, ClientBuilder, ConfigExt};
use kube::{Client, Config};
use tokio::time::timeout;
use tower::{BoxError, Layer, Service, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;
use tower_http::timeout::TimeoutBody;

use crate::cluster::limiter::Limiter;
use crate::snapshot::kind::Kind;

/// From the request to the head of the answer.
const HEAD_DEADLINE: Duration = Duration::from_secs(10);
/// Between two pieces of a list.
const PIECE_DEADLINE: Duration = Duration::from_secs(10);
/// To reach the server.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// A connection that says nothing is asked after so long, again after `KEEPALIVE_PAUSE`, and given up after two
/// silences: load balancers drop quiet connections without a word.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_PAUSE: Duration = Duration::from_secs(5);
const KEEPALIVE_TRIES: u32 = 2;
/// Bytes that nobody acknowledges for so long end the connection.
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// What went over the wire, and how the server's clock differs from ours.
#[derive(Debug, Default)]
pub struct Meter {
    requests: AtomicU64,
    /// Seconds that the server is ahead of us.
    ahead: AtomicI64,
    /// Watches that the server has begun to answer, by kind.
    watches: [AtomicU64; Kind::ALL.len()],
}

impl Meter {
    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Seconds that the clock of the server is ahead of ours, to the second.
    pub fn ahead(&self) -> i64 {
        self.ahead.load(Ordering::Relaxed)
    }

    /// The time on the clock of the server.
    pub fn server_time(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(jiff::SignedDuration::from_secs(self.ahead())).unwrap_or(now)
    }

    /// Watches of a kind that the server has begun to answer.
    pub fn watches(&self, kind: Kind) -> u64 {
        self.watches[kind as usize].load(Ordering::Relaxed)
    }

    fn note_watch(&self, kind: Kind) {
        self.watches[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    fn note_date(&self, date: &HeaderValue) {
        /// The header is cut to seconds, and the answer was on its way for a while.
        const ROUNDING: i64 = 2;
        let parsed = date.to_str().ok().and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
        let Some(server) = parsed.map(|zoned| zoned.timestamp()) else { return };
        let ahead = server.as_second() - Timestamp::now().as_second();
        self.ahead.store(if ahead.abs() <= ROUNDING { 0 } else { ahead }, Ordering::Relaxed);
    }
}

/// Builds the client for a configuration.
pub fn client(config: &Config, meter: Arc<Meter>) -> Result<Client, kube::Error> {
    let connector = connector();
    match config.proxy_url.clone() {
        Some(proxy) if proxy.scheme_str().is_some_and(|scheme| scheme.starts_with("socks5")) => {
            build(config, config.rustls_https_connector_with_connector(SocksV5::new(proxy, connector))?, meter)
        }
        Some(proxy) => {
            let to_proxy = config.rustls_https_connector_with_connector(connector)?;
            build(config, config.rustls_https_connector_with_connector(Tunnel::new(proxy, to_proxy))?, meter)
        }
        None => build(config, config.rustls_https_connector_with_connector(connector)?, meter),
    }
}

fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_DEADLINE));
    connector.set_keepalive(Some(KEEPALIVE));
    connector.set_keepalive_interval(Some(KEEPALIVE_PAUSE));
    connector.set_keepalive_retries(Some(KEEPALIVE_TRIES));
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "fuchsia"))]
    connector.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
    connector
}

fn build<C>(config: &Config, connector: C, meter: Arc<Meter>) -> Result<Client, kube::Error>
where
    C: Service<http::Uri> + Clone + Send + Sync + 'static,
    C::Response: hyper_util::client::legacy::connect::Connection + hyper::rt::Read + hyper::rt::Write + Send + Unpin,
    C::Future: Send + Unpin + 'static,
    C::Error: Into<BoxError>,
{
    let client = hyper_util::client::legacy::Builder::new(TokioExecutor::new()).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .option_layer(config.auth_layer()?)
        .layer(config.extra_headers_layer()?)
        .layer(GateLayer { meter, limiters: Arc::new(std::array::from_fn(|_| Limiter::default())) })
        .map_err(BoxError::from)
        .service(client);
    Ok(ClientBuilder::new(service, config.default_namespace.clone()).build())
}

/// The kind whose list or watch has this path.
fn kind_of(path: &str) -> Option<Kind> {
    let fits = |kind: &Kind| {
        let place = kind.place();
        let of_group = if place.group.is_empty() { path.starts_with("/api/") } else { path.contains(place.group) };
        of_group && path.ends_with(&format!("/{}", place.plural))
    };
    Kind::ALL.into_iter().find(fits)
}

/// Every request passes here.
#[derive(Clone, Debug)]
struct GateLayer {
    meter: Arc<Meter>,
    limiters: Arc<[Limiter; Kind::ALL.len()]>,
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;
    fn layer(&self, inner: S) -> Gate<S> {
        Gate { inner, meter: self.meter.clone(), limiters: self.limiters.clone() }
    }
}

/// Refuses whatever is no read, holds watches back that would start too fast, sets deadlines, and counts.
#[derive(Clone, Debug)]
struct Gate<S> {
    inner: S,
    meter: Arc<Meter>,
    limiters: Arc<[Limiter; Kind::ALL.len()]>,
}

type Answer = Response<http_body_util::combinators::UnsyncBoxBody<hyper::body::Bytes, BoxError>>;

impl<S, B> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = hyper::body::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Answer;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let replacement = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, replacement);
        let (meter, limiters) = (self.meter.clone(), self.limiters.clone());
        Box::pin(async move {
            if !is_read(&request) {
                let (method, path) = (request.method(), request.uri().path());
                return Err(BoxError::from(format!("refused to send {method} {path}: this program only reads")));
            }
            let watched = watched(&request);
            let is_endless = watched.is_some() || request.uri().path().ends_with("/log");
            ask_for_metadata_only(&mut request, watched.is_some());
            if let Some(kind) = watched {
                limiters[kind as usize].wait(Instant::now()).await;
            }
            meter.requests.fetch_add(1, Ordering::Relaxed);
            let answer = head(inner.call(request)).await;
            match (watched, &answer) {
                (Some(kind), Ok(answer)) if answer.status().is_success() => meter.note_watch(kind),
                (Some(kind), _) => limiters[kind as usize].give_back(),
                (None, _) => {}
            }
            let answer = answer?;
            if let Some(date) = answer.headers().get(DATE) {
                meter.note_date(date);
            }
            Ok(answer.map(|body| {
                let body = body.map_err(Into::into);
                if is_endless { body.boxed_unsync() } else { TimeoutBody::new(PIECE_DEADLINE, body).boxed_unsync() }
            }))
        })
    }
}

/// Waits for the head of an answer, not for ever.
async fn head<B, E: Into<BoxError>>(
    answer: impl Future<Output = Result<Response<B>, E>>,
) -> Result<Response<B>, BoxError> {
    let answer = timeout(HEAD_DEADLINE, answer).await;
    answer.map_err(|_| BoxError::from("the server did not answer within 10 s"))?.map_err(Into::into)
}

/// The kind that a request watches, if it is a watch.
fn watched(request: &Request<Body>) -> Option<Kind> {
    let query = request.uri().query().unwrap_or_default();
    let is_watch = query.contains("watch=true") || query.contains("watch=1");
    kind_of(request.uri().path()).filter(|_| is_watch)
}

/// Reads are GET requests, and the two reviews by which a user asks what is allowed to him.
fn is_read(request: &Request<Body>) -> bool {
    const REVIEWS: [&str; 2] = ["/selfsubjectaccessreviews", "/selfsubjectrulesreviews"];
    let review = || REVIEWS.iter().any(|review| request.uri().path().ends_with(review));
    request.method() == Method::GET || request.method() == Method::POST && review()
}

/// Config maps can hold a mebibyte each: of lists and watches only the metadata is asked for.
fn ask_for_metadata_only(request: &mut Request<Body>, is_watch: bool) {
    const LIST: HeaderValue =
        HeaderValue::from_static("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
    const ONE: HeaderValue = HeaderValue::from_static("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    if request.uri().path().ends_with("/configmaps") {
        request.headers_mut().insert(ACCEPT, if is_watch { ONE } else { LIST });
    }
}
