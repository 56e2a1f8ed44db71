//! The closed lists of words that rule files may use: keys, stages, serving stacks and names that are always bound.

/// A word, and what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is written in a rule.
    pub name: &'static str,
    /// What it means, in a sentence for those who write rules.
    pub means: &'static str,
}

const fn word(name: &'static str, means: &'static str) -> Word {
    Word { name, means }
}

/// The folders of `diagnostics/`, in the order in which a deployment passes them.
pub const STAGES: &[Word] = &[
    word("client", "on the machine that deploys, before anything reaches the cluster"),
    word("admission", "the API server or a controller refuses to make the pods"),
    word("scheduling", "no node takes the pod"),
    word("storage", "claims, volumes, and the files on them"),
    word("configuration", "config maps, secrets and variables"),
    word("identity", "credentials and permissions in a cloud"),
    word("image", "the image is pulled"),
    word("init", "the model is fetched, and init containers run"),
    word("start", "the process is started"),
    word("dependencies", "packages are installed and imported"),
    word("score-script", "the script that serves the model is run"),
    word("model-load", "the model is read"),
    word("resources", "memory, processor, disk and GPU at run time"),
    word("serving", "ports, probes, routes and requests"),
];

/// Serving stacks that a fix can be for. `azureml` stands for `azureml-v1` and `azureml-v2`.
pub const STACKS: &[&str] = &[
    "azureml",
    "azureml-v1",
    "azureml-v2",
    "bentoml",
    "flask",
    "gunicorn",
    "kserve",
    "mlflow",
    "mlserver",
    "python",
    "ray-serve",
    "seldon",
    "tf-serving",
    "tgi",
    "torchserve",
    "triton",
    "uvicorn",
    "vllm",
];

/// Names that no rule need bind.
pub const ALWAYS_BOUND: &[Word] = &[
    word("object", "the name of what the rule is about"),
    word("namespace", "its namespace"),
    word("pod", "the pod; for containers and pods"),
    word("workload", "what makes the pod: the top of its owners; for containers, pods, workloads and custom objects"),
    word("workload_kind", "the kind of that workload"),
    word("target", "that workload as kubectl sets it, such as `deployment/churn`; none where an operator owns it"),
    word("container", "the container; for containers"),
    word("image", "its image; for containers"),
    word("node", "the node; once the pod is scheduled, and for nodes"),
    word("claim", "the claim; for claims"),
    word("service", "the Service; for Services"),
    word("stack", "the serving stack, as far as a pasted log tells it"),
    word("source_file", "the file of the user's own code in which the exception was raised; for tracebacks"),
    word("source_line", "the line in that file; for tracebacks"),
    word("source_code", "the code in that line; for tracebacks"),
    word("endpoint", "the Azure ML v2 endpoint, or ENDPOINT"),
    word("online_deployment", "the Azure ML v2 deployment of the endpoint, or DEPLOYMENT"),
];

/// The keys of a rule, in the order in which they are written.
pub const RULE_KEYS: &[Word] = &[
    word("title", "one sentence about this case, with the real names; of a list, the first whose names are all bound"),
    word("about", "what kind of object has the problem; may be a list, the first is what the examples are about"),
    word("severity", "how bad it is: `error` (the default), `warning` or `info`"),
    word("generic", "`true` only for ids that hold where nothing more specific does"),
    word(
        "moment",
        "`request` for what happens at requests while the server is up; `start` (the default) is history once the server became ready",
    ),
    word(
        "waiting",
        "`helps` where time or the cluster can mend it without a change by anybody: a node is added, another service starts, a registry answers again; `useless` (the default) ends `unstuck wait`",
    ),
    word("hopeless_with", "with `waiting: helps`: names that take this hope away where one of them is bound"),
    word("symptoms", "what must all hold"),
    word("unless", "symptoms of which none may hold"),
    word("look_up", "look-ups that add names where they hold"),
    word("shared", "two workloads with equal values of these names have one and the same cause"),
    word("explanation", "what happened, and why it happens in this stack: at most four sentences in all"),
    word("fixes", "what to do, the most likely first"),
    word("causes", "ids of its consequences"),
    word("yields_to", "ids of more exact rules: where one of them holds for the same subject, this one does not"),
    word("references", "official pages"),
    word("examples", "cases where it holds; each pattern is reached by one"),
    word("counterexamples", "cases that look alike, where it does not hold; at least one"),
];

/// The keys of a symptom: exactly one of the first six, and what goes with it.
pub const SYMPTOM_KEYS: &[Word] = &[
    word("log", "a pattern, or a list of which one stands in the log"),
    word(
        "message",
        "a pattern, or a list of which one is said by Kubernetes: in an event, a condition, a waiting or terminated message",
    ),
    word("field", "a field of the object, by its path; it passes the test beside it, or is there at all"),
    word("bound", "a name that an earlier symptom binds; it passes the test beside it"),
    word("look_up", "a look-up that must hold"),
    word("any", "symptoms of which one must hold; nests once"),
    word("reason", "with `message`: the reason beside the words is one of these"),
    word("bind", "with `field`: the name that stands for its value"),
    word("is", "the value is this"),
    word("is_not", "there is a value, and it is another"),
    word("in", "the value is one of these"),
    word("matches", "a pattern that stands in the value"),
    word("at_least", "a number or quantity, or more: `3`, `500m`, `2Gi`"),
    word("at_most", "a number or quantity, or less"),
    word("missing", "`true`: there is no value; `false`: there is one"),
];

/// The keys of a fix.
pub const FIX_KEYS: &[Word] = &[
    word("title", "in a few words, as an order"),
    word("text", "how, and how to see that it worked"),
    word("command", "code or a command that runs when pasted"),
    word("for", "only for these serving stacks"),
];

/// The keys of an example.
pub const EXAMPLE_KEYS: &[Word] =
    &[word("given", "what is seen"), word("expect", "names, and what they must stand for")];

/// The keys of a counterexample.
pub const COUNTEREXAMPLE_KEYS: &[Word] = &[word("why", "what it is instead"), word("given", "what is seen")];

/// The keys of what is seen in an example.
pub const GIVEN_KEYS: &[Word] = &[
    word("log", "a pasted log, with nothing else known"),
    word("message", "an event about an object of the first kind in `about`, with nothing else known"),
    word("reason", "with `message`: the reason of that event"),
    word("objects", "manifests"),
    word("logs", "with `objects`: texts by `POD/CONTAINER` or `POD/CONTAINER/previous`"),
];

/// The word of this name.
pub fn find(words: &[Word], name: &str) -> Option<Word> {
    words.iter().copied().find(|word| word.name == name)
}

/// The known name that is most like a mistyped one.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Less alike is no mistyping.
    const ALIKE: f64 = 0.75;
    let weighed = known.into_iter().map(|other| (strsim::jaro_winkler(name, other), other));
    weighed.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, other)| other)
}
