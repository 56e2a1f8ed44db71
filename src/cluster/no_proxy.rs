//! Decides whether the API server is reached through a proxy, as kubectl does: `NO_PROXY` speaks of the server.

use std::env;
use std::net::IpAddr;

use http::Uri;

use crate::cluster::fault::Fault;

/// The proxy for a server, and what was odd about the settings: `proxy-url` of the kubeconfig always holds,
/// `HTTPS_PROXY` only where `NO_PROXY` does not name the server.
pub fn choose(proxy_url: Option<String>, server: &Uri) -> Result<(Option<Uri>, Vec<String>), Fault> {
    if let Some(proxy) = proxy_url {
        return Ok((Some(parse(&proxy)?), Vec::new()));
    }
    let variable =
        |upper: &str, lower: &str| env::var(upper).or_else(|_| env::var(lower)).ok().filter(|value| !value.is_empty());
    let Some(proxy) = variable("HTTPS_PROXY", "https_proxy") else { return Ok((None, Vec::new())) };
    let list = variable("NO_PROXY", "no_proxy").unwrap_or_default();
    let mut warnings = Vec::new();
    if spares(&list, server, &mut warnings) {
        return Ok((None, warnings));
    }
    Ok((Some(parse(&proxy)?), warnings))
}

fn parse(proxy: &str) -> Result<Uri, Fault> {
    let with_scheme = if proxy.contains("://") { proxy.to_owned() } else { format!("http://{proxy}") };
    with_scheme.parse().map_err(|_| Fault::usage(&format!("the proxy `{proxy}` is no address")))
}

/// Does the list name the server? Entries are hosts, domains with or without a dot before them, addresses, ranges, `*`,
/// each with or without a port.
fn spares(list: &str, server: &Uri, warnings: &mut Vec<String>) -> bool {
    let host = server.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    let port = server.port_u16().unwrap_or(443);
    if host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return true;
    }
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| names(entry, &host, port, warnings))
}

fn names(entry: &str, host: &str, port: u16, warnings: &mut Vec<String>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        let (Ok(network), Ok(bits)) = (network.parse::<IpAddr>(), bits.parse::<u32>()) else {
            warnings.push(format!("NO_PROXY holds `{entry}`, which is no range"));
            return false;
        };
        return host.parse::<IpAddr>().is_ok_and(|address| in_range(address, network, bits));
    }
    let (name, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
        _ => (entry, None),
    };
    if wanted.is_some_and(|wanted| wanted != port) {
        return false;
    }
    let name = name.to_ascii_lowercase();
    let domain = name.trim_start_matches("*.").trim_start_matches('.');
    let below = host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    below || host == name || host == domain && !name.starts_with('.')
}

fn in_range(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::spares;

    fn check(list: &str, server: &str, expected: bool) {
        let spared = spares(list, &server.parse().unwrap(), &mut Vec::new());
        assert_eq!(spared, expected, "NO_PROXY={list} for {server}");
    }

    #[test]
    fn no_proxy_names_hosts_domains_ranges_and_ports() {
        check("10.0.0.0/8", "https://10.0.0.5:6443", true);
        check("10.0.0.0/8", "https://11.0.0.5:6443", false);
        check("proxy.corp:3128", "https://api.corp:6443", false);
        check(".corp,", "https://api.corp:6443", true);
        check("corp", "https://api.corp:6443", true);
        check(".corp", "https://corp:6443", false);
        check("api.corp:443", "https://api.corp:6443", false);
        check(" api.corp , x", "https://api.corp:6443", true);
        check("*", "https://api.corp:6443", true);
        check("fd00::/8", "https://[fd00::1]:6443", true);
        check("", "https://127.0.0.1:6443", true);
        check("other", "https://api.corp:6443", false);
    }

    #[test]
    fn an_entry_that_is_no_range_is_named() {
        let mut warnings = Vec::new();
        assert!(!spares("10.0.0.0/x", &"https://10.0.0.5".parse().unwrap(), &mut warnings));
        assert_eq!(warnings, ["NO_PROXY holds `10.0.0.0/x`, which is no range"]);
    }
}
