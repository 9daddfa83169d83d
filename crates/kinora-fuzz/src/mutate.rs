//! From a seed and a number to a broken file.

/// Numbers at the edges of what lengths and offsets can be.
const EDGES: [u32; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
/// The most that a mutant is longer than its seed.
const GROWTH: usize = 1 << 16;

/// The mutant of this number: one to eight changes of `seed`, some of them by pieces of `other`.
pub fn mutant(seed: &[u8], other: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    let mut random = Random(number);
    for _ in 0..1 + random.below(8) {
        change(&mut bytes, other, &mut random);
        bytes.truncate(seed.len() + GROWTH);
    }
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    if bytes.is_empty() {
        bytes.extend_from_slice(other);
        return;
    }
    let at = random.below(bytes.len());
    let run = 1 + random.below((bytes.len() - at).min(64));
    match random.below(9) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        2 => overwrite(bytes, at, random),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(at..at + run)),
        5 => repeat(bytes, at, run, 1 + random.below(4)),
        6 => repeat(bytes, at, run, 1 + random.below(GROWTH / 64)),
        7 => bytes[at..at + run].fill(random.next() as u8),
        _ => splice(bytes, other, at, random),
    }
}

/// An edge of one, two or four bytes, in either order.
fn overwrite(bytes: &mut [u8], at: usize, random: &mut Random) {
    let edge = EDGES[random.below(EDGES.len())];
    let word = if random.below(2) == 0 { edge.to_be_bytes() } else { edge.to_le_bytes() };
    let width = [1, 2, 4][random.below(3)];
    let from = if random.below(2) == 0 { 0 } else { 4 - width };
    for (to, value) in bytes[at..].iter_mut().zip(&word[from..from + width]) {
        *to = *value;
    }
}

/// Nests and multiplies: what is quadratic shows itself.
fn repeat(bytes: &mut Vec<u8>, at: usize, run: usize, times: usize) {
    let piece = bytes[at..at + run].repeat(times);
    drop(bytes.splice(at..at, piece));
}

fn splice(bytes: &mut Vec<u8>, other: &[u8], at: usize, random: &mut Random) {
    if other.is_empty() {
        return;
    }
    let from = random.below(other.len());
    let length = 1 + random.below((other.len() - from).min(4096));
    let end = (at + length).min(bytes.len());
    drop(bytes.splice(at..end, other[from..from + length].iter().copied()));
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A random number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_makes_the_same_mutant_again_and_others_make_others() {
        let seed: Vec<u8> = (0..200).collect();
        let all: Vec<_> = (0..300).map(|number| mutant(&seed, b"other", number)).collect();
        assert_eq!(all[7], mutant(&seed, b"other", 7));
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert!(distinct.len() > 280, "{}", distinct.len());
        assert!(all.iter().all(|mutant| mutant.len() <= seed.len() + GROWTH));
    }

    #[test]
    fn nothing_can_be_mutated() {
        for number in 0..100 {
            mutant(b"", b"", number);
        }
    }
}
