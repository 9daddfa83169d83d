//! What a sentence of an answer rests on.

use serde::{Deserialize, Serialize};

use crate::{AssetId, TimeRange};

/// A place in a library that an answer points to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Citation {
    /// Its number in the answer, from 1: `[1]`.
    pub number: u32,
    /// Which asset.
    pub asset: AssetId,
    /// When, in a video or recording; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<TimeRange>,
    /// What people call the asset, at the time of the answer.
    pub label: String,
}
