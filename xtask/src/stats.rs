//! Size budget: lines of files and functions, as `CONTRIBUTING.md` states it.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use syn::visit::Visit;

/// (median, 90th percentile, maximum) in lines.
#[derive(Clone, Copy)]
struct Budget {
    median: usize,
    p90: usize,
    max: usize,
}

const FILES: Budget = Budget { median: 150, p90: 450, max: 800 };
const FUNCTIONS: Budget = Budget { median: 10, p90: 35, max: 100 };

/// One measured thing and where it is.
struct Sized {
    place: String,
    lines: usize,
}

/// Measures every Rust file below `crates/` and `xtask/` and fails when the budget is broken.
pub(crate) fn check_workspace() -> anyhow::Result<()> {
    let mut paths = Vec::new();
    for folder in ["crates", "xtask"] {
        collect(Path::new(folder), &mut paths)?;
    }
    let (mut files, mut functions) = (Vec::new(), Vec::new());
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let place = path.display().to_string();
        functions.extend(measure(&text, &place)?);
        files.push(Sized { place, lines: text.lines().count() });
    }
    let mut faults = judge("files", FILES, &mut files);
    faults.extend(judge("functions", FUNCTIONS, &mut functions));
    if !faults.is_empty() {
        bail!("the size budget is broken:\n  {}", faults.join("\n  "));
    }
    Ok(())
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

fn measure(text: &str, place: &str) -> anyhow::Result<Vec<Sized>> {
    let file = syn::parse_file(text).with_context(|| place.to_owned())?;
    let mut functions = Functions { place, found: Vec::new() };
    functions.visit_file(&file);
    Ok(functions.found)
}

struct Functions<'a> {
    place: &'a str,
    found: Vec<Sized>,
}

impl Functions<'_> {
    /// From the signature to the closing brace; comments and attributes above do not count.
    fn push(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) =
            (signature.fn_token.span.start().line, block.brace_token.span.close().end().line);
        let place = format!("{}:{first} {}", self.place, signature.ident);
        self.found.push(Sized { place, lines: last + 1 - first });
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.push(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.push(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }
}

fn judge(what: &str, budget: Budget, sizes: &mut [Sized]) -> Vec<String> {
    sizes.sort_by_key(|s| s.lines);
    let at = |share: f64| {
        sizes.get(((sizes.len() as f64 * share) as usize).min(sizes.len().saturating_sub(1)))
    };
    let (median, p90) = (at(0.5).map_or(0, |s| s.lines), at(0.9).map_or(0, |s| s.lines));
    let max = sizes.last();
    let count = sizes.len();
    println!("{what}: {count}, median {median}, p90 {p90}, longest {}", Shown(max));
    let mut faults = Vec::new();
    if median > budget.median {
        faults.push(format!("{what}: median {median} > {}", budget.median));
    }
    if p90 > budget.p90 {
        faults.push(format!("{what}: p90 {p90} > {}", budget.p90));
    }
    let over = sizes.iter().filter(|s| s.lines > budget.max);
    faults.extend(over.map(|s| format!("{what}: {} > {} lines: {}", s.lines, budget.max, s.place)));
    faults
}

struct Shown<'a>(Option<&'a Sized>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |s| write!(f, "{} ({})", s.lines, s.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sized(lines: &[usize]) -> Vec<Sized> {
        lines.iter().map(|lines| Sized { place: "x.rs".into(), lines: *lines }).collect()
    }

    #[test]
    fn each_bound_breaks_the_build() {
        let budget = Budget { median: 10, p90: 20, max: 30 };
        for (lines, faults) in [
            (vec![1, 2, 10, 10, 20], 0),
            (vec![1, 2, 3, 4, 31], 2),
            (vec![1, 2, 11, 11, 11], 1),
            (vec![1; 100], 0),
            (vec![], 0),
        ] {
            assert_eq!(judge("files", budget, &mut sized(&lines)).len(), faults, "{lines:?}");
        }
    }

    #[test]
    fn functions_are_measured_wherever_they_stand() {
        let text = "fn a() {\n}\nstruct S;\nimpl S {\n/// doc\nfn b() {\nfn c() {}\n}\n}\n";
        let found = measure(text, "x.rs").unwrap();
        let lines: Vec<usize> = found.iter().map(|s| s.lines).collect();
        assert_eq!(lines, [2, 3, 1]);
    }
}
