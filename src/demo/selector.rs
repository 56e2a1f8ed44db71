//! Label and field selectors, as kubectl writes them.

use serde_json::Value;

/// What an object must be to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    terms: Vec<Term>,
}

/// One demand on an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    place: Place,
    demand: Demand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Label(String),
    /// A JSON pointer.
    Field(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Demand {
    There,
    Absent,
    In(Vec<String>),
    NotIn(Vec<String>),
}

impl Selector {
    /// Reads the two selectors of a request; the error is a sentence for its sender.
    pub fn read(labels: &str, fields: &str) -> Result<Selector, String> {
        let of_labels = parts(labels).into_iter().map(label);
        let of_fields = parts(fields).into_iter().map(field);
        Ok(Selector { terms: of_labels.chain(of_fields).collect::<Result<_, _>>()? })
    }

    /// Is an object chosen?
    pub fn holds(&self, object: &Value) -> bool {
        self.terms.iter().all(|term| term.holds(object))
    }
}

impl Term {
    fn holds(&self, object: &Value) -> bool {
        let found = match &self.place {
            Place::Label(key) => object["metadata"]["labels"].get(key).and_then(Value::as_str).map(str::to_owned),
            Place::Field(path) => Some(text(object.pointer(path))),
        };
        match &self.demand {
            Demand::There => found.is_some(),
            Demand::Absent => found.is_none(),
            Demand::In(values) => found.is_some_and(|found| values.contains(&found)),
            Demand::NotIn(values) => found.is_none_or(|found| !values.contains(&found)),
        }
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

/// Cuts at the commas that stand in no parentheses.
fn parts(selector: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let mut is_cut = |sign: char| {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        sign == ',' && depth == 0
    };
    selector.split(&mut is_cut).map(str::trim).filter(|part| !part.is_empty()).collect()
}

fn label(part: &str) -> Result<Term, String> {
    let term = |key: &str, demand| Ok(Term { place: Place::Label(key.trim().to_owned()), demand });
    if let Some((key, value)) = part.split_once("!=") {
        return term(key, Demand::NotIn(vec![value.trim().to_owned()]));
    }
    if let Some((key, value)) = part.split_once('=') {
        return term(key, Demand::In(vec![value.trim_start_matches('=').trim().to_owned()]));
    }
    if let Some((head, values)) = part.strip_suffix(')').and_then(|part| part.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        return match head.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => term(key, Demand::In(values)),
            Some((key, "notin")) => term(key, Demand::NotIn(values)),
            _ => Err(format!("unable to parse requirement: `{part}`")),
        };
    }
    match part.strip_prefix('!') {
        Some(key) => term(key, Demand::Absent),
        None if part.contains(char::is_whitespace) => Err(format!("unable to parse requirement: `{part}`")),
        None => term(part, Demand::There),
    }
}

fn field(part: &str) -> Result<Term, String> {
    let term = |path: &str, demand| Ok(Term { place: Place::Field(pointer(path.trim())), demand });
    if let Some((path, value)) = part.split_once("!=") {
        return term(path, Demand::NotIn(vec![value.trim().to_owned()]));
    }
    match part.split_once('=') {
        Some((path, value)) => term(path, Demand::In(vec![value.trim_start_matches('=').trim().to_owned()])),
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
    fn labels_are_chosen_as_kubectl_chooses_them() {
        for holds in
            ["", "app=digits", "app==digits,azuremlappname", "app in (a, digits)", "app notin (b),!tier", "x!=y"]
        {
            assert!(chosen(holds, ""), "{holds}");
        }
        for fails in ["app=x", "tier", "!app", "app in (x)", "app notin (digits)", "app!=digits"] {
            assert!(!chosen(fails, ""), "{fails}");
        }
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
