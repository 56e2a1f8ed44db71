//! Services, endpoint slices and ingresses as rows.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::demo::table::{Printer, created, items, joined, labels, name, text};

/// Addresses of a slice that are shown; of the rest, only their number.
const SHOWN: usize = 3;

/// As the real server prints services.
pub const SERVICES: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Type", false),
        ("Cluster-IP", false),
        ("External-IP", false),
        ("Port(s)", false),
        ("Age", false),
        ("Selector", true),
    ],
    cells: services,
};

/// As the real server prints endpoint slices.
pub const SLICES: Printer = Printer {
    columns: &[("Name", false), ("AddressType", false), ("Ports", false), ("Endpoints", false), ("Age", false)],
    cells: slices,
};

/// As the real server prints ingresses.
pub const INGRESSES: Printer = Printer {
    columns: &[
        ("Name", false),
        ("Class", false),
        ("Hosts", false),
        ("Address", false),
        ("Ports", false),
        ("Age", false),
    ],
    cells: ingresses,
};

fn services(service: &Value, now: Timestamp) -> Vec<Value> {
    let external = match text(service, "/spec/type", "ClusterIP") {
        "ExternalName" => text(service, "/spec/externalName", "<none>").to_owned(),
        "LoadBalancer" => addresses(service, "<pending>"),
        _ => "<none>".to_owned(),
    };
    vec![
        name(service),
        json!(text(service, "/spec/type", "ClusterIP")),
        json!(text(service, "/spec/clusterIP", "<none>")),
        json!(external),
        json!(joined(items(service, "/spec/ports").map(port), "<none>")),
        created(service, now),
        json!(labels(service, "/spec/selector")),
    ]
}

/// `80/TCP` or `80:31000/TCP`
fn port(port: &Value) -> String {
    let node = port["nodePort"].as_u64().filter(|node| *node > 0).map(|node| format!(":{node}")).unwrap_or_default();
    format!("{}{node}/{}", port["port"], text(port, "/protocol", "TCP"))
}

fn addresses(object: &Value, missing: &str) -> String {
    let of = |entry: &Value| text(entry, "/ip", text(entry, "/hostname", "")).to_owned();
    joined(items(object, "/status/loadBalancer/ingress").map(of), missing)
}

fn slices(slice: &Value, now: Timestamp) -> Vec<Value> {
    let all: Vec<String> = items(slice, "/endpoints")
        .flat_map(|endpoint| items(endpoint, "/addresses").filter_map(Value::as_str).map(str::to_owned))
        .collect();
    let shown = joined(all.iter().take(SHOWN).cloned(), "<unset>");
    let more = all.len().saturating_sub(SHOWN);
    let endpoints = if more > 0 { format!("{shown} + {more} more...") } else { shown };
    vec![
        name(slice),
        json!(text(slice, "/addressType", "")),
        json!(joined(items(slice, "/ports").map(|port| port["port"].to_string()), "<unset>")),
        json!(endpoints),
        created(slice, now),
    ]
}

fn ingresses(ingress: &Value, now: Timestamp) -> Vec<Value> {
    let hosts = items(ingress, "/spec/rules").map(|rule| text(rule, "/host", "*").to_owned());
    let ports = if items(ingress, "/spec/tls").next().is_some() { "80, 443" } else { "80" };
    vec![
        name(ingress),
        json!(text(ingress, "/spec/ingressClassName", "<none>")),
        json!(joined(hosts, "*")),
        json!(addresses(ingress, "")),
        json!(ports),
        created(ingress, now),
    ]
}

#[cfg(test)]
mod tests {
    use super::{services, slices};
    use jiff::Timestamp;
    use serde_json::json;

    #[test]
    fn services_and_slices_are_printed_as_the_real_server_prints_them() {
        let service = json!({"metadata": {"name": "s"}, "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "a"},
            "type": "NodePort", "ports": [{"port": 80, "nodePort": 31000}, {"port": 9000, "protocol": "UDP"}]}});
        let cells = services(&service, Timestamp::UNIX_EPOCH);
        assert_eq!(
            cells[1..5],
            [json!("NodePort"), json!("10.0.0.1"), json!("<none>"), json!("80:31000/TCP,9000/UDP")]
        );
        let slice = json!({"ports": [{"port": 5000}], "endpoints": [
            {"addresses": ["1"]}, {"addresses": ["2"]}, {"addresses": ["3"]}, {"addresses": ["4"]}]});
        assert_eq!(slices(&slice, Timestamp::UNIX_EPOCH)[2..4], [json!("5000"), json!("1,2,3 + 1 more...")]);
    }
}
