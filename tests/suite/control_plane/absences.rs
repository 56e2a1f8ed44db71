//! Namespaces in which there is nothing, or which are not there.

use crate::control_plane::namespace::play;
use crate::control_plane::program;

#[test]
fn a_namespace_with_nothing_in_it_is_healthy() {
    play("empty", async |namespace| {
        let report = namespace.check("admin");
        assert_eq!((report.code, report.ids()), (0, vec![]), "{report}");
        assert_eq!(report.json["verdict"], "healthy", "{report}");
    });
}

#[test]
fn a_namespace_that_does_not_exist_cannot_be_looked_at() {
    play("neighbour", async |namespace| {
        let report = program::check(&namespace.plane.kubeconfig("admin"), "neighbuor");
        assert_eq!(report.code, 2, "{report}");
        assert!(report.stderr.contains("neighbuor"), "the message names the namespace\n{report}");
    });
}
