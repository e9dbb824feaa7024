//! A studio without a terminal.

use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use predella::config::SavedStyle;
use predella::engine::explain::{Cell, Table};
use predella::imaging::RgbImage;
use predella::perceive::Told;
use predella::recipe::{Draft, Fit, Recipe, Reference, References, Style};
use predella::session::*;
use predella::studio::{History, Level, News, Note, Progress, Queue};
use predella::tui::errands::{Errand, Found, ReadPicture, Role};
use predella::tui::keymap::Keymap;
use predella::tui::state::{ModelLine, State};
use predella::tui::theme::Theme;
use predella::tui::update::{self, Effect};
use predella::tui::views::{self, Look};
use predella::tui::{self, PickerItem, Pictures, Source, lookups};
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};

use crate::session::kit::{fast_dir, png};

/// A studio without a terminal.
pub struct Studio {
    pub state: State,
    pub keymap: Keymap,
}

/// Pictures as cells that say where one would be.
struct Cells;

impl Pictures for Cells {
    fn draw(&mut self, frame: &mut Frame, area: Rect, source: &Source) -> bool {
        let mark = match source {
            Source::Stored(_) => "#",
            Source::Difference(..) => "%",
            Source::Preview(_) => ":",
            Source::File(_) => "@",
            Source::Map(..) => "/",
        };
        for at in area.positions() {
            if let Some(cell) = frame.buffer_mut().cell_mut(at) {
                cell.set_symbol(mark);
            }
        }
        true
    }
}

impl Studio {
    fn new(state: State) -> Self {
        Self { state, keymap: Keymap::default() }
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.state.size = size;
    }

    /// Presses keys: names of keys divided by spaces, and texts in quotes.
    pub fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for event in events(keys) {
            let new = update::key(&mut self.state, &self.keymap, event);
            effects.extend(self.run_errands(new));
        }
        effects
    }

    /// Pastes a text, or drops it.
    pub fn paste(&mut self, text: &str) -> Vec<Effect> {
        let new = tui::paste(&mut self.state, text);
        self.run_errands(new)
    }

    /// Answers what is looked up on disk, from a disk that is always the same.
    fn run_errands(&mut self, effects: Vec<Effect>) -> Vec<Effect> {
        let errands: Vec<Errand> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Errand(errand) => Some(errand.clone()),
                _ => None,
            })
            .collect();
        let more = errands.iter().flat_map(|e| tui::found(&mut self.state, answer(e)));
        effects.into_iter().chain(more.collect::<Vec<_>>()).collect()
    }

    /// The screen with its colours.
    pub fn buffer(&self, theme: &Theme) -> Buffer {
        let (width, height) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut look = Look { theme, keymap: &self.keymap, pictures: &mut Cells };
        terminal.draw(|frame| views::draw(frame, &self.state, &mut look)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// The screen as text, blanks at the ends of lines left out.
    pub fn text(&self) -> String {
        let buffer = self.buffer(&Theme::shipped("dusk").unwrap());
        let row = |y| {
            let cells = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol().to_owned());
            cells.collect::<String>().trim_end().to_owned()
        };
        (0..buffer.area.height).map(row).collect::<Vec<_>>().join("\n")
    }
}

