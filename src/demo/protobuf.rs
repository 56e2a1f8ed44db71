//! Reads the reviews that kubectl sends as protobuf: just the fields that the answer depends on.

use serde_json::{Value, json};

/// Before every protobuf message of Kubernetes.
const MAGIC: &[u8] = b"k8s\0";

/// A review in JSON; `None` where the bytes are none.
pub fn review(bytes: &[u8]) -> Option<Value> {
    let envelope = bytes.strip_prefix(MAGIC)?;
    let about = field(envelope, 1)?;
    let text = |message: &[u8], number| {
        field(message, number).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
    };
    let mut review = json!({"apiVersion": text(about, 1), "kind": text(about, 2), "metadata": {}, "spec": {}});
    let spec = field(envelope, 2).and_then(|review| field(review, 2)).unwrap_or_default();
    if let Some(asked) = field(spec, 1).filter(|_| review["kind"] == "SelfSubjectAccessReview") {
        review["spec"]["resourceAttributes"] = json!({
            "namespace": text(asked, 1), "verb": text(asked, 2), "group": text(asked, 3), "resource": text(asked, 5),
        });
    } else if let Some(asked) = field(spec, 2) {
        review["spec"]["nonResourceAttributes"] = json!({"path": text(asked, 1), "verb": text(asked, 2)});
    }
    Some(review)
}

/// The last field of this number that has a length: a text or a message.
fn field(message: &[u8], number: u64) -> Option<&[u8]> {
    let mut rest = message;
    let mut found = None;
    while !rest.is_empty() {
        let (tag, after) = varint(rest)?;
        match tag & 7 {
            0 => rest = varint(after)?.1,
            1 => rest = after.get(8..)?,
            2 => {
                let (length, after) = varint(after)?;
                let (value, next) = after.split_at_checked(usize::try_from(length).ok()?)?;
                rest = next;
                if tag >> 3 == number {
                    found = Some(value);
                }
            }
            5 => rest = after.get(4..)?,
            _ => return None,
        }
    }
    found
}

/// A number of up to ten bytes of seven bits.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f).checked_shl(7 * u32::try_from(index).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{MAGIC, review};

    fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
        let of =
            |(number, value): &(u8, &[u8])| [&[number << 3 | 2, u8::try_from(value.len()).unwrap()], *value].concat();
        fields.iter().flat_map(of).collect()
    }

    #[test]
    fn the_verb_of_a_review_is_read() {
        let about = message(&[(1, b"authorization.k8s.io/v1"), (2, b"SelfSubjectAccessReview")]);
        let asked = message(&[(1, b"n"), (2, b"delete"), (5, b"pods")]);
        let spec = message(&[(1, &asked)]);
        let envelope = message(&[(1, &about), (2, &message(&[(1, b""), (2, &spec)]))]);
        let review = review(&[MAGIC, envelope.as_slice()].concat()).unwrap();
        assert_eq!(review["kind"], "SelfSubjectAccessReview");
        assert_eq!(review["spec"]["resourceAttributes"]["verb"], "delete");
    }

    #[test]
    fn what_is_no_review_is_refused() {
        assert_eq!(review(b"{}"), None);
        assert_eq!(review(b"k8s\0\xff\xff\xff"), None);
    }
}
