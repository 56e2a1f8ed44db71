//! Answers of servers and of Azure: the status of a model in TensorFlow Serving, and errors of Azure ML, as the text in them.

use serde_json::Value;

use crate::intake::found::Reading;

/// Reads an answer whose words are its meaning.
pub fn read(value: &Value) -> Option<Reading> {
    model_status(value).or_else(|| azure_error(value))
}

/// `{"model_version_status": [{"version": "1", "state": "END", "status": {"error_code": …, "error_message": …}}]}`.
fn model_status(value: &Value) -> Option<Reading> {
    let versions = value.get("model_version_status")?.as_array()?;
    let line = |version: &Value| {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let status = &version["status"];
        let (code, message) = (word(&status["error_code"]), word(&status["error_message"]));
        let state = word(&version["state"]);
        let number = word(&version["version"]);
        if message.is_empty() && code == "OK" {
            format!("model version {number}: {state}")
        } else {
            format!("Error: model version {number}: {state}: {code}: {message}")
        }
    };
    let log = versions.iter().map(line).collect::<Vec<_>>().join("\n");
    let taken_for = "the status of a model in TensorFlow Serving".to_owned();
    Some(Reading { taken_for, log, ..Reading::default() })
}

/// `{"code": …, "message": …, "details": [{"code": …, "message": …}]}`, as Azure ML and Azure write it.
fn azure_error(value: &Value) -> Option<Reading> {
    let error = value.get("error").filter(|error| error.is_object()).unwrap_or(value);
    let is_error =
        error.get("code").is_some_and(Value::is_string) && error.get("message").is_some_and(Value::is_string);
    let more = ["details", "statusCode", "innererror", "innerError", "additionalInfo", "target", "correlation"];
    if !is_error || !more.iter().any(|key| error.get(key).is_some() || value.get(key).is_some()) {
        return None;
    }
    let mut lines = Vec::new();
    words(error, 0, &mut lines);
    Some(Reading { taken_for: "an error of Azure".to_owned(), log: lines.join("\n"), ..Reading::default() })
}

/// The code and the message of an error and of those inside it: the inner ones say more.
fn words(error: &Value, depth: usize, lines: &mut Vec<String>) {
    const DEEPEST: usize = 8;
    if depth > DEEPEST {
        return;
    }
    let word = |key: &str| error[key].as_str().unwrap_or_default();
    let text =
        [word("code"), word("message")].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(": ");
    if !text.is_empty() {
        lines.push(unescaped(&text));
    }
    for inner in ["innererror", "innerError", "error"].iter().filter_map(|key| error.get(key)) {
        words(inner, depth + 1, lines);
    }
    for detail in error["details"].as_array().into_iter().flatten() {
        words(detail, depth + 1, lines);
    }
}

/// A text in which line ends were written as `\n`, with its lines.
pub fn unescaped(text: &str) -> String {
    text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\\t", "\t").replace("\\\"", "\"").replace("\\'", "'")
}

/// Is it a log that was printed as one string, as `print([service.get_logs()])` does?
pub fn is_escaped(text: &str) -> bool {
    const SEVERAL: usize = 3;
    let escaped = text.matches("\\n").count();
    escaped >= SEVERAL && escaped > 2 * text.trim().matches('\n').count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{is_escaped, read, unescaped};

    #[test]
    fn the_details_of_an_error_are_read() {
        let value = json!({"code": "AciDeploymentFailed", "statusCode": 400, "message": "Aci Deployment failed",
            "details": [{"code": "CrashLoopBackOff", "message": "Error in entry script, ModuleNotFoundError: No module named 'x'"}]});
        let reading = read(&value).unwrap();
        assert!(reading.log.ends_with("No module named 'x'"));
    }

    #[test]
    fn a_json_line_of_a_log_is_no_error_of_azure() {
        assert_eq!(read(&json!({"level": "error", "message": "x", "code": "y"})), None);
    }

    #[test]
    fn a_log_in_one_string_is_unfolded() {
        let text = r"'2023 | gunicorn\nTraceback (most recent call last):\n  File \'a.py\', line 3\nKeyError: 1\n'";
        assert!(is_escaped(text));
        assert_eq!(unescaped(text).lines().count(), 5);
    }
}
