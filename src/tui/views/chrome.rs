//! Tabs at the top, progress and mode at the bottom.

use super::Look;
use super::widgets::fit;
use crate::engine::Stage;
use crate::studio::{Level, Progress, clock};
use crate::tui::action::Action;
use crate::tui::field::{Field, Target};
use crate::tui::guides::file_name;
use crate::tui::settings::Line as Setting;
use crate::tui::state::{Pane, State, View};
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// Columns of the name and the tabs.
const TABS_WIDTH: u16 = 70;

/// The name, the views, and what is open.
pub fn tabs(frame: &mut Frame, area: Rect, state: &State, theme: &Theme) {
    let mut spans = vec![Span::styled(" predella ", theme.strong())];
    for (number, view) in View::ALL.iter().enumerate() {
        let text = format!(" {} {} ", number + 1, view.title());
        let style = if *view == state.view { theme.selected() } else { theme.dim() };
        spans.push(Span::styled(text, style));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
    let device = state.device.as_deref().unwrap_or("");
    let locked = if state.read_only.is_some() { " · read-only" } else { "" };
    let right = fit(&format!("{}{locked} · {} {device} ", state.session, state.draft.model), 40);
    // Only its own cells: the tabs keep their colours.
    let width = right.width() as u16;
    let used = TABS_WIDTH + 1;
    if area.width >= used + width {
        let place = Rect { x: area.right() - width, width, ..area };
        frame.render_widget(Paragraph::new(right).style(theme.dim()), place);
    } else if state.read_only.is_some() && area.width >= used + 10 {
        let place = Rect { x: area.right() - 10, width: 10, ..area };
        frame.render_widget(Paragraph::new("read-only").style(theme.strong()), place);
    }
}

/// What is being painted and how long it will take, or what waits.
pub fn progress(frame: &mut Frame, area: Rect, state: &State, theme: &Theme) {
    let Some(progress) = &state.progress else {
        let waiting = state.queue.jobs().len();
        let help = super::table::help(state).unwrap_or_default();
        let text = match (waiting, state.queue.is_paused()) {
            (0, true) => " the queue is paused; P goes on".into(),
            (0, false) => fit(&format!(" {help}"), usize::from(area.width)),
            (n, true) => format!(" {n} waiting, the queue is paused; P goes on"),
            (n, false) => format!(" {n} waiting"),
        };
        frame.render_widget(Paragraph::new(text).style(theme.dim()), area);
        return;
    };
    let width = 24usize;
    let full = (progress.share() * width as f64).round() as usize;
    let bar = [("━".repeat(full), theme.progress), ("─".repeat(width - full), theme.border)];
    let mut spans = vec![Span::raw(" ")];
    spans.extend(bar.map(|(text, colour)| Span::styled(text, Style::new().fg(colour))));
    spans.push(Span::styled(format!(" {}", words(progress)), Style::new().fg(theme.text)));
    let waiting = state.queue.jobs().len();
    if waiting > 0 {
        spans.push(Span::styled(format!("   {waiting} waiting"), theme.dim()));
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

fn words(progress: &Progress) -> String {
    match progress.stage {
        None => "reading the model".into(),
        Some(Stage::Kernels) => "loading kernels, which the card's first run compiles".into(),
        Some(Stage::Text) => "reading the prompts".into(),
        Some(Stage::Invert) => match progress.inverted {
            (0, _) => "inverting the references".into(),
            (step, steps) => format!("inverting the references {step}/{steps}"),
        },
        Some(Stage::Denoise) => {
            let pace = match progress.pace {
                Some(pace) if pace >= 1.0 => format!(" · {pace:.1} steps/s"),
                Some(pace) if pace > 0.0 => format!(" · {:.1} s/step", 1.0 / pace),
                _ => String::new(),
            };
            let left =
                progress.left.map(|left| format!(" · {} left", clock(left))).unwrap_or_default();
            format!("step {}/{}{pace}{left}", progress.step, progress.steps)
        }
        Some(Stage::Decode) => "developing the pictures".into(),
    }
}

/// The mode, what the keys do here, and the last message.
pub fn mode(frame: &mut Frame, area: Rect, state: &State, look: &Look) {
    let theme = look.theme;
    let visual = state.view == View::Gallery && state.gallery.visual.is_some();
    let (name, style) = match &state.field {
        Some(_) => (" INSERT ", Style::new().fg(theme.background).bg(theme.good)),
        None if visual => (" VISUAL ", Style::new().fg(theme.background).bg(theme.progress)),
        None => (" NORMAL ", theme.selected()),
    };
    let mut spans = vec![Span::styled(name, style), Span::raw(" ")];
    if let Some(field) = state.field.as_ref().filter(|field| field.target == Target::Row) {
        spans.extend(typed_row(state, field, area.width, theme));
        frame.render_widget(Paragraph::new(Line::from(spans)), area);
        return;
    }
    match &state.toast {
        Some(note) => {
            let colour = match note.level {
                Level::Info => theme.text,
                Level::Good => theme.good,
                Level::Warning => theme.warning,
                Level::Bad => theme.bad,
            };
            let left = usize::from(area.width).saturating_sub(10);
            spans.push(Span::styled(fit(&note.text, left), Style::new().fg(colour)));
        }
        None => {
            let read = reading(state);
            let room = area.width.saturating_sub(read.width() as u16);
            spans.push(Span::styled(read, Style::new().fg(theme.progress)));
            hints(state, look, room, &mut spans);
        }
    }
    frame.render_widget(Paragraph::new(Line::from(spans)), area);
}

/// The values of a row while they are typed, and what is wrong with them.
fn typed_row(state: &State, field: &Field, width: u16, theme: &Theme) -> Vec<Span<'static>> {
    let name = crate::tui::sweep::spot(state).map(|spot| spot.name()).unwrap_or_default();
    let label = format!("a row over {name}: ");
    let left = usize::from(width).saturating_sub(label.width() + 10);
    let behind = match &field.fault {
        Some(fault) => Span::styled(format!("  {fault}"), Style::new().fg(theme.warning)),
        None => Span::styled("  Enter paints  Esc leaves", theme.dim()),
    };
    let typed = super::weights::typed(field, left.min(48), theme);
    let room = left.saturating_sub(typed.width());
    let mut spans = vec![Span::styled(label, theme.strong())];
    spans.extend(typed.spans);
    // Half a hint is none.
    if field.fault.is_some() || behind.width() <= room {
        spans.push(behind);
    }
    spans
}

/// The file that is being put into words, unless somebody types.
fn reading(state: &State) -> String {
    let path = state.board.reading.first().filter(|_| state.field.is_none());
    path.map(|path| format!("reading {}  ", fit(file_name(path), 20))).unwrap_or_default()
}

fn hints(state: &State, look: &Look, width: u16, spans: &mut Vec<Span<'static>>) {
    if let Some(field) = &state.field {
        let words = match field.target {
            Target::Subject(_) => "Enter goes on to the next subject  Esc ends  up: earlier ones",
            Target::Style => "Enter accepts  Esc leaves  up: earlier ones",
            Target::Tags => "words to add, -word to take away  Enter accepts  Esc leaves",
            Target::Folder => "a folder to copy to  Enter accepts  Esc leaves",
            _ => "Enter accepts  Esc leaves",
        };
        spans.push(Span::styled(words, look.theme.dim()));
        return;
    }
    let key = |action| look.keymap.keys_of(action).first().cloned();
    let mut hints: Vec<(String, &str)> =
        useful(state).into_iter().filter_map(|(a, words)| Some((key(a)?, words))).collect();
    let long = |hint: &(String, &str)| hint.0.width() + hint.1.width() + 3;
    // Where there is little room, the last of the view's own hints go first.
    let room = usize::from(width).saturating_sub(9);
    while hints.iter().map(long).sum::<usize>() > room && hints.len() > 2 {
        hints.remove(hints.len() - 3);
    }
    for (key, words) in hints {
        spans.push(Span::styled(key, look.theme.strong()));
        spans.push(Span::styled(format!(" {words}  "), look.theme.dim()));
    }
}

/// The few actions that matter most where the cursor is.
fn useful(state: &State) -> Vec<(Action, &'static str)> {
    let own: &[(Action, &str)] = match state.view {
        View::Board => match state.board.pane {
            Pane::Settings if matches!(state.line(), Some(Setting::Head(_))) => {
                &[(Action::Edit, "open or close"), (Action::Set, "find")]
            }
            Pane::Settings => &[
                (Action::Increase, "more"),
                (Action::Decrease, "less"),
                (Action::Edit, "type"),
                (Action::Set, "find"),
                (Action::Sweep, "row"),
                (Action::Reset, "default"),
            ],
            Pane::Set => &[
                (Action::PaintBoth, "plain and aligned"),
                (Action::Explain, "explain"),
                (Action::MakeAnchor, "anchor"),
            ],
            Pane::Style => &[(Action::Edit, "edit style"), (Action::Refer, "reference")],
            Pane::Guides | Pane::Guide => &[
                (Action::Increase, "more"),
                (Action::Decrease, "less"),
                (Action::Edit, "type"),
                (Action::NextPane, "settings"),
                (Action::Cut, "take away"),
            ],
            Pane::Subjects => {
                &[(Action::AddBelow, "add"), (Action::Edit, "edit"), (Action::Cut, "cut")]
            }
        },
        View::Gallery => &[
            (Action::Zoom, "zoom"),
            (Action::Star, "star"),
            (Action::PickLeft, "compare"),
            (Action::Reuse, "use again"),
            (Action::Filter, "filter"),
        ],
        View::Compare if state.compare.row.is_some() => &[
            (Action::NextPair, "next"),
            (Action::TakeSet, "use this"),
            (Action::RowOrPair, "two of them"),
        ],
        View::Compare => &[
            (Action::NextPair, "next"),
            (Action::Flip, "flip"),
            (Action::Difference, "difference"),
        ],
        View::Queue => &[
            (Action::Later, "later"),
            (Action::Sooner, "sooner"),
            (Action::Remove, "remove"),
            (Action::Pause, "pause"),
        ],
        View::Models => &[(Action::UseModel, "use"), (Action::VerifyModel, "verify")],
        View::Replay => {
            &[(Action::Play, "play"), (Action::Right, "next"), (Action::ForkHere, "fork from here")]
        }
    };
    let mut all = own.to_vec();
    if state.view == View::Board && state.counsel.drowning.is_some() {
        all.insert(0, (Action::Calm, "lend less"));
    }
    match (state.view, &state.progress) {
        (_, Some(_)) => all.push((Action::Stop, "stop")),
        (View::Board, None) => all.push((Action::Paint, "paint")),
        _ => {}
    }
    all.extend([(Action::Palette, "actions"), (Action::Help, "help")]);
    all
}
