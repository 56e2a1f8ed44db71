//! Asks a pure question about many things on several cores.

use std::thread::{self, ScopedJoinHandle};

/// So many things are asked about before another core is called to help: less is done sooner than a thread is made.
const PART: usize = 500;

/// What the question finds at each of the things, in their order.
pub fn filter_map<Thing, Answer, All>(things: &[Thing], ask: impl Fn(&Thing) -> Option<Answer> + Sync) -> All
where
    Thing: Sync,
    Answer: Send,
    All: FromIterator<Answer>,
{
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let ask = &ask;
    let parts = things.len().div_ceil(PART).clamp(1, cores);
    let (first, others) = things.split_at(things.len().div_ceil(parts));
    thread::scope(|scope| {
        let begin = |part| scope.spawn(move || answers(part, ask));
        let others: Vec<ScopedJoinHandle<'_, Vec<Answer>>> = others.chunks(first.len().max(1)).map(begin).collect();
        let first = answers(first, ask);
        let others = others.into_iter().flat_map(|part| part.join().expect("a panic has ended the program"));
        first.into_iter().chain(others).collect()
    })
}

fn answers<Thing, Answer>(things: &[Thing], ask: impl Fn(&Thing) -> Option<Answer>) -> Vec<Answer> {
    things.iter().filter_map(ask).collect()
}

#[cfg(test)]
mod tests {
    use super::filter_map;

    #[test]
    fn answers_come_in_the_order_of_the_things() {
        for many in [0, 1, 499, 501, 4_001] {
            let numbers: Vec<usize> = (0..many).collect();
            let even: Vec<usize> = filter_map(&numbers, |number| (number % 2 == 0).then_some(number * 2));
            let expected: Vec<usize> = (0..many).step_by(2).map(|number| number * 2).collect();
            assert_eq!(even, expected);
        }
    }
}
