# What there is to do here; `just` lists it.
default:
    @just --list --unsorted

# The dashboard on an embedded cluster that plays real failures
demo *arguments:
    cargo run --release -- demo {{arguments}}

# Exactly what CI runs
ready:
    .ci/run

# Format, lints and tests, without the real API server
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test

# The tests, those against a real API server too
test-all:
    KUBEBUILDER_ASSETS=$(.ci/control-plane/build) cargo test

# The proofs of the rules, of all or of one file
rules *file:
    cargo run --release --quiet -- rules test {{file}}

# Write the golden screens, reports, generated pages and pictures anew; then look at the diff
bless:
    UPDATE=1 cargo test

# Draw the screenshots anew from the golden screens of the demo
screenshots:
    UPDATE=1 cargo test --test suite screens

# How long the parts of the engine take, and how fast and large the program is on a long log and a large cluster
bench:
    cargo build --release
    cargo bench --bench engine --bench throughput
    KUBEBUILDER_ASSETS=$(.ci/control-plane/build) cargo bench --profile dev --bench cluster

# Licences, advisories and forbidden crates
deny:
    cargo deny check
