//! An object of any kind, as the type of its kind.

use crate::snapshot::Known;
use crate::snapshot::config::ConfigMap;
use crate::snapshot::custom::Custom;
use crate::snapshot::event::Event;
use crate::snapshot::kind::Object;
use crate::snapshot::network::{EndpointSlice, Ingress, NetworkPolicy, Service};
use crate::snapshot::node::Node;
use crate::snapshot::pod::Pod;
use crate::snapshot::policy::{LimitRange, Namespace, ResourceQuota, ServiceAccount};
use crate::snapshot::storage::{Claim, StorageClass, Volume};
use crate::snapshot::workload::Workload;

impl Known for Pod {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Pod(object) = object { Some(object) } else { None }
    }
}

impl Known for Event {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Event(object) = object { Some(object) } else { None }
    }
}

impl Known for Claim {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Claim(object) = object { Some(object) } else { None }
    }
}

impl Known for ConfigMap {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::ConfigMap(object) = object { Some(object) } else { None }
    }
}

impl Known for Service {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Service(object) = object { Some(object) } else { None }
    }
}

impl Known for EndpointSlice {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::EndpointSlice(object) = object { Some(object) } else { None }
    }
}

impl Known for Workload {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Workload(object) = object { Some(object) } else { None }
    }
}

impl Known for Node {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Node(object) = object { Some(object) } else { None }
    }
}

impl Known for Volume {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Volume(object) = object { Some(object) } else { None }
    }
}

impl Known for StorageClass {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::StorageClass(object) = object { Some(object) } else { None }
    }
}

impl Known for Ingress {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Ingress(object) = object { Some(object) } else { None }
    }
}

impl Known for NetworkPolicy {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::NetworkPolicy(object) = object { Some(object) } else { None }
    }
}

impl Known for ResourceQuota {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::ResourceQuota(object) = object { Some(object) } else { None }
    }
}

impl Known for LimitRange {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::LimitRange(object) = object { Some(object) } else { None }
    }
}

impl Known for ServiceAccount {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::ServiceAccount(object) = object { Some(object) } else { None }
    }
}

impl Known for Namespace {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Namespace(object) = object { Some(object) } else { None }
    }
}

impl Known for Custom {
    fn of(object: &Object) -> Option<&Self> {
        if let Object::Custom(object) = object { Some(object) } else { None }
    }
}
