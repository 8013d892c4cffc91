//! Every feature of every crate must compile alone: a workspace build unites features and hides what one lacks.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command::{cargo, output, run as run_command};

/// One build: a crate with one of its features, or with none.
#[derive(Debug, PartialEq, Eq)]
struct Build {
    package: String,
    feature: Option<String>,
}

/// Builds each combination; clippy instead of plain check, so that a warning under one feature fails too
/// without rebuilding the dependencies, as `RUSTFLAGS` would.
pub(crate) fn run() -> Result<()> {
    for Build { package, feature } in matrix(&metadata()?)? {
        let mut command = cargo();
        command.args(["clippy", "--quiet", "-p", &package, "--no-default-features"]);
        if let Some(feature) = &feature {
            command.args(["--features", feature]);
        }
        run_command(command.args(["--", "-D", "warnings"]))?;
    }
    Ok(())
}

/// The names of the workspace's crates.
pub(crate) fn packages() -> Result<Vec<String>> {
    let builds = matrix(&metadata()?)?;
    Ok(builds.into_iter().filter(|build| build.feature.is_none()).map(|build| build.package).collect())
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata()?;
    let target = metadata.get("target_directory").and_then(Value::as_str);
    Ok(PathBuf::from(target.context("no target folder in the metadata")?))
}

/// The crates that need another one of ours, even if only for their tests, and that one itself.
pub(crate) fn users_of(package: &str) -> Result<Vec<String>> {
    Ok(dependents(&metadata()?, package))
}

/// `package` and whatever depends on it, directly or not.
fn dependents(metadata: &Value, package: &str) -> Vec<String> {
    let text = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
    let packages = metadata.get("packages").and_then(Value::as_array);
    let mut found = vec![package.to_owned()];
    let mut known = 0;
    while known < found.len() {
        known = found.len();
        for package in packages.into_iter().flatten() {
            let needs = package.get("dependencies").and_then(Value::as_array);
            let mut needs = needs.into_iter().flatten().filter_map(text);
            if let Some(name) = text(package).filter(|name| !found.contains(name))
                && needs.any(|needed| found.contains(&needed))
            {
                found.push(name);
            }
        }
    }
    found
}

fn metadata() -> Result<Value> {
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_slice(&metadata).context("cargo metadata did not print JSON")
}

/// For each crate: no feature, then each alone. An empty feature named `default` is the same as none.
fn matrix(metadata: &Value) -> Result<Vec<Build>> {
    let packages =
        metadata.get("packages").and_then(Value::as_array).context("no packages in the metadata")?;
    let mut builds = Vec::new();
    for package in packages {
        let name = package.get("name").and_then(Value::as_str).context("a package without a name")?;
        let features =
            package.get("features").and_then(Value::as_object).context("a package without features")?;
        builds.push(Build { package: name.to_owned(), feature: None });
        for (feature, enables) in features {
            if feature == "default" && enables.as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            builds.push(Build { package: name.to_owned(), feature: Some(feature.clone()) });
        }
    }
    Ok(builds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn builds(metadata: &Value) -> Vec<(String, String)> {
        let builds = matrix(metadata).unwrap();
        builds.into_iter().map(|build| (build.package, build.feature.unwrap_or_default())).collect()
    }

    fn pair(package: &str, feature: &str) -> (String, String) {
        (package.to_owned(), feature.to_owned())
    }

    #[test]
    fn each_feature_is_built_alone_after_none() {
        let metadata = json!({"packages": [
            {"name": "core", "features": {"memory": [], "testing": ["memory"]}},
            {"name": "task", "features": {}},
        ]});
        assert_eq!(
            builds(&metadata),
            [pair("core", ""), pair("core", "memory"), pair("core", "testing"), pair("task", "")]
        );
    }

    #[test]
    fn a_default_that_enables_something_is_built_and_an_empty_one_is_not() {
        let metadata = json!({"packages": [
            {"name": "full", "features": {"default": ["std"], "std": []}},
            {"name": "bare", "features": {"default": []}},
        ]});
        assert_eq!(
            builds(&metadata),
            [pair("full", ""), pair("full", "default"), pair("full", "std"), pair("bare", "")]
        );
    }

    #[test]
    fn what_needs_a_crate_through_another_one_needs_it_too() {
        let metadata = json!({"packages": [
            {"name": "app", "dependencies": [{"name": "web"}]},
            {"name": "web", "dependencies": [{"name": "serde"}, {"name": "store"}]},
            {"name": "store", "dependencies": [{"name": "core"}]},
            {"name": "core", "dependencies": []},
        ]});
        assert_eq!(dependents(&metadata, "store"), ["store", "web", "app"]);
        assert_eq!(dependents(&metadata, "app"), ["app"]);
    }

    #[test]
    fn metadata_of_another_shape_is_refused() {
        assert!(matrix(&json!({"packages": [{"name": "core"}]})).is_err());
        assert!(matrix(&json!({})).is_err());
    }
}
