//! The manifest for Kubernetes, held against the schemas that Kubernetes publishes.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::program::file;

/// The oldest and the newest Kubernetes whose schemas the tool brings along.
const VERSIONS: [&str; 2] = ["1.25.0", "1.37.0"];

fn in_this_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// What the tool says of a file, and whether it lets it pass.
fn validated(manifest: &Path, version: &str) -> (bool, String) {
    let tool = in_this_repository("target/kubernetes-validate/bin/kubernetes-validate");
    let output = Command::new(&tool)
        .args(["--strict", "--kubernetes-version", version])
        .arg(manifest)
        .output()
        .unwrap_or_else(|error| panic!("{error}: `bash tests/run.sh` installs {}", tool.display()));
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// A kind that the tool does not know is only warned of: so each must be named as passed.
fn passes(manifest: &Path, version: &str) -> Result<(), String> {
    let (is_good, said) = validated(manifest, version);
    let has_passed = |kind: &str| said.contains(&format!("passed for resource {kind}/rpsbench"));
    if is_good && has_passed("job") && has_passed("service") { Ok(()) } else { Err(said) }
}

#[test]
#[ignore = "needs kubernetes-validate: run `bash tests/run.sh`"]
fn the_job_is_what_kubernetes_publishes_as_one_and_a_broken_one_is_not() {
    let manifest = in_this_repository("deploy/kubernetes.yaml");
    for version in VERSIONS {
        passes(&manifest, version).unwrap_or_else(|said| panic!("{version}: {said}"));
    }
    let text = std::fs::read_to_string(&manifest).expect("the manifest");
    let folder = tempfile::tempdir().expect("a folder");
    for (good, bad, said) in [
        ("completions: 4", "completions: four", "'four' is not of type"),
        ("parallelism: 4", "paralelism: 4", "'paralelism' was unexpected"),
        ("  template:", "  templates:", "'template' is a required property"),
        ("runAsUser: 65532", "runAsUsr: 65532", "'runAsUsr' was unexpected"),
        ("      port: 27183", "      prot: 27183", "'port' is a required property"),
        ("kind: Job", "kind: Jobb", "find schema for kind Jobb"),
    ] {
        assert!(text.contains(good), "{good}");
        let broken = file(&folder, "broken.yaml", text.replacen(good, bad, 1));
        let refused = passes(Path::new(&broken), "1.37.0").expect_err(bad);
        assert!(refused.contains(said), "{bad}: {refused}");
    }
}
