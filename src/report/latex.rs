//! LaTeX: a section that stands in any article which loads amsmath and amssymb.

use super::candidate::Candidate;
use super::document::{Block, Phrase, Span, Writer, document};

/// The derivation, the answer and the checks as a LaTeX section.
pub fn latex(candidate: &Candidate) -> String {
    page(&document(candidate))
}

/// Blocks as a LaTeX section.
pub(super) fn page(blocks: &[Block]) -> String {
    let mut page = Page("% Needs \\usepackage{amsmath,amssymb}.\n".to_owned());
    blocks.iter().for_each(|block| page.block(block));
    page.0
}

/// The page so far.
struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }

    fn table(&mut self, columns: &str, header: Option<&[&str]>, rows: impl Iterator<Item = Vec<String>>) {
        self.line(&format!("\\begin{{center}}\\small\n\\begin{{tabular}}{{{columns}}}"));
        if let Some(header) = header {
            let titles: Vec<String> = header.iter().map(|h| escape(h)).collect();
            self.line(&format!("{} \\\\ \\hline", titles.join(" & ")));
        }
        rows.for_each(|row| self.line(&format!("{} \\\\", row.join(" & "))));
        self.line("\\end{tabular}\n\\end{center}");
    }
}

impl Writer for Page {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(phrase) => self.line(&format!("\\section{{{}}}", inline(phrase))),
            Block::Heading(heading) => self.line(&format!("\n\\subsection*{{{}}}", escape(heading))),
            Block::Formula(formula) => self.line(&format!("\\[\n  {}\n\\]", formula.latex)),
            Block::Paragraph(phrase) => self.line(&format!("\\par {}", inline(phrase))),
            Block::Rows(rows) => {
                self.table("lp{0.7\\linewidth}", None, rows.iter().map(|(l, p)| vec![escape(l), inline(p)]));
            }
            Block::Step { number, rule, formula, checked } => {
                self.line(&format!("\\paragraph{{Step {number}: {}.}}", escape(rule)));
                self.line(&format!("\\[\n  {}\n\\]", formula.latex));
                if !checked.is_empty() {
                    self.line(&format!("\\emph{{Checked: {}.}}", escape(checked)));
                }
            }
            Block::Table { header, rows } => {
                let columns: String = (0..header.len()).map(|i| column(rows, i)).collect();
                self.table(&columns, Some(header), rows.iter().map(|r| r.iter().map(inline).collect()));
            }
            Block::List(items) => {
                self.line("\\begin{itemize}");
                items.iter().for_each(|item| self.line(&format!("  \\item {}", inline(item))));
                self.line("\\end{itemize}");
            }
        }
    }
}

/// A column as wide as its cells, or one that breaks lines where they are long.
fn column(rows: &[Vec<Phrase>], i: usize) -> &'static str {
    let long = |phrase: &Phrase| phrase.iter().any(|s| matches!(s, Span::Words(w) if w.len() > 24));
    if rows.iter().filter_map(|r| r.get(i)).any(long) { "p{0.25\\linewidth}" } else { "l" }
}

fn inline(phrase: &Phrase) -> String {
    let span = |s: &Span| match s {
        Span::Words(words) => escape(words),
        Span::Maths(maths) => format!("${}$", maths.latex.trim()),
    };
    phrase.iter().map(span).collect()
}

/// Words with LaTeX's own signs made harmless; code between backquotes in typewriter.
fn escape(words: &str) -> String {
    let part = |(i, part): (usize, &str)| {
        let escaped: String = part.chars().map(letter).collect();
        if i % 2 == 0 { escaped } else { format!("\\texttt{{{escaped}}}") }
    };
    words.split('`').enumerate().map(part).collect()
}

fn letter(c: char) -> String {
    match c {
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        '\\' => "\\textbackslash{}".into(),
        '~' => "\\textasciitilde{}".into(),
        '^' => "\\textasciicircum{}".into(),
        '<' | '>' | '|' => format!("${c}$"),
        '\u{b1}' => "$\\pm$".into(),
        '\u{221e}' => "$\\infty$".into(),
        c => c.into(),
    }
}
