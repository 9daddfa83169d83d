//! The pace of a camera move.

use std::f64::consts::PI;

/// Speed at both ends, as a share of the speed in the middle: the camera never stands still, so
/// that two shots that are blended both move.
const END_SPEED: f64 = 0.35;
/// Share of the move spent getting up to speed, and again slowing down.
const RAMP: f64 = 0.22;

/// Progress of a move, 0 to 1, at time `t`, 0 to 1: sine ramps around a constant speed.
pub fn ease(t: f64) -> f64 {
    let t = t.clamp(0.0, 1.0);
    let area = 1.0 - RAMP * (1.0 - END_SPEED);
    let ramp = |t: f64| {
        let risen = t / 2.0 - RAMP / (2.0 * PI) * (PI * t / RAMP).sin();
        (END_SPEED * t + (1.0 - END_SPEED) * risen) / area
    };
    if t < RAMP {
        ramp(t)
    } else if t > 1.0 - RAMP {
        1.0 - ramp(1.0 - t)
    } else {
        ramp(RAMP) + (t - RAMP) / area
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_at_zero_ends_at_one_and_never_halts_or_jumps() {
        assert_eq!((ease(0.0), ease(1.0)), (0.0, 1.0));
        assert!((ease(0.5) - 0.5).abs() < 1e-12);
        let steps: Vec<f64> =
            (0..100).map(|i| ease(f64::from(i + 1) / 100.0) - ease(f64::from(i) / 100.0)).collect();
        assert!(steps.iter().all(|s| (0.003..0.013).contains(s)), "{steps:?}");
        assert!(steps.windows(2).all(|w| (w[1] - w[0]).abs() < 0.001), "{steps:?}");
    }
}
