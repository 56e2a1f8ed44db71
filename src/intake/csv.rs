//! Logs that were exported as comma-separated values, from Log Analytics and the like, as the lines in them.

/// A cell of a table, and whether it stood in quotes.
struct Cell {
    text: String,
    is_quoted: bool,
}

/// How those who export logs call the column that holds them.
const HEADERS: [&str; 9] =
    ["LogEntry", "LogMessage", "Log_s", "Log", "log", "message", "Message", "textPayload", "@message"];

/// The log in an export, each line where it stood; none where the text is no export.
pub fn log(text: &str) -> Option<String> {
    let (first, taken) = row(text)?;
    let head: Vec<String> = first.iter().map(|cell| cell.text.trim().to_owned()).collect();
    let time = match stamp_column(&first) {
        Some(time) => time,
        None => stamp_column(&row(text.get(taken..)?)?.0)?,
    };
    let rows = rows(text, head.len())?;
    let data = || rows.iter().filter(|row| row.get(time).is_some_and(is_stamp));
    let is_table = data().count() + 1 >= rows.iter().filter(|row| !row.is_empty()).count();
    let is_quoted = data().flatten().any(|cell| cell.is_quoted);
    if !is_table || !is_quoted || data().any(|row| is_fraction(row, time)) {
        return None;
    }
    let named = head.iter().position(|name| HEADERS.contains(&name.as_str()));
    let words = |column: &usize| data().filter(|row| row[*column].text.trim().contains(' ')).count();
    let length = |column: &usize| data().map(|row| row[*column].text.len()).sum::<usize>();
    let other = (0..head.len()).filter(|column| *column != time);
    let column = named.or_else(|| other.max_by_key(|column| (words(column), length(column))))?;
    Some(rows.iter().map(|row| line(row, time, column)).collect::<Vec<_>>().join("\n"))
}

/// A row of the log: what its cell holds, behind its time where that can be peeled off again. Nothing of a header.
fn line(row: &[Cell], time: usize, column: usize) -> String {
    let Some(stamp) = row.get(time).filter(|cell| is_stamp(cell)) else { return String::new() };
    let (stamp, text) = (stamp.text.trim(), row[column].text.trim_end());
    let breaks: usize = row.iter().map(|cell| cell.text.matches('\n').count()).sum();
    let gap = "\n".repeat(breaks.saturating_sub(text.matches('\n').count()));
    let is_peeled = stamp.contains('T') && stamp.ends_with('Z');
    if is_peeled && !text.contains('\n') { format!("{stamp} {text}{gap}") } else { format!("{text}{gap}") }
}

/// The rows of a table with so many columns; none where one has others.
fn rows(text: &str, columns: usize) -> Option<Vec<Vec<Cell>>> {
    let mut rows = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let (cells, taken) = row(&text[at..])?;
        let is_blank = cells.iter().all(|cell| cell.text.trim().is_empty());
        if !is_blank && cells.len() != columns {
            return None;
        }
        rows.push(if is_blank { Vec::new() } else { cells });
        at += taken;
    }
    Some(rows)
}

/// The first row of a text, and how many bytes it takes. None where a quote stands within a cell that has none around it.
fn row(text: &str) -> Option<(Vec<Cell>, usize)> {
    let (mut cells, mut at) = (Vec::new(), 0);
    loop {
        let (cell, taken) = cell(&text[at..])?;
        cells.push(cell);
        at += taken;
        match text.as_bytes().get(at) {
            Some(b',') => at += 1,
            Some(_) => return Some((cells, at + 1)),
            None => return Some((cells, at)),
        }
    }
}

fn cell(text: &str) -> Option<(Cell, usize)> {
    let Some(inside) = text.strip_prefix('"') else {
        let end = text.find([',', '\n']).unwrap_or(text.len());
        let cell = Cell { text: text[..end].trim_end_matches('\r').to_owned(), is_quoted: false };
        return (!cell.text.contains('"')).then_some((cell, end));
    };
    let (mut kept, mut at) = (String::new(), 0);
    loop {
        let end = at + inside[at..].find('"')?;
        kept.push_str(&inside[at..end]);
        if inside[end + 1..].starts_with('"') {
            kept.push('"');
            at = end + 2;
            continue;
        }
        let behind = inside[end + 1..].trim_start_matches('\r');
        let taken = text.len() - behind.len();
        return (behind.is_empty() || behind.starts_with([',', '\n']))
            .then_some((Cell { text: kept, is_quoted: true }, taken));
    }
}

fn stamp_column(row: &[Cell]) -> Option<usize> {
    row.iter().position(is_stamp).filter(|_| row.len() > 1)
}

/// Is it a time, as `2024-05-12T10:00:00.123Z`, `5/12/2024, 10:00:00.123 AM`, or in milliseconds?
fn is_stamp(cell: &Cell) -> bool {
    const LONGEST: usize = 40;
    let text = cell.text.trim();
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-/:., TZ+APMUC".contains(&byte));
    let is_number = digits == text.len() && matches!(digits, 13 | 16 | 19);
    plain && text.len() <= LONGEST && (is_number || digits >= 8 && text.contains(':'))
}

/// `2024-05-12 10:00:00,123 INFO …` is how Python logs, and no table.
fn is_fraction(row: &[Cell], time: usize) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    !row[time].is_quoted && row.get(time + 1).is_some_and(|next| !next.is_quoted && digits(&next.text) == 3)
}

#[cfg(test)]
mod tests {
    use super::log;

    #[test]
    fn an_export_is_the_log_in_it() {
        let text = "TimeGenerated,PodName,LogEntry\n\"5/12/2024, 10:00:00.123 AM\",churn-0,\"No module named \"\"x\"\", sorry\"\n";
        assert_eq!(log(text).unwrap(), "\nNo module named \"x\", sorry");
        assert_eq!(log("\"2024-05-01T10:00:00Z\",\"a, b\"").unwrap(), "2024-05-01T10:00:00Z a, b");
    }

    #[test]
    fn lines_stay_where_they_stood() {
        let text = "\"2024-05-01T10:00:00Z\",\"Traceback:\n  File \"\"a.py\"\", line 1\nKeyError: 1\"\n\"2024-05-01T10:00:01Z\",end\n";
        let log = log(text).unwrap();
        assert_eq!(log.lines().nth(1), Some("  File \"a.py\", line 1"));
        assert_eq!(log.lines().nth(3), Some("2024-05-01T10:00:01Z end"));
    }

    #[test]
    fn a_log_is_no_table() {
        assert_eq!(log("2024-05-12 10:00:00,123 INFO {\"a\",\"b\"}\n"), None);
        assert_eq!(log("2024-05-12 10:00:00,123 INFO of,\"b\"\n"), None);
        assert_eq!(log("Hello, world\nand more"), None);
        assert_eq!(log(""), None);
    }
}
