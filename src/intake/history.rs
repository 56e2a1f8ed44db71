//! What is over, where only the events of an object were pasted: an event that a later one overrules is left out, since
//! no state is known that would tell history from the present.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::intake::found::Found;
use crate::snapshot::kind::Kind;

/// An object that events are about: its kind and name.
type About = (String, String);

/// Leaves out the events that later ones overrule, of objects whose state the input does not show.
pub fn leave_out(objects: &mut Vec<Found>) {
    let mut stories: BTreeMap<About, Vec<usize>> = BTreeMap::new();
    for (at, found) in objects.iter().enumerate().filter(|(_, found)| found.kind == Kind::Event) {
        let about = &found.value["involvedObject"];
        stories.entry((text(&about["kind"]).to_owned(), text(&about["name"]).to_owned())).or_default().push(at);
    }
    stories.retain(|about, _| !objects.iter().any(|found| shows_state(found, about)));
    let mut over: Vec<usize> = stories.values().flat_map(|story| overruled(objects, story)).collect();
    over.sort_unstable();
    for at in over.into_iter().rev() {
        objects.remove(at);
    }
}

/// Is it that object, and does it tell in which state the containers are?
fn shows_state(found: &Found, about: &About) -> bool {
    let is_it = found.kind.name() == about.0 && text(&found.value["metadata"]["name"]) == about.1;
    let filled = |key: &str| found.value["status"][key].as_array().is_some_and(|list| !list.is_empty());
    is_it && (filled("containerStatuses") || filled("initContainerStatuses"))
}

/// The events of a story that a later one overrules; of two at the same time the row below is the later.
fn overruled(objects: &[Found], story: &[usize]) -> Vec<usize> {
    let mut told: Vec<(usize, &Value)> = story.iter().map(|at| (*at, &objects[*at].value)).collect();
    told.sort_by_key(|(_, event)| text(&event["lastTimestamp"]));
    let is_over = |place: usize, event: &Value| told[place + 1..].iter().any(|(_, later)| overrules(later, event));
    told.iter().enumerate().filter(|(place, (_, event))| is_over(*place, event)).map(|(_, (at, _))| *at).collect()
}

/// Does a later event say that what an earlier one speaks of is over?
fn overrules(later: &Value, earlier: &Value) -> bool {
    let has_begun = || matches!(text(&later["reason"]), "Pulled" | "Created" | "Started");
    let is_of_other_container = || {
        let [one, other] = [later, earlier].map(|event| text(&event["involvedObject"]["fieldPath"]));
        !one.is_empty() && !other.is_empty() && one != other
    };
    let message = text(&earlier["message"]);
    match text(&earlier["reason"]) {
        "FailedScheduling" | "NotTriggerScaleUp" | "TriggeredScaleUp" => text(&later["reason"]) == "Scheduled",
        "FailedMount" | "FailedAttachVolume" | "FailedMapVolume" | "FailedCreatePodSandBox" | "NetworkNotReady" => {
            has_begun()
        }
        "Failed" | "BackOff" | "InspectFailed" | "FailedToRetrieveImagePullSecret" if is_about_image(message) => {
            text(&later["reason"]) == "Pulled" && !is_of_other_container() && !is_of_other_image(later, message)
        }
        "Failed" => matches!(text(&later["reason"]), "Created" | "Started") && !is_of_other_container(),
        "ProvisioningFailed" | "ExternalProvisioning" | "WaitForFirstConsumer" | "FailedBinding" => {
            text(&later["reason"]) == "ProvisioningSucceeded"
        }
        _ => false,
    }
}

fn is_about_image(message: &str) -> bool {
    message.contains("image") || message.contains("Image")
}

/// Do both name an image in quotes, and not the same?
fn is_of_other_image(later: &Value, message: &str) -> bool {
    let [one, other] = [text(&later["message"]), message].map(|message| message.split('"').nth(1));
    one.is_some() && other.is_some() && one != other
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::leave_out;
    use crate::intake::split::parts;

    fn reasons(rows: &str) -> Vec<String> {
        let mut objects = parts(rows).known.into_iter().flat_map(|reading| reading.objects).collect();
        leave_out(&mut objects);
        objects.iter().filter_map(|found| Some(found.value["reason"].as_str()?.to_owned())).collect()
    }

    #[test]
    fn a_refusal_is_over_once_the_pod_is_placed() {
        let rows = "Warning  FailedScheduling  6m  default-scheduler  0/3 nodes are available: 3 Insufficient memory.\n\
            Normal  Scheduled  2m  default-scheduler  Successfully assigned ml/a to n\n";
        assert_eq!(reasons(rows), ["Scheduled"]);
    }

    #[test]
    fn the_image_of_another_container_says_nothing() {
        let pulled = |image: &str| {
            format!(
                "Warning  Failed  4m  kubelet  Failed to pull image \"a:1\": not found\n\
                Normal  Pulled  3m  kubelet  Successfully pulled image \"{image}\" in 2s\n"
            )
        };
        assert_eq!(reasons(&pulled("a:1")), ["Pulled"]);
        assert_eq!(reasons(&pulled("b:1")), ["Failed", "Pulled"]);
    }

    #[test]
    fn what_came_back_is_not_over() {
        let rows = "Normal  Started  5m  kubelet  Started container a\n\
            Warning  FailedMount  1m  kubelet  MountVolume.SetUp failed\n";
        assert_eq!(reasons(rows), ["Started", "FailedMount"]);
    }
}
