//! The language model that answers: chosen by the section `[language]` of config.toml, in this one place.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use kinora_inference::LanguageModel;
use kinora_language::{Endpoint, EndpointConfig};

use super::Installed;
use crate::{EngineError, settings::Language};

/// Answers offline where it was pulled and nothing else is configured.
const DEFAULT: &str = "qwen2.5-coder-1.5b-instruct";
const READ_TIMEOUT: u64 = 300;
const ENDPOINT: &str = "name a server of the chat completions API, such as llama-server or Ollama on this \
     machine, with `endpoint`, or a GGUF file with `model`, or take the section out of config.toml";

/// Where a section's model runs.
pub(super) enum Backend<'c> {
    /// Behind an address.
    Server(EndpointConfig),
    /// In this process: its name and file.
    Here(&'c str, PathBuf),
}

impl Installed {
    /// The language model that the configuration names; without one, the default model if this build can
    /// run it and it was pulled; `None` if not: then answers come from the evidence itself.
    ///
    /// # Errors
    /// If what is configured cannot be had.
    pub(super) fn language_model(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        let Some(language) = &self.settings.config.language else {
            if !cfg!(feature = "llama") {
                return Ok(None);
            }
            let pulled = self.store.path_if_here(DEFAULT)?;
            return pulled.map(|path| here::open(&Language::default(), DEFAULT, path)).transpose();
        };
        match self.backend("language", language)? {
            Backend::Server(config) => Ok(Some(Box::new(Endpoint::open(config)?))),
            Backend::Here(name, path) => here::open(language, name, path).map(Some),
        }
    }

    /// Where the model of a section runs.
    pub(super) fn backend<'c>(
        &self,
        section: &str,
        language: &'c Language,
    ) -> Result<Backend<'c>, EngineError> {
        match (&language.endpoint, &language.model) {
            (Some(address), Some(model)) => {
                endpoint(section, language, address, model).map(Backend::Server)
            }
            (Some(_), None) => {
                Err(missing("`endpoint` needs a `model`", "name one of the server's"))
            }
            (None, Some(model)) => Ok(Backend::Here(model, self.gguf(model)?)),
            (None, None) => {
                let message = format!("[{section}] names neither `endpoint` nor `model`");
                Err(missing(&message, ENDPOINT))
            }
        }
    }

    /// A GGUF file by its path, from the home folder on, or by its name in `models.toml`.
    pub(super) fn gguf(&self, model: &str) -> Result<PathBuf, EngineError> {
        let path = Path::new(model);
        let is_file = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gguf"));
        match is_file || path.components().count() > 1 {
            true => Ok(self.settings.home.join(path)),
            false => Ok(self.store.path(model)?),
        }
    }
}

fn endpoint(
    section: &str,
    language: &Language,
    address: &str,
    model: &str,
) -> Result<EndpointConfig, EngineError> {
    if language.projector.is_some() || language.threads.is_some() {
        return Err(missing(
            &format!("[{section}] has `projector` or `threads` beside `endpoint`"),
            "they are of models in this process: take them out, or the endpoint",
        ));
    }
    let key = |name: &String| {
        std::env::var(name).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            let message = format!("`api_key_env` names `{name}`, which is not set");
            missing(&message, "set it to the server's key")
        })
    };
    let api_key = language.api_key_env.as_ref().map(key).transpose()?;
    let read_timeout = Duration::from_secs(language.patience.unwrap_or(READ_TIMEOUT));
    let context = language.context;
    Ok(EndpointConfig { api_key, context, read_timeout, ..EndpointConfig::new(address, model) })
}

pub(super) fn missing(message: &str, hint: &str) -> EngineError {
    EngineError::Language { message: message.into(), hint: hint.into() }
}

/// Models in this process, in a build that can run them.
#[cfg(feature = "llama")]
pub(super) mod here {
    use std::path::PathBuf;

