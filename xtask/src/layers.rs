//! The floors of the house: an arrow may only run to a lower floor, as the table says.

use anyhow::{Context, bail};
use serde_json::Value;

use crate::run::cargo;

/// Crate and floor; `ARCHITECTURE.md` says what each is for.
const FLOORS: [(&str, u8); 21] = [
    ("kinora-types", 0),
    ("kinora-files", 0),
    ("kinora-inference", 1),
    ("kinora-image", 1),
    ("kinora-catalog", 1),
    ("kinora-index", 1),
    ("kinora-provenance", 1),
    ("kinora-store", 1),
    ("kinora-video", 2),
    ("kinora-models", 2),
    ("kinora-language", 2),
    ("kinora-diffusion", 2),
    ("kinora-render", 3),
    ("kinora-retrieval", 3),
    ("kinora-ingest", 3),
    ("kinora-ragme", 3),
    ("kinora-film", 4),
    ("kinora-chat", 4),
    ("kinora-engine", 5),
    ("kinora-fuzz", 6),
    ("kinora-cli", 6),
];

/// For tests only: it may use every floor, and every crate may have it among its dev-dependencies, none among its
/// dependencies.
const APART: &str = "kinora-testing";

/// Reads the manifests of the workspace and fails on every arrow that the table does not allow.
pub(crate) fn check_workspace() -> anyhow::Result<()> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .output()
        .context("cannot run `cargo metadata`")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let arrows = arrows(&metadata);
    let faults = faults(&arrows);
    if !faults.is_empty() {
        bail!("arrows that the floors do not allow:\n  {}", faults.join("\n  "));
    }
    println!("layers: {} arrows between {} crates, all downwards", arrows.len(), FLOORS.len());
    Ok(())
}

/// A crate, what it depends on, and whether only its tests do.
type Arrow = (String, String, bool);

/// Every arrow inside the workspace; dependencies of tests count too.
fn arrows(metadata: &Value) -> Vec<Arrow> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    list(&metadata["packages"])
        .iter()
        .filter(|package| name(package) != "xtask")
        .flat_map(|package| {
            let dependencies = list(&package["dependencies"]);
            let ours = dependencies.into_iter().filter(|d| name(d).starts_with("kinora-"));
            ours.map(|d| (name(package), name(&d), d["kind"] == "dev")).collect::<Vec<_>>()
        })
        .collect()
}

fn faults(arrows: &[Arrow]) -> Vec<String> {
    let floor =
        |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    let fault = |(from, to, tests): &Arrow| match (floor(from), floor(to)) {
        _ if to == APART && *tests => None,
        _ if to == APART => Some(format!("`{from}` uses `{to}` outside of its tests")),
        (None, Some(_)) if from == APART => None,
        (None, _) => Some(format!("`{from}` stands on no floor: add it to the table")),
        (_, None) => Some(format!("`{to}` stands on no floor: add it to the table")),
        (Some(a), Some(b)) if a > b => None,
        (Some(a), Some(b)) => Some(format!("`{from}` (floor {a}) uses `{to}` (floor {b})")),
    };
    arrows.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(from: &str, to: &str, kind: Option<&str>) -> Value {
        let dependency = serde_json::json!({"name": to, "kind": kind});
        serde_json::json!({"packages": [{"name": from, "dependencies": [dependency]}]})
    }

    #[test]
    fn downward_arrows_pass_and_all_others_break_the_build() {
        for (from, to, allowed) in [
            ("kinora-engine", "kinora-film", true),
            ("kinora-film", "kinora-retrieval", true),
            ("kinora-chat", "kinora-retrieval", true),
            ("kinora-chat", "kinora-film", false),
            ("kinora-ragme", "kinora-diffusion", true),
            ("kinora-diffusion", "kinora-ragme", false),
            ("kinora-retrieval", "kinora-film", false),
            ("kinora-ingest", "kinora-retrieval", false),
            ("kinora-types", "kinora-engine", false),
            ("kinora-image", "kinora-catalog", false),
            ("kinora-new", "kinora-types", false),
            ("kinora-cli", "kinora-unknown", false),
            ("kinora-types", "serde", true),
        ] {
            let found = faults(&arrows(&metadata(from, to, None)));
            assert_eq!(found.is_empty(), allowed, "{from} -> {to}: {found:?}");
        }
    }

    #[test]
    fn fakes_are_for_tests_only() {
        for (from, to, kind, allowed) in [
            ("kinora-types", "kinora-testing", Some("dev"), true),
            ("kinora-engine", "kinora-testing", None, false),
            ("kinora-engine", "kinora-testing", Some("build"), false),
            ("kinora-testing", "kinora-film", None, true),
            ("kinora-types", "kinora-film", Some("dev"), false),
        ] {
            let found = faults(&arrows(&metadata(from, to, kind)));
            assert_eq!(found.is_empty(), allowed, "{from} -> {to}: {found:?}");
        }
    }
}
