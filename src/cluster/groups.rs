//! Which API groups the server has: who may not read a kind is refused, whether it exists or not.

use http::Request;
use kube::Client;
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::snapshot::kind::Kind;

/// The groups, asked for once, when they are first needed.
#[derive(Debug, Default)]
pub struct Groups {
    known: OnceCell<Option<Vec<String>>>,
}

#[derive(Deserialize)]
struct GroupList {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
}

impl Groups {
    /// Is it sure that the server does not have the group of a kind? What cannot be asked is not sure.
    pub async fn lack(&self, client: &Client, kind: Kind) -> bool {
        let group = kind.place().group;
        let known = self.known.get_or_init(|| groups(client)).await;
        !group.is_empty() && known.as_ref().is_some_and(|known| !known.iter().any(|name| name == group))
    }
}

async fn groups(client: &Client) -> Option<Vec<String>> {
    let request = Request::get("/apis").body(Vec::new()).ok()?;
    let list: GroupList = client.request(request).await.ok()?;
    Some(list.groups.into_iter().map(|group| group.name).collect())
}