    use kinora_inference::{InferenceError, LanguageModel, VisionLanguageModel};
    use kinora_language::{Llama, LlamaConfig, LlamaError, SeeingLlama};

    use crate::{EngineError, settings::Language};

    pub(crate) fn open(
        language: &Language,
        name: &str,
        path: PathBuf,
    ) -> Result<Box<dyn LanguageModel>, EngineError> {
        Ok(Box::new(Llama::open(&config(language, name, path)).map_err(failed)?))
    }

    pub(crate) fn open_seeing(
        language: &Language,
        name: &str,
        path: PathBuf,
        projector: PathBuf,
    ) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        let model = SeeingLlama::open(&config(language, name, path), &projector);
        Ok(Box::new(model.map_err(failed)?))
    }

    fn config(language: &Language, name: &str, path: PathBuf) -> LlamaConfig {
        let (context, threads) = (language.context, language.threads);
        LlamaConfig { context, threads, ..LlamaConfig::new(name, path) }
    }

    fn failed(error: LlamaError) -> EngineError {
        InferenceError::from(error).into()
    }
}

/// What a build says that cannot run them.
#[cfg(not(feature = "llama"))]
pub(super) mod here {
    use std::path::PathBuf;

    use kinora_inference::{LanguageModel, VisionLanguageModel};

    use crate::{EngineError, settings::Language};

    pub(crate) fn open(
        _: &Language,
        name: &str,
        _: PathBuf,
    ) -> Result<Box<dyn LanguageModel>, EngineError> {
        Err(unable(name))
    }

    pub(crate) fn open_seeing(
        _: &Language,
        name: &str,
        _: PathBuf,
        _: PathBuf,
    ) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        Err(unable(name))
    }

    fn unable(name: &str) -> EngineError {
        super::missing(
            &format!("this build of Kinora cannot run language model `{name}` itself"),
            "build it with `--features llama`, or name a server with `endpoint` in config.toml",
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use kinora_store::{Store, StoreConfig};

    use super::*;
    use crate::Settings;

    /// What is installed in an empty home with this config.toml.
    pub(crate) fn installed(config: &str) -> Installed {
        let home = tempfile::TempDir::new().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        std::fs::write(home.path().join("false.gguf"), "no model").unwrap();
        let mut settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        settings.cache = home.path().join("cache");
        let store =
            StoreConfig { cache_dir: Some(settings.cache.clone()), ..StoreConfig::default() };
        Installed::new(Arc::new(settings), Arc::new(Store::open(store).unwrap()))
    }

    fn open(config: &str) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        installed(config).language_model()
    }

    #[test]
    fn the_configuration_chooses() {
        assert!(open("").unwrap().is_none(), "nothing is sent anywhere unless it is configured");
        let server = "[language]\nendpoint = \"http://127.0.0.1:1/v1\"\n";
        let model = open(&format!("{server}model = \"m\"")).unwrap().unwrap();
        assert_eq!(model.model(), "m");
        assert!(model.destination().is_some_and(|to| to.loopback));
        let here = |model: &str| format!("[language]\nmodel = \"{model}\"");
        let unable = |message| if cfg!(feature = "llama") { message } else { "cannot run" };
        for (config, message) in [
            (server.to_owned(), "needs a `model`"),
            ("[language]\n".to_owned(), "neither `endpoint` nor `model`"),
            (here("none-such"), "none-such"),
            (here(DEFAULT), "not in the cache"),
            (here("missing.gguf"), unable("missing.gguf")),
            (here("models/missing"), unable("models/missing")),
            (here("false.gguf"), unable("false.gguf")),
            (format!("{server}model = \"m\"\nthreads = 2"), "`threads`"),
            (format!("{server}model = \"m\"\napi_key_env = \"KINORA_NO_SUCH_KEY\""), "is not set"),
            ("[language]\nendpoint = \"here\"\nmodel = \"m\"".to_owned(), "not the address"),
        ] {
            let error = open(&config).err().unwrap();
            assert!(error.to_string().contains(message), "{config}: {error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
