//! Plain text for a terminal: aligned columns, plain Unicode, formulas in the grammar.

use super::candidate::Candidate;
use super::document::{Block, Phrase, Span, Writer, document, summary};

/// The derivation step by step, the answer, and the checks.
pub fn text(candidate: &Candidate) -> String {
    page(&document(candidate))
}

/// Blocks as plain text.
pub(super) fn page(blocks: &[Block]) -> String {
    let mut page = Page(String::new());
    blocks.iter().for_each(|block| page.block(block));
    page.0
}

/// Cells as aligned columns.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let mut page = Page(String::new());
    page.columns(rows);
    page.0
}

/// One line per candidate.
pub fn table(candidates: &[Candidate]) -> String {
    let mut page = Page(String::new());
    page.block(&summary(candidates));
    page.0
}

/// The page so far.
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    /// Columns padded to the widest cell; numbers stand as they are.
    fn columns(&mut self, rows: &[Vec<String>]) {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let cell = |row: &Vec<String>, i: usize| row.get(i).map_or(0, |c| c.chars().count());
        let widths: Vec<usize> = (0..count).map(|i| rows.iter().map(|r| cell(r, i)).max().unwrap_or(0)).collect();
        for row in rows {
            // Not by a width of `format!`, which ends at 65535.
            let cells = row.iter().zip(&widths).map(|(c, &w)| format!("{c}{}", " ".repeat(w - c.chars().count())));
            self.line(&format!("  {}", cells.collect::<Vec<_>>().join("   ")));
        }
    }
}

impl Writer for Page {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(phrase) => self.line(&plain(phrase)),
            Block::Heading(heading) => self.line(&format!("\n{heading}")),
            Block::Formula(formula) => self.line(&format!("  {}", shown(&formula.text))),
            Block::Paragraph(phrase) => self.line(&format!("  {}", plain(phrase))),
            Block::Rows(rows) => {
                self.columns(&rows.iter().map(|(l, p)| vec![l.clone(), plain(p)]).collect::<Vec<_>>());
            }
            Block::Step { number, rule, formula, checked } => {
                self.line(&format!("  {number}. {rule}"));
                self.line(&format!("       {}", shown(&formula.text)));
                if !checked.is_empty() {
                    self.line(&format!("     checked: {checked}"));
                }
            }
            Block::Table { header, rows } => {
                let header = header.iter().map(|h| (*h).to_owned()).collect();
                let rows = rows.iter().map(|r| r.iter().map(plain).collect());
                self.columns(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
            }
            Block::List(items) => items.iter().for_each(|item| self.line(&format!("  - {}", plain(item)))),
        }
    }
}

/// A longer formula, such as a spline of a kernel density, is for programs to read.
const LONGEST: usize = 4000;

/// A formula as far as a terminal has room for it.
fn shown(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let start: String = text.chars().take(200).collect();
    format!(
        "{start} ... ({} characters, {} cases; in full with --json)",
        text.len(),
        text.matches("where(").count() + 1
    )
}

/// A phrase as it is read.
fn plain(phrase: &Phrase) -> String {
    let span = |s: &Span| match s {
        Span::Words(words) => words.replace('`', ""),
        Span::Maths(maths) => shown(&maths.text),
    };
    phrase.iter().map(span).collect()
}
