//! Views: nothing is distorted, nothing jumps, edges are cut between samples.

use kinora_types::{CameraMove, Framing, Picture, Rect, Size, YuvFrame};

use kinora_image::frame::to_picture;

use super::{RenderError, ShotView, ease, fixtures::disc};

const SIZE: Size = Size { width: 320, height: 180 };

fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
    Rect { x, y, width, height }
}

fn still(view: Rect, framing: Framing) -> CameraMove {
    CameraMove { framing, from: view, to: view }
}

/// Centre of light above the ground, in pixels.
fn centroid(frame: &YuvFrame) -> (f64, f64) {
    let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
    for (i, &luma) in frame.planes()[0].iter().enumerate() {
        let weight = (f64::from(luma) - 40.0).max(0.0);
        sum += weight;
        x += weight * ((i as u32 % SIZE.width) as f64 + 0.5);
        y += weight * ((i as u32 / SIZE.width) as f64 + 0.5);
    }
    (x / sum, y / sum)
}

#[test]
fn a_slow_move_is_smooth_to_a_few_hundredths_of_a_pixel() {
    let picture = disc(640, 360, (300.0, 190.0), 20.0);
    let camera = CameraMove {
        framing: Framing::Crop,
        from: rect(0.05, 0.02, 0.9, 0.9),
        to: rect(0.1, 0.1, 0.8, 0.8),
    };
    let mut view = ShotView::new(&picture, &camera, SIZE).unwrap();
    let mut frame = YuvFrame::black(SIZE).unwrap();
    let mut squares = 0.0;
    for i in 0..120 {
        let seen = camera.from.lerp(camera.to, ease(f64::from(i) / 119.0));
        view.paint(seen, &mut frame).unwrap();
        let (x, y) = centroid(&frame);
        let at = |place: f64, full: f64, start: f64, length: f64, out: u32| {
            (place / full - start) / length * f64::from(out)
        };
        let want_x = at(300.0, 640.0, seen.x, seen.width, 320);
        let want_y = at(190.0, 360.0, seen.y, seen.height, 180);
        squares += (x - want_x).powi(2) + (y - want_y).powi(2);
    }
    let rms = (squares / 120.0).sqrt();
    assert!(rms < 0.02, "{rms} px");
}

#[test]
fn views_that_distort_or_leave_the_picture_are_refused() {
    let picture = Picture::filled(640, 360, [9; 3]);
    let refused = |view, framing| ShotView::new(&picture, &still(view, framing), SIZE).err();
    for view in [rect(0.0, 0.0, 1.0, 0.9), rect(0.0, 0.0, 0.5, 1.0), rect(0.0, 0.0, 0.0, 0.0)] {
        let error = refused(view, Framing::Matte);
        assert!(matches!(error, Some(RenderError::Distorts { .. })), "{view:?}");
    }
    let over = rect(0.2, 0.2, 0.9, 0.9);
    assert!(matches!(refused(over, Framing::Crop), Some(RenderError::OutsidePicture { .. })));
    assert!(refused(over, Framing::Matte).is_none());
    let odd = Size { width: 321, height: 181 };
    let camera = still(Rect::FULL, Framing::Matte);
    assert!(ShotView::new(&picture, &camera, odd).is_err());
}

#[test]
fn a_circle_stays_a_circle_in_every_frame_shape() {
    for (width, height) in [(320, 180), (180, 320), (240, 240)] {
        let size = Size { width, height };
        let picture = disc(500, 400, (250.0, 200.0), 40.0);
        // The view has the frame's shape and the picture's full height.
        let view_width = size.aspect() * 400.0 / 500.0;
        let view = rect(0.5 - view_width / 2.0, 0.0, view_width, 1.0);
        let mut shot = ShotView::new(&picture, &still(view, Framing::Matte), size).unwrap();
        let mut frame = YuvFrame::black(size).unwrap();
        shot.paint(view, &mut frame).unwrap();
        let (cx, cy) = (width as usize / 2, height as usize / 2);
        let luma = frame.planes()[0];
        let across = (0..width as usize).filter(|x| luma[cy * width as usize + x] > 130).count();
        let down = (0..height as usize).filter(|y| luma[y * width as usize + cx] > 130).count();
        assert!(across.abs_diff(down) <= 1, "{size}: {across} by {down}");
    }
}

#[test]
fn a_matte_shows_the_whole_picture_with_soft_moving_edges() {
    let picture = Picture::filled(300, 400, [240, 240, 240]);
    // A portrait in a wide frame, its height 90 % of the frame's.
    let height = 1.0 / 0.9;
    let width = height * SIZE.aspect() * 400.0 / 300.0;
    let mut edges = Vec::new();
    for shift in [0.0, 0.001, 0.002, 0.003] {
        let view = rect((1.0 - width) / 2.0 + shift, (1.0 - height) / 2.0, width, height);
        let mut shot = ShotView::new(&picture, &still(view, Framing::Matte), SIZE).unwrap();
        let mut frame = YuvFrame::black(SIZE).unwrap();
        shot.paint(view, &mut frame).unwrap();
        let row = &frame.planes()[0][90 * 320..][..320];
        let ground = f64::from(row[3]);
        let lit: f64 = row.iter().map(|&v| (f64::from(v) - ground) / (222.0 - ground)).sum();
        assert!((lit - 121.5).abs() < 2.0, "{lit} px of picture");
        edges.push(row.iter().take(160).map(|&v| f64::from(v)).sum::<f64>());
    }
    let steps: Vec<f64> = edges.windows(2).map(|w| w[1] - w[0]).collect();
    assert!(steps.iter().all(|s| *s > 0.0), "the edge moves a little every time: {steps:?}");
}

#[test]
fn colours_survive() {
    for colour in [[200, 30, 40], [20, 180, 60], [250, 250, 250], [0, 0, 0]] {
        let picture = Picture::filled(400, 300, colour);
        let view = rect(0.0, 0.125, 1.0, 0.75);
        let mut shot = ShotView::new(&picture, &still(view, Framing::Crop), SIZE).unwrap();
        let mut frame = YuvFrame::black(SIZE).unwrap();
        shot.paint(view, &mut frame).unwrap();
        let back = to_picture(&frame);
        let worst = back.rgb().iter().zip(colour.iter().cycle());
        assert!(worst.map(|(a, b)| a.abs_diff(*b)).max().unwrap() <= 3, "{colour:?}");
    }
}
