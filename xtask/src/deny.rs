//! Licences and origins of everything we build on, as `deny.toml` allows them.
//!
//! `cargo-deny` does this and more; where it is not installed the same file is held against
//! `cargo metadata` here, so that the gate never needs minutes of compiling for a check of seconds.
//! Advisories need the open web: `cargo deny check advisories`.

use std::{collections::BTreeSet, process::Command};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::run::{cargo, run};

/// Fails on a licence or an origin that `deny.toml` does not allow.
pub(crate) fn check_workspace() -> anyhow::Result<()> {
    if Command::new("cargo-deny").arg("--version").output().is_ok() {
        let checks = ["--all-features", "check", "bans", "licenses", "sources"];
        return run(Command::new("cargo-deny").args(checks));
    }
    let output = cargo()
        .args(["metadata", "--locked", "--all-features", "--format-version", "1"])
        .output()
        .context("cannot run `cargo metadata`")?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let allowed = allowed(&std::fs::read_to_string("deny.toml")?)?;
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let faults: Vec<String> = packages.iter().filter_map(|p| fault(p, &allowed)).collect();
    if !faults.is_empty() {
        bail!("not allowed by `deny.toml`:\n  {}", faults.join("\n  "));
    }
    println!(
        "deny: {} packages, licences and origins allowed (cargo-deny is not installed)",
        packages.len()
    );
    Ok(())
}

fn allowed(text: &str) -> anyhow::Result<BTreeSet<String>> {
    let config: toml::Table = toml::from_str(text).context("deny.toml")?;
    let list = config["licenses"]["allow"].as_array().context("`licenses.allow` in deny.toml")?;
    Ok(list.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect())
}

fn fault(package: &Value, allowed: &BTreeSet<String>) -> Option<String> {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let (name, source, licence) = (text("name"), text("source"), text("license"));
    if source.is_empty() {
        return None;
    }
    if !source.starts_with("registry+") {
        return Some(format!("`{name}` comes from `{source}`"));
    }
    (!permitted(&licence, allowed)).then(|| format!("`{name}` is under `{licence}`"))
}

/// Evaluates an SPDX expression of `AND`, `OR`, `WITH`, parentheses; old `A/B` means `OR`.
fn permitted(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let text = expression.replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let mut at = 0;
    let value = any(&tokens, &mut at, allowed);
    value && at == tokens.len()
}

fn any(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut value = all(tokens, at, allowed);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        value |= all(tokens, at, allowed);
    }
    value
}

fn all(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut value = term(tokens, at, allowed);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        value &= term(tokens, at, allowed);
    }
    value
}

fn term(tokens: &[&str], at: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let Some(token) = tokens.get(*at) else {
        return false;
    };
    *at += 1;
    if *token == "(" {
        let value = any(tokens, at, allowed);
        *at += 1;
        return value;
    }
    if tokens.get(*at) == Some(&"WITH") {
        let exception = tokens.get(*at + 1).copied().unwrap_or_default();
        *at += 2;
        return allowed.contains(&format!("{token} WITH {exception}")) || allowed.contains(*token);
    }
    allowed.contains(*token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_evaluated() {
        let allowed = BTreeSet::from(["MIT".to_owned(), "IJG".into(), "Zlib".into()]);
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0 OR MIT", true),
            ("MIT/Apache-2.0", true),
            ("MIT AND GPL-3.0", false),
            ("(GPL-3.0 OR MIT) AND IJG", true),
            ("(GPL-3.0 OR MIT) AND BSD-3-Clause", false),
            ("MIT WITH LLVM-exception", true),
            ("", false),
        ] {
            assert_eq!(permitted(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn a_git_origin_breaks_the_build() {
        let package = serde_json::json!({"name": "x", "source": "git+ssh://x", "license": "MIT"});
        assert!(fault(&package, &BTreeSet::from(["MIT".to_owned()])).is_some());
    }
}
