//! An object as the API server wrote it, with just enough of it read to watch it: one type for every kind.

use std::borrow::Cow;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::core::ApiResource;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::snapshot::kind::Kind;

/// An object that is not projected yet.
#[derive(Clone, Debug, Serialize)]
pub struct Raw {
    /// Name, namespace, uid and resource version; nothing else.
    pub metadata: ObjectMeta,
    /// The whole object.
    #[serde(skip)]
    pub json: Box<RawValue>,
}

/// The part of `metadata` that a watch needs.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Head {
    metadata: HeadMeta,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HeadMeta {
    name: Option<String>,
    namespace: Option<String>,
    uid: Option<String>,
    resource_version: Option<String>,
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(input)?;
        let head: Head = serde_json::from_str(json.get()).map_err(D::Error::custom)?;
        let HeadMeta { name, namespace, uid, resource_version } = head.metadata;
        Ok(Raw { metadata: ObjectMeta { name, namespace, uid, resource_version, ..ObjectMeta::default() }, json })
    }
}

impl Resource for Raw {
    type DynamicType = ApiResource;
    type Scope = kube::core::DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.kind)
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.group)
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.version)
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.plural)
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        Cow::Borrowed(&resource.api_version)
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// Where a kind stands in the API, as the client wants it.
pub fn resource(kind: Kind) -> ApiResource {
    let place = kind.place();
    let api_version =
        if place.group.is_empty() { place.version.to_owned() } else { format!("{}/{}", place.group, place.version) };
    ApiResource {
        group: place.group.to_owned(),
        version: place.version.to_owned(),
        api_version,
        kind: place.name.to_owned(),
        plural: place.plural.to_owned(),
    }
}
