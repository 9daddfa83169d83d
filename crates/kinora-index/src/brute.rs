//! The oracle: every vector is compared, in the plainest way. Good for tests and tiny libraries.
//!
//! Memory: all vectors, 4 bytes a value, in a map; [`IndexWrite::flush`] writes the whole file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use kinora_files::private;

use crate::{
    Entry, Filter, IndexError, IndexRead, IndexWrite, Point, Scored, SearchRequest,
    check::{check_space, check_vector},
    file::{Stamp, write_aside},
    kernel,
    wire::Reader,
};

const FILE: &str = "brute.kin";
const MAGIC: &[u8; 8] = b"KINBRUT1";

/// An index without any index: exact, linear.
pub struct BruteForce {
    folder: PathBuf,
    space: String,
    dimension: usize,
    mark: u64,
    points: BTreeMap<Point, Vec<f32>>,
    /// The file as this value read or wrote it last.
    stamp: Option<Stamp>,
}

impl BruteForce {
    /// Opens the index in `folder`, made if missing; a damaged file is treated as missing.
    ///
    /// # Errors
    /// [`IndexError::OtherSpace`]; [`IndexError::Io`] if the folder or the file cannot be used.
    pub fn open(folder: &Path, space: &str, dimension: usize) -> Result<Self, IndexError> {
        private::create_folder(folder).map_err(|e| IndexError::write(folder, e))?;
        let mut index = Self {
            folder: folder.to_owned(),
            space: space.to_owned(),
            dimension,
            mark: 0,
            points: BTreeMap::new(),
            stamp: None,
        };
        let path = folder.join(FILE);
        index.stamp = Stamp::of(&path)?;
        if path.exists() {
            let bytes =
                kinora_files::read(&path, u64::MAX).map_err(|e| IndexError::read(&path, e))?;
            index.restore(&bytes)?;
        }
        Ok(index)
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), IndexError> {
        let Some(stored) = wire_body(bytes).and_then(Stored::read) else {
            return Ok(());
        };
        check_space(&self.space, self.dimension, &stored.space, stored.dimension)?;
        (self.mark, self.points) = (stored.mark, stored.points);
        Ok(())
    }

    fn bytes(&self, mark: u64) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(mark.to_le_bytes());
        bytes.extend((self.space.len() as u32).to_le_bytes());
        bytes.extend(self.space.as_bytes());
        bytes.extend((self.dimension as u32).to_le_bytes());
        bytes.extend((self.points.len() as u64).to_le_bytes());
        for (id, vector) in &self.points {
            bytes.extend(id.0.to_le_bytes());
            bytes.extend(vector.iter().flat_map(|v| v.to_le_bytes()));
        }
        let hash = blake3::hash(&bytes);
        bytes.extend(hash.as_bytes());
        bytes
    }
}

/// What a file holds.
struct Stored {
    mark: u64,
    space: String,
    dimension: usize,
    points: BTreeMap<Point, Vec<f32>>,
}

impl Stored {
    fn read(body: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(body);
        let (mark, space) = (reader.u64()?, reader.text()?);
        let (dimension, count) = (reader.u32()? as usize, reader.u64()?);
        let mut points = BTreeMap::new();
        for _ in 0..count {
            points.insert(Point(reader.u64()?), reader.floats(dimension)?);
        }
        Some(Self { mark, space, dimension, points })
    }
}

/// What stands between magic and hash, if both are right.
fn wire_body(bytes: &[u8]) -> Option<&[u8]> {
    let (content, hash) = bytes.split_last_chunk::<32>()?;
    let whole = blake3::hash(content).as_bytes() == hash;
    content.strip_prefix(MAGIC).filter(|_| whole)
}

impl IndexRead for BruteForce {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn len(&self) -> usize {
        self.points.len()
    }

    fn mark(&self) -> u64 {
        self.mark
    }

    fn is_stale(&self) -> Result<bool, IndexError> {
        Ok(Stamp::of(&self.folder.join(FILE))? != self.stamp)
    }

    fn search(&self, request: &SearchRequest<'_>) -> Result<Vec<Scored>, IndexError> {
        check_vector(request.vector, self.dimension)?;
        let allowed = |id: &Point| match request.filter {
            Filter::All => true,
            Filter::Only(ids) => ids.binary_search(id).is_ok(),
        };
        let near = self.points.iter().filter(|(id, _)| allowed(id));
        let mut found: Vec<Scored> = near
            .map(|(id, vector)| Scored { id: *id, score: kernel::dot(request.vector, vector) })
            .collect();
        found.sort_by(Scored::order);
        found.truncate(request.limit);
        Ok(found)
    }

    fn vectors(&self, ids: &[Point]) -> Result<Vec<Option<Vec<f32>>>, IndexError> {
        Ok(ids.iter().map(|id| self.points.get(id).cloned()).collect())
    }
}

impl IndexWrite for BruteForce {
    fn upsert(&mut self, points: &[Entry]) -> Result<(), IndexError> {
        for point in points {
            check_vector(&point.vector, self.dimension)?;
        }
        self.points.extend(points.iter().map(|p| (p.id, p.vector.clone())));
        Ok(())
    }

    fn delete(&mut self, ids: &[Point]) -> Result<(), IndexError> {
        self.points.retain(|id, _| !ids.contains(id));
        Ok(())
    }

    fn flush(&mut self, mark: u64) -> Result<(), IndexError> {
        let path = self.folder.join(FILE);
        write_aside(&path, &[&self.bytes(mark)])?;
        (self.mark, self.stamp) = (mark, Stamp::of(&path)?);
        Ok(())
    }

    fn optimise(&mut self) -> Result<(), IndexError> {
        self.flush(self.mark)
    }

    fn snapshot(&self, folder: &Path) -> Result<(), IndexError> {
        private::create_folder(folder).map_err(|e| IndexError::write(folder, e))?;
        write_aside(&folder.join(FILE), &[&self.bytes(self.mark)])
    }

    fn reload(&mut self) -> Result<(), IndexError> {
        *self = Self::open(&self.folder, &self.space, self.dimension)?;
        Ok(())
    }

    fn clear(&mut self) -> Result<(), IndexError> {
        self.points.clear();
        self.flush(0)
    }
}
