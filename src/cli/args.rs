//! The arguments of every command.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cluster::config::Target;
use crate::diagnosis::catalogue::Catalogue;
use crate::session::Lens;
use crate::snapshot::selection::Selection;

/// Says why a model deployment on Kubernetes is stuck or failing, quotes the evidence, and gives the fix.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do; without a command the live dashboard
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Which cluster is meant.
    #[command(flatten)]
    pub cluster: ClusterArguments,
    /// Rules of one's own, beside those that the program carries
    #[arg(long, value_name = "DIR", global = true)]
    pub rules: Option<PathBuf>,
}

/// kubectl's flags, with kubectl's meaning.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
pub struct ClusterArguments {
    /// The kubeconfig to use instead of KUBECONFIG or ~/.kube/config
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, value_name = "NAME", global = true)]
    pub context: Option<String>,
    /// The namespace
    #[arg(short, long, value_name = "NAME", global = true)]
    pub namespace: Option<String>,
    /// Look at all namespaces
    #[arg(short = 'A', long, global = true, conflicts_with = "namespace")]
    pub all_namespaces: bool,
    /// Look only at pods with these labels, and what belongs to them
    #[arg(short = 'l', long, value_name = "LABELS", global = true)]
    pub selector: Option<String>,
    /// Act as another user
    #[arg(long = "as", value_name = "USER", global = true)]
    pub impersonate: Option<String>,
    /// Act as a member of a group; may be given again
    #[arg(long = "as-group", value_name = "GROUP", global = true)]
    pub impersonate_groups: Vec<String>,
    /// How long one look may take, as `30s` or `2m`; 0 for no limit
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration, global = true)]
    pub request_timeout: Duration,
}

impl ClusterArguments {
    /// Through which the cluster is looked at.
    pub fn lens(&self, catalogue: Arc<Catalogue>) -> anyhow::Result<Lens> {
        let selection = self.selector.as_deref().map(Selection::read).transpose();
        let selection = selection.map_err(|reason| anyhow::anyhow!("-l: {reason}; write `app=churn,tier in (a,b)`"))?;
        Ok(Lens { catalogue, selection })
    }

    /// The cluster that is meant.
    pub fn target(&self) -> Target {
        Target {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
            all_namespaces: self.all_namespaces,
            impersonate: self.impersonate.clone(),
            impersonate_groups: self.impersonate_groups.clone(),
            may_ask: std::io::IsTerminal::is_terminal(&std::io::stdin()),
        }
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// One look at a namespace: a report, and the verdict in the exit code
    Check(CheckArguments),
    /// Follow a rollout until it is ready, or until a cause is found that waiting cannot mend
    Wait(WaitArguments),
    /// The dashboard on a cluster inside this program that plays real failures; needs no cluster
    Demo(DemoArguments),
    /// The diagnosis of a pasted or piped log; needs no cluster
    Explain(ExplainArguments),
    /// The rules: list, show, test and begin them
    Rules(RulesArguments),
}

/// How a report is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    #[default]
    Text,
    /// For programs: the schema unstuck/v1.
    Json,
}

/// `unstuck check`
#[derive(Debug, Default, Args)]
pub struct CheckArguments {
    /// Look at a capture instead of a cluster
    #[arg(long, value_name = "DIR")]
    pub from: Option<PathBuf>,
    /// How the report is written
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// `unstuck wait`
#[derive(Debug, Args)]
#[command(after_help = WAIT_CODES)]
pub struct WaitArguments {
    /// What to wait for: TYPE/NAME, several of them, or TYPE NAME..; with -l a TYPE alone, or nothing
    #[arg(value_name = "TYPE/NAME")]
    pub objects: Vec<String>,
    /// How long to wait, as `90s` or `1h30m`; 0 for no limit
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    pub timeout: Duration,
    /// How changes and the report at the end are written; as JSON one object on a line
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// What the exit codes of `wait` mean.
const WAIT_CODES: &str = "\
Exit codes: 0 rolled out and routed, 1 a cause that waiting cannot mend, or the rollout was given up or deleted,
2 it could not look, or there is no such object, 3 out of time";

/// `unstuck demo`
#[derive(Debug, Default, Args)]
pub struct DemoArguments {
    /// The failure to play; without one, several at once
    #[arg(value_name = "SCENARIO")]
    pub scenario: Option<String>,
    /// List the failures that can be played
    #[arg(long, conflicts_with_all = ["scenario", "listen"])]
    pub list: bool,
    /// Show the end of the play from the start
    #[arg(long, hide = true)]
    pub settled: bool,
    /// Let kubectl look too: print the KUBECONFIG for it. Where the output is no terminal, only serve
    #[arg(
        long,
        value_name = "ADDR:PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "127.0.0.1:0"
    )]
    pub listen: Option<SocketAddr>,
}

/// `unstuck explain`
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// Files to explain; - for standard input
    #[arg(default_value = "-")]
    pub files: Vec<PathBuf>,
    /// How the report is written
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Output,
}

/// `unstuck rules`
#[derive(Debug, Args)]
pub struct RulesArguments {
    /// What to do with them.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Name the rules by stage; with words, those that speak of all of them
    List {
        /// Words that stand in the id, a title or a symptom
        words: Vec<String>,
    },
    /// Print the page of a rule: what happened, how it is seen, what it is not, what to do
    Show {
        /// The rule
        id: String,
    },
    /// Run the proofs of the rules, or of those in a file or folder
    Test {
        /// A rule file, or a folder with a folder for each stage
        path: Option<PathBuf>,
    },
    /// Begin a rule: print what is to be filled in, or write it into the folder of its stage
    New {
        /// Its name: the problem, in lower-case words with hyphens
        id: String,
        /// Write diagnostics/STAGE/ID.yaml (with --rules, DIR/STAGE/ID.yaml)
        #[arg(long)]
        stage: Option<String>,
    },
}

/// Reads `30s`, `2m`, `1h30m`, `500ms`, or a plain number of seconds, as kubectl does.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no duration: write 30s, 2m or 1h30m");
    let mut whole = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() || text.is_empty() {
        let number = rest.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
        let unit = rest[number..].bytes().take_while(u8::is_ascii_alphabetic).count();
        let seconds = match &rest[number..number + unit] {
            "ms" => 0.001,
            "" if number == text.len() => 1.0,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        let count: f64 = rest[..number].parse().map_err(|_| wrong())?;
        whole += Duration::try_from_secs_f64(count * seconds).map_err(|_| format!("`{text}` is too long"))?;
        rest = &rest[number + unit..];
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations_are_read_as_kubectl_reads_them() {
        let read = ["90", "30s", "1h30m", "1.5m", "500ms", "0"].map(|text| duration(text).unwrap());
        let meant = [90_000, 30_000, 5_400_000, 90_000, 500, 0].map(Duration::from_millis);
        assert_eq!(read, meant);
        for wrong in ["", "soon", "10x", "m", "1h30", "-5s", "µ"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
