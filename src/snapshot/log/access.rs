//! Lines of an access log: a request of a client, and how it was answered.

use crate::snapshot::text::SafeText;

/// A request that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access<'a> {
    /// `POST`.
    pub method: &'a str,
    /// What was asked for, as it was asked.
    pub path: &'a str,
    /// The status of the answer.
    pub status: u16,
}

/// Methods by which predictions and pages are asked for.
const METHODS: [&str; 4] = ["POST /", "GET /", "PUT /", "HEAD /"];

/// The words that web frameworks write before they print what a request raised.
const WRAPPERS: [&str; 7] = [
    "Exception on /",
    "Exception in ASGI application",
    "Internal Server Error: /",
    "Error handling request",
    "Uncaught exception POST /",
    "Exception occurred while handling uri",
    "Encountered an unexpected error while evaluating the model",
];

/// The functions of web frameworks that call the code of a request, and of nothing else.
const CALLERS: [&str; 8] = [
    "in wsgi_app",
    "in full_dispatch_request",
    "in dispatch_request",
    "in run_asgi",
    "in run_endpoint_function",
    "in request_response",
    "in invoke_run",
    "in run_scoring",
];

impl<'a> Access<'a> {
    /// `"POST /score HTTP/1.1" 500`, `POST /score 500 12.3ms` and `500 POST /score (10.0.0.1)`, unless it is a request
    /// that the server itself sent to another.
    pub fn of(line: &'a str) -> Option<Self> {
        if let Some(access) = Access::of_bentoml(line) {
            return Some(access);
        }
        let (at, method) = METHODS.iter().find_map(|method| Some((line.find(method)?, *method)))?;
        let method = method.trim_end_matches([' ', '/']);
        let (before, rest) = (&line[..at], &line[at + method.len() + 1..]);
        if before.contains("://") {
            return None;
        }
        let end = rest.find([' ', '"']).unwrap_or(rest.len());
        let (path, behind) = rest.split_at(end);
        let behind = behind.trim_start_matches(' ');
        let behind =
            behind.strip_prefix("HTTP/").map_or(behind, |rest| rest.trim_start_matches(|c| c != '"' && c != ' '));
        let status =
            status(behind.trim_start_matches(['"', ' ', ','])).or_else(|| status(before.rsplit(' ').nth(1)?))?;
        Some(Access { method, path, status })
    }

    /// `… (scheme=http,method=POST,path=/predict,…) (status=200,…)` (bentoml 1.x).
    fn of_bentoml(line: &'a str) -> Option<Self> {
        let (before, behind) = line.split_once("(status=")?;
        let field = |name: &str| before.split_once(name)?.1.split(',').next();
        Some(Access { method: field(",method=")?, path: field(",path=")?, status: status(behind)? })
    }

    /// Could the server not answer it?
    pub fn failed(&self) -> bool {
        self.status >= 500
    }

    /// Was it answered as the client wished?
    pub fn succeeded(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Does it ask for a page, or only whether the server is well?
    pub fn is_look(&self) -> bool {
        matches!(self.method, "GET" | "HEAD")
    }

    /// The path without what is asked of it.
    pub fn page(&self) -> &'a str {
        self.path.split('?').next().unwrap_or(self.path)
    }
}

fn status(text: &str) -> Option<u16> {
    let digits = text.get(..3)?;
    let stands_alone = !text[3..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    digits.parse().ok().filter(|status| stands_alone && (100..600).contains(status))
}

/// Does the line say that a request raised what is printed behind it?
pub fn wraps_request(line: &str) -> bool {
    WRAPPERS.iter().any(|words| line.contains(words))
}

/// Was it raised under a function that answers requests?
pub fn is_under_request(traceback: &SafeText) -> bool {
    CALLERS.iter().any(|caller| traceback.contains(caller))
}

#[cfg(test)]
mod tests {
    use super::Access;

    fn read(line: &str) -> Option<(&str, &str, u16)> {
        Access::of(line).map(|access| (access.method, access.path, access.status))
    }

    #[test]
    fn servers_write_their_access_logs_in_several_ways() {
        let score = Some(("POST", "/score", 500));
        assert_eq!(read(r#"10.244.1.9 - - [12/Jan/2026 09:00:00] "POST /score HTTP/1.1" 500 -"#), score);
        assert_eq!(read(r#"10.244.1.9 - - [12/Jan/2026 09:00:00] "POST /score" 500 -"#), score);
        assert_eq!(read(r#"INFO:     10.0.0.4:0 - "POST /score HTTP/1.1" 500 Internal Server Error"#), score);
        assert_eq!(read("2026-11-20 11:20:27,740 I [29] azmlinfsrv - POST /score 500 53.981ms 1"), score);
        assert_eq!(read("[E 260112 09:00:00 web:2239] 500 POST /score (10.0.0.4) 12.30ms"), score);
        assert_eq!(read(r#""GET /items?id=7 HTTP/2" 200"#), Some(("GET", "/items?id=7", 200)));
        let bento = "10.0.0.4:0 (scheme=http,method=POST,path=/score,type=,length=) (status=500,type=,length=) 2.1ms";
        assert_eq!(read(bento), score);
    }

    #[test]
    fn what_a_server_asks_of_another_is_no_request_of_a_client() {
        assert_eq!(
            read(r#"DEBUG:urllib3.connectionpool:http://tfs:8501 "POST /v1/models/m:predict HTTP/1.1" 503 None"#),
            None
        );
        assert_eq!(read(r#"INFO:httpx:HTTP Request: POST http://tfs:8501/predict "HTTP/1.1 500 Internal""#), None);
    }

    #[test]
    fn other_lines_are_none() {
        assert_eq!(read("ERROR in app: Exception on /predict [POST]"), None);
        assert_eq!(read("POST /predict took 5000.1 ms"), None);
        assert_eq!(read("POST /predict 500.25ms"), None);
    }
}
