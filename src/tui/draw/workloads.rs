//! The table of workloads: how each is, at which stage, since when, and in one line why.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as TableRow, Table, TableState};

use crate::diagnosis::assessment::{Verdict, WorkloadState};
use crate::diagnosis::rail::{Stage, State, Step};
use crate::snapshot::subject::Subject;
use crate::tui::app::{App, Row};
use crate::tui::words;

/// From this width on the whole rail and the reason have room.
const WIDE: u16 = 100;
/// The rail's headings, in the order of the stages.
const RAIL: &str = "ADM SCH VOL IMG INI RUN IMP MOD RDY RTE";

/// Draws the table.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let rows = app.rows();
    let is_wide = area.width >= WIDE;
    let name = longest(&rows).clamp(12, if is_wide { 24 } else { 30 });
    let titles: Vec<&str> = if is_wide {
        vec!["", "WORKLOAD", "STACK", "READY", RAIL, "SINCE", "WHY"]
    } else {
        vec!["", "WORKLOAD", "READY", "STAGE", "SINCE"]
    };
    let narrow = [
        Constraint::Length(2),
        Constraint::Length(name),
        Constraint::Length(6),
        Constraint::Min(16),
        Constraint::Length(6),
    ];
    let wide = [
        Constraint::Length(2),
        Constraint::Length(name),
        Constraint::Length(12),
        Constraint::Length(6),
        Constraint::Length(39),
        Constraint::Length(5),
        Constraint::Min(10),
    ];
    let body: Vec<TableRow<'_>> = rows.iter().map(|row| table_row(app, row, is_wide, usize::from(name))).collect();
    let selected = app.selected_index(&rows);
    let table = if is_wide { Table::new(body, wide) } else { Table::new(body, narrow) };
    let table = table
        .header(TableRow::new(titles).style(app.theme.dim()))
        .column_spacing(1)
        .row_highlight_style(app.theme.selected());
    let mut state = TableState::default().with_selected((!rows.is_empty()).then_some(selected));
    frame.render_stateful_widget(table, area, &mut state);
}

fn longest(rows: &[Row<'_>]) -> u16 {
    let widths = rows.iter().map(|row| label(&row.subject).chars().count());
    u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

/// The name, and the kind where it is not what one expects.
fn label(subject: &Subject) -> String {
    let expected = matches!(subject.kind.as_str(), "Deployment" | "Pod" | "StatefulSet");
    let name = match &subject.namespace {
        Some(namespace) if expected && namespace.is_empty() => subject.name.to_string(),
        _ => subject.name.to_string(),
    };
    if expected { name } else { format!("{name} ({})", subject.kind) }
}

fn table_row<'a>(app: &App, row: &Row<'_>, is_wide: bool, name: usize) -> TableRow<'a> {
    let (sign, style) = app.theme.verdict(row.verdict);
    let ready = row.state.map_or(String::new(), |state| format!("{}/{}", state.ready, state.wanted));
    let since =
        row.state.and_then(since).map(|at| words::age(app.now.as_second() - at.as_second())).unwrap_or_default();
    let named = Cell::from(Span::styled(
        words::shortened(&label(&row.subject), name),
        if row.verdict == Verdict::Healthy { app.theme.dim() } else { app.theme.strong() },
    ));
    let sign = Cell::from(Span::styled(format!("{sign} "), style));
    let ready = Cell::from(format!("{ready:>5}"));
    let since = Cell::from(format!("{since:>4}"));
    if !is_wide {
        return TableRow::new(vec![sign, named, ready, Cell::from(holding(app, row)), since]);
    }
    let stack = Cell::from(row.state.map_or(String::new(), |state| stack_in_words(&state.stack).to_owned()));
    let why = row.diagnosis.map(|diagnosis| Span::raw(diagnosis.words.title.clone()));
    let why = why.unwrap_or_else(|| Span::styled(progress(row.state), app.theme.dim()));
    TableRow::new(vec![sign, named, stack, ready, Cell::from(rail(app, row.state)), since, Cell::from(why)])
}

/// Every stage by its sign.
fn rail<'a>(app: &App, state: Option<&WorkloadState>) -> Line<'a> {
    let steps = state.map_or(&[] as &[Step], |state| &state.stages);
    let signs = steps.iter().map(|step| {
        let (sign, style) = app.theme.state(step.state);
        Span::styled(format!(" {sign}  "), style)
    });
    Line::from(signs.collect::<Vec<_>>())
}

/// The stage that holds the workload, or the last one that is behind it.
fn holding<'a>(app: &App, row: &Row<'_>) -> Line<'a> {
    let Some(state) = row.state else {
        return Line::from(row.diagnosis.map(|diagnosis| diagnosis.id.clone()).unwrap_or_default());
    };
    let held = state
        .stages
        .iter()
        .find(|step| matches!(step.state, State::Running | State::Stuck | State::Failed | State::Unknown));
    let last = state.stages.iter().rev().find(|step| step.state == State::Done);
    let Some(step) = held.or(last) else {
        return Line::styled(if state.wanted == 0 { "scaled to zero" } else { "" }, app.theme.dim());
    };
    let (sign, style) = app.theme.state(step.state);
    Line::from(vec![Span::styled(format!("{sign} "), style), Span::raw(step.name.name())])
}

/// Since when the workload is at its stage; of one that is well, since when it is ready.
fn since(state: &WorkloadState) -> Option<Timestamp> {
    let held = state.stages.iter().find(|step| !matches!(step.state, State::Done | State::Skipped));
    match held {
        Some(step) => step.started_at.or_else(|| state.stages.first().and_then(|step| step.ended_at)),
        None => state.stages.iter().find(|step| step.name == Stage::Ready).and_then(|step| step.ended_at),
    }
}

/// What a workload without a diagnosis is doing.
fn progress(state: Option<&WorkloadState>) -> String {
    let Some(state) = state else { return String::new() };
    let running = state.stages.iter().find(|step| step.state == State::Running);
    match (running, state.wanted) {
        (_, 0) => "scaled to zero".to_owned(),
        (Some(step), _) => match step.name {
            Stage::Admitted => "its pods are being made".to_owned(),
            Stage::Scheduled => "waits for a node".to_owned(),
            Stage::Volumes => "its volumes are being mounted".to_owned(),
            Stage::Image => "its image is being pulled".to_owned(),
            Stage::Init => "its files are being fetched".to_owned(),
            Stage::Started => "its container is being started".to_owned(),
            Stage::Imports => "libraries are being loaded".to_owned(),
            Stage::ModelLoad => "the model is being loaded".to_owned(),
            Stage::Ready => "waits for its readiness probe".to_owned(),
            Stage::Routed => "waits for its Service to see it".to_owned(),
        },
        (None, _) => String::new(),
    }
}

/// A stack as people call it.
pub fn stack_in_words(stack: &str) -> &str {
    match stack {
        "azureml-v1" => "Azure ML v1",
        "azureml-v2" => "Azure ML v2",
        "azureml" => "Azure ML",
        "mlflow" => "MLflow",
        "mlserver" => "MLServer",
        "tf-serving" => "TF Serving",
        "kserve" => "KServe",
        "seldon" => "Seldon",
        "triton" => "Triton",
        "torchserve" => "TorchServe",
        "bentoml" => "BentoML",
        "ray-serve" => "Ray Serve",
        "vllm" => "vLLM",
        "tgi" => "TGI",
        other => other,
    }
}
