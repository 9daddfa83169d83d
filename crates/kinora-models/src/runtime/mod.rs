//! ONNX Runtime: found at run time, one environment a process, graphs behind [`Graph`].
//!
//! The library is the user's own (`KINORA_ONNXRUNTIME`, for CUDA, CoreML or DirectML) or the store's.
//! It would report to its makers; [`switch_off_telemetry`] says how it is kept from that. Memory: the weights once a
//! session; see [`Graph`].

mod graph;
mod network;
mod provider;
mod telemetry;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ort::environment::Environment;

pub(crate) use graph::{Graph, Lanes, Model, Values};
pub(crate) use network::{Input, Kept, Network, Wanted};
pub use provider::Provider;
pub use telemetry::switch_off_telemetry;

use crate::ModelError;
use kinora_store::Store;

/// Options of the runtime.
#[derive(Clone, Debug, Default)]
pub struct RuntimeOptions {
    /// ONNX Runtime library; `None` for the store's.
    pub library: Option<PathBuf>,
    /// Execution provider: `cpu` (default), `cuda`, `coreml`, `directml`, `openvino`.
    pub provider: Option<String>,
}

impl RuntimeOptions {
    /// Reads `KINORA_ONNXRUNTIME` and `KINORA_PROVIDER`.
    pub fn from_env() -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            library: set("KINORA_ONNXRUNTIME").map(PathBuf::from),
            provider: set("KINORA_PROVIDER").map(|name| name.to_string_lossy().into_owned()),
        }
    }
}

/// Path of the runtime library and the execution provider. Nothing is loaded before the first graph.
#[derive(Clone, Debug)]
pub(crate) struct Runtime {
    pub provider: Provider,
    library: Arc<Path>,
}

impl Runtime {
    /// Loads the runtime from the store.
    ///
    /// # Errors
    /// If the runtime was not pulled, or cannot be loaded.
    pub(crate) fn new(store: &Store, options: &RuntimeOptions) -> Result<Self, ModelError> {
        let provider = options.provider.as_deref().unwrap_or("cpu").parse()?;
        let library = match &options.library {
            Some(path) => path.clone(),
            None => store.path("onnxruntime")?,
        };
        Ok(Self { provider, library: library.into() })
    }

    fn environment(&self) -> Result<Environment, ModelError> {
        static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        match &*loaded {
            Some((path, environment)) if **path == *self.library => return Ok(environment.clone()),
            Some((path, _)) => return Err(ModelError::OtherLibrary(path.clone())),
            None => {}
        }
        let environment = self.load()?;
        *loaded = Some((self.library.to_path_buf(), environment.clone()));
        Ok(environment)
    }

    fn load(&self) -> Result<Environment, ModelError> {
        let fail =
            |detail: String| ModelError::Library { path: self.library.to_path_buf(), detail };
        // The loader would look for a bare name in its own folders, not here.
        let path = std::path::absolute(&self.library).map_err(|e| fail(e.to_string()))?;
        if !path.is_file() {
            return Err(fail("no such file".into()));
        }
        switch_off_telemetry();
        let builder = ort::init_from(&path).map_err(|e| fail(e.to_string()))?;
        let environment = builder.with_name("kinora").with_telemetry(false).build();
        environment.map_err(|e| fail(e.to_string()))
    }
}
