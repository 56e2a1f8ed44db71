//! Reads objects: one of them, or a list in pages.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::answer::Refusal;
use crate::demo::request::{Form, Objects, Query};
use crate::demo::selector::Selector;
use crate::demo::table::{self, Rows};
use crate::demo::world::{Address, World};

/// Which objects of a kind are meant.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The kind, by its place among the kinds.
    pub resource: usize,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// What they must be.
    pub selector: Selector,
}

impl Chosen {
    /// Reads what is asked for.
    pub fn of(objects: &Objects, query: &Query) -> Result<Chosen, Refusal> {
        let named = objects.name.as_ref().map(|name| format!("metadata.name={name},")).unwrap_or_default();
        let fields = format!("{named}{}", query.text("fieldSelector"));
        let selector = Selector::read(query.text("labelSelector"), &fields).map_err(Refusal::bad)?;
        Ok(Chosen { resource: objects.resource, namespace: objects.namespace.clone(), selector })
    }

    /// Is an object of this address and content meant?
    pub fn holds(&self, address: &Address, object: &Value) -> bool {
        let is_here = self.namespace.as_ref().is_none_or(|namespace| *namespace == address.namespace);
        address.resource == self.resource && is_here && self.selector.holds(object)
    }

    /// The objects that are meant, in their order, from an address on.
    pub fn among<'a>(
        &'a self,
        world: &'a World,
        from: &Address,
    ) -> impl Iterator<Item = (&'a Address, &'a Arc<Value>)> {
        let of_kind = world.objects.range(from.clone()..).take_while(|(address, _)| address.resource == self.resource);
        of_kind.filter(|(address, object)| self.holds(address, object))
    }

    /// The address before all of the kind.
    pub fn first(&self) -> Address {
        let namespace = self.namespace.clone().unwrap_or_default();
        Address { resource: self.resource, namespace, name: String::new() }
    }
}

