//! Embedding spaces: a vector without its space cannot be compared with anything.

use serde::{Deserialize, Serialize};

/// The space that vectors live in: which network made them and in what form.
///
/// Two spaces are the same only if every field is; a library pins one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EmbeddingSpace {
    /// Name in `models.toml`, e.g. `clip-vit-b-16-lite`.
    pub name: String,
    /// Revision of the pair of towers: changes whenever a weight or the preprocessing does.
    pub revision: String,
    /// Number of components of a vector.
    pub dimension: usize,
    /// Whether vectors have unit L2 norm, so that a dot product is the cosine.
    pub normalised: bool,
}

/// Two vectors of different spaces met.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("vectors of space `{left}` cannot be compared with vectors of space `{right}`")]
pub struct SpaceMismatch {
    /// Name and revision of one side.
    pub left: String,
    /// Name and revision of the other.
    pub right: String,
}

impl EmbeddingSpace {
    /// `name@revision`, as messages and the catalogue show it.
    pub fn id(&self) -> String {
        format!("{}@{}", self.name, self.revision)
    }

    /// Fails unless both spaces are the same.
    ///
    /// # Errors
    /// [`SpaceMismatch`] that names both.
    pub fn check_same(&self, other: &Self) -> Result<(), SpaceMismatch> {
        if self == other {
            return Ok(());
        }
        Err(SpaceMismatch { left: self.id(), right: other.id() })
    }

    /// Wraps a vector made in this space; L2-normalises it if the space asks for it.
    ///
    /// # Panics
    /// If the length is not the dimension: that is a fault in the embedder, never in the input.
    pub fn embedding(&self, mut values: Vec<f32>) -> Embedding {
        assert_eq!(values.len(), self.dimension, "dimension of space {}", self.id());
        if self.normalised {
            normalise(&mut values);
        }
        Embedding { space: self.clone(), values }
    }
}

/// A vector together with its space.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    space: EmbeddingSpace,
    values: Vec<f32>,
}

impl Embedding {
    /// The components, `dimension` of them.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// The space it was made in.
    pub fn space(&self) -> &EmbeddingSpace {
        &self.space
    }

    /// Dot product; the cosine if the space is normalised.
    ///
    /// # Errors
    /// [`SpaceMismatch`] if the vectors are of two spaces.
    pub fn dot(&self, other: &Self) -> Result<f32, SpaceMismatch> {
        self.space.check_same(&other.space)?;
        Ok(self.values.iter().zip(&other.values).map(|(a, b)| a * b).sum())
    }

    /// Weighted sum of vectors of one space, normalised again; `None` for no parts.
    ///
    /// # Errors
    /// [`SpaceMismatch`] if the vectors are of several spaces.
    pub fn mix(parts: &[(f32, &Self)]) -> Result<Option<Self>, SpaceMismatch> {
        let Some((_, first)) = parts.first() else {
            return Ok(None);
        };
        let mut sum = vec![0.0; first.values.len()];
        for (weight, part) in parts {
            first.space.check_same(&part.space)?;
            sum.iter_mut().zip(&part.values).for_each(|(s, v)| *s += weight * v);
        }
        Ok(Some(first.space.embedding(sum)))
    }
}

/// Scales to unit L2 norm; a zero vector stays zero, and one that has unit norm within rounding
/// stays bit for bit, so that what was stored compares equal to what was made.
fn normalise(values: &mut [f32]) {
    let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
    if norm > 0.0 && (norm - 1.0).abs() > 1e-6 {
        values.iter_mut().for_each(|v| *v /= norm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(name: &str) -> EmbeddingSpace {
        EmbeddingSpace { name: name.into(), revision: "1".into(), dimension: 2, normalised: true }
    }

    #[test]
    fn spaces_do_not_mix() {
        let (a, b) = (space("a").embedding(vec![1.0, 0.0]), space("b").embedding(vec![1.0, 0.0]));
        assert!(a.dot(&b).is_err());
        assert!(Embedding::mix(&[(1.0, &a), (1.0, &b)]).is_err());
    }

    #[test]
    fn mixing_normalises() {
        let a = space("a").embedding(vec![3.0, 0.0]);
        let b = space("a").embedding(vec![0.0, 5.0]);
        let mixed = Embedding::mix(&[(1.0, &a), (1.0, &b)]).unwrap().unwrap();
        assert!((mixed.dot(&a).unwrap() - 0.5f32.sqrt()).abs() < 1e-6);
    }
}
