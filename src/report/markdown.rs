//! Markdown with `$$` maths, to be pasted into the appendix of a paper or an issue.

use super::candidate::Candidate;
use super::document::{Block, Phrase, Span, Writer, document};

/// The derivation, the answer and the checks as Markdown.
pub fn markdown(candidate: &Candidate) -> String {
    let mut page = Page(String::new());
    for block in document(candidate) {
        page.block(&block);
    }
    page.0
}

/// The page so far; every block ends with an empty line.
struct Page(String);

impl Page {
    fn paragraph(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push_str("\n\n");
    }

    fn table(&mut self, header: &[&str], rows: impl Iterator<Item = Vec<String>>) {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let titles: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
        let mut table = line(&titles);
        table.push_str(&line(&vec!["---".to_owned(); header.len()]));
        rows.for_each(|row| table.push_str(&line(&row)));
        self.paragraph(&table);
    }
}

impl Writer for Page {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Title(phrase) => self.paragraph(&format!("# {}", inline(phrase))),
            Block::Heading(heading) => self.paragraph(&format!("## {heading}")),
            Block::Formula(formula) => self.paragraph(&format!("$$\n{}\n$$", formula.latex)),
            Block::Paragraph(phrase) => self.paragraph(&inline(phrase)),
            Block::Rows(rows) => {
                self.table(&["", ""], rows.iter().map(|(l, p)| vec![escape(l), cell(p)]));
            }
            Block::Step { number, rule, formula, checked } => {
                self.paragraph(&format!("{number}. **{}**", escape(rule)));
                self.paragraph(&format!("   $$\n   {}\n   $$", formula.latex));
                if !checked.is_empty() {
                    self.paragraph(&format!("   *Checked: {}*", escape(checked)));
                }
            }
            Block::Table { header, rows } => self.table(header, rows.iter().map(|r| r.iter().map(cell).collect())),
            Block::List(items) => {
                let items: Vec<String> = items.iter().map(|item| format!("- {}", inline(item))).collect();
                self.paragraph(&items.join("\n"));
            }
        }
    }
}

fn inline(phrase: &Phrase) -> String {
    phrase.iter().map(|s| span(s, |maths| maths.to_owned())).collect()
}

fn span(s: &Span, maths: impl Fn(&str) -> String) -> String {
    match s {
        Span::Words(words) => escape(words),
        Span::Maths(formula) => format!("${}$", maths(formula.latex.trim())),
    }
}

/// The same within a table, where a bar that is not escaped would end the cell.
fn cell(phrase: &Phrase) -> String {
    let bars = |latex: &str| latex.replace("\\|", "\\Vert ").replace('|', "\\vert ");
    phrase.iter().map(|s| span(s, bars)).collect::<String>().replace('\n', " ")
}

/// Words with Markdown's own signs made harmless, outside code.
fn escape(words: &str) -> String {
    let part = |(i, part): (usize, &str)| match i % 2 {
        0 => part.chars().flat_map(|c| "\\*_|<>$#[]".contains(c).then_some('\\').into_iter().chain([c])).collect(),
        _ => format!("`{part}`"),
    };
    words.split('`').enumerate().map(part).collect()
}
