//! Actions of the board.

use super::action::Action;
use super::errands::{Errand, Role};
use super::field::{Field, Target};
use super::guides;
use super::popup::{Expanded, Popup};
use super::settings::{Line, toggle_alignment};
use super::state::{Pane, State};
use super::stepping;
use super::subjects;
use super::sweep;
use super::tokens;
use super::update::{Effect, open_field};
use super::views::board::left_columns;
use crate::prompt;
use crate::recipe::{Draft, Recipe, Style, Subject};
use crate::studio::{Command, Level, Note};

/// Multiplier of a fixed odd sequence that spreads seeds (Knuth, TAOCP 2, 3.3.4).
const SPREAD: u64 = 6_364_136_223_846_793_005;

/// Columns by which a key moves the border.
const COLUMNS: u16 = 4;

/// Does an action.
pub fn act(state: &mut State, action: Action) -> Vec<Effect> {
    match action {
        Action::Paint => return paint(state),
        Action::PaintBoth => return paint_both(state),
        Action::Expand => return expand(state),
        Action::Refer => return guides::pick(state, Role::Reference),
        Action::Steer => return guides::pick(state, Role::Map),
        Action::TakeWords => return guides::pick(state, Role::Words),
        Action::TakeMusic => return guides::pick(state, Role::Music),
        Action::Set => super::finder::open(state),
        Action::Calm => super::counsel::calm(state),
        Action::Sweep => return sweep::row(state),
        Action::SweepOver => {
            sweep::ask(state);
            return Vec::new();
        }
        Action::Fold => stepping::fold(state),
        Action::UseStyle => return guides::pick_style(state),
        Action::Edit => edit(state),
        Action::Editor => return vec![Effect::Editor(subjects::lines(state))],
        Action::AddBelow => subjects::add(state, 1),
        Action::AddAbove => subjects::add(state, 0),
        Action::Cut => cut(state),
        Action::Copy => subjects::copy(state),
        Action::Paste => subjects::put(state),
        Action::MoveDown => subjects::shift(state, 1),
        Action::MoveUp => subjects::shift(state, -1),
        Action::MakeAnchor => subjects::make_anchor(state),
        Action::Align => state.change(toggle_alignment),
        Action::VarySeed => state.change(|draft| draft.seed = next_seed(draft.seed)),
        Action::KeepSeed => subjects::keep_seed(state),
        Action::LockSeed => state.change(|draft| draft.seed_locked = !draft.seed_locked),
        Action::Wider => return set_columns(state, left_columns(state.size.0, state) + COLUMNS),
        Action::Narrower => {
            return set_columns(state, left_columns(state.size.0, state).saturating_sub(COLUMNS));
        }
        Action::Increase => stepping::step(state, 1),
        Action::Decrease => stepping::step(state, -1),
        Action::Reset => stepping::reset(state),
        _ => {}
    }
    vec![save(state)]
}

/// Moves the border between the board's two sides: `columns` for the left one.
pub fn set_columns(state: &mut State, columns: u16) -> Vec<Effect> {
    state.board.columns = Some(columns);
    state.board.columns = Some(left_columns(state.size.0, state));
    Vec::new()
}

/// Keeps the draft on disk.
pub fn save(state: &State) -> Effect {
    Effect::Studio(Command::Save(Box::new(state.draft.clone())))
}

/// A seed far from the last one; 32 bits, as many as the noise generator takes.
pub fn next_seed(seed: u64) -> u64 {
    (seed.wrapping_mul(SPREAD).wrapping_add(1_442_695_040_888_963_407)) >> 32
}

fn paint(state: &mut State) -> Vec<Effect> {
    let Some(recipe) = told(state, &state.draft.clone()) else { return Vec::new() };
    let mut effects = vec![Effect::Studio(Command::Paint(Box::new(recipe)))];
    if !state.draft.seed_locked {
        state.draft.seed = next_seed(state.draft.seed);
        effects.push(save(state));
    }
    effects
}

/// The recipe of a draft.
///
/// # Errors
/// What is wrong with it.
pub fn frozen(state: &State, draft: &Draft) -> Result<Recipe, String> {
    let recipe = prompt::freeze(draft, &state.lists, env!("CARGO_PKG_VERSION"));
    let recipe = recipe.map_err(|error| error.to_string())?;
    recipe.check().map_err(|error| error.to_string())?;
    Ok(recipe)
}

/// The recipe of a draft; what is wrong with it is said.
fn told(state: &mut State, draft: &Draft) -> Option<Recipe> {
    frozen(state, draft).map_err(|error| state.say(Note::new(Level::Warning, error))).ok()
}

