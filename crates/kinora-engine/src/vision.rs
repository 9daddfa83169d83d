//! The vision-language model that writes captions: chosen by the section `[vision]` of config.toml, else by
//! `[language]` if its model sees.

use kinora_models::{CAPTION_PROMPT, ModelCaptioner, SeeingEndpoint};

use crate::{
    EngineError, Studio,
    language::{endpoint, missing},
    settings::Language,
};

const NOBODY: &str = "name a model under [vision] in config.toml: `endpoint` and `model` of a server of the chat completions \
     API that takes pictures, such as llama-server or Ollama on this machine";

impl Studio {
    /// What writes captions, as the configuration says. The server is asked for its context, so that one that
    /// is not there is known before a file is touched.
    ///
    /// # Errors
    /// If no model that sees is configured, or it cannot be had.
    pub fn captioner(&self) -> Result<ModelCaptioner, EngineError> {
        let (section, language) = self.eyes()?;
        let model = SeeingEndpoint::open(endpoint(section, language)?)?;
        kinora_inference::LanguageModel::context_length(&model)?;
        let prompt = language.prompt.as_deref().unwrap_or(CAPTION_PROMPT);
        Ok(ModelCaptioner::new(Box::new(model), prompt))
    }

    fn eyes(&self) -> Result<(&'static str, &Language), EngineError> {
        let config = &self.settings().config;
        let vision = config.vision.as_ref().map(|vision| ("vision", vision));
        let language = config.language.as_ref().filter(|language| language.pictures);
        let language = language.map(|language| ("language", language));
        vision.or(language).ok_or_else(|| missing("no model that sees is configured", NOBODY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tests::studio;

    fn open(config: &str) -> Result<ModelCaptioner, EngineError> {
        studio(config).captioner()
    }

    #[test]
    fn pictures_go_only_where_the_configuration_says() {
        // The context is given, so that the server need not be there.
        let server = "endpoint = \"http://127.0.0.1:1/v1\"\nmodel = \"m\"\ncontext = 4096\n";
        for config in
            [format!("[vision]\n{server}"), format!("[language]\n{server}pictures = true\n")]
        {
            let captioner = open(&config).unwrap();
            assert!(captioner.looks().destination().is_some_and(|to| to.loopback), "{config}");
        }
        for (config, message) in [
            (String::new(), "no model that sees"),
            (format!("[language]\n{server}"), "no model that sees"),
            ("[vision]\n".to_owned(), "[vision] names no `endpoint`"),
            ("[vision]\nendpoint = \"http://127.0.0.1:9/v1\"\nmodel = \"m\"\n".to_owned(), ":9"),
        ] {
            let error = open(&config).err().unwrap();
            assert!(error.to_string().contains(message), "{config}: {error}");
            assert!(error.hint().is_some(), "{error}");
        }
    }
}
