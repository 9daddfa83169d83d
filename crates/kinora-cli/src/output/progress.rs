//! Progress on stderr: a bar on a terminal, nothing elsewhere; the commands say on their own how they ended.

use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};
use kinora_types::Printable;

/// Characters of a message beside a bar: names may be longer than the terminal is wide.
const LONGEST: usize = 72;

/// A bar or a spinner. What stands beside it is [`Printable`] and short.
pub(crate) struct Bar(ProgressBar);

/// A bar with counts and time left.
pub(crate) fn bar(total: u64, unit: &'static str) -> Bar {
    let style = format!("{{bar:30}} {{pos}}/{{len}} {unit}, {{eta}} left {{msg}}");
    drawn(Some(total), &style)
}

/// Something goes on, nobody knows how long.
pub(crate) fn spinner() -> Bar {
    drawn(None, "{spinner} {msg}")
}

/// A bar of bytes.
pub(crate) fn bytes(name: &str) -> Bar {
    let bar = drawn(None, "{prefix} {bar:30} {bytes}/{total_bytes} {msg}");
    bar.0.set_prefix(short(name));
    bar
}

impl Bar {
    /// Sets how much there is to do.
    pub(crate) fn length(&self, total: u64) {
        self.0.set_length(total);
    }

    /// Sets how much is done.
    pub(crate) fn position(&self, done: u64) {
        self.0.set_position(done);
    }

    /// One more is done.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// What stands beside it.
    pub(crate) fn message(&self, text: &str) {
        self.0.set_message(short(text));
    }

    /// Moves the spinner.
    pub(crate) fn tick(&self) {
        self.0.tick();
    }

    /// Moves the spinner ten times a second, whatever goes on.
    pub(crate) fn steady(&self) {
        self.0.enable_steady_tick(Duration::from_millis(100));
    }

    /// A line on stderr that does not tear it.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| super::say(line));
    }

    /// A warning on stderr that does not tear it.
    pub(crate) fn warn(&self, text: &str, hint: Option<&str>) {
        self.0.suspend(|| super::warn(text, hint));
    }

    /// Takes it away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// A duration as people say it.
pub(crate) fn duration(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(60) {
        return format!("{:.1} s", elapsed.as_secs_f64());
    }
    HumanDuration(elapsed).to_string()
}

fn drawn(total: Option<u64>, template: &str) -> Bar {
    let target = match super::is_quiet() {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr_with_hz(10),
    };
    let bar = ProgressBar::with_draw_target(total, target);
    // The templates are constants of this file, so a bad one shows in any run; a plain bar serves then.
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    Bar(bar)
}

/// Begin and end of a long text; names differ at either.
fn short(text: &str) -> String {
    let text = Printable(text).to_string();
    let count = text.chars().count();
    if count <= LONGEST {
        return text;
    }
    let half = (LONGEST - 1) / 2;
    let (begin, end) = (text.chars().take(half), text.chars().skip(count - half));
    begin.chain(['…']).chain(end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_bar_is_short_and_steers_nothing() {
        assert_eq!(short("looking through a\u{9b}2J.mp4"), "looking through a\\u{9b}2J.mp4");
        let long = short(&"x\u{1b}".repeat(5000));
        assert!(long.chars().count() <= LONGEST && !long.contains('\u{1b}'), "{long}");
    }
}
