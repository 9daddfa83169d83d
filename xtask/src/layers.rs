//! The floors of the house: an arrow may only run to a lower floor, as the table says.

use anyhow::{Context, bail};
use serde_json::Value;

use crate::run::cargo;

/// Crate and floor; `ARCHITECTURE.md` tells what each answers for.
const FLOORS: [(&str, u8); 17] = [
    ("kinora-types", 0),
    ("kinora-files", 0),
    ("kinora-media", 1),
    ("kinora-index", 1),
    ("kinora-catalog", 1),
    ("kinora-provenance", 1),
    ("kinora-inference", 1),
    ("kinora-models", 2),
    ("kinora-diffusion", 2),
    ("kinora-ragme", 2),
    ("kinora-ingest", 3),
    ("kinora-retrieval", 3),
    ("kinora-film", 3),
    ("kinora-chat", 3),
    ("kinora-fuzz", 4),
    ("kinora-engine", 4),
    ("kinora-cli", 5),
];

/// The arrows inside a floor: a film retrieves its own sources, an answer its evidence; RAGME hooks into
/// the base model.
const WITHIN: [(&str, &str); 3] = [
    ("kinora-film", "kinora-retrieval"),
    ("kinora-chat", "kinora-retrieval"),
    ("kinora-ragme", "kinora-diffusion"),
];

/// Reads the manifests of the workspace and fails on every arrow that the table does not allow.
pub fn check_workspace() -> anyhow::Result<()> {
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

/// Every (crate, dependency) pair inside the workspace; dependencies of tests count too.
fn arrows(metadata: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    list(&metadata["packages"])
        .iter()
        .filter(|package| name(package) != "xtask")
        .flat_map(|package| {
            let dependencies = list(&package["dependencies"]);
            let ours =
                dependencies.into_iter().map(|d| name(&d)).filter(|d| d.starts_with("kinora-"));
            ours.map(|dependency| (name(package), dependency)).collect::<Vec<_>>()
        })
        .collect()
}

fn faults(arrows: &[(String, String)]) -> Vec<String> {
    let floor =
        |name: &str| FLOORS.iter().find(|(known, _)| *known == name).map(|(_, floor)| *floor);
    let fault = |(from, to): &(String, String)| match (floor(from), floor(to)) {
        (None, _) => Some(format!("`{from}` stands on no floor: add it to the table")),
        (_, None) => Some(format!("`{to}` stands on no floor: add it to the table")),
        (Some(_), Some(_)) if WITHIN.contains(&(from.as_str(), to.as_str())) => None,
        (Some(a), Some(b)) if a > b => None,
        (Some(a), Some(b)) => Some(format!("`{from}` (floor {a}) uses `{to}` (floor {b})")),
    };
    arrows.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metadata(from: &str, to: &str) -> Value {
        serde_json::json!({"packages": [{"name": from, "dependencies": [{"name": to}]}]})
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
            ("kinora-media", "kinora-catalog", false),
            ("kinora-new", "kinora-types", false),
            ("kinora-cli", "kinora-unknown", false),
            ("kinora-types", "serde", true),
        ] {
            let found = faults(&arrows(&metadata(from, to)));
            assert_eq!(found.is_empty(), allowed, "{from} -> {to}: {found:?}");
        }
    }
}
