//! Nothing leaves the machine: no command opens a socket, looks up a name or touches a file outside of the
//! folders that it was given, nor do its children and native libraries. `docs/privacy.md` tells how to repeat it.
//!
//! Not covered: what an address in `config.toml` is sent (see `captions.rs` and `kinora-models`), and
//! `kinora models pull`, whose work is to fetch.

#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

#[path = "../common/mod.rs"]
mod common;
mod watch;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use common::{Home, cache, samples};
use watch::{Asked, watch};

/// What any program on the machine reads: libraries, time zones, facts of the processor and the kernel.
const SYSTEM: [&str; 10] = [
    "/usr/lib",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/localtime",
    "/proc",
    "/sys",
    "/dev",
];
/// Devices that may be written to.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/tty"];

/// Folders of one user who has nothing but these.
struct User {
    home: Home,
}

impl User {
    fn new() -> Self {
        let user = Self { home: Home::new() };
        for folder in ["user", "tmp", "in", "out", "home"] {
            fs::create_dir(user.at(folder)).unwrap();
        }
        fs::write(user.at("home/config.toml"), "speech = \"whisper-tiny\"\n").unwrap();
        for name in ["scarlet-macaw.webp", "hedgehog.webp", "colosseum.webp"] {
            fs::copy(samples().join("pictures").join(name), user.at("in").join(name)).unwrap();
        }
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kinora-models/fixtures");
        for name in ["speech/utterance.wav", "text/page.png"] {
            let to = user.at("in").join(Path::new(name).file_name().unwrap());
            fs::copy(fixtures.join(name), to).unwrap();
        }
        fs::write(user.at("in/moving.gif"), moving()).unwrap();
        user
    }

    fn at(&self, name: &str) -> PathBuf {
        self.home.path().canonicalize().unwrap().join(name)
    }

    /// `kinora` as this user, whose environment is empty but for what follows.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.home.command(args);
        command.env_clear().current_dir(self.at("out")).env("PATH", "/usr/bin:/bin");
        command.env("HOME", self.at("user")).env("TMPDIR", self.at("tmp"));
        command.env("KINORA_HOME", self.at("home")).env("KINORA_CACHE", cache());
        command
    }

    /// Runs a command under watch; a list of what it should not have done.
    fn faults(&self, args: &[&str]) -> Vec<String> {
        let (output, asked) = watch(self.command(args)).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{args:?}: {stderr}");
        // The witness sees something: the catalogue is opened by each of them.
        let catalog = self.at("home/libraries/default/catalog.sqlite");
        assert!(asked.contains(&Asked::Write(catalog)), "{args:?}: {asked:?}");
        let asked: BTreeSet<Asked> = asked.into_iter().collect();
        asked
            .iter()
            .filter(|asked| !self.allowed(asked))
            .map(|asked| format!("{asked:?}"))
            .collect()
    }

    fn allowed(&self, asked: &Asked) -> bool {
        let program = Path::new(env!("CARGO_BIN_EXE_kinora"));
        let mut own = vec![cache(), self.at("home"), self.at("out"), self.at("tmp")];
        match asked {
            Asked::Socket(_) | Asked::Ring => false,
            Asked::Write(path) => {
                let device = DEVICES.iter().any(|device| path == Path::new(device));
                device || own.iter().any(|folder| inside(path, folder))
            }
            Asked::Read(path) => {
                own.extend(SYSTEM.map(PathBuf::from));
                own.extend([self.at("in"), program.to_owned()]);
                own.iter().any(|folder| inside(path, folder))
            }
        }
    }
}

/// Below a folder, or the folder itself; `..` leads anywhere.
fn inside(path: &Path, folder: &Path) -> bool {
    let straight = !path.components().any(|part| part == std::path::Component::ParentDir);
    straight && path.starts_with(folder)
}

/// An animation of one second: a video to Kinora, so that ffmpeg has work.
fn moving() -> Vec<u8> {
    let frame = |shade: u8| {
        let picture = image::RgbaImage::from_pixel(96, 64, image::Rgba([shade, 90, 200, 255]));
        image::Frame::from_parts(picture, 0, 0, image::Delay::from_numer_denom_ms(100, 1))
    };
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.encode_frames((0..10).map(|step| frame(step * 20))).unwrap();
    drop(encoder);
    bytes
}

#[test]
fn no_command_opens_a_socket_or_a_file_elsewhere() {
    let user = User::new();
    let input = user.at("in").to_string_lossy().into_owned();
    let brief = "- a parrot with red feathers\n- the Colosseum in Rome\n";
    fs::write(user.at("in/brief.md"), brief).unwrap();
    let brief = user.at("in/brief.md").to_string_lossy().into_owned();
    for args in [
        &["add", &input][..],
        &["search", "a red parrot"],
        &["make", &brief, "-o", "film.mp4", "--seconds", "4", "--size", "320x180", "--fps", "12"],
        &["ask", "which pictures show a hedgehog?"],
        &["transcript", "utterance.wav"],
        &["verify", "film.mp4"],
        &["show", "hedgehog.webp"],
        &["libraries"],
    ] {
        let faults = user.faults(args);
        assert!(faults.is_empty(), "{args:?} asked for\n{}", faults.join("\n"));
    }
    // Nor does anything appear where other programs keep what they know of a user.
    let left: Vec<_> = fs::read_dir(user.at("user")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The witness itself: a socket of the internet family and a file elsewhere are noted, also of a grandchild.
#[test]
fn the_witness_sees_sockets_and_files_of_grandchildren() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("seen");
    let script = format!("import socket; socket.socket(); open({:?}, 'w')", file.to_str().unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", "python3 -c \"$1\"; true", "sh", &script]);
    let (output, asked) = watch(command).unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(asked.contains(&Asked::Socket(libc::AF_INET)), "{asked:?}");
    assert!(asked.contains(&Asked::Write(file)), "{asked:?}");
}
