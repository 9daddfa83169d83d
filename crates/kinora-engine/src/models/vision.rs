//! The vision-language model that writes captions: chosen by the section `[vision]` of config.toml, else by
//! `[language]` if its model sees.

use std::path::PathBuf;

use kinora_inference::VisionLanguageModel;
use kinora_language::{CAPTION_PROMPT, SeeingEndpoint};

use super::{
    Installed,
    language::{Backend, here, missing},
};
use crate::{
    EngineError,
    settings::{Config, Language},
};

/// With it the projector of a listed model is listed.
const PROJECTOR: &str = "-projector";
const NOBODY: &str = "name a model under [vision] in config.toml: `endpoint` and `model` of a server of the chat completions \
     API that takes pictures, such as llama-server or Ollama on this machine, or with a build that has the \
     feature `llama` the GGUF files `model` and `projector`";

impl Installed {
    /// The model that sees, as the configuration says. A server is asked for its context, so that one that is not
    /// there is known before a file is touched.
    pub(super) fn vision_model(&self) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        let (section, language) = eyes(&self.settings.config)?;
        let model = self.seeing(section, language)?;
        model.context_length()?;
        Ok(model)
    }

    fn seeing(
        &self,
        section: &'static str,
        language: &Language,
    ) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        match self.backend(section, language)? {
            Backend::Server(config) => Ok(Box::new(SeeingEndpoint::open(config)?)),
            Backend::Here(name, path) => {
                let projector = self.projector(name, language)?;
                here::open_seeing(language, name, path, projector)
            }
        }
    }

    fn projector(&self, model: &str, language: &Language) -> Result<PathBuf, EngineError> {
        if let Some(projector) = &language.projector {
            return self.gguf(projector);
        }
        let listed = format!("{model}{PROJECTOR}");
        let artifacts = &self.store.manifest().artifacts;
        match artifacts.iter().any(|artifact| artifact.id == listed) {
            true => self.gguf(&listed),
            false => Err(missing(
                &format!("`{model}` sees nothing without a projector"),
                "name the GGUF file that came with it (`mmproj-….gguf`) with `projector`",
            )),
        }
    }
}

/// What is asked of each picture.
pub(crate) fn prompt(config: &Config) -> &str {
    let asked = eyes(config).ok().and_then(|(_, language)| language.prompt.as_deref());
    asked.unwrap_or(CAPTION_PROMPT)
}

fn eyes(config: &Config) -> Result<(&'static str, &Language), EngineError> {
    let sees = |language: &&Language| language.pictures || language.projector.is_some();
    let vision = config.vision.as_ref().map(|vision| ("vision", vision));
    let language = config.language.as_ref().filter(sees).map(|language| ("language", language));
    vision.or(language).ok_or_else(|| missing("no model that sees is configured", NOBODY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::language::tests::installed;

    fn open(config: &str) -> Result<Box<dyn VisionLanguageModel>, EngineError> {
        installed(config).vision_model()
    }

    #[test]
    fn pictures_go_only_where_the_configuration_says() {
        // The context is given, so that the server need not be there.
        let server = "endpoint = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\ncontext = 4096\n";
        for config in
            [format!("[vision]\n{server}"), format!("[language]\n{server}pictures = true\n")]
        {
            let model = open(&config).unwrap();
            assert!(model.destination().is_some_and(|to| to.loopback), "{config}");
        }
        let unable = |message| if cfg!(feature = "llama") { message } else { "cannot run" };
        for (config, message) in [
            (String::new(), "no model that sees"),
            (format!("[language]\n{server}"), "no model that sees"),
            ("[vision]\n".to_owned(), "[vision] names neither"),
            ("[vision]\nmodel = \"a.gguf\"\n".to_owned(), "without a projector"),
            ("[vision]\nmodel = \"a.gguf\"\nprojector = \"b.gguf\"\n".to_owned(), unable("a.gguf")),
            ("[vision]\nendpoint = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n".to_owned(), ":9"),
        ] {
            let error = open(&config).err().unwrap();
            assert!(error.to_string().contains(message), "{config}: {error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
