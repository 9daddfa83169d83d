//! Programs and fonts: the user's own first, then the machine's, then the store's.

use std::path::PathBuf;

use kinora_render::Typesetter;
use kinora_video::FFmpeg;

use crate::{EngineError, engine::Shared};

/// Bytes; collections for Chinese, Japanese and Korean have some 120 MB.
const LARGEST_FONT: u64 = 512 << 20;

impl Shared {
    /// ffmpeg: `KINORA_FFMPEG` or the configuration, then `PATH`, then the store.
    pub(crate) fn ffmpeg(&self) -> Result<FFmpeg, EngineError> {
        if let Some(found) = self.ffmpeg.get() {
            return Ok(found.clone());
        }
        let found = self.find_ffmpeg()?;
        tracing::info!(program = %found.path.display(), version = found.version, "ffmpeg");
        Ok(self.ffmpeg.get_or_init(|| found).clone())
    }

    fn find_ffmpeg(&self) -> Result<FFmpeg, EngineError> {
        if let Some(path) = &self.settings.config.ffmpeg {
            return Ok(FFmpeg::check(path)?);
        }
        if let Some(path) = on_path("ffmpeg") {
            // One without H.264 is passed over; the store's has it.
            let usable = |found: &FFmpeg| found.encoders.iter().any(|name| name == "libx264");
            if let Some(found) = FFmpeg::check(&path).ok().filter(usable) {
                return Ok(found);
            }
        }
        Ok(FFmpeg::check(&self.store.path("ffmpeg")?)?)
    }

    /// The typesetter: the user's font first, the store's for what that one lacks.
    pub(crate) fn typesetter(&self, font: Option<&PathBuf>) -> Result<Typesetter, EngineError> {
        let own = font.or(self.settings.config.font.as_ref()).cloned();
        let paths = match own {
            Some(own) => {
                std::iter::once(own).chain(self.store.path_if_here("caption-font")?).collect()
            }
            None => vec![self.store.path("caption-font")?],
        };
        let read = |path: PathBuf| {
            let bytes = kinora_files::read(&path, LARGEST_FONT);
            bytes.map_err(|source| EngineError::Io { path, source })
        };
        let fonts = paths.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Typesetter::new(fonts)?)
    }
}

fn on_path(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(&name)).find(|path| path.is_file())
}
