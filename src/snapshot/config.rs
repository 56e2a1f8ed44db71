//! Config maps: the names of their keys, and of one key of Azure ML what it says about the files of a service.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::snapshot::meta::Meta;
use crate::snapshot::text::SafeText;

/// The key under which Azure ML v1 tells its init container which files to copy where.
pub const INIT_CONTAINER_CONFIG: &str = "InitContainerConfig";

/// A config map, without the values of its keys.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct ConfigMap {
    /// Its name.
    pub metadata: Meta,
    /// Its keys; absent where only its metadata was read.
    pub data: Option<Data>,
}

/// The keys of a config map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Data {
    /// Their names.
    pub keys: Vec<SafeText>,
    /// What Azure ML v1 put there.
    pub init_container: Option<InitContainer>,
}

/// What an Azure ML v1 service was told to copy, or why that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub enum InitContainer {
    /// The files.
    Files(InitContainerConfig),
    /// Not the JSON that it should be.
    Unreadable(SafeText),
}

/// `InitContainerConfig` of an Azure ML v1 service (azureml-core 1.x).
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct InitContainerConfig {
    /// Model name and version, and the files of each.
    pub models: Vec<BTreeMap<SafeText, Vec<CopiedFile>>>,
    /// The scoring script and the code folder.
    pub dependency: Vec<CopiedFile>,
    /// The folder that all paths of containers are under.
    pub mount_path: SafeText,
}

/// A file that the init container copies.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct CopiedFile {
    /// Where it is in the storage of the workspace.
    pub path: SafeText,
    /// Where it is put, under `MountPath`.
    pub container_path: SafeText,
    /// 0 for a plain copy; otherwise it is an archive that is unpacked there.
    pub unpack_type: i64,
}

impl InitContainerConfig {
    /// The files of the models: model with version, and the full path in the container.
    pub fn model_files(&self) -> impl Iterator<Item = (&SafeText, String)> {
        self.models
            .iter()
            .flatten()
            .flat_map(move |(model, files)| files.iter().map(move |file| (model, self.full_path(&file.container_path))))
    }

    /// The full path of a file in the container.
    pub fn full_path(&self, container_path: &str) -> String {
        let relative = container_path.trim_start_matches("./").trim_start_matches('/');
        format!("{}/{relative}", self.mount_path.trim_end_matches('/'))
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the data of a config map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        let mut data = Data::default();
        while let Some(key) = map.next_key::<SafeText>()? {
            if key == INIT_CONTAINER_CONFIG {
                let value = map.next_value::<SafeText>()?;
                data.init_container = Some(match serde_json::from_str(&value) {
                    Ok(files) => InitContainer::Files(files),
                    Err(error) => InitContainer::Unreadable(SafeText::new(&error.to_string())),
                });
            } else {
                map.next_value::<IgnoredAny>()?;
            }
            data.keys.push(key);
        }
        Ok(data)
    }
}
