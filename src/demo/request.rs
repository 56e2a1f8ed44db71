//! What a request asks for: its path, its query, and the form in which the answer is wanted.

use crate::demo::resource::Resource;

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/version`
    Version,
    /// `/healthz` and its like.
    Health,
    /// `/api`
    CoreVersions,
    /// `/apis`
    Groups,
    /// `/apis/GROUP`
    Group(String),
    /// `/api/v1` or `/apis/GROUP/VERSION`
    Resources(String, String),
    /// A review of the user's rights.
    Review(String),
    /// The objects of a kind.
    Objects(Objects),
    /// Nothing.
    Nowhere,
}

/// The objects of a kind that a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objects {
    /// The kind, by its place among the kinds.
    pub resource: usize,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// One object; `None` for all.
    pub name: Option<String>,
    /// `log` and its like.
    pub part: Option<String>,
}

impl Route {
    /// Reads a path.
    pub fn of(path: &str, resources: &[Resource]) -> Route {
        let steps: Vec<&str> = path.split('/').filter(|step| !step.is_empty()).collect();
        match steps.as_slice() {
            ["version"] => Route::Version,
            ["healthz" | "livez" | "readyz", ..] => Route::Health,
            ["api"] => Route::CoreVersions,
            ["apis"] => Route::Groups,
            ["api", version] => Route::Resources(String::new(), (*version).to_owned()),
            ["apis", group] => Route::Group((*group).to_owned()),
            ["apis", group, version] => Route::Resources((*group).to_owned(), (*version).to_owned()),
            ["apis", "authorization.k8s.io", "v1", review] => Route::Review((*review).to_owned()),
            ["api", version, rest @ ..] => objects(("", version), rest, resources),
            ["apis", group, version, rest @ ..] => objects((group, version), rest, resources),
            _ => Route::Nowhere,
        }
    }
}

fn objects((group, version): (&str, &str), steps: &[&str], resources: &[Resource]) -> Route {
    let (namespace, rest) = match steps {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() && !is_part(rest) => {
            (Some((*namespace).to_owned()), rest)
        }
        _ => (None, steps),
    };
    let of = |plural: &str| {
        resources.iter().position(|known| known.group == group && known.version == version && known.plural == plural)
    };
    let Some(resource) = rest.first().and_then(|plural| of(plural)) else { return Route::Nowhere };
    let step = |index: usize| rest.get(index).map(|step| (*step).to_owned());
    Route::Objects(Objects { resource, namespace, name: step(1), part: step(2) })
}

/// `/namespaces/NAME/status` is a part of the namespace, not a kind in it.
fn is_part(steps: &[&str]) -> bool {
    matches!(steps, ["status" | "finalize"])
}

/// The part of a request after `?`.
#[derive(Clone, Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads it.
    pub fn of(text: &str) -> Query {
        let pair = |pair: &str| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        };
        Query { pairs: text.split('&').filter(|part| !part.is_empty()).map(pair).collect() }
    }

    /// A value; empty where it is absent.
    pub fn text(&self, key: &str) -> &str {
        self.pairs.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    /// Is it asked for?
    pub fn flag(&self, key: &str) -> bool {
        matches!(self.text(key), "true" | "1")
    }

    /// A number, where one is given.
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key).parse().ok()
    }
}

/// `%2C` is a comma and `+` a blank.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = || u8::from_str_radix(std::str::from_utf8(after.get(..2)?).ok()?, 16).ok();
        let (byte, length) = match (first, hex()) {
            (b'%', Some(byte)) => (byte, 3),
            (b'+', _) => (b' ', 1),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The form in which objects are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Whole,
    /// As rows of a table, as `kubectl get` prints them.
    Table,
    /// Their metadata alone.
    Metadata,
}

impl Form {
    /// The first form that is accepted and can be given; `None` where there is none.
    pub fn of(accept: &str) -> Option<Form> {
        if accept.trim().is_empty() {
            return Some(Form::Whole);
        }
        accept.split(',').find_map(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let media = parts.next()?;
            let parameters: Vec<&str> = parts.collect();
            let asked = parameters.iter().find_map(|parameter| parameter.strip_prefix("as="));
            let is_json = matches!(media, "application/json" | "application/*" | "*/*" | "text/plain");
            match asked {
                _ if !is_json => None,
                None => Some(Form::Whole),
                Some("Table") if parameters.contains(&"v=v1") => Some(Form::Table),
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") if parameters.contains(&"v=v1") => {
                    Some(Form::Metadata)
                }
                Some(_) => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Form, Objects, Query, Route};
    use crate::demo::resource;

    #[test]
    fn paths_lead_to_kinds_and_objects() {
        let known = resource::all(&[]);
        let objects = |path: &str| match Route::of(path, &known) {
            Route::Objects(Objects { resource, namespace, name, part }) => {
                format!("{} {namespace:?} {name:?} {part:?}", known[resource].plural)
            }
            other => format!("{other:?}"),
        };
        assert_eq!(objects("/api/v1/pods"), "pods None None None");
        assert_eq!(objects("/api/v1/namespaces/n/pods/p/log"), r#"pods Some("n") Some("p") Some("log")"#);
        assert_eq!(objects("/api/v1/namespaces/n"), r#"namespaces None Some("n") None"#);
        assert_eq!(objects("/apis/apps/v1/namespaces/n/deployments"), r#"deployments Some("n") None None"#);
        assert_eq!(objects("/apis/metrics.k8s.io/v1beta1/pods"), "Nowhere");
        assert_eq!(objects("/apis/apps/v1"), r#"Resources("apps", "v1")"#);
    }

    #[test]
    fn queries_are_decoded() {
        let query = Query::of("labelSelector=app%3Din%2Cx+y&watch=1&limit=500&bad=%zz");
        assert_eq!(query.text("labelSelector"), "app=in,x y");
        assert!(query.flag("watch") && !query.flag("follow"));
        assert_eq!((query.number("limit"), query.number("none")), (Some(500), None));
        assert_eq!(query.text("bad"), "%zz");
    }

    #[test]
    fn the_first_form_that_can_be_given_is_chosen() {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(Form::of(table), Some(Form::Table));
        assert_eq!(Form::of("application/vnd.kubernetes.protobuf,application/json"), Some(Form::Whole));
        assert_eq!(Form::of("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"), Some(Form::Metadata));
        assert_eq!(
            Form::of("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"),
            Some(Form::Whole)
        );
        assert_eq!(Form::of("application/vnd.kubernetes.protobuf"), None);
    }
}
