//! Moves objects and logs from one namespace into another.

use serde_json::Value;

/// The namespace as it was and as it will be.
#[derive(Clone, Debug)]
pub struct Names {
    /// As it was.
    pub from: String,
    /// As it will be.
    pub to: String,
}

impl Names {
    /// Renames the namespace wherever an object names it.
    pub fn rename(&self, object: &mut Value) {
        if object["kind"] == "Namespace" && object["metadata"]["name"] == self.from.as_str() {
            self.name(object);
        }
        self.within(object);
    }

    /// Renames the namespace where a sentence names it: `pod_NS(`, ` NS/pod`, `name.NS.svc`, `/namespaces/NS/`.
    pub fn in_text(&self, text: &str) -> String {
        let Names { from, to } = self;
        let forms = |name: &str| {
            [format!("_{name}("), format!(" {name}/"), format!(".{name}.svc"), format!("/namespaces/{name}/")]
        };
        forms(from).iter().zip(forms(to)).fold(text.to_owned(), |text, (old, new)| text.replace(old.as_str(), &new))
    }

    fn name(&self, namespace: &mut Value) {
        namespace["metadata"]["name"] = Value::from(self.to.as_str());
        if let Some(label) = namespace.pointer_mut("/metadata/labels/kubernetes.io~1metadata.name") {
            *label = Value::from(self.to.as_str());
        }
    }

    fn within(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.in_text(text),
            Value::Array(items) => {
                for item in items {
                    self.within(item);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    if key == "namespace" && *field == self.from.as_str() {
                        *field = Value::from(self.to.as_str());
                    } else {
                        self.within(field);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;
    use serde_json::json;

    #[test]
    fn a_namespace_is_renamed_where_it_is_named_and_nowhere_else() {
        let names = Names { from: "search".to_owned(), to: "ml-prod".to_owned() };
        let mut event = json!({
            "kind": "Event",
            "metadata": {"namespace": "search", "name": "search-api.1"},
            "involvedObject": {"namespace": "search", "name": "search-api"},
            "message": "Successfully assigned search/search-api to node-a; see http://x.search.svc and pod=search-api_search(1)",
        });
        names.rename(&mut event);
        assert_eq!(event["metadata"], json!({"namespace": "ml-prod", "name": "search-api.1"}));
        assert_eq!(event["involvedObject"]["namespace"], "ml-prod");
        assert_eq!(
            event["message"],
            "Successfully assigned ml-prod/search-api to node-a; see http://x.ml-prod.svc and pod=search-api_ml-prod(1)"
        );
    }
}
