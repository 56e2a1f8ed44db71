//! The figures side by side, with the ratio of each peer to us.

use std::fmt;

/// Figures of several programs; the first is the one that the others are compared with.
#[derive(Debug)]
pub struct Table {
    title: String,
    programs: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    what: String,
    unit: String,
    /// By program.
    figures: Vec<Option<f64>>,
}

impl Table {
    /// A table to which figures of the program are added first.
    pub fn new(title: String) -> Self {
        Table { title, programs: vec!["unstuck".to_owned()], rows: Vec::new() }
    }

    /// From here on the figures are those of another program.
    pub fn begin(&mut self, program: &str) {
        self.programs.push(program.to_owned());
    }

    /// Adds a figure; nothing where it never came.
    pub fn add(&mut self, what: &str, unit: &str, figure: Option<f64>) {
        let index = self.rows.iter().position(|row| row.what == what).unwrap_or_else(|| {
            self.rows.push(Row { what: what.to_owned(), unit: unit.to_owned(), figures: Vec::new() });
            self.rows.len() - 1
        });
        let figures = &mut self.rows[index].figures;
        figures.resize(self.programs.len() - 1, None);
        figures.push(figure);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "\n{:54}", self.title)?;
        for program in &self.programs {
            write!(out, "{program:>20}")?;
        }
        writeln!(out)?;
        for row in &self.rows {
            write!(out, "{:48}{:>6}", row.what, row.unit)?;
            let ours = row.figures.first().copied().flatten();
            for (index, figure) in row.figures.iter().enumerate() {
                let ratio = ours.zip(*figure).filter(|(ours, _)| index > 0 && *ours > 0.0);
                let ratio = ratio.map(|(ours, theirs)| format!("  x{:.1}", theirs / ours)).unwrap_or_default();
                let figure = figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
                write!(out, "{:>20}", figure + &ratio)?;
            }
            writeln!(out)?;
        }
        Ok(())
    }
}
