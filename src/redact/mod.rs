//! What must not leave the machine: keys, tokens and passwords that a log or an event may hold. Names of secrets stay.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::{Captures, Regex, RegexBuilder};

/// What stands in place of a secret.
pub const REDACTED: &str = "[redacted]";

/// What shows a secret; words before `=` or a blank say what it was, and stay. In bytes, since the classes of Unicode
/// would be compiled anew at each start.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    let value = r#"[^ \t\n"'&;,\\<>]{4,}"#;
    let forms = [
        // connection strings and shared access signatures of Azure, passwords in connection strings
        format!(
            r"(?:AccountKey|SharedAccessKey|[?&]sig|(?i:password|passwd|aws_secret_access_key|client_secret))={value}"
        ),
        // headers
        format!(r"Bearer {value}"),
        // a password in an address
        r#"://[^ \t\n/:@"']+:[^ \t\n/@"']+@"#.to_owned(),
        // tokens that show what they are: Hugging Face, GitHub, AWS, Slack, and any JSON web token
        r"\b(?:hf_\w{16,}|gh[pousr]_\w{20,}|AKIA[0-9A-Z]{16}|xox[abp]-[\w-]{10,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
            .to_owned(),
    ];
    RegexBuilder::new(&forms.join("|")).unicode(false).build().expect("the forms are fixed, and a test reads them")
});

/// The text without secrets.
pub fn redact(text: &str) -> Cow<'_, str> {
    let without = SECRET.replace_all(text.as_bytes(), |found: &Captures<'_>| {
        let secret = String::from_utf8_lossy(&found[0]);
        let address = secret.strip_prefix("://").and_then(|rest| rest.split_once(':'));
        match (address, secret.find(['=', ' '])) {
            (Some((user, _)), _) => format!("://{user}:{REDACTED}@"),
            (None, Some(at)) => format!("{}{REDACTED}", &secret[..=at]),
            (None, None) => REDACTED.to_owned(),
        }
    });
    match without {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn secrets_are_taken_out_and_what_they_were_stays() {
        let cases = [
            (
                "AccountName=ml;AccountKey=abcdEFGH1234==;EndpointSuffix=x",
                "AccountName=ml;AccountKey=[redacted];EndpointSuffix=x",
            ),
            (
                "https://a.blob.core.windows.net/c/m?sv=1&sig=Zm9vYmFy%3D&se=2",
                "https://a.blob.core.windows.net/c/m?sv=1&sig=[redacted]&se=2",
            ),
            ("postgres://ml:hunter2@db:5432/x", "postgres://ml:[redacted]@db:5432/x"),
            ("Authorization: Bearer abc.def.ghi", "Authorization: Bearer [redacted]"),
            ("token hf_abcdefghijklmnopqrstu is invalid", "token [redacted] is invalid"),
        ];
        for (given, left) in cases {
            assert_eq!(redact(given), left);
        }
    }

    #[test]
    fn names_of_secrets_stay() {
        for text in
            ["secret \"acr-pull\" not found", "secretRef: {name: demand-secret}", "http://mlflow.mlops.svc:5000/api"]
        {
            assert_eq!(redact(text), text);
        }
    }
}
