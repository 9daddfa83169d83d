//! What every backend checks before it believes a vector or a file.

use crate::IndexError;

/// The length is right and every value is finite.
pub(crate) fn check_vector(vector: &[f32], dimension: usize) -> Result<(), IndexError> {
    if vector.len() != dimension {
        return Err(IndexError::Dimension { expected: dimension, actual: vector.len() });
    }
    if vector.iter().any(|v| !v.is_finite()) {
        return Err(IndexError::NotFinite);
    }
    Ok(())
}

/// The files are of the space asked for.
pub(crate) fn check_space(
    space: &str,
    dimension: usize,
    found_space: &str,
    found_dimension: usize,
) -> Result<(), IndexError> {
    if space == found_space && dimension == found_dimension {
        return Ok(());
    }
    Err(IndexError::OtherSpace {
        expected: format!("{space} ({dimension})"),
        found: format!("{found_space} ({found_dimension})"),
    })
}
