//! What the API server tells of itself: its version, its groups, its kinds.

use serde_json::{Value, json};

use crate::demo::resource::Resource;

/// `/version`
pub fn version(git_version: &str) -> Value {
    let mut parts = git_version.trim_start_matches('v').split('.');
    let (major, minor) = (parts.next().unwrap_or("1"), parts.next().unwrap_or("33"));
    json!({
        "major": major, "minor": minor, "gitVersion": git_version, "gitCommit": "", "gitTreeState": "clean",
        "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "", "platform": "linux/amd64",
    })
}

/// `/api`
pub fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `/apis`
pub fn groups(resources: &[Resource]) -> Value {
    let mut names: Vec<&str> = resources.iter().map(|resource| resource.group.as_str()).collect();
    names.push("authorization.k8s.io");
    names.sort_unstable();
    names.dedup();
    let groups = names.iter().filter(|name| !name.is_empty()).filter_map(|name| group(name, resources));
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups.collect::<Vec<_>>()})
}

/// `/apis/GROUP`
pub fn group(name: &str, resources: &[Resource]) -> Option<Value> {
    let of_group = resources.iter().filter(|resource| resource.group == name);
    let mut versions: Vec<&str> = of_group.map(|resource| resource.version.as_str()).collect();
    if name == "authorization.k8s.io" {
        versions.push("v1");
    }
    versions.sort_unstable_by(|one, other| one.len().cmp(&other.len()).then(other.cmp(one)));
    versions.dedup();
    let version = |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let preferred = versions.first().map(version)?;
    Some(json!({
        "kind": "APIGroup", "apiVersion": "v1", "name": name,
        "versions": versions.iter().map(version).collect::<Vec<_>>(), "preferredVersion": preferred,
    }))
}

/// `/api/v1` and `/apis/GROUP/VERSION`
pub fn resources(group: &str, version: &str, resources: &[Resource]) -> Option<Value> {
    let of_version = resources.iter().filter(|known| known.group == group && known.version == version);
    let mut described: Vec<Value> = of_version.map(Resource::described).collect();
    let part = |name: &str, kind: &str, namespaced: bool, verb: &str| json!({"name": name, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": [verb]});
    match (group, version) {
        ("", "v1") => described.push(part("pods/log", "Pod", true, "get")),
        ("authorization.k8s.io", "v1") => {
            described.push(part("selfsubjectaccessreviews", "SelfSubjectAccessReview", false, "create"));
            described.push(part("selfsubjectrulesreviews", "SelfSubjectRulesReview", false, "create"));
        }
        _ => {}
    }
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    (!described.is_empty()).then(|| {
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": described})
    })
}

/// The answer to the question what the user may do: read everything.
pub fn review(kind: &str, asked: &Value) -> Option<Value> {
    let verbs = ["get", "list", "watch"];
    let status = match kind {
        "selfsubjectaccessreviews" => {
            let attributes =
                asked["spec"].get("resourceAttributes").or_else(|| asked["spec"].get("nonResourceAttributes"));
            let verb = attributes.and_then(|attributes| attributes["verb"].as_str()).unwrap_or_default();
            let may = verbs.contains(&verb);
            let reason = if may { "" } else { "the demo cluster only plays what was recorded" };
            json!({"allowed": may, "reason": reason})
        }
        "selfsubjectrulesreviews" => json!({
            "incomplete": false,
            "resourceRules": [{"verbs": verbs, "apiGroups": ["*"], "resources": ["*"]}],
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["*"]}],
        }),
        _ => return None,
    };
    let mut answer = asked.clone();
    answer["status"] = status;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::{group, groups, resources, review};
    use crate::demo::resource;
    use serde_json::json;

    #[test]
    fn every_group_and_version_is_told_of() {
        let known = resource::all(&[]);
        let names: Vec<String> = groups(&known)["groups"]
            .as_array()
            .unwrap()
            .iter()
            .map(|group| group["name"].as_str().unwrap().to_owned())
            .collect();
        assert!(names.contains(&"apps".to_owned()) && !names.contains(&"metrics.k8s.io".to_owned()));
        assert_eq!(group("apps", &known).unwrap()["preferredVersion"]["groupVersion"], "apps/v1");
        assert!(resources("", "v1", &known).is_some() && resources("none", "v1", &known).is_none());
    }

    #[test]
    fn reading_is_allowed_and_nothing_else() {
        let may = |verb: &str| {
            let asked = json!({"spec": {"resourceAttributes": {"verb": verb, "resource": "pods"}}});
            review("selfsubjectaccessreviews", &asked).unwrap()["status"]["allowed"] == true
        };
        assert!(may("list") && !may("delete"));
    }
}
