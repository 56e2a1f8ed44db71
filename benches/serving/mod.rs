//! The log of healthy servers with one failure in its middle.

/// Lines as servers write them, with `#` for any digit.
const LINES: &str = include_str!("lines.log");
/// A request that fails.
const FAILURE: &str = include_str!("../../tests/corpus/input-shape-mismatch--azureml-sklearn-features/log.txt");

/// A log of at least so many bytes, always the same.
pub fn log(bytes: usize) -> Vec<u8> {
    let mut log = Vec::with_capacity(bytes + FAILURE.len() + LINES.len());
    let lines: Vec<&str> = LINES.lines().collect();
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize
    };
    let mut failed = false;
    while log.len() < bytes {
        if !failed && log.len() >= bytes / 2 {
            log.extend_from_slice(FAILURE.as_bytes());
            failed = true;
        }
        for byte in lines[next() % lines.len()].bytes() {
            log.push(if byte == b'#' { b"0123456789"[next() % 10] } else { byte });
        }
        log.push(b'\n');
    }
    log
}
