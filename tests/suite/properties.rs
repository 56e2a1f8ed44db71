//! What may happen to a log on its way changes no diagnosis: cut into pieces, stamped, mixed with another worker's lines,
//! or without its beginning.

use std::fs;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use unstuck::diagnosis::catalogue::Catalogue;
use unstuck::snapshot::log::Log;
use unstuck::snapshot::log::reader::LogReader;

use crate::{corpus, golden};

/// So many cases are tried for each property: enough over time, and quick each time.
const CASES: u32 = 24;
/// One in so many recorded logs is used.
const SAMPLE: usize = 7;
/// Longer logs take too long for what they show.
const LONGEST: usize = 20_000;

/// What a healthy worker writes meanwhile.
const HEALTHY: [&str; 3] = [
    "2026-01-12 09:14:13,120 INFO features: 512 features cached",
    "2026-01-12 09:14:13,480 INFO features: refreshed in 0.2 s",
    "2026-01-12 09:14:14,001 DEBUG pool: 4 connections idle",
];

/// What is put before each line on its way to a reader.
const PREFIXES: [&str; 4] = [
    "2026-01-12T09:14:13.123456789Z ",
    "2026-01-12T09:14:13.123456789Z stderr F ",
    "server-1  | ",
    "churn-7f9c5d8b6-x2x4k server ",
];

/// A sample of the recorded logs.
fn logs() -> Vec<String> {
    let folders = golden::folders(&golden::root().join("tests/corpus"));
    let failing = folders.iter().filter(|folder| !golden::name(folder).starts_with("healthy"));
    let texts = failing.step_by(SAMPLE).map(|folder| fs::read(folder.join("log.txt")).expect("a case has its log"));
    texts.filter_map(|text| String::from_utf8(text).ok()).filter(|text| text.len() < LONGEST).collect()
}

fn read(pieces: &[&[u8]], catalogue: &Catalogue) -> Log {
    let mut reader = LogReader::new(catalogue.sieve.clone(), 64);
    for piece in pieces {
        reader.push(piece);
    }
    reader.into_log()
}

fn first(log: &str, catalogue: &Catalogue) -> Option<String> {
    corpus::explain(log.as_bytes(), catalogue).diagnoses.first().map(|diagnosis| diagnosis.id.clone())
}

fn runner() -> TestRunner {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn a_log_that_comes_in_pieces_is_the_same_log() {
    let catalogue = Catalogue::builtin();
    let places = (select(logs()), prop::collection::vec(any::<Index>(), 1..4));
    let kept = |(log, places): (String, Vec<Index>)| {
        let mut cuts: Vec<usize> = places.iter().map(|place| place.index(log.len())).collect();
        cuts.extend([0, log.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &log.as_bytes()[cut[0]..cut[1]]).collect();
        let (whole, joined) = (read(&[log.as_bytes()], &catalogue), read(&pieces, &catalogue));
        prop_assert_eq!(format!("{joined:?}"), format!("{whole:?}"));
        Ok(())
    };
    runner().run(&places, kept).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_prefix_before_each_line_changes_no_diagnosis() {
    let catalogue = Catalogue::builtin();
    let kept = |(log, prefix): (String, &str)| {
        let prefixed: Vec<String> = log.lines().map(|line| format!("{prefix}{line}\n")).collect();
        prop_assert_eq!(first(&prefixed.concat(), &catalogue), first(&log, &catalogue));
        Ok(())
    };
    runner().run(&(select(logs()), select(&PREFIXES[..])), kept).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_healthy_worker_beside_it_changes_no_diagnosis() {
    let catalogue = Catalogue::builtin();
    let places = prop::collection::vec((any::<Index>(), select(&HEALTHY[..])), 1..6);
    let kept = |(log, places): (String, Vec<(Index, &str)>)| {
        let mut lines: Vec<&str> = log.lines().collect();
        for (place, line) in places {
            lines.insert(place.index(lines.len()), line);
        }
        prop_assert_eq!(first(&lines.join("\n"), &catalogue), first(&log, &catalogue));
        Ok(())
    };
    runner().run(&(select(logs()), places), kept).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn a_beginning_that_is_lost_changes_no_diagnosis() {
    let catalogue = Catalogue::builtin();
    let kept = |(log, place): (String, Index)| {
        let before = deciding_line(&log, &catalogue) / 2;
        let lines: Vec<&str> = log.lines().skip(place.index(before.max(1))).collect();
        prop_assert_eq!(first(&lines.join("\n"), &catalogue), first(&log, &catalogue));
        Ok(())
    };
    runner().run(&(select(logs()), any::<Index>()), kept).unwrap_or_else(|error| panic!("{error}"));
}

/// How many lines stand before the record that the first diagnosis rests on.
fn deciding_line(log: &str, catalogue: &Catalogue) -> usize {
    let assessment = corpus::explain(log.as_bytes(), catalogue);
    let evidence = assessment.diagnoses.iter().take(1).flat_map(|diagnosis| &diagnosis.evidence);
    let quoted = evidence.filter_map(|evidence| evidence.line).min().unwrap_or(1);
    let log = read(&[log.as_bytes()], catalogue);
    let begins = log.records.iter().map(|record| record.place.line).filter(|line| *line <= quoted).max();
    usize::try_from(begins.unwrap_or(1)).map_or(0, |line| line - 1)
}
