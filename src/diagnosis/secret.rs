//! Values that must not be shown: told by the name that they are given to, or by how they look.

/// What stands in place of a secret.
const HIDDEN: &str = "[redacted]";

/// A value as it may be shown.
pub fn shown(name: &str, value: &str) -> String {
    if is_name_of_secret(name) || is_like_key(value) { HIDDEN.to_owned() } else { value.to_owned() }
}

/// The words of a command line as they may be shown: `--api-key=x` and the word after `--api-key` are hidden.
pub fn shown_line<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let (mut shown_words, mut is_secret) = (Vec::new(), false);
    for word in words {
        let is_flag = word.starts_with('-');
        shown_words.push(match word.split_once('=').filter(|_| !word.contains(char::is_whitespace)) {
            Some((name, value)) => format!("{name}={}", shown(name, value)),
            None if is_secret && !is_flag => HIDDEN.to_owned(),
            None => shown("", word),
        });
        is_secret = is_flag && is_name_of_secret(word);
    }
    shown_words.join(" ")
}

/// `API_KEY`, `--hf-token`, `DbPassword`; but not `MAX_TOKENS`, `TOKENIZER` or `PWD`.
fn is_name_of_secret(name: &str) -> bool {
    const TELLING: [&str; 13] = [
        "PASSWORD",
        "PASSWD",
        "PASS",
        "PWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "KEY",
        "APIKEY",
        "CREDENTIAL",
        "CREDENTIALS",
        "SAS",
        "SIGNATURE",
    ];
    let joined = name.to_ascii_uppercase().replace(|c: char| !c.is_ascii_alphanumeric(), "");
    let is_telling = |word: &String| TELLING.contains(&word.as_str());
    name != "PWD" && (words(name).iter().any(is_telling) || joined.contains("CONNECTIONSTRING"))
}

/// The words of a name in upper case, whether they are joined by signs or by capitals.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() || was_small && character.is_ascii_uppercase() {
            words.push(String::new());
        }
        was_small = character.is_ascii_lowercase();
        if let Some(word) = words.last_mut().filter(|_| character.is_ascii_alphanumeric()) {
            word.push(character.to_ascii_uppercase());
        }
    }
    words
}

/// Long, without a sign that a path, an address or a name would have, and of all sorts of characters.
fn is_like_key(value: &str) -> bool {
    const LONG: usize = 32;
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let counts = |sort: fn(&char) -> bool| value.chars().filter(sort).count();
    value.len() >= LONG
        && !value.starts_with('/')
        && value.chars().all(is_of_key)
        && counts(char::is_ascii_digit) > 2
        && counts(char::is_ascii_uppercase) > 2
        && counts(char::is_ascii_lowercase) > 2
}

#[cfg(test)]
mod tests {
    use super::{HIDDEN, shown, shown_line};

    #[test]
    fn values_of_secret_names_are_hidden() {
        for name in ["API_KEY", "HF_TOKEN", "dbPassword", "AZURE_STORAGE_CONNECTION_STRING", "--client-secret", "SAS"] {
            assert_eq!(shown(name, "abc"), HIDDEN, "{name}");
        }
    }

    #[test]
    fn what_only_sounds_like_a_secret_is_shown() {
        for name in ["MAX_TOKENS", "TOKENIZERS_PARALLELISM", "PWD", "MODEL_PATH", "KEYSPACE", "SECRETARY"] {
            assert_eq!(shown(name, "abc"), "abc", "{name}");
        }
    }

    #[test]
    fn a_key_is_hidden_whatever_its_name() {
        assert_eq!(shown("SETTING", "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1OT1A="), HIDDEN);
        for value in ["/var/azureml-app/azureml-models/Churn/12/outputs", "registry.example.net/Vision:8-gpu-cuda-12.4"]
        {
            assert_eq!(shown("SETTING", value), value);
        }
    }

    #[test]
    fn secrets_on_a_command_line_are_hidden() {
        let line = ["serve", "--api-key", "abc", "--token=def", "--workers", "4", "--key-file", "-x"];
        assert_eq!(
            shown_line(line.into_iter()),
            "serve --api-key [redacted] --token=[redacted] --workers 4 --key-file -x"
        );
    }
}
