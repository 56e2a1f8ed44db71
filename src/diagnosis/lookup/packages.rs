//! Packages by what they hold: the name to install is often not the name that is missing.

use crate::diagnosis::lookup::{Found, errors};
use crate::diagnosis::mark::Sign;
use crate::diagnosis::scene::Scene;
use crate::diagnosis::template::Names;
use crate::diagnosis::{evidence, sign};

/// Modules whose package has another name on PyPI.
const PIP: [(&str, &str); 40] = [
    ("cv2", "opencv-python-headless"),
    ("sklearn", "scikit-learn"),
    ("PIL", "pillow"),
    ("yaml", "pyyaml"),
    ("bs4", "beautifulsoup4"),
    ("dateutil", "python-dateutil"),
    ("dotenv", "python-dotenv"),
    ("skimage", "scikit-image"),
    ("Crypto", "pycryptodome"),
    ("OpenSSL", "pyopenssl"),
    ("MySQLdb", "mysqlclient"),
    ("psycopg2", "psycopg2-binary"),
    ("google.protobuf", "protobuf"),
    ("google.cloud.storage", "google-cloud-storage"),
    ("google.cloud.bigquery", "google-cloud-bigquery"),
    ("azureml.core", "azureml-core"),
    ("azureml", "azureml-core"),
    ("azure.identity", "azure-identity"),
    ("azure.storage.blob", "azure-storage-blob"),
    ("azure.storage", "azure-storage-blob"),
    ("azure.ai.ml", "azure-ai-ml"),
    ("azure.keyvault", "azure-keyvault-secrets"),
    ("inference_schema", "inference-schema"),
    ("tensorflow_hub", "tensorflow-hub"),
    ("tensorflow_text", "tensorflow-text"),
    ("tensorflow_addons", "tensorflow-addons"),
    ("tensorflow_probability", "tensorflow-probability"),
    ("sentence_transformers", "sentence-transformers"),
    ("huggingface_hub", "huggingface-hub"),
    ("pytorch_lightning", "pytorch-lightning"),
    ("opentelemetry", "opentelemetry-sdk"),
    ("prometheus_client", "prometheus-client"),
    ("multipart", "python-multipart"),
    ("jose", "python-jose"),
    ("jwt", "pyjwt"),
    ("pkg_resources", "setuptools"),
    ("attr", "attrs"),
    ("serial", "pyserial"),
    ("git", "gitpython"),
    ("faiss", "faiss-cpu"),
];

/// The package on PyPI that holds {module}.
pub fn pip_package(_scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let module = names.get("module")?;
    let top = module.split('.').next().unwrap_or(module);
    let named = PIP.iter().find(|(known, _)| {
        module.as_str() == *known || module.strip_prefix(known).is_some_and(|rest| rest.starts_with('.'))
    });
    let package = named
        .or_else(|| PIP.iter().find(|(known, _)| *known == top))
        .map_or_else(|| top.replace('_', "-"), |(_, package)| (*package).to_owned());
    Some(Found::names([("package", package)]))
}

/// The version of NumPy that the log lists as installed.
pub fn installed_numpy(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    installed(scene, "numpy", "installed_numpy")
}

/// The version of Keras that the log lists as installed.
pub fn installed_keras(scene: &Scene<'_>, _names: &Names) -> Option<Found> {
    installed(scene, "keras", "installed_keras")
}

/// The version of a package that the log lists as installed, bound to a name.
fn installed(scene: &Scene<'_>, package: &str, name: &str) -> Option<Found> {
    errors::logs(scene).into_iter().find_map(|(key, log)| {
        let is_it = |seen: &sign::Seen<'_>| {
            seen.sign == Sign::Installed && seen.names.get("package").is_some_and(|listed| *listed == package)
        };
        let seen = sign::signs(log, scene.catalogue).into_iter().find(is_it)?;
        let record = &log.records[seen.record];
        let mut found = Found::names([(name, seen.names.get("version")?.to_string())]);
        found.evidence = evidence::of_record(&key, record, &record.text, &seen.span);
        Some(found)
    })
}

/// Libraries and the Debian packages that hold them.
const APT: [(&str, &str); 26] = [
    ("libgomp.so", "libgomp1"),
    ("libGL.so", "libgl1"),
    ("libgthread-2.0.so", "libglib2.0-0"),
    ("libglib-2.0.so", "libglib2.0-0"),
    ("libSM.so", "libsm6"),
    ("libXext.so", "libxext6"),
    ("libXrender.so", "libxrender1"),
    ("libX11.so", "libx11-6"),
    ("libsndfile.so", "libsndfile1"),
    ("libpq.so", "libpq5"),
    ("libodbc.so", "unixodbc"),
    ("libmysqlclient.so", "default-libmysqlclient-dev"),
    ("libxml2.so", "libxml2"),
    ("libxslt.so", "libxslt1.1"),
    ("libstdc++.so", "libstdc++6"),
    ("libgcc_s.so", "libgcc-s1"),
    ("libssl.so", "libssl3"),
    ("libcrypto.so", "libssl3"),
    ("libffi.so", "libffi8"),
    ("libopenblas.so", "libopenblas0"),
    ("libblas.so", "libblas3"),
    ("liblapack.so", "liblapack3"),
    ("libgfortran.so", "libgfortran5"),
    ("libhdf5.so", "libhdf5-dev"),
    ("libspatialindex", "libspatialindex-dev"),
    ("libpython3", "libpython3-dev"),
];

/// The Debian package that holds {library}.
pub fn apt_package(_scene: &Scene<'_>, names: &Names) -> Option<Found> {
    let library = names.get("library")?;
    let file = library.rsplit('/').next().unwrap_or(library);
    let (_, package) = APT.iter().find(|(known, _)| file.starts_with(known))?;
    Some(Found::names([("package", (*package).to_owned())]))
}