/// One object.
pub fn get(world: &World, objects: &Objects, form: Form, query: &Query) -> Result<Value, Refusal> {
    let resource = &world.resources[objects.resource];
    let name = objects.name.clone().unwrap_or_default();
    let namespace = objects.namespace.clone().unwrap_or_default();
    let address = Address { resource: objects.resource, namespace, name };
    let Some(object) = world.objects.get(&address) else {
        let message = format!(r#"{} "{}" not found"#, resource.qualified(), address.name);
        return Err(Refusal::new(404, "NotFound", message));
    };
    Ok(match form {
        Form::Whole => (**object).clone(),
        Form::Metadata => metadata(object),
        Form::Table => {
            let rows = Rows { resource, include: query.text("includeObject"), now: Timestamp::now() };
            let about = json!({"resourceVersion": object["metadata"]["resourceVersion"]});
            table::table(&rows, std::slice::from_ref(object), &about)
        }
    })
}

/// An object reduced to its metadata.
pub fn metadata(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// A list, or a page of it.
pub fn list(world: &World, objects: &Objects, form: Form, query: &Query) -> Result<Value, Refusal> {
    let chosen = Chosen::of(objects, query)?;
    let page = Page::of(query, &chosen, world)?;
    let found: Vec<(&Address, &Arc<Value>)> = chosen.among(world, &page.from).collect();
    let length = page.limit.unwrap_or(found.len()).min(found.len());
    let items: Vec<Arc<Value>> = found[..length].iter().map(|(_, object)| (*object).clone()).collect();
    let mut about = json!({"resourceVersion": page.version.to_string()});
    if let Some((next, _)) = found.get(length) {
        about["continue"] = json!(token(page.version, next));
        if query.text("labelSelector").is_empty() && query.text("fieldSelector").is_empty() {
            about["remainingItemCount"] = json!(found.len() - length);
        }
    }
    let resource = &world.resources[objects.resource];
    Ok(match form {
        Form::Whole => {
            let kind = format!("{}List", resource.kind);
            json!({"kind": kind, "apiVersion": resource.api_version(), "metadata": about, "items": items})
        }
        Form::Metadata => {
            let items: Vec<Value> = items.iter().map(|object| metadata(object)).collect();
            let kind = "PartialObjectMetadataList";
            json!({"kind": kind, "apiVersion": "meta.k8s.io/v1", "metadata": about, "items": items})
        }
        Form::Table => {
            let rows = Rows { resource, include: query.text("includeObject"), now: Timestamp::now() };
            table::table(&rows, &items, &about)
        }
    })
}

/// Where a page begins, and how long it may be.
struct Page {
    from: Address,
    /// The version that the first page showed: a watch goes on from there.
    version: u64,
    limit: Option<usize>,
}

impl Page {
    fn of(query: &Query, chosen: &Chosen, world: &World) -> Result<Page, Refusal> {
        let limit = query.number("limit").filter(|limit| *limit > 0).and_then(|limit| usize::try_from(limit).ok());
        let token = query.text("continue");
        if token.is_empty() {
            not_ahead(query, world)?;
            return Ok(Page { from: chosen.first(), version: world.version, limit });
        }
        let read = |token: &str| {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
            let mut parts = text.splitn(3, '/');
            let version: u64 = parts.next()?.parse().ok()?;
            let (namespace, name) = (parts.next()?.to_owned(), parts.next()?.to_owned());
            Some((version, Address { resource: chosen.resource, namespace, name }))
        };
        let (version, from) = read(token).ok_or_else(|| Refusal::bad("continue key is not valid"))?;
        if version < world.oldest {
            let message = "The provided continue parameter is too old to display a consistent list result.";
            return Err(Refusal::new(410, "Expired", message));
        }
        Ok(Page { from, version, limit })
    }
}

/// A version that this server has not reached yet cannot be read.
pub fn not_ahead(query: &Query, world: &World) -> Result<(), Refusal> {
    match query.number("resourceVersion").filter(|asked| *asked > world.version) {
        None => Ok(()),
        Some(asked) => {
            let message = format!("Too large resource version: {asked}, current: {}", world.version);
            let refusal = Refusal::new(504, "Timeout", message);
            Err(Refusal { retry_after: Some(1), ..refusal })
        }
    }
}

fn token(version: u64, next: &Address) -> String {
    URL_SAFE_NO_PAD.encode(format!("{version}/{}/{}", next.namespace, next.name))
}

#[cfg(test)]
mod tests {
    use super::list;
    use crate::demo::request::{Form, Objects, Query};
    use crate::demo::resource;
    use crate::demo::world::World;
    use jiff::Timestamp;
    use serde_json::{Value, json};
    use std::time::Duration;

    fn world() -> World {
        let pod = |name: &str, namespace: &str| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}});
        let objects = vec![pod("a", "n"), pod("b", "n"), pod("c", "n"), pod("a", "other")];
        World::new(resource::all(&[]), Timestamp::UNIX_EPOCH).followed_by(objects, Duration::ZERO)
    }

    fn pods(world: &World, namespace: Option<&str>, query: &str) -> Value {
        let resource = world.resources.iter().position(|known| known.plural == "pods").unwrap();
        let namespace = namespace.map(str::to_owned);
        let objects = Objects { resource, namespace, name: None, part: None };
        list(world, &objects, Form::Whole, &Query::of(query)).unwrap()
    }

    fn names(list: &Value) -> Vec<&str> {
        list["items"].as_array().unwrap().iter().map(|item| item["metadata"]["name"].as_str().unwrap()).collect()
    }

    #[test]
    fn a_list_comes_in_pages_of_one_version() {
        let world = world();
        let first = pods(&world, Some("n"), "limit=2");
        assert_eq!((names(&first), &first["metadata"]["remainingItemCount"]), (vec!["a", "b"], &json!(1)));
        let token = first["metadata"]["continue"].as_str().unwrap();
        let later = world.followed_by(Vec::new(), Duration::ZERO);
        let second = pods(&world, Some("n"), &format!("limit=2&continue={token}"));
        assert_eq!((names(&second), &second["metadata"]["continue"]), (vec!["c"], &Value::Null));
        let emptied = pods(&later, Some("n"), &format!("limit=2&continue={token}"));
        assert_eq!(emptied["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    }

    #[test]
    fn namespaces_are_kept_apart() {
        let world = world();
        assert_eq!(names(&pods(&world, None, "")).len(), 4);
        assert_eq!(names(&pods(&world, Some("other"), "fieldSelector=metadata.name%3Da")), ["a"]);
        assert_eq!(names(&pods(&world, Some("none"), "")), [""; 0]);
    }
}
