//! The table of workloads: how each is, at which stage, since when, and in one line why.

use jiff::Timestamp;
use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row as TableRow, Table, TableState};
use unicode_width::UnicodeWidthStr;

use crate::diagnosis::assessment::{Verdict, WorkloadState};
use crate::diagnosis::rail::{Stage, State, Step};
use crate::snapshot::subject::Subject;
use crate::tui::app::{App, Row};
use crate::tui::words;

/// From this width on the whole rail and the reason have room.
const WIDE: u16 = 100;
/// The rail's headings, in the order of the stages.
pub const RAIL: &str = "ADM SCH VOL IMG INI RUN IMP MOD RDY RTE";
/// The columns of the table that are always as wide: the sign, ready pods, the age.
const SIGN: u16 = 1;
const READY: u16 = 5;
const SINCE: u16 = 5;
/// The rail, or the one stage that holds the workload.
const STAGES: u16 = 39;
const STAGE: u16 = 12;
/// From so many columns on the reason says enough to be worth its place.
const WORTH: u16 = 16;

/// How wide the columns are, by the screen and by what stands in them.
struct Shape {
    is_wide: bool,
    name: u16,
    stack: u16,
    why: u16,
}

impl Shape {
    fn of(rows: &[Row<'_>], width: u16) -> Self {
        let is_wide = width >= WIDE;
        let name = longest(rows, |row| label(&row.subject).width()).clamp(8, if is_wide { 24 } else { 30 });
        let stack = longest(rows, |row| row.state.map_or(0, |state| stack_in_words(&state.stack).width())).clamp(5, 12);
        let stages = if is_wide { STAGES + stack + 1 } else { STAGE };
        let gaps = 5;
        let why = width.saturating_sub(SIGN + name + READY + stages + SINCE + gaps);
        Shape { is_wide, name, stack, why: if why < WORTH { 0 } else { why } }
    }

    fn widths(&self) -> Vec<Constraint> {
        let stages = if self.is_wide { vec![READY, STAGES] } else { vec![READY, STAGE] };
        let stack = self.is_wide.then_some(self.stack);
        let all = [SIGN, self.name].into_iter().chain(stack).chain(stages).chain([SINCE, self.why]);
        all.map(Constraint::Length).collect()
    }

    fn titles(&self) -> TableRow<'static> {
        let stack = self.is_wide.then_some("STACK");
        let stages = if self.is_wide { RAIL } else { "STAGE" };
        let why = if self.why > 0 { "WHY" } else { "" };
        TableRow::new(["", "WORKLOAD"].into_iter().chain(stack).chain(["READY", stages, "SINCE", why]))
    }
}

/// Draws the table.
pub fn draw(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let rows = app.rows();
    let shape = Shape::of(&rows, area.width);
    let selected = app.selected_index(&rows);
    // Of many rows only those are made that can be seen; the selected one is the last of them at most.
    let height = usize::from(area.height.saturating_sub(1));
    let first = (selected + 1).saturating_sub(height);
    let seen = rows.iter().skip(first).take(height);
    let body: Vec<TableRow<'_>> = seen.map(|row| table_row(app, row, &shape)).collect();
    let table = Table::new(body, shape.widths())
        .header(shape.titles().style(app.theme.dim()))
        .column_spacing(1)
        .row_highlight_style(app.theme.selected());
    let mut state = TableState::default().with_selected((!rows.is_empty()).then_some(selected - first));
    frame.render_stateful_widget(table, area, &mut state);
}

fn longest(rows: &[Row<'_>], width: impl Fn(&Row<'_>) -> usize) -> u16 {
    u16::try_from(rows.iter().map(width).max().unwrap_or(0)).unwrap_or(u16::MAX)
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

fn table_row<'a>(app: &App, row: &Row<'_>, shape: &Shape) -> TableRow<'a> {
    let (sign, style) = app.theme.verdict(row.verdict);
    let name = words::shortened(&label(&row.subject), usize::from(shape.name));
    let named = if row.verdict == Verdict::Healthy { app.theme.dim() } else { app.theme.strong() };
    let ready = row.state.map_or(String::new(), |state| format!("{}/{}", state.ready, state.wanted));
    let since = row.state.and_then(since).map(|at| words::age(app.now.as_second() - at.as_second()));
    let stack = row.state.map_or("", |state| stack_in_words(&state.stack));
    let stages = if shape.is_wide { rail(app, row.state) } else { holding(app, row) };
    let first = [Span::styled(sign, style), Span::styled(name, named)].map(Cell::from);
    let stack = shape.is_wide.then(|| Cell::from(stack.to_owned()));
    let rest = [
        Cell::from(format!("{ready:>5}")),
        Cell::from(stages),
        Cell::from(format!("{:>5}", since.unwrap_or_default())),
        Cell::from(why(app, row, usize::from(shape.why))),
    ];
    TableRow::new(first.into_iter().chain(stack).chain(rest))
}

/// The first diagnosis in as many columns as there are, or what the workload is doing.
fn why<'a>(app: &App, row: &Row<'_>, columns: usize) -> Span<'a> {
    match row.diagnosis {
        _ if columns == 0 => Span::raw(""),
        Some(diagnosis) => Span::raw(words::cut(&diagnosis.words.title, columns)),
        None => Span::styled(words::cut(&progress(row.state), columns), app.theme.dim()),
    }
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
