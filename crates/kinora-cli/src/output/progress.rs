//! Progress on stderr: a bar on a terminal, nothing elsewhere; the commands say on their own how they ended.

use std::time::{Duration, Instant};

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

/// Stages that follow each other, each with its own total and time left.
#[derive(Default)]
pub(crate) struct Stages {
    bar: Option<Bar>,
    /// The stage that is shown and since when; none while nobody knows how much there is to do.
    stage: Option<(&'static str, Instant)>,
}

impl Stages {
    /// Nobody knows yet how much there is to do.
    pub(crate) fn looking(&mut self, text: &str) {
        if self.stage.is_none() {
            let bar = self.bar.get_or_insert_with(|| {
                let bar = drawn(None, "{spinner} {wide_msg}");
                bar.steady();
                bar
            });
            bar.message(text);
        }
    }

    /// So many of a stage's units are done, and so much of its work.
    pub(crate) fn stage(
        &mut self,
        unit: &'static str,
        (done, total): (u64, u64),
        (work, work_total): (u64, u64),
    ) {
        let since = match self.stage {
            Some((shown, since)) if shown == unit => since,
            _ => {
                self.clear();
                let since = Instant::now();
                self.stage = Some((unit, since));
                since
            }
        };
        let bar = self.bar.get_or_insert_with(|| drawn(Some(0), "{prefix} {bar:10} {wide_msg}"));
        // Files that need no work are done as soon as they are found.
        let (at, of) = if work_total == 0 { (done, total) } else { (work, work_total) };
        bar.length(of);
        bar.position(at);
        let left = time_left(since.elapsed(), at, of).map(|left| format!(", {left} left"));
        bar.0.set_prefix(format!("{unit} {done}/{total}{}", left.unwrap_or_default()));
    }

    /// What stands beside it.
    pub(crate) fn message(&self, text: &str) {
        if let Some(bar) = &self.bar {
            bar.message(text);
        }
    }

    /// A line on stderr that does not tear it.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.say(line),
            None => super::say(line),
        }
    }

    /// A warning that does not tear it.
    pub(crate) fn warn(&self, text: &str, hint: Option<&str>) {
        match &self.bar {
            Some(bar) => bar.warn(text, hint),
            None => super::warn(text, hint),
        }
    }

    /// Takes it away.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.clear();
        }
    }
}

/// What is left of some work after so much of it, as people say it; nothing while that is a guess.
fn time_left(elapsed: Duration, done: u64, total: u64) -> Option<String> {
    if done == 0 || done >= total || elapsed < Duration::from_secs(2) {
        return None;
    }
    let seconds = (elapsed.as_secs_f64() * (total - done) as f64 / done as f64).ceil() as u64;
    Some(match seconds {
        0..=119 => format!("{seconds} s"),
        120..=3599 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    })
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
    fn a_time_left_is_told_by_work_and_never_guessed() {
        let left = |seconds, done, total| time_left(Duration::from_secs(seconds), done, total);
        assert_eq!(left(10, 25, 100).as_deref(), Some("30 s"));
        assert_eq!(left(10, 1, 14).as_deref(), Some("3 min"));
        assert_eq!(left(100, 1, 46).as_deref(), Some("1 h 15 min"));
        assert_eq!((left(1, 1, 2), left(10, 0, 2), left(10, 2, 2)), (None, None, None));
    }

    #[test]
    fn what_stands_beside_a_bar_is_short_and_steers_nothing() {
        assert_eq!(short("looking through a\u{9b}2J.mp4"), "looking through a\\u{9b}2J.mp4");
        let long = short(&"x\u{1b}".repeat(5000));
        assert!(long.chars().count() <= LONGEST && !long.contains('\u{1b}'), "{long}");
    }
}
