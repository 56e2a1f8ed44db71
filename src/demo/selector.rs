//! Label and field selectors of a request.

use serde_json::Value;

use crate::snapshot::selection::{self, Demand, Selection};

/// What an object must be to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    labels: Selection,
    fields: Vec<Field>,
}

/// A demand on a field, by its JSON pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    pointer: String,
    demand: Demand,
}

impl Selector {
    /// Reads the two selectors of a request; the error is a sentence for its sender.
    pub fn read(labels: &str, fields: &str) -> Result<Selector, String> {
        let fields = selection::parts(fields).into_iter().map(field).collect::<Result<_, _>>()?;
        Ok(Selector { labels: Selection::read(labels)?, fields })
    }

    /// Is an object chosen?
    pub fn holds(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        self.labels.holds(|key| labels.get(key).and_then(Value::as_str))
            && self.fields.iter().all(|field| field.demand.holds(Some(&text(object.pointer(&field.pointer)))))
    }
}

/// A field that is absent is as an empty one.
fn text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn field(part: &str) -> Result<Field, String> {
    let field = |path: &str, demand| Ok(Field { pointer: pointer(path.trim()), demand });
    if let Some((path, value)) = part.split_once("!=") {
        return field(path, Demand::NotIn(vec![value.trim().to_owned()]));
    }
    match part.split_once('=') {
        Some((path, value)) => field(path, Demand::In(vec![value.trim_start_matches('=').trim().to_owned()])),
        None => Err(format!("invalid selector: '{part}'; can't understand '{part}'")),
    }
}

fn pointer(path: &str) -> String {
    let path = if path == "source" { "source.component" } else { path };
    format!("/{}", path.replace('.', "/"))
}

#[cfg(test)]
mod tests {
    use super::Selector;
    use serde_json::json;

    fn chosen(labels: &str, fields: &str) -> bool {
        let pod = json!({
            "metadata": {"name": "p", "labels": {"app": "digits", "azuremlappname": "x"}},
            "spec": {"nodeName": "cpu-a"}, "status": {"phase": "Running"},
        });
        Selector::read(labels, fields).unwrap().holds(&pod)
    }

    #[test]
    fn labels_and_fields_must_both_hold() {
        assert!(chosen("app=digits", "spec.nodeName=cpu-a"));
        assert!(!chosen("app=x", "spec.nodeName=cpu-a"));
        assert!(!chosen("app=digits", "spec.nodeName=cpu-b"));
    }

    #[test]
    fn fields_are_chosen_as_kubectl_chooses_them() {
        for holds in ["metadata.name=p", "spec.nodeName=cpu-a,status.phase!=Failed", "status.podIP="] {
            assert!(chosen("", holds), "{holds}");
        }
        assert!(!chosen("", "status.phase=Pending"));
    }

    #[test]
    fn what_is_no_selector_is_refused() {
        assert!(Selector::read("a b", "").is_err());
        assert!(Selector::read("", "metadata.name").is_err());
    }
}
