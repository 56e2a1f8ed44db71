//! A selection by labels, as kubectl writes it: `app=digits,tier in (a, b),!canary`.

/// What the labels of an object must be to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    terms: Vec<Term>,
}

/// One demand on a label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    key: String,
    demand: Demand,
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Demand {
    /// There must be one.
    There,
    /// There must be none.
    Absent,
    /// One of these.
    In(Vec<String>),
    /// None of these; none at all will do.
    NotIn(Vec<String>),
}

impl Demand {
    /// Is it met?
    pub fn holds(&self, found: Option<&str>) -> bool {
        let is_among = |values: &[String]| found.is_some_and(|found| values.iter().any(|value| value == found));
        match self {
            Demand::There => found.is_some(),
            Demand::Absent => found.is_none(),
            Demand::In(values) => is_among(values),
            Demand::NotIn(values) => !is_among(values),
        }
    }
}

impl Selection {
    /// Reads a selection; the error is a sentence for who wrote it.
    pub fn read(text: &str) -> Result<Self, String> {
        Ok(Selection { terms: parts(text).into_iter().map(term).collect::<Result<_, _>>()? })
    }

    /// Is an object with these labels chosen?
    pub fn holds<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.terms.iter().all(|term| term.demand.holds(label(&term.key)))
    }
}

/// Cuts at the commas that stand in no parentheses.
pub fn parts(selector: &str) -> Vec<&str> {
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

fn term(part: &str) -> Result<Term, String> {
    let term = |key: &str, demand| Ok(Term { key: key.trim().to_owned(), demand });
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

#[cfg(test)]
mod tests {
    use super::Selection;

    fn holds(selection: &str) -> bool {
        let labels = [("app", "digits"), ("azuremlappname", "x")];
        let label = |key: &str| labels.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        Selection::read(selection).unwrap().holds(label)
    }

    #[test]
    fn labels_are_chosen_as_kubectl_chooses_them() {
        for chosen in
            ["", "app=digits", "app==digits,azuremlappname", "app in (a, digits)", "app notin (b),!tier", "x!=y"]
        {
            assert!(holds(chosen), "{chosen}");
        }
        for left in ["app=x", "tier", "!app", "app in (x)", "app notin (digits)", "app!=digits"] {
            assert!(!holds(left), "{left}");
        }
    }

    #[test]
    fn what_is_no_selection_is_refused() {
        assert!(Selection::read("a b").is_err());
        assert!(Selection::read("a of (b)").is_err());
    }
}
