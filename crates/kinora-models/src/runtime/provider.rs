//! Execution providers by name. One that is asked for and missing is an error, never a silent CPU.

use std::str::FromStr;

use ort::ep::{CUDA, CoreML, DirectML, ExecutionProvider, ExecutionProviderDispatch, OpenVINO};

use crate::ModelError;

/// Execution provider of the graphs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// All cores.
    #[default]
    Cpu,
    /// NVIDIA.
    Cuda,
    /// Apple.
    CoreMl,
    /// Windows, DirectX 12.
    DirectMl,
    /// Intel.
    OpenVino,
}

const ALL: [(&str, Provider); 5] = [
    ("cpu", Provider::Cpu),
    ("cuda", Provider::Cuda),
    ("coreml", Provider::CoreMl),
    ("directml", Provider::DirectMl),
    ("openvino", Provider::OpenVino),
];

impl FromStr for Provider {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Self, ModelError> {
        let found = ALL.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        found.map(|(_, provider)| *provider).ok_or_else(|| ModelError::UnknownProvider(name.into()))
    }
}

impl Provider {
    /// Every name that is understood.
    pub fn names() -> Vec<&'static str> {
        ALL.iter().map(|(name, _)| *name).collect()
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(_, provider)| *provider == self).map_or("", |(name, _)| name)
    }

    /// Registration of the provider with ONNX Runtime, once it is loaded; empty for the CPU.
    pub(super) fn dispatch(self) -> Result<Vec<ExecutionProviderDispatch>, ModelError> {
        let (available, dispatch) = match self {
            Self::Cpu => return Ok(Vec::new()),
            Self::Cuda => (CUDA::is_available(), CUDA::default().build()),
            Self::CoreMl => (CoreML::is_available(), CoreML::default().build()),
            Self::DirectMl => (DirectML::is_available(), DirectML::default().build()),
            Self::OpenVino => (OpenVINO::is_available(), OpenVINO::default().build()),
        };
        match available {
            Ok(true) => Ok(vec![dispatch.error_on_failure()]),
            Ok(false) => Err(self.missing("the library was built without it".into())),
            Err(error) => Err(self.missing(error.to_string())),
        }
    }

    pub(super) fn missing(self, detail: String) -> ModelError {
        ModelError::NoProvider { provider: self.name(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for (name, provider) in ALL {
            assert_eq!(name.to_uppercase().parse::<Provider>().unwrap(), provider);
            assert_eq!(provider.name(), name);
        }
        let error = "abacus".parse::<Provider>().unwrap_err();
        assert!(error.hint().unwrap().contains("cpu, cuda"));
    }
}
