//! From what `tracing` tells to lines: `TIME LEVEL PROCESS span{field=value}: message field=value`.
//!
//! Only Kinora's own crates are heard. Lines are [`Printable`]: names of others neither steer a terminal nor add a line.

use std::{
    fmt::{Debug, Write},
    sync::{Mutex, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use kinora_types::Printable;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::{LookupSpan, SpanRef},
};

use super::file::LogFile;
use crate::output;

/// Writes events and the ends of spans.
pub(crate) struct Journal {
    file: Mutex<LogFile>,
    kept: LevelFilter,
    shown: LevelFilter,
}

/// What is known of a span that goes on.
struct Span {
    name: String,
    begun: Instant,
}

impl Journal {
    /// A journal in a file, up to the level `kept`, and on stderr, up to `shown`.
    pub(crate) fn new(file: LogFile, kept: LevelFilter, shown: LevelFilter) -> Self {
        Self { file: Mutex::new(file), kept, shown }
    }

    fn write(&self, metadata: &Metadata<'_>, line: &str) {
        let level = metadata.level();
        // What went wrong is told by the command itself.
        if *level > Level::WARN && *level <= self.shown {
            output::log(&level.as_str().to_lowercase(), line);
        }
        if *level > self.kept {
            return;
        }
        let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%3fZ");
        let process = std::process::id();
        let whole = format!("{now} {level:5} {process} {}\n", Printable(line));
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.append(&whole) {
            output::warn(
                &format!("the log cannot be written: {error}: {}", file.path().display()),
                None,
            );
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Journal {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target().starts_with("kinora") && *metadata.level() <= self.kept.max(self.shown)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.kept.max(self.shown))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let name = match fields.0.as_str() {
            "" => span.name().to_owned(),
            fields => format!("{}{{{}}}", span.name(), fields.trim_start()),
        };
        span.extensions_mut().insert(Span { name, begun: Instant::now() });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(known) = span.extensions_mut().get_mut::<Span>() {
            known.name.push_str(&fields.0);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let scope = context.event_scope(event).into_iter().flat_map(|scope| scope.from_root());
        let path: Vec<String> = scope.filter_map(|span| name(&span)).collect();
        let told = fields.0.trim_start();
        let line =
            if path.is_empty() { told.to_owned() } else { format!("{}: {told}", path.join(":")) };
        self.write(event.metadata(), &line);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let begun = span.extensions().get::<Span>().map(|known| known.begun);
        let path: Vec<String> = span.scope().from_root().filter_map(|span| name(&span)).collect();
        let seconds = begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64());
        self.write(span.metadata(), &format!("{}: over after {seconds:.2} s", path.join(":")));
    }
}

fn name<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<String> {
    span.extensions().get::<Span>().map(|known| known.name.clone())
}

/// The fields of an event or a span: its message, then ` name=value` each.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, format_args!("{value:.2}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, format_args!("{}", Printable(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format_args!("{value:?}"));
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value}"),
            name => write!(self.0, " {name}={value}"),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn a_line_tells_the_job_and_steers_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("log");
        let journal = Journal::new(LogFile::named(&path), LevelFilter::INFO, LevelFilter::OFF);
        let subscriber = tracing_subscriber::registry().with(journal);
        tracing::subscriber::with_default(subscriber, || {
            let _job = tracing::info_span!(target: "kinora_x", "add", library = "family").entered();
            let path = "a\u{1b}[2J\nERROR forged.jpg";
            tracing::warn!(target: "kinora_x", path, seconds = 1.5, "failed");
            tracing::debug!(target: "kinora_x", "not kept");
            tracing::error!(target: "other", "not ours");
        });
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].contains(" WARN "), "{text}");
        let told = r"add{library=family}: failed path=a\u{1b}[2J\nERROR forged.jpg seconds=1.50";
        assert!(lines[0].ends_with(told), "{text}");
        assert!(
            lines[1].contains(" INFO ") && lines[1].contains("add{library=family}: over after")
        );
    }
}