/// What the disk of the tests holds.
fn answer(errand: &Errand) -> Found {
    let item =
        |value: &str| PickerItem { value: value.into(), about: String::new(), hint: String::new() };
    match errand {
        Errand::List(role, folder) if role.asked().is_some() => {
            let names: &[&str] = match (*role, folder.as_str()) {
                (Role::Words, "") => &["house.jpg", "images/gone.png"],
                (_, "/art/") => &["/art/owls/", "/art/rain.metar", "/art/song.wav"],
                _ => &[],
            };
            let items = names.iter().map(|name| item(name)).collect();
            Found::Pictures { folder: folder.clone(), items }
        }
        Errand::List(_, folder) => {
            let names: &[&str] = match folder.as_str() {
                "" => &["refs/heron.png", "house.jpg", "images/gone.png"],
                "/art/" => &["/art/owls/", "/art/sky.webp"],
                _ => &[],
            };
            let items = names.iter().map(|name| item(name)).collect();
            Found::Pictures { folder: folder.clone(), items }
        }
        Errand::Read(role, path) if role.asked().is_some() => {
            if path.contains("none") {
                let why = "first run predella models pull openai/whisper-small: the network for it is missing";
                return Found::Told(path.clone(), Err(why.into()));
            }
            let is_mood = path.contains("rain") || *role == Role::Music;
            let about = (*role == Role::Music).then(|| "calm 42 %, dreamy 31 %, dark 9 %".into());
            let words = if is_mood { "calm, dreamy" } else { "a house on a hill" };
            Found::Told(path.clone(), Ok(Told { words: words.into(), is_mood, about }))
        }
        Errand::Read(_, path) if path.contains("none") => {
            Found::Failed(format!("{path}: there is no such file"))
        }
        Errand::Read(role, path) => {
            let prompt = path.contains("heron").then(|| "a heron, ink".to_owned());
            Found::Picture(*role, ReadPicture { path: path.clone(), hash: "00".into(), prompt })
        }
        Errand::Outline(recipe) => {
            Found::Outline(recipe.clone(), lookups::outline(recipe).map(Arc::new))
        }
        Errand::Tokens(model, prompts) => {
            Found::Tokens(prompts.clone(), lookups::tokens(model, prompts))
        }
        Errand::Copy(images, to) => Found::Copied(images.len(), to.clone()),
        Errand::Styles => {
            let about = |name: &str, about: &str| PickerItem { about: about.into(), ..item(name) };
            Found::Styles(vec![
                about("oil", "a house, oil painting"),
                about("sticker", "a castle, sticker"),
            ])
        }
        Errand::Style(name) => {
            let picture = format!("/styles/{name}/1.png");
            let picture = Reference::new(&picture, "00", "a house, oil painting", 1.0);
            let references = References { fit: Fit::Pad, ..References::new(vec![picture]) };
            let style = SavedStyle::new("oil painting".into(), references, Style::default());
            Found::Style(name.clone(), Box::new(style))
        }
    }
}

fn events(keys: &str) -> Vec<KeyEvent> {
    let mut events = Vec::new();
    let mut rest = keys.trim_start();
    while !rest.is_empty() {
        if let Some(text) = rest.strip_prefix('\'') {
            let (typed, after) = text.split_once('\'').unwrap();
            events.extend(typed.chars().map(|c| plain(KeyCode::Char(c))));
            rest = after.trim_start();
            continue;
        }
        let (name, after) = rest.split_once(' ').unwrap_or((rest, ""));
        events.push(event(name));
        rest = after.trim_start();
    }
    events
}

