//! The language model that answers: chosen by the section `[language]` of config.toml, in this one place.

use std::time::Duration;

use kinora_inference::LanguageModel;
use kinora_models::{Endpoint, EndpointConfig};

use crate::{EngineError, Studio, settings::Language};

const PATIENCE: u64 = 300;

impl Studio {
    /// The language model that the configuration names; `None` without one: then answers come from the
    /// evidence itself.
    ///
    /// # Errors
    /// If what is configured cannot be had.
    pub fn language_model(&self) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        let Some(language) = &self.settings().config.language else {
            return Ok(None);
        };
        Ok(Some(Box::new(Endpoint::open(endpoint("language", language)?)?)))
    }
}

/// The server that a section of the configuration names.
pub(crate) fn endpoint(section: &str, language: &Language) -> Result<EndpointConfig, EngineError> {
    let (address, model) = match (&language.endpoint, &language.model) {
        (Some(address), Some(model)) => (address, model),
        (Some(_), None) => {
            return Err(missing("`endpoint` needs a `model`", "name one of the server's"));
        }
        (None, _) => {
            return Err(missing(
                &format!("[{section}] names no `endpoint`"),
                "name a server of the chat completions API, such as llama-server or Ollama on this machine, \
                 or take the section out of config.toml",
            ));
        }
    };
    let key = |name: &String| {
        std::env::var(name).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            let message = format!("`api_key_env` names `{name}`, which is not set");
            missing(&message, "set it to the server's key")
        })
    };
    let api_key = language.api_key_env.as_ref().map(key).transpose()?;
    let patience = Duration::from_secs(language.patience.unwrap_or(PATIENCE));
    let context = language.context;
    Ok(EndpointConfig { api_key, context, patience, ..EndpointConfig::new(address, model) })
}

pub(crate) fn missing(message: &str, hint: &str) -> EngineError {
    EngineError::Language { message: message.into(), hint: hint.into() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::Settings;

    /// A studio in an empty home with this config.toml.
    pub(crate) fn studio(config: &str) -> Studio {
        let home = tempfile::TempDir::new().unwrap();
        std::fs::write(home.path().join("config.toml"), config).unwrap();
        let mut settings = Settings::settle(Some(home.path().to_owned())).unwrap();
        settings.cache = home.path().join("cache");
        Studio::open(settings).unwrap()
    }

    fn open(config: &str) -> Result<Option<Box<dyn LanguageModel>>, EngineError> {
        studio(config).language_model()
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
            ("[language]\n".to_owned(), "names no `endpoint`"),
            ("[language]\nmodel = \"none-such\"".to_owned(), "names no `endpoint`"),
            (format!("{server}model = \"m\"\napi_key_env = \"KINORA_NO_SUCH_KEY\""), "is not set"),
            ("[language]\nendpoint = \"here\"\nmodel = \"m\"".to_owned(), "not the address"),
        ] {
            let error = open(&config).err().unwrap();
            assert!(error.to_string().contains(message), "{error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
