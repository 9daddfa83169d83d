//! Progress on stderr: a bar on a terminal, now and then a line elsewhere.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar with counts and time left. Where stderr is no terminal nothing is drawn; the commands say
/// on their own how they ended.
pub fn bar(total: u64, unit: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style(&format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{eta}} left {{msg}}")));
    bar
}

/// Something goes on, nobody knows how long.
pub fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style("{spinner} {msg}"));
    bar
}

/// A bar of bytes.
pub fn bytes(name: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style(&format!("{name} {{bar:30}} {{bytes}}/{{total_bytes}} {{msg}}")));
    bar
}

/// A duration as people say it.
pub fn duration(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(60) {
        return format!("{:.1} s", elapsed.as_secs_f64());
    }
    HumanDuration(elapsed).to_string()
}

/// The templates are constants of this file, so a bad one shows in any run; a plain bar serves then.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
