//! Whose work a run does: that of the files that it brings in, or all that waits in the library.

use std::collections::BTreeSet;

use kinora_types::{AssetId, PassageKind};

use crate::{Ingest, IngestError, Options, Pending, commit::Met};

/// Assets whose work is part of a run.
pub(crate) enum WorkScope {
    /// All of the library.
    Library,
    /// Those of the run's files.
    Run {
        /// They came in by it.
        brought: BTreeSet<AssetId>,
        /// All of them.
        all: BTreeSet<AssetId>,
        /// Whether words are looked for again.
        again: bool,
    },
}

impl WorkScope {
    pub(crate) fn new(options: &Options, met: Met) -> Self {
        if options.resume {
            return Self::Library;
        }
        Self::Run { brought: met.brought, all: met.all, again: options.again }
    }

    /// Whether a video is looked through.
    pub(crate) fn looks_through(&self, asset: &AssetId) -> bool {
        match self {
            Self::Library => true,
            Self::Run { brought, .. } => brought.contains(asset),
        }
    }

    /// Whether words are looked for in an asset. Captions come only where somebody asks for them, and then of all
    /// files that were given; so does what is looked for again.
    pub(crate) fn perceives(&self, asset: &AssetId, kind: PassageKind) -> bool {
        match self {
            Self::Run { all, again, .. } if *again || kind == PassageKind::Caption => {
                all.contains(asset)
            }
            _ => self.looks_through(asset),
        }
    }
}

impl Ingest<'_> {
    /// What waits in the library now and could be done with what is at hand.
    pub(crate) fn pending(&self) -> Result<Pending, IngestError> {
        let (catalog, mut pending) = (self.catalog(), Pending::default());
        let timed = self.options().ffmpeg.is_some();
        if timed {
            pending.videos = catalog.unanalysed()?.len() as u64;
        }
        for kind in PassageKind::ALL {
            if kind == PassageKind::Caption || self.perception().model(kind).is_none() {
                continue;
            }
            let waiting = catalog.unperceived(kind, None)?;
            let can =
                |asset: &&kinora_types::Asset| timed || asset.kind() == kinora_types::Kind::Picture;
            let count = waiting.iter().filter(can).count() as u64;
            if count > 0 {
                pending.words.insert(kind, count);
            }
        }
        Ok(pending)
    }
}
