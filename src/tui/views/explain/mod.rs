//! What alignment does: a map of steps and blocks, the schedule below it, and words.

mod plot;
mod words;

use super::Look;
use super::popups::boxed;
use super::widgets::fit;
use crate::engine::explain::{Cell, DROWNED, Outline, Table};
use crate::tui::explain::Explained;
use crate::tui::state::State;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use std::borrow::Cow;

/// Columns of a block's name, and of the numbers behind its row.
const NAME: usize = 9;
const NUMBERS: usize = 19;
/// Lines besides those of blocks and plots.
const OTHERS: usize = 7;
/// Plots, and most lines of one.
const PLOTS: usize = 2;
const HIGH: usize = 3;
/// Columns of the frame and around it, and least of the box.
const FRAME: usize = 6;
const LEAST: usize = 78;
/// Most cells of a step.
const WIDE: usize = 4;
/// Cells from which on numbers stand for shares by themselves.
const ROOMY: usize = 3;
/// A share from which on attention is much; too much it is where references drown the rest.
const MUCH: f64 = 0.55;

/// What is drawn, and how it fits.
struct Sheet<'a> {
    state: &'a State,
    seen: &'a Explained,
    outline: &'a Outline,
    table: Option<Cow<'a, Table>>,
    theme: &'a Theme,
    /// Steps in a column, columns, and cells of one.
    per: usize,
    columns: usize,
    cells: usize,
}

/// Draws it.
pub fn draw(frame: &mut Frame, area: Rect, state: &State, seen: &Explained, look: &Look) {
    let blocks = seen.known().map_or(6, |outline| outline.blocks.len());
    let steps = seen.known().map_or(0, |outline| outline.timesteps.len());
    let height = blocks + OTHERS + PLOTS * HIGH + 2;
    let room = usize::from(area.width).saturating_sub(FRAME + NAME + NUMBERS).max(1);
    let per = steps.div_ceil(room).max(1);
    let columns = steps.div_ceil(per).max(1);
    let cells = (room / columns).clamp(1, WIDE);
    let width = (NAME + NUMBERS + columns * cells + FRAME - 2).max(LEAST);
    let title = words::title(state, seen);
    let inner = boxed(frame, area, &title, (width as u16, height as u16), look);
    let Some(outline) = seen.known() else {
        let text = Paragraph::new(words::unknown(seen)).wrap(Wrap { trim: true });
        frame.render_widget(text.style(look.theme.dim()), inner);
        return;
    };
    let sheet = Sheet {
        state,
        seen,
        outline,
        table: state.explained_table(&seen.of),
        theme: look.theme,
        per,
        columns,
        cells,
    };
    let lines = sheet.lines(usize::from(inner.width), usize::from(inner.height));
    frame.render_widget(Paragraph::new(lines), inner);
}

