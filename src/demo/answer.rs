//! What the API server answers: an object, a stream, or a status that says why not.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::Stream;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY};
use http::{Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame};
use serde_json::{Value, json};

/// An answer on its way.
pub type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain");
/// Answers below this size are not worth compressing.
const SMALL: usize = 2048;

/// Why a request is refused, as a `Status` of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The code of HTTP.
    pub code: u16,
    /// One word for programs.
    pub reason: &'static str,
    /// A sentence for people.
    pub message: String,
    /// Seconds to wait before the next try.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { code, reason, message: message.into(), retry_after: None }
    }

    /// What was asked makes no sense.
    pub fn bad(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "BadRequest", message)
    }

    /// The path leads nowhere.
    pub fn nowhere() -> Refusal {
        Refusal::new(404, "NotFound", "the server could not find the requested resource")
    }

    /// The version is too old to go on from.
    pub fn gone(asked: u64, oldest: u64) -> Refusal {
        Refusal::new(410, "Expired", format!("too old resource version: {asked} ({oldest})"))
    }

    /// The status.
    pub fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.code,
        });
        if let Some(seconds) = self.retry_after {
            status["details"] = json!({"retryAfterSeconds": seconds});
        }
        status
    }

    /// The answer.
    pub fn answer(&self) -> Answer {
        let mut answer = json(&self.status(), false);
        *answer.status_mut() = StatusCode::from_u16(self.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(seconds) = self.retry_after {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// An object, compressed where that is accepted and worth it.
pub fn json(value: &Value, may_compress: bool) -> Answer {
    let bytes = value.to_string().into_bytes();
    let compressed =
        Some(&bytes).filter(|bytes| may_compress && bytes.len() > SMALL).and_then(|bytes| gzip(bytes).ok());
    let is_compressed = compressed.is_some();
    let mut answer = whole(compressed.unwrap_or(bytes), JSON);
    if is_compressed {
        answer.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    }
    answer
}

/// A text.
pub fn text(text: impl Into<String>) -> Answer {
    whole(text.into().into_bytes(), TEXT)
}

/// Lines of JSON as they come.
pub fn json_stream(lines: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Answer {
    stream(lines, JSON)
}

/// Lines of text as they come.
pub fn text_stream(lines: impl Stream<Item = io::Result<Bytes>> + Send + 'static) -> Answer {
    stream(lines, TEXT)
}

fn whole(bytes: Vec<u8>, kind: HeaderValue) -> Answer {
    let body = Full::new(Bytes::from(bytes)).map_err(|never| match never {}).boxed_unsync();
    with_kind(Response::new(body), kind)
}

fn stream(lines: impl Stream<Item = io::Result<Bytes>> + Send + 'static, kind: HeaderValue) -> Answer {
    let frames = futures::StreamExt::map(lines, |line| line.map(Frame::data));
    with_kind(Response::new(StreamBody::new(frames).boxed_unsync()), kind)
}

fn with_kind(mut answer: Answer, kind: HeaderValue) -> Answer {
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer.headers_mut().insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    answer
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}
