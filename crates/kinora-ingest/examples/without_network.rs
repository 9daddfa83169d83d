//! Ingest with an embedder that computes nothing: what reading, hashing, decoding, thumbnails,
//! perceptual hashes, metadata and durable commits cost. For `bench/ingest`.
//!
//!     without_network LIBRARY PICTURES

use std::path::PathBuf;

use kinora_catalog::Catalog;
use kinora_inference::{ImageEmbedder, InferenceError, PreparedImage};
use kinora_ingest::{Ingest, Options, Silent};
use kinora_types::{Control, Embedding, EmbeddingSpace, Picture};

/// Takes pictures of 224 px and gives them all one vector.
struct Nothing(EmbeddingSpace);

impl ImageEmbedder for Nothing {
    fn space(&self) -> &EmbeddingSpace {
        &self.0
    }

    fn input_side(&self) -> u32 {
        224
    }

    fn prepare(&self, _: &Picture) -> Result<PreparedImage, InferenceError> {
        Ok(PreparedImage { values: vec![0.0; 3 * 224 * 224], side: 224 })
    }

    fn embed(&self, batch: &[PreparedImage]) -> Result<Vec<Embedding>, InferenceError> {
        Ok(batch.iter().map(|_| self.0.embedding(vec![1.0; self.0.dimension])).collect())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(Into::into).collect();
    let [library, pictures] = &paths[..] else {
        return Err("usage: without_network LIBRARY PICTURES".into());
    };
    let space = EmbeddingSpace {
        name: "nothing".into(),
        revision: "1".into(),
        dimension: 512,
        normalised: true,
    };
    let catalog = Catalog::create(library, "bench", &space)?;
    let embedder = Nothing(space);
    let ingest = Ingest::new(&catalog, &embedder, 0.96, Options::default())?;
    let summary = ingest.add(std::slice::from_ref(pictures), &mut Silent, &Control::default())?;
    println!("{summary:?}");
    Ok(())
}
