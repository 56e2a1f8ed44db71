//! Answers one request.

use std::io;
use std::sync::Arc;

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION};
use http::{HeaderName, Method, Request, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::{Bytes, Incoming};
use serde_json::Value;
use tokio::sync::watch::Receiver;

use crate::demo::answer::{self, Answer, Refusal};
use crate::demo::discovery;
use crate::demo::fault::{Fault, Faults};
use crate::demo::logs::Reading;
use crate::demo::play::Play;
use crate::demo::protobuf;
use crate::demo::read;
use crate::demo::request::{Form, Objects, Query, Route};
use crate::demo::watch::{Sources, Watching};
use crate::demo::world::World;

/// Nobody asks longer questions.
const LONGEST_BODY: usize = 64 * 1024;
/// What is said to who wants to change something.
const READ_ONLY: &str = "the demo cluster only plays what was recorded: nothing in it can be changed, run or opened";

/// What is needed to answer.
#[derive(Clone)]
pub struct Desk {
    /// The play, for its logs.
    pub play: Arc<Play>,
    /// The newest world.
    pub worlds: Receiver<Arc<World>>,
    /// The faults that are switched on.
    pub faults: Receiver<Faults>,
    /// The bearer token that requests must carry, if any.
    pub token: Option<Arc<str>>,
    /// The version that the server says it has.
    pub version: Arc<str>,
}

/// What matters of a request.
struct Asked {
    query: Query,
    accept: String,
    may_compress: bool,
    changes: bool,
}

impl Desk {
    /// Answers.
    pub async fn answer(&self, request: Request<Incoming>) -> Answer {
        self.try_answer(request).await.unwrap_or_else(|refusal| refusal.answer())
    }

    async fn try_answer(&self, request: Request<Incoming>) -> Result<Answer, Refusal> {
        self.admit(&request)?;
        let world = self.worlds.borrow().clone();
        let route = Route::of(request.uri().path(), &world.resources);
        let asked = Asked::of(&request);
        if let Route::Review(kind) = route {
            return review(&kind, request).await;
        }
        if asked.changes {
            return Err(Refusal::new(405, "MethodNotAllowed", READ_ONLY));
        }
        let known = &world.resources;
        let told = match route {
            Route::Objects(objects) => return self.objects(&world, &objects, &asked),
            Route::Health => return Ok(answer::text("ok")),
            Route::Version => Some(discovery::version(&self.version)),
            Route::CoreVersions => Some(discovery::core_versions()),
            Route::Groups => Some(discovery::groups(known)),
            Route::Group(name) => discovery::group(&name, known),
            Route::Resources(group, version) => discovery::resources(&group, &version, known),
            Route::Review(_) | Route::Nowhere => None,
        };
        told.map(|told| answer::json(&told, asked.may_compress)).ok_or_else(Refusal::nowhere)
    }

    /// Does the request carry the token?
    fn admit<B>(&self, request: &Request<B>) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let given = header(request, AUTHORIZATION).strip_prefix("Bearer ").map(str::to_owned);
        if given.as_deref() == Some(token) { Ok(()) } else { Err(Refusal::new(401, "Unauthorized", "Unauthorized")) }
    }

    fn objects(&self, world: &Arc<World>, objects: &Objects, asked: &Asked) -> Result<Answer, Refusal> {
        let part = objects.part.as_deref().unwrap_or_default();
        let fault = self.fault(world, objects)?;
        match part {
            "log" => return self.log(world, objects, asked),
            "" | "status" => {}
            "exec" | "attach" | "portforward" | "proxy" => return Err(Refusal::new(403, "Forbidden", READ_ONLY)),
            _ => return Err(Refusal::nowhere()),
        }
        let form = Form::of(&asked.accept).ok_or_else(|| {
            Refusal::new(406, "NotAcceptable", "only the following media types are accepted: application/json")
        })?;
        if asked.query.flag("watch") {
            let sources = Sources { worlds: self.worlds.clone(), faults: self.faults.clone() };
            return Ok(answer::json_stream(Watching::new(sources, objects, form, &asked.query)?.stream()));
        }
        let found = match objects.name {
            Some(_) => read::get(world, objects, form, &asked.query)?,
            None => read::list(world, objects, form, &asked.query)?,
        };
        Ok(if fault == Some(Fault::Cut) { cut(&found) } else { answer::json(&found, asked.may_compress) })
    }

    /// The fault that is switched on; the error where it refuses the request.
    fn fault(&self, world: &World, objects: &Objects) -> Result<Option<Fault>, Refusal> {
        let resource = &world.resources[objects.resource];
        let part = objects.part.as_ref().map(|part| format!("/{part}")).unwrap_or_default();
        let faults = self.faults.borrow();
        let Some(switched) = faults.get(&format!("{}{part}", resource.plural)) else { return Ok(None) };
        switched.fault.refusal(resource, &part).map_or(Ok(Some(switched.fault)), Err)
    }

    fn log(&self, world: &World, objects: &Objects, asked: &Asked) -> Result<Answer, Refusal> {
        let pod = read::get(world, objects, Form::Whole, &asked.query)?;
        let reading = Reading::new(self.worlds.clone(), &self.play, &pod, &asked.query)?;
        Ok(answer::text_stream(reading.stream()))
    }
}

impl Asked {
    fn of<B>(request: &Request<B>) -> Asked {
        Asked {
            query: Query::of(request.uri().query().unwrap_or_default()),
            accept: header(request, ACCEPT).to_owned(),
            may_compress: header(request, ACCEPT_ENCODING).contains("gzip"),
            changes: !matches!(*request.method(), Method::GET | Method::HEAD),
        }
    }
}

fn header<B>(request: &Request<B>, name: HeaderName) -> &str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

async fn review(kind: &str, request: Request<Incoming>) -> Result<Answer, Refusal> {
    if request.method() != Method::POST {
        return Err(Refusal::new(405, "MethodNotAllowed", "a review is asked for with POST"));
    }
    let body = Limited::new(request.into_body(), LONGEST_BODY).collect().await;
    let bytes = body.map_err(|_| Refusal::bad("the body cannot be read"))?.to_bytes();
    let asked = serde_json::from_slice::<Value>(&bytes).ok().or_else(|| protobuf::review(&bytes));
    let asked = asked.ok_or_else(|| Refusal::new(415, "UnsupportedMediaType", "the body is no review"))?;
    let told = discovery::review(kind, &asked).ok_or_else(Refusal::nowhere)?;
    let mut answer = answer::json(&told, false);
    *answer.status_mut() = StatusCode::CREATED;
    Ok(answer)
}

/// An answer whose connection ends in the middle.
fn cut(value: &Value) -> Answer {
    let mut bytes = value.to_string().into_bytes();
    bytes.truncate(bytes.len() / 2);
    let pieces = [Ok(Bytes::from(bytes)), Err(io::ErrorKind::ConnectionReset.into())];
    answer::json_stream(futures::stream::iter(pieces))
}
