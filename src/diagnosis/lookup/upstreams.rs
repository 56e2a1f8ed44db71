//! What stands behind a host that a container calls.

use crate::diagnosis::evidence;
use crate::diagnosis::lookup::Found;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::snapshot::kind::Kind;
use crate::snapshot::network::Service;
use crate::snapshot::relation;
use crate::snapshot::text::SafeText;

/// Is {host} a Service of this namespace, behind which no pod is ready? Then its workload is what has to be looked at.
pub fn of_host(scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let namespace = scene.subject.namespace.as_ref()?;
    let name = service_name(names.get("host")?, namespace)?;
    let service = scene.snapshot.get::<Service>(Kind::Service, namespace, &SafeText::new(name))?;
    let pods = relation::pods_of_service(scene.snapshot, service);
    let first = pods.first().filter(|_| !pods.iter().any(|pod| pod.is_ready()))?;
    let workload = relation::workload_of(scene.snapshot, first);
    let upstream = format!("{}/{}", workload.kind.to_lowercase(), workload.name);
    let ready = format!("0 of {}", pods.len());
    let seen = evidence::of_object(workload, "ready pods", &ready);
    Some(Found::names([("upstream", upstream), ("upstream_ready", ready)]).seen(seen))
}

/// The Service that a host names, where it is one of the namespace: `encoder`, `encoder.ml`, `encoder.ml.svc.cluster.local`.
fn service_name<'a>(host: &'a str, namespace: &str) -> Option<&'a str> {
    let (name, rest) = host.trim_end_matches('.').split_once('.').unwrap_or((host, ""));
    let (place, domain) = rest.split_once('.').unwrap_or((rest, ""));
    let is_here = place.is_empty() || place == namespace;
    (is_here && matches!(domain, "" | "svc" | "svc.cluster.local")).then_some(name)
}
