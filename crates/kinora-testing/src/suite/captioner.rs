//! The one conformance suite of [`Captioner`]: every backend's tests run it.
//!
//! It does not cover whether captions are right, nor strips of some 70 to 1, which llama.cpp's server refuses.

use std::{
    thread,
    time::{Duration, Instant},
};

use kinora_inference::{Captioner, InferenceError};
use kinora_types::{Control, Picture};

/// How soon a cancelled caption must end; far above what any backend needs on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Runs the whole suite.
///
/// # Panics
/// With what the contract says, where the captioner breaks it.
pub fn check_captioner(captioner: &dyn Captioner) {
    assert!(!captioner.model().is_empty(), "a model has a name");
    let picture = Picture::filled(64, 48, [220, 20, 20]);
    let first = caption(captioner, &picture);
    caption(captioner, &Picture::filled(500, 100, [20, 200, 20]));
    caption(captioner, &Picture::filled(1, 1, [0; 3]));
    assert_eq!(caption(captioner, &picture), first, "the same picture, the same caption");
    cancelled_before(captioner, &picture);
    cancelled_meanwhile(captioner, &picture);
}

fn caption(captioner: &dyn Captioner, picture: &Picture) -> (String, Option<f32>) {
    let done = captioner.caption(picture, &Control::default()).unwrap_or_else(|e| {
        panic!("a picture of {}x{} is described: {e}", picture.width(), picture.height())
    });
    let (text, confidence) = &done;
    assert!(!text.is_empty() && text == text.trim(), "something is said: `{text}`");
    assert!(!text.contains('\n'), "a caption is one line: `{text}`");
    assert!(confidence.is_none_or(|sure| (0.0..=1.0).contains(&sure)), "{confidence:?}");
    done
}

fn cancelled_before(captioner: &dyn Captioner, picture: &Picture) {
    let control = Control::default();
    control.cancel();
    let result = captioner.caption(picture, &control);
    assert!(matches!(result, Err(InferenceError::Cancelled(_))), "cancelled before: {result:?}");
}

/// A caption may be done before anybody can cancel it.
fn cancelled_meanwhile(captioner: &dyn Captioner, picture: &Picture) {
    let control = Control::default();
    thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            thread::sleep(Duration::from_millis(5));
            control.cancel();
            Instant::now()
        });
        let result = captioner.caption(picture, &control);
        let since = canceller.join().expect("cancelling does not fail");
        assert!(since.elapsed() < LONGEST_WAIT, "cancelling took {:?}", since.elapsed());
        let heard = matches!(result, Ok(_) | Err(InferenceError::Cancelled(_)));
        assert!(heard, "cancelled meanwhile: {result:?}");
    });
}

#[cfg(test)]
mod tests {
    use std::thread;

    use kinora_inference::{Captioner, InferenceError};
    use kinora_types::{Control, Picture};

    use crate::fake::{ColourCaptioner, Spied, Spy};

    #[test]
    fn the_fake_conforms() {
        super::check_captioner(&ColourCaptioner);
        super::check_captioner(&Spied::new(ColourCaptioner, &Spy::default()));
    }

    #[test]
    fn a_held_caption_can_be_cancelled_in_its_middle() {
        let (spy, control) = (Spy::default(), Control::default());
        let captioner = Spied::new(ColourCaptioner, &spy);
        thread::scope(|scope| {
            let _held = spy.hold();
            let said =
                scope.spawn(|| captioner.caption(&Picture::filled(8, 8, [250, 0, 0]), &control));
            spy.wait_held(1);
            control.cancel();
            let result = said.join().expect("no panic");
            assert!(matches!(result, Err(InferenceError::Cancelled(_))), "{result:?}");
        });
    }
}
