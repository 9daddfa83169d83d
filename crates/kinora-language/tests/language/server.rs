//! llama.cpp's own server on loopback, out of a Python module.

#![allow(clippy::disallowed_methods, reason = "children and threads of tests")]

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
};

const PROGRAM: &str = "
import sys, xllamacpp
parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
if len(sys.argv) > 2:
    parameters.mmproj.path = sys.argv[2]
parameters.n_ctx, parameters.n_parallel, parameters.port = 1024, 1, 0
parameters.warmup = False
# So that the same request gives the same answer.
parameters.cache_prompt = False
parameters.api_keys = ['secret']
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
";

/// The running server; ends with this value, or with the process, whose end it sees in its input.
pub(crate) struct Server {
    child: Child,
    /// With the version: `http://127.0.0.1:…/v1`.
    pub address: String,
}

impl Server {
    pub(crate) fn start(module: &Path, model: &Path) -> Self {
        Self::start_with(module, &[model])
    }

    /// With eyes, if a projector stands behind the model.
    pub(crate) fn start_with(module: &Path, files: &[&Path]) -> Self {
        let mut command = Command::new("python3");
        command.arg("-c").arg(PROGRAM).args(files).env("PYTHONPATH", module.parent().unwrap());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut errors = child.stderr.take().unwrap();
        if !line.starts_with("http://127.0.0.1:") {
            let mut words = String::new();
            errors.read_to_string(&mut words).unwrap();
            panic!("the server does not start: {line}{words}");
        }
        // A full pipe would block it.
        std::thread::spawn(move || std::io::copy(&mut errors, &mut std::io::sink()));
        Self { child, address: format!("{}/v1", line.trim()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