/// Shows what will be painted, without painting it.
fn expand(state: &mut State) -> Vec<Effect> {
    let Some(recipe) = told(state, &state.draft.clone()) else { return Vec::new() };
    let prompts = recipe.prompts();
    let errand = Errand::Tokens(recipe.model.name, prompts.clone());
    state.popups.push(Popup::Expanded(Expanded { prompts, tokens: None, scroll: 0 }));
    vec![Effect::Errand(errand)]
}

/// The same noise plain and aligned, so that only the style differs.
fn paint_both(state: &mut State) -> Vec<Effect> {
    let aligned = Draft {
        style: if state.draft.style.is_plain() {
            Style::default()
        } else {
            state.draft.style.clone()
        },
        ..state.draft.clone()
    };
    let plain = Draft { style: Style::none(), ..aligned.clone() };
    let recipes = [plain, aligned].map(|draft| told(state, &draft));
    let [Some(plain), Some(aligned)] = recipes else { return Vec::new() };
    state.say(Note::new(Level::Info, "painting plain, then aligned; 3 compares them"));
    // Compare takes this pair as soon as it is painted.
    (state.compare.left, state.compare.right, state.compare.row) = (None, None, None);
    [plain, aligned].map(|recipe| Effect::Studio(Command::Paint(Box::new(recipe)))).to_vec()
}

fn edit(state: &mut State) {
    match state.board.pane {
        Pane::Style => {
            let field = Field::new(Target::Style, &state.draft.style_prompt, false);
            // The tour's words are an example, to be replaced by one's own.
            let is_example = state.is_touring();
            state.field = Some(if is_example { field.selected_whole() } else { field });
        }
        Pane::Subjects | Pane::Set => {
            match state.draft.subjects.get(state.board.subject).cloned() {
                Some(Subject { text, .. }) => {
                    open_field(state, Target::Subject(state.board.subject), &text, false)
                }
                None => subjects::add(state, 0),
            }
        }
        Pane::Guides | Pane::Guide => guides::edit(state),
        Pane::Settings => match state.line() {
            Some(Line::Head(section)) => state.fold(section),
            Some(Line::Setting(number)) => stepping::type_setting(state, number),
            None => {}
        },
    }
}

/// Leaves the text field; `accepted` by Enter. Esc keeps what was typed too,
/// as in the editors that people know, but a new empty subject goes again.
pub fn leave_field(state: &mut State, accepted: bool) -> Vec<Effect> {
    let target = state.field.as_ref().map(|field| field.target.clone());
    let mut effects = take_field(state, accepted);
    if matches!(target, Some(Target::Style | Target::Subject(_))) {
        effects.extend(tokens::look_over(state));
    }
    effects
}

fn take_field(state: &mut State, accepted: bool) -> Vec<Effect> {
    let Some(field) = state.field.take() else { return Vec::new() };
    let text = field.text();
    match field.target {
        Target::Style => state.change(|draft| draft.style_prompt = text),
        Target::Subject(at) => {
            return subjects::leave_subject(state, at, text, field.fresh, accepted);
        }
        Target::Negative => state.change(|draft| draft.negative_prompt = text),
        Target::Setting(_) | Target::Detail(_) => {
            super::finder::accept(state, field, &text, accepted);
        }
        Target::Row => return sweep::take(state, field, accepted),
        Target::Tags | Target::Folder if !accepted => return Vec::new(),
        Target::Tags => return super::choosing::tag(state, &text),
        Target::Folder => return super::choosing::export(state, &text),
        Target::Filter => state.gallery.filter = if accepted { text } else { String::new() },
    }
    vec![save(state)]
}

fn cut(state: &mut State) {
    if matches!(state.board.pane, Pane::Guides | Pane::Guide) {
        return guides::remove(state);
    }
    subjects::cut(state);
    keep_cursor(state);
}

/// Keeps the cursors on what is there.
pub fn keep_cursor(state: &mut State) {
    let last = state.draft.subjects.len().saturating_sub(1);
    state.board.subject = state.board.subject.min(last);
    state.board.panel = state.board.panel.min(last);
    let guides = state.guides().len();
    state.board.guide = state.board.guide.min(guides.saturating_sub(1));
    if guides == 0 && matches!(state.board.pane, Pane::Guides | Pane::Guide) {
        state.board.pane = Pane::Style;
    }
    state.board.detail = state.board.detail.min(state.details().len().saturating_sub(1));
    state.board.setting = state.board.setting.min(state.lines().len().saturating_sub(1));
}
