//! `kinora eval`

use kinora_engine::{Control, Engine, Job, Mode};

use crate::{Outcome, args::EvalArgs, output};

/// Bytes of judged queries.
const LARGEST_QUERIES: u64 = 64 << 20;

/// Runs the command.
pub(crate) fn run(
    engine: &Engine,
    args: &EvalArgs,
    json: bool,
    control: &Control,
) -> anyhow::Result<Outcome> {
    let mode = if args.dense_only { Mode::DenseOnly } else { Mode::Hybrid };
    let library = engine.library(&args.library.library)?;
    let queries = super::read_text(&args.queries, LARGEST_QUERIES)?;
    let report = library.evaluate(&queries, mode, &Job::new(control))?;
    if json {
        output::json(&report)?;
        return Ok(Outcome::Done);
    }
    for query in &report.queries {
        let rank = match (query.relevant.is_empty(), query.rank) {
            (true, _) => "-".to_owned(),
            (false, Some(rank)) => rank.to_string(),
            (false, None) => ">100".to_owned(),
        };
        let answer = if query.fits { "" } else { "  nothing fits" };
        output::line(format!("{rank:>4}  {}{answer}", query.query))?;
    }
    output::line(format!(
        "recall@1 {:.3}  recall@5 {:.3}  mrr {:.3}  ndcg@10 {:.3}  over {} answerable queries",
        report.recall_at_1, report.recall_at_5, report.mrr, report.ndcg_at_10, report.answerable
    ))?;
    if let Some(moments) = &report.moments {
        output::line(format!(
            "moments: recall@1 {:.3}  recall@3 {:.3} at iou 0.5  mean best iou {:.3}  over {} queries",
            moments.recall_at_1_iou_50,
            moments.recall_at_3_iou_50,
            moments.mean_best_iou,
            moments.judged
        ))?;
    }
    output::line(format!(
        "abstained: {} of {} correctly, {} of {} wrongly",
        report.abstained_correctly,
        report.unanswerable,
        report.abstained_wrongly,
        report.answerable
    ))?;
    Ok(Outcome::Done)
}