impl Sheet<'_> {
    fn lines(&self, width: usize, height: usize) -> Vec<Line<'static>> {
        let theme = self.theme;
        let all = self.outline.blocks.len();
        let spare = height.saturating_sub(OTHERS + PLOTS);
        let shown = all.min(spare);
        let high = (1 + (spare - shown) / PLOTS).clamp(1, HIGH);
        let first = (self.seen.block + 1).saturating_sub(shown);
        let plain = Style::new().fg(theme.text);
        let dim = |text: String| Line::styled(fit(&text, width), theme.dim());
        let (sentence, warns) = words::sentence(self, width);
        let colour = if warns { theme.warning } else { theme.text };
        let mut lines = vec![Line::styled(fit(&sentence, width), Style::new().fg(colour))];
        lines.push(self.header());
        lines.extend((first..first + shown).map(|block| self.row(block)));
        lines.push(self.together());
        let window = self.outline.window.clone();
        let noise = self.outline.noise.clone();
        let curves = [("noise", noise, theme.accent), ("sharing", window, theme.good)];
        for (name, values, colour) in curves {
            lines.extend(self.plot((name, colour), &values, high));
        }
        lines.push(Line::styled(fit(&words::here(self), width), plain));
        lines.push(Line::styled(fit(&words::moved(self, width), width), plain));
        lines.push(dim(words::step(self)));
        lines.push(dim(words::legend(width, self.says_numbers())));
        lines
    }

    /// Whether there is nobody to look at.
    fn is_alone(&self) -> bool {
        self.seen
            .recipe
            .as_deref()
            .is_none_or(|recipe| recipe.panels.len() < 2 && recipe.anchor.references().is_empty())
    }

    /// Numbers are more than shades where there is room for them.
    fn says_numbers(&self) -> bool {
        self.seen.numbers != (self.cells >= ROOMY)
    }

    /// The steps of a column.
    fn steps(&self, column: usize) -> std::ops::Range<usize> {
        let first = column * self.per;
        first..(first + self.per).min(self.outline.timesteps.len())
    }

    /// Where the cursor's step is, and what the numbers are.
    fn header(&self) -> Line<'static> {
        let at = self.seen.step / self.per;
        let gap = " ".repeat(NAME + at * self.cells);
        let marker = "▾".repeat(self.cells);
        let rest = (self.columns.saturating_sub(at + 1)) * self.cells;
        let labels = format!("{}{:>6}{:>6}{:>7}", " ".repeat(rest), "share", "means", "spread");
        Line::from(vec![
            Span::raw(gap),
            Span::styled(marker, self.theme.strong()),
            Span::styled(labels, self.theme.dim()),
        ])
    }

    /// A block: what it gives to the reference in each step, and in the mean.
    fn row(&self, block: usize) -> Line<'static> {
        let Some(of) = self.outline.blocks.get(block) else { return Line::default() };
        let here = block == self.seen.block;
        let style = if here { self.theme.selected() } else { self.theme.dim() };
        let name = format!("{:<width$}", words::short(&of.name), width = NAME - 1);
        let mut spans = vec![Span::styled(name, style), Span::raw(" ")];
        for column in 0..self.columns {
            let cell = self.mean(block, column);
            let shares = !self.is_alone()
                && of.shared.contains(&true)
                && self.steps(column).any(|step| self.outline.window[step] > 0.0);
            let (text, colour) = match cell.map(|cell| cell.share()) {
                Some(share) if self.says_numbers() => {
                    (plot::digits(share, self.cells), self.heat(share))
                }
                Some(share) => (plot::shade(share).repeat(self.cells), self.heat(share)),
                None if shares => ("·".repeat(self.cells), self.theme.muted),
                None => (" ".repeat(self.cells), self.theme.muted),
            };
            spans.push(Span::styled(text, Style::new().fg(colour)));
        }
        let whole = self.block(block).and_then(|block| block.whole());
        spans.push(self.numbers(whole.as_ref()));
        Line::from(spans)
    }

    /// The mean over all blocks, as a curve.
    fn together(&self) -> Line<'static> {
        let name = format!("{:<NAME$}", "all");
        let mut spans = vec![Span::styled(name, self.theme.strong())];
        for column in 0..self.columns {
            let table = self.table.as_deref();
            let cells = table
                .iter()
                .flat_map(|table| self.steps(column).filter_map(|step| table.of_step(step)));
            let cells: Vec<Cell> = cells.collect();
            let share = Cell::mean(cells.iter()).map(|cell| cell.share());
            let text = match share {
                Some(share) if self.says_numbers() => plot::digits(share, self.cells),
                Some(share) => plot::bar(share, 0, 1).repeat(self.cells),
                None => " ".repeat(self.cells),
            };
            let colour = share.map_or(self.theme.muted, |share| self.heat(share));
            spans.push(Span::styled(text, Style::new().fg(colour)));
        }
        let whole = self.table.as_deref().and_then(Table::whole);
        spans.push(self.numbers(whole.as_ref()));
        Line::from(spans)
    }

    /// A curve over the steps, in so many lines.
    fn plot(
        &self,
        (name, colour): (&str, Color),
        values: &[f64],
        high: usize,
    ) -> Vec<Line<'static>> {
        let column = |column: usize| {
            let of = self.steps(column).filter_map(|step| values.get(step));
            of.clone().sum::<f64>() / of.count().max(1) as f64
        };
        let line = |row: usize| {
            let label = if row + 1 == high { name } else { "" };
            let glyphs = (0..self.columns)
                .map(|at| plot::bar(column(at), high - 1 - row, high).repeat(self.cells));
            let note = match (row + 1 == high, values.first(), values.last()) {
                (true, Some(from), Some(to)) => format!("  {from:.2} to {to:.2}"),
                _ => String::new(),
            };
            Line::from(vec![
                Span::styled(format!("{label:<NAME$}"), self.theme.dim()),
                Span::styled(glyphs.collect::<String>(), Style::new().fg(colour)),
                Span::styled(note, self.theme.dim()),
            ])
        };
        (0..high).map(line).collect()
    }

    fn block(&self, block: usize) -> Option<&crate::engine::explain::Block> {
        let name = &self.outline.blocks.get(block)?.name;
        self.table.as_deref()?.blocks.iter().find(|block| block.name == *name)
    }

    /// The mean of a block over the steps of a column.
    fn mean(&self, block: usize, column: usize) -> Option<Cell> {
        let cells = &self.block(block)?.cells;
        Cell::mean(self.steps(column).filter_map(|step| cells.get(step)?.as_ref()))
    }

    /// Share, and how far AdaIN moved means and spreads of queries and keys.
    fn numbers(&self, cell: Option<&Cell>) -> Span<'static> {
        let Some(cell) = cell else { return Span::raw("") };
        let [(q, wide), (k, tall), _] = cell.before;
        let (means, spread) = (f64::midpoint(q, k), f64::midpoint(wide, tall));
        let spread = format!("×{spread:.2}");
        let text = format!("{:>5.0}%{means:>6.2}{spread:>7}", cell.share() * 100.0);
        Span::styled(text, Style::new().fg(self.theme.text))
    }

    fn heat(&self, share: f64) -> Color {
        match share {
            share if share >= DROWNED => self.theme.bad,
            share if share >= MUCH => self.theme.warning,
            _ => self.theme.progress,
        }
    }
}
