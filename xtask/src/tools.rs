//! Build tools of llama.cpp beside a C++ compiler: cmake and libclang, by package where the machine
//! has none.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context;

use crate::run::{root, run};

/// Pinned: what builds here builds anywhere.
const CMAKE: &str = "cmake==4.4.4";
const LIBCLANG: &str = "libclang==18.1.1";

/// Features of the workspace's tests: everything that is off by default.
pub(crate) const FEATURES: [&str; 2] = ["--features", "kinora-cli/llama"];

/// Variables under which llama.cpp builds; fetches into `target/tools` what the machine lacks.
pub(crate) fn environment() -> anyhow::Result<Vec<(&'static str, OsString)>> {
    let mut variables = Vec::new();
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if std::env::var_os("CMAKE").is_none() && !runs("cmake") {
        let program = format!("cmake/data/bin/cmake{}", std::env::consts::EXE_SUFFIX);
        variables.push(("CMAKE", installed(CMAKE)?.join(program).into()));
    }
    if std::env::var_os("LIBCLANG_PATH").is_none() && !has_libclang() {
        variables.push(("LIBCLANG_PATH", installed(LIBCLANG)?.join("clang/native").into()));
        // The package has the library without the headers that belong to a compiler.
        if let Some(headers) = compiler_headers() {
            variables.push(("BINDGEN_EXTRA_CLANG_ARGS", format!("-I{headers}").into()));
        }
    }
    Ok(variables)
}

fn installed(package: &str) -> anyhow::Result<PathBuf> {
    let name = package.split('=').next().unwrap_or(package);
    let folder = root().join("target/tools").join(name);
    if !folder.is_dir() {
        let scratch = folder.with_extension("part");
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--upgrade",
        ]);
        run(pip.arg("--target").arg(&scratch).arg(package))?;
        std::fs::rename(&scratch, &folder).with_context(|| folder.display().to_string())?;
    }
    Ok(folder)
}

/// Whether libclang is where distributions and Xcode put it; bindgen searches more places, so a miss costs a download
/// only.
fn has_libclang() -> bool {
    let mut folders: Vec<PathBuf> =
        ["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from).into();
    folders.push("/Library/Developer/CommandLineTools/usr/lib".into());
    folders.push(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH).into());
    let llvm = entries(Path::new("/usr/lib")).into_iter().filter(|path| named(path, "llvm-"));
    folders.extend(llvm.map(|path| path.join("lib")));
    let library = |path: &PathBuf| named(path, "libclang.so") || named(path, "libclang.dylib");
    folders.iter().any(|folder| entries(folder).iter().any(library))
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    found.map(|entry| entry.path()).collect()
}

fn named(path: &Path, start: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
}

fn compiler_headers() -> Option<String> {
    let output = Command::new("cc").arg("-print-file-name=include").output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    Path::new(&path).is_absolute().then_some(path)
}
