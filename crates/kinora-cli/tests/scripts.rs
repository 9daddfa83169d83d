//! What scripts rely on: JSON on both streams, exit codes, silence, the log.
//!
//! Not covered: a terminal (see `terminal.rs`), Ctrl-C in the midst of work without `--json` (see `signals.rs`).

#![allow(clippy::disallowed_methods, reason = "children of tests end with them")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::{fs, path::Path};

use common::{Ended, Home, samples};
use serde_json::Value;

/// Every line of stderr is an object of its own; the last may be the error.
fn told(ended: &Ended) -> Vec<Value> {
    let lines = ended.stderr.lines();
    let parsed = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    lines.map(parsed).collect()
}

fn error(ended: &Ended) -> Value {
    told(ended).pop().unwrap_or_else(|| panic!("{ended:?}"))["error"].clone()
}

#[test]
fn every_failure_is_one_object_with_its_kind() {
    let home = Home::new();
    fs::write(home.path().join("broken.json"), "[").unwrap();
    for (args, kind, code) in [
        (&["search", "owl"][..], "not_found", 1),
        (&["ask", "Who?"], "not_found", 1),
        (&["show", "owl.jpg"], "not_found", 1),
        (&["libraries", "check", "no"], "not_found", 1),
        (&["libraries", "delete", "no", "--yes"], "not_found", 1),
        (&["libraries", "rename", "no", "new"], "not_found", 1),
        (&["models", "path", "no-such-model"], "not_found", 1),
        (&["verify", "nothing.mp4"], "not_found", 1),
        (&["search", "owl", "--library", "../owl"], "invalid", 2),
        (&["search", "owl", "--after", "soon"], "invalid", 2),
        (&["serch", "owl"], "invalid", 2),
        (&["make", "x", "-o", "x.mp4", "--pin", "owl"], "invalid", 2),
        (&["man", "no-such-command"], "invalid", 2),
        (&["completions", "tcsh"], "invalid", 2),
        (&[], "invalid", 2),
    ] {
        let ended = home.run(&[args, &["--json"]].concat());
        assert_eq!(ended.code, code, "{args:?}: {ended:?}");
        assert_eq!(ended.stdout, "", "{args:?}");
        let error = error(&ended);
        assert_eq!((&error["kind"], &error["exit_code"]), (&kind.into(), &code.into()), "{args:?}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.is_empty() && !message.starts_with("error"), "{message}");
        // As text it is the same.
        let shown = home.run(args);
        assert_eq!((shown.code, &shown.stdout[..]), (code, ""), "{args:?}");
        let text = shown.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(args.is_empty() || text.contains(message), "{text}\n{message}");
    }
    // Help and version are no errors.
    for args in [&["--help", "--json"][..], &["--version", "--json"], &["add", "-h", "--json"]] {
        let ended = home.run(args).done();
        assert!(!ended.stdout.is_empty() && ended.stderr.is_empty(), "{ended:?}");
    }
}

#[test]
fn names_of_others_steer_nothing_under_json_either() {
    let home = Home::new();
    let ended = home.run(&["verify", "a\u{1b}[2J\u{202e}.mp4", "--json"]);
    assert!(!ended.stderr.contains('\u{1b}') && !ended.stderr.contains('\u{202e}'), "{ended:?}");
    assert!(error(&ended)["message"].as_str().unwrap().contains("a\u{1b}[2J\u{202e}.mp4"));
}

/// A home with two pictures, one of them broken.
fn home() -> (Home, Ended) {
    let home = Home::new();
    let folder = home.path().join("in");
    fs::create_dir(&folder).unwrap();
    fs::copy(samples().join("pictures/koala.webp"), folder.join("koala.webp")).unwrap();
    fs::write(folder.join("broken\u{1b}[2J.jpg"), [0xff, 0xd8, 0xff, 0xe0, 0, 1]).unwrap();
    let words = ["--without", "text", "--without", "tag", "--without", "speech"];
    let added = home.run(&[&["add", "in", "--json"], &words[..]].concat());
    (home, added)
}

fn log(home: &Home) -> String {
    fs::read_to_string(home.path().join("home/logs/kinora.log")).unwrap()
}

#[test]
fn a_partial_failure_is_told_on_both_streams_and_in_the_log() {
    let (home, added) = home();
    assert_eq!(added.code, 1, "{added:?}");
    assert_eq!(added.json()["failed"], 1);
    let warnings: Vec<_> =
        told(&added).into_iter().filter(|l| l.get("warning").is_some()).collect();
    assert_eq!(warnings.len(), 1, "{added:?}");
    assert!(warnings[0]["warning"]["message"].as_str().unwrap().contains("broken\u{1b}[2J.jpg"));
    let log = log(&home);
    assert!(log.contains("command=add") && log.contains("add{library=default}"), "{log}");
    assert!(log.contains(r"broken\u{1b}[2J.jpg") && !log.contains('\u{1b}'), "{log}");
    assert!(log.contains("loaded model=clip-vit-b-16-lite"), "{log}");
    private(&home);
    quiet(&home);
    secrets(&home);
    elsewhere(&home);
    stopped(&home);
    whole_libraries(&home);
}

/// Ctrl-C is told as an error of its own.
#[cfg(unix)]
fn stopped(home: &Home) {
    use std::{
        io::{BufRead, BufReader, Read},
        process::{Command, Stdio},
    };
    let mut chat = home.command(&["chat", "--json", "-v"]);
    let piped = chat.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut said = String::new();
    // It listens to signals before it tells anything.
    stderr.read_line(&mut said).unwrap();
    let sent = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(last["error"]["kind"], "cancelled", "{said}");
    assert_eq!(last["error"]["exit_code"], 130, "{said}");
}

#[cfg(not(unix))]
fn stopped(_: &Home) {}

#[cfg(unix)]
fn private(home: &Home) {
    use std::os::unix::fs::PermissionsExt;
    let mode = |name: &str| {
        fs::metadata(home.path().join("home").join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("logs"), mode("logs/kinora.log")), (0o700, 0o600));
}

#[cfg(not(unix))]
fn private(_: &Home) {}

fn quiet(home: &Home) {
    let note = home.run(&["search", "a koala", "--sheet", "sheet.html"]).done();
    assert!(note.stderr.contains("contact sheet"), "{note:?}");
    let silent = home.run(&["search", "a koala", "--sheet", "sheet.html", "-q"]).done();
    assert_eq!((&silent.stderr[..], &silent.stdout), ("", &note.stdout));
    let wrong = home.run(&["show", "no.jpg", "--quiet"]);
    assert!(wrong.code == 1 && wrong.stderr.starts_with("error: "), "{wrong:?}");
    let loud = home.run(&["search", "a koala", "-v"]).done();
    assert!(loud.stderr.contains("[info] ") && loud.stdout == silent.stdout, "{loud:?}");
    let louder = home.run(&["search", "a koala", "-vv", "--json"]).done();
    assert!(told(&louder).iter().any(|line| line["log"]["level"] == "info"), "{louder:?}");
    assert_eq!(home.run(&["search", "x", "-q", "-v"]).code, 2);
}

/// What was searched, asked and said is nobody's business.
fn secrets(home: &Home) {
    home.run(&["search", "zyzzyva in the garden"]);
    home.run(&["search", "x", "--near", "Zyzzyvaville"]);
    home.run(&["ask", "zyzzyva?", "--extractive"]);
    home.run(&["show", "zyzzyva.jpg"]);
    home.run(&["edit", "koala.webp", "--caption", "A zyzzyva."]).done();
    let log = log(home);
    assert!(!log.to_lowercase().contains("zyzzyva"), "{log}");
    assert!(log.contains("command=edit") && log.contains("failed kind=NotFound"), "{log}");
}

fn elsewhere(home: &Home) {
    let count = |path: &Path| fs::read_to_string(path).map_or(0, |text| text.lines().count());
    let (own, named) = (home.path().join("home/logs/kinora.log"), home.path().join("named.log"));
    let before = count(&own);
    home.run(&["libraries", "--log", "named.log"]).done();
    assert_eq!(count(&own), before);
    assert!(count(&named) > 0);
    // One that cannot be written is said once and stops nothing.
    let ended = home.run(&["libraries", "--log", "no/such/folder.log"]).done();
    assert_eq!(ended.stderr.matches("the log cannot be written").count(), 1, "{ended:?}");
    assert!(!ended.stdout.is_empty());
    fs::write(home.path().join("home/config.toml"), "log = \"off\"\n").unwrap();
    home.run(&["libraries"]).done();
    assert_eq!(count(&own), before);
    fs::write(home.path().join("home/config.toml"), "log = \"loud\"\n").unwrap();
    assert_eq!(home.run(&["libraries"]).code, 1);
    fs::remove_file(home.path().join("home/config.toml")).unwrap();
    // No home is made for a log.
    home.run(&["libraries", "--home", "never"]).done();
    assert!(!home.path().join("never").exists());
}

fn whole_libraries(home: &Home) {
    let shown = home.run(&["libraries", "show", "default", "--json"]).done().json();
    assert_eq!(shown["contents"]["pictures"], 1, "{shown}");
    assert_eq!(shown["contents"]["corrected"], 1, "{shown}");
    let renamed = home.run(&["libraries", "rename", "default", "family"]).done();
    assert!(renamed.stdout.contains("`family`"), "{renamed:?}");
    home.run(&["show", "koala.webp", "--library", "family"]).done();
    // Nobody is there to be asked.
    let asked = home.run(&["libraries", "delete", "family"]);
    assert!(asked.code == 2 && asked.stderr.contains("--yes"), "{asked:?}");
    home.run(&["show", "koala.webp", "--library", "family"]).done();
    #[cfg(target_os = "linux")]
    asked_on_a_terminal(home);
    let deleted = home.run(&["libraries", "delete", "family", "--yes"]).done();
    assert!(deleted.stdout.contains("1 picture,"), "{deleted:?}");
    assert!(home.path().join("in/koala.webp").is_file());
    let left = home.run(&["libraries", "--json"]).done().json();
    assert_eq!(left["libraries"], serde_json::json!([]));
}

/// On a terminal, as `script` of util-linux gives one, it asks; `n` and nothing at all mean no.
#[cfg(target_os = "linux")]
fn asked_on_a_terminal(home: &Home) {
    if std::process::Command::new("script").arg("--version").output().is_err() {
        return;
    }
    let own = home.command(&[]);
    let (program, folder) = (env!("CARGO_BIN_EXE_kinora"), home.path());
    for answer in ["n\n", "\n"] {
        let mut command = std::process::Command::new("script");
        let line = format!("{program} libraries delete family");
        command.args(["-qec", &line, "/dev/null"]).current_dir(folder);
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let ended = common::fed(command, answer);
        assert!(ended.stdout.contains("delete it? [y/N]"), "{ended:?}");
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(folder.join("home/libraries/family/catalog.sqlite").is_file());
    }
}

#[test]
fn completions_and_pages_are_whole_and_need_no_home() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let mut command = home.command(args);
        command.env_remove("KINORA_HOME").env_remove("HOME");
        Ended::from(command.output().unwrap()).done().stdout
    };
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]);
        assert!(script.contains("kinora") && script.contains("transcript"), "{shell}: {script}");
        let file = home.path().join(shell);
        fs::write(&file, script).unwrap();
        // Read by the shell itself, where it is there.
        let read = std::process::Command::new(shell).arg("-n").arg(&file).output();
        if let Ok(read) = read.as_ref().map_err(|_| ())
            && ["bash", "zsh", "fish"].contains(&shell)
        {
            assert!(read.status.success(), "{shell}: {read:?}");
        }
    }
    run(&["man", "--out", "pages/man1"]);
    let page = |name: &str| fs::read_to_string(home.path().join("pages/man1").join(name)).unwrap();
    let help = home.run(&["--help"]).done().stdout;
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands = listed.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<&str> = commands.filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(commands.len() > 12, "{commands:?}");
    for command in commands {
        let text = page(&format!("kinora-{command}.1"));
        for part in [".TH", "NAME", "SYNOPSIS", "EXIT STATUS", "143"] {
            assert!(text.contains(part), "{command} has no {part}: {text}");
        }
    }
    for name in ["kinora.1", "kinora-libraries-rename.1", "kinora-models-pull.1"] {
        assert!(page(name).starts_with(".ie"), "{name}: {}", page(name));
    }
    assert_eq!(run(&["man", "models", "pull"]), page("kinora-models-pull.1"));
    formatted(&home.path().join("pages/man1"));
}

/// As `man` shows them, where its formatter is there: without a warning.
fn formatted(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let mut groff = std::process::Command::new("groff");
        let Ok(shown) = groff.args(["-man", "-Tutf8", "-ww"]).arg(entry.path()).output() else {
            return;
        };
        assert!(shown.status.success() && shown.stderr.is_empty(), "{entry:?}: {shown:?}");
    }
}
