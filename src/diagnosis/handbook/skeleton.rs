//! A rule to be filled in.

use crate::diagnosis::inspect::TO_FILL_IN;

/// A rule in which everything that must be said is asked for. The loader refuses it until that is written.
pub fn skeleton() -> String {
    SKELETON.replace("<?", TO_FILL_IN)
}

const SKELETON: &str = "\
# yaml-language-server: $schema=../schema.json
title: '<?one sentence about this case, with the real names as {name}>'
about: container
symptoms:
  - log:
      - '<?the line as it is pasted, with {name} where it varies and {} where it does not matter>'
explanation:
  - '<?what happened, and why it happens in this stack>'
fixes:
  - title: '<?what to do first, as an order>'
    text: '<?how, and how to see that it worked>'
causes: [crash-loop, rollout-stalled]
references: []
examples:
  - given: {log: '<?a real line that the pattern matches>'}
    expect: {}
counterexamples:
  - why: '<?what it is instead>'
    given: {log: '<?a line that looks alike and means something else>'}
";
