//! The language model that answers: chosen by the section `[language]` of config.toml, in this one place.

use std::{path::Path, time::Duration};

use kinora_inference::LanguageModel;
use kinora_models::{Endpoint, EndpointConfig};

use crate::{EngineError, Studio, settings::Language};

/// Answers offline where it was pulled and nothing else is configured.
const DEFAULT: &str = "qwen2.5-coder-1.5b-instruct";
const PATIENCE: u64 = 300;

impl Studio {
    /// The language model that the configuration names; without one, the default model if this build can
    /// run it and it was pulled; `None` if not: then answers come from the evidence itself.
    ///
    /// # Errors
    /// If what is configured cannot be had.
    pub fn language_model(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        let Some(language) = &self.settings().config.language else {
            return match self.store().path(DEFAULT) {
                Ok(path) if cfg!(feature = "llama") => local(DEFAULT, &path, None).map(Some),
                _ => Ok(None),
            };
        };
        match (&language.endpoint, &language.model) {
            (Some(address), Some(model)) => endpoint(language, address, model).map(Some),
            (Some(_), None) => {
                Err(missing("`endpoint` needs a `model`", "name one of the server's"))
            }
            (None, Some(model)) if Path::new(model).extension().is_some_and(|e| e == "gguf") => {
                local(model, Path::new(model), language.context).map(Some)
            }
            (None, Some(model)) => {
                local(model, &self.store().path(model)?, language.context).map(Some)
            }
            (None, None) => Err(missing(
                "[language] names neither `endpoint` nor `model`",
                "give one, or take the section out of config.toml",
            )),
        }
    }
}

fn endpoint(
    language: &Language,
    address: &str,
    model: &str,
) -> Result<Box<dyn LanguageModel>, EngineError> {
    let key = |name: &String| {
        std::env::var(name).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            let message = format!("`api_key_env` names `{name}`, which is not set");
            missing(&message, "set it to the server's key")
        })
    };
    let api_key = language.api_key_env.as_ref().map(key).transpose()?;
    let patience = Duration::from_secs(language.patience.unwrap_or(PATIENCE));
    let context = language.context;
    let config =
        EndpointConfig { api_key, context, patience, ..EndpointConfig::new(address, model) };
    Ok(Box::new(Endpoint::open(config)?))
}

#[cfg(feature = "llama")]
fn local(
    name: &str,
    path: &Path,
    context: Option<u32>,
) -> Result<Box<dyn LanguageModel>, EngineError> {
    let config =
        kinora_models::LlamaConfig { context, ..kinora_models::LlamaConfig::new(name, path) };
    let model = kinora_models::Llama::open(&config);
    Ok(Box::new(model.map_err(kinora_inference::InferenceError::from)?))
}

#[cfg(not(feature = "llama"))]
fn local(
    name: &str,
    _path: &Path,
    _context: Option<u32>,
) -> Result<Box<dyn LanguageModel>, EngineError> {
    Err(missing(
        &format!("this build of Kinora cannot run language model `{name}` itself"),
        "build it with `--features llama`, or name a server with `endpoint` under [language]",
    ))
}

fn missing(message: &str, hint: &str) -> EngineError {
    EngineError::Language { message: message.into(), hint: hint.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn open(config: &str) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        let home = tempfile::TempDir::new().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        let mut settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        settings.cache = home.path().join("cache");
        Studio::open(settings).unwrap().language_model()
    }

    #[test]
    fn the_configuration_chooses() {
        assert!(open("").unwrap().is_none(), "nothing is sent anywhere unless it is configured");
        let server = "[language]\nendpoint = \"http://127.0.0.1:1/v1\"\n";
        let model = open(&format!("{server}model = \"m\"")).unwrap().unwrap();
        assert_eq!(model.model(), "m");
        assert!(model.destination().is_some_and(|to| to.loopback));
        for (config, message) in [
            (server.to_owned(), "needs a `model`"),
            ("[language]\n".to_owned(), "neither"),
            ("[language]\nmodel = \"none-such\"".to_owned(), "no model is called"),
            (format!("{server}model = \"m\"\napi_key_env = \"KINORA_NO_SUCH_KEY\""), "is not set"),
            ("[language]\nendpoint = \"here\"\nmodel = \"m\"".to_owned(), "not the address"),
        ] {
            let error = open(&config).err().unwrap();
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