fn plain(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn event(name: &str) -> KeyEvent {
    if let Some(key) = name.strip_prefix("ctrl-") {
        return KeyEvent::new(event(key).code, KeyModifiers::CONTROL);
    }
    plain(match name {
        "space" => KeyCode::Char(' '),
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "backspace" => KeyCode::Backspace,
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "left" => KeyCode::Left,
        "end" => KeyCode::End,
        name => KeyCode::Char(name.chars().next().filter(|_| name.chars().count() == 1).unwrap()),
    })
}

/// A draft of four subjects.
pub fn draft() -> Draft {
    let subjects = ["a fox", "a castle by the sea", "a sailboat", "a strawberry"];
    Draft {
        subjects: subjects.map(Into::into).to_vec(),
        style_prompt: "watercolour".into(),
        seed: 41,
        ..Draft::default()
    }
}

fn recipes() -> (Recipe, Recipe) {
    let plain = Draft { style: Style::none(), ..draft() };
    (plain.freeze("1"), draft().freeze("1"))
}

/// Nothing yet.
pub fn blank() -> Studio {
    let mut state = State::new("first", Draft::default());
    state.models = vec![model("mini", "comes with predella", 39 << 20)];
    Studio::new(state)
}

fn model(name: &str, about: &str, bytes: u64) -> ModelLine {
    ModelLine { name: name.into(), about: about.into(), bytes }
}

/// A session of three sets: plain, aligned, and one that was stopped.
fn session(folder: &tempfile::TempDir) -> Session {
    let mut session = Session::create(&folder.path().join("s"), "foxes").unwrap();
    let (plain, aligned) = recipes();
    let mut images = Vec::new();
    for (number, recipe) in [plain, aligned.clone(), aligned].into_iter().enumerate() {
        let panels = if number == 2 { 2 } else { 4 };
        let run = session.queue(recipe, None).unwrap();
        session.start(run).unwrap();
        images.extend((0..panels).map(|panel| {
            let png = png(number as u32 * 10 + panel);
            session.store_panel(run, panel, &png, None).unwrap()
        }));
        let outcome = if number == 2 { Outcome::Stopped } else { Outcome::Done };
        session.end(RunEnded::new(run, outcome)).unwrap();
    }
    let mark = |image: usize, star: Option<bool>, reject: Option<bool>| Marked {
        images: vec![images[image].clone()],
        star,
        reject,
        ..Marked::default()
    };
    session.mark(mark(4, Some(true), None)).unwrap();
    session.mark(mark(1, None, Some(true))).unwrap();
    session.trash(vec![images[9].clone()]).unwrap();
    let tag = vec!["sea".to_owned()];
    session.mark(Marked { images: vec![images[5].clone()], tag, ..Marked::default() }).unwrap();
    session
}

/// The same, as a studio shows it.
pub fn sample() -> Studio {
    let folder = fast_dir();
    let session = session(&folder);
    let mut studio = blank();
    studio.state.session = session.name().into();
    studio.state.draft = draft();
    studio.state.models.push(model("sdxl", "/models/sdxl", 6_938_040_682));
    update::news(&mut studio.state, News::History(Arc::new(History::of(session.state()))));
    update::news(&mut studio.state, News::Device("cpu".into()));
    update::news(&mut studio.state, News::Note(Note::new(Level::Good, "4 pictures in 0:24")));
    studio.state.toast = None;
    studio
}

/// The same with what judges say of the set that was stopped.
pub fn scored() -> Studio {
    let folder = fast_dir();
    let mut session = session(&folder);
    let run = session.state().runs()[1].id;
    let images: Vec<_> = session.state().images_of(run).map(|image| image.id.clone()).collect();
    let numbers = [
        ("object", [0.31, 0.24, 0.28, 0.26]),
        ("set", [0.55, 0.91, 0.72, 0.61]),
        ("leakage", [0.20, 0.30, 0.10, 0.40]),
    ];
    let scores = |at: usize| numbers.map(|(kind, n)| (kind.to_owned(), n[at])).into();
    let scored = RunScored {
        run,
        judges: [("clip", "judge-clip"), ("style", "judge-style")]
            .map(|(what, who)| (what.to_owned(), who.to_owned()))
            .into(),
        set: [("object".to_owned(), 0.28), ("set".to_owned(), 0.73)].into(),
        images: images
            .iter()
            .enumerate()
            .map(|(at, image)| ImageScored { image: image.clone(), scores: scores(at) })
            .collect(),
        outlier: images.first().cloned(),
    };
    session.append(scored).unwrap();
    let mut studio = sample();
    let history = Arc::new(History::of(session.state()));
    update::news(&mut studio.state, News::History(history));
    studio
}

/// The same with a row of five weights behind it, the last one being painted.
pub fn swept() -> Studio {
    let folder = fast_dir();
    let mut session = session(&folder);
    let cells = [0.0, 0.5, 1.0, 1.5, 2.0].map(|weight| {
        let style = Style { reference_weight: weight, ..Style::default() };
        (weight.to_string(), Draft { style, ..draft() }.freeze("1"))
    });
    let runs = session.queue_row("weight", cells.to_vec()).unwrap();
    for (number, run) in runs.iter().enumerate() {
        session.start(*run).unwrap();
        for panel in 0..if number == 4 { 1 } else { 4 } {
            let png = png(100 + number as u32 * 10 + panel);
            session.store_panel(*run, panel, &png, None).unwrap();
        }
        if number < 4 {
            session.end(RunEnded::new(*run, Outcome::Done)).unwrap();
        }
    }
    let mut studio = sample();
    let history = Arc::new(History::of(session.state()));
    update::news(&mut studio.state, News::History(history));
    studio
}

/// The same with a set half painted, two waiting and one held.
pub fn painting() -> Studio {
    let folder = fast_dir();
    let mut session = session(&folder);
    let (plain, aligned) = recipes();
    let held = session.queue(plain.clone(), None).unwrap();
    session.hold(held, "the program ended while it was painted").unwrap();
    let run = session.queue(aligned.clone(), None).unwrap();
    session.queue(plain, None).unwrap();
    session.queue(aligned.clone(), None).unwrap();
    session.start(run).unwrap();
    let mut studio = sample();
    update::news(&mut studio.state, News::History(Arc::new(History::of(session.state()))));
    update::news(&mut studio.state, News::Queue(Arc::new(Queue::of(session.state(), false))));
    let small = Some(Arc::new(RgbImage::new(8, 8)));
    let progress = Progress {
        job: run,
        recipe: Arc::new(aligned),
        stage: Some(predella::engine::Stage::Denoise),
        step: 12,
        steps: 20,
        pace: Some(0.8),
        left: Some(std::time::Duration::from_secs(10)),
        active: vec![0, 1, 2, 3],
        previews: vec![small.clone(), small, None, None],
        inverted: (0, 0),
        references: Vec::new(),
        measured: None,
    };
    update::progress(&mut studio.state, Some(progress));
    studio
}

/// The same with two pictures that lend their style and one that is followed.
pub fn guided() -> Studio {
    let mut studio = sample();
    studio.press("f 'heron' enter f '/art/sky' enter m 'house' enter");
    studio.press("k"); // From the map's settings to the list.
    studio.state.toast = None;
    studio
}

/// The first set of a session while it is painted.
pub fn first() -> Studio {
    let mut studio = blank();
    studio.state.progress = painting().state.progress;
    studio
}

/// A newcomer with the tour before them.
pub fn touring() -> Studio {
    let tour = sample().state.history;
    let mut studio = blank();
    studio.state.draft = draft();
    studio.state.tour = Some(tour);
    update::news(&mut studio.state, News::History(Arc::default()));
    studio
}

/// What alignment might have done in the small model, up to this step.
fn table(recipe: &Recipe, steps: usize) -> Table {
    let references = recipe.anchor.references().len().max(1);
    let mut table = Table::new(&lookups::outline(recipe).unwrap());
    for (number, block) in table.blocks.iter_mut().enumerate() {
        for (step, cell) in block.cells.iter_mut().take(steps).enumerate() {
            let share = (number * 7 + step * 3) as f64 / 110.0 / references as f64;
            let moved = 1.0 + number as f64 / 10.0;
            *cell = Some(Cell {
                shares: (1..=references).map(|i| share / i as f64).collect(),
                before: [(moved, moved), (moved / 2.0, 1.25), (0.5, 1.5)],
                behind: [(0.0, 1.0), (0.0, 1.0), (0.5, 1.5)],
                count: 3.0,
            });
        }
    }
    table
}

fn with_progress(mut studio: Studio, change: impl FnOnce(&mut Progress)) -> Studio {
    let mut progress = studio.state.progress.clone().unwrap();
    change(&mut progress);
    update::progress(&mut studio.state, Some(progress));
    studio
}

/// A set being painted of which twelve steps were measured.
pub fn measured() -> Studio {
    with_progress(painting(), |progress| {
        progress.measured = Some(Arc::new(table(&progress.recipe, 12)));
    })
}

/// A session whose second set was measured.
pub fn kept() -> Studio {
    let folder = fast_dir();
    let mut session = session(&folder);
    let run = session.state().runs()[1].id;
    let block = |name: &str, shares: &str| BlockMeasured {
        name: name.into(),
        count: 3,
        shares: vec![shares.into()],
        before: [0.5, 1.5, 0.25, 1.25, 0.0, 1.0],
        behind: [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    };
    let blocks = vec![
        block("down_blocks.1.attentions.0", "- - - - - 950"),
        block("mid_block.attentions.0", "- - - - - 900"),
    ];
    session.append(RunMeasured { run, blocks }).unwrap();
    let mut studio = sample();
    update::news(&mut studio.state, News::History(Arc::new(History::of(session.state()))));
    studio
}

/// Two references on their way to noise.
pub fn inverting() -> Studio {
    let mut studio = painting();
    studio.state.draft = guided().state.draft;
    let recipe = studio.state.draft.freeze("1");
    with_progress(studio, |progress| {
        let small = Arc::new(RgbImage::new(8, 8));
        progress.stage = Some(predella::engine::Stage::Invert);
        progress.inverted = (6, 20);
        progress.references = vec![small.clone(), small];
        progress.previews = vec![None; recipe.panels.len()];
        progress.active.clear();
        progress.recipe = Arc::new(recipe);
    })
}

/// Two references, measured while a set is painted.
pub fn lending() -> Studio {
    with_progress(inverting(), |progress| {
        progress.stage = Some(predella::engine::Stage::Denoise);
        progress.references.clear();
        progress.measured = Some(Arc::new(table(&progress.recipe, 20)));
    })
}
