//! Everything that the screen shows. Rendering reads it; only
//! [`update`](super::update) writes it.

use super::colours::DEFAULT;
use super::compare::CompareState;
use super::counsel::Counsel;
use super::field::Field;
use super::key::Key;
use super::popup::Popup;
use super::settings::Section;
use super::themes::Themes;
use crate::prompt::Lists;
use crate::recipe::{Draft, Recipe, Subject};
use crate::studio::{History, Note, Progress, Queue};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// Most notes kept.
const NOTES: usize = 200;
/// Most drafts that undo can bring back.
const UNDO: usize = 200;

/// The views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The set being written and painted.
    Board,
    /// Every picture.
    Gallery,
    /// Two pictures against each other.
    Compare,
    /// Jobs.
    Queue,
    /// Models.
    Models,
    /// The session as a timeline.
    Replay,
}

impl View {
    /// Every view, in the order of the tabs.
    pub const ALL: [Self; 6] =
        [Self::Board, Self::Gallery, Self::Compare, Self::Queue, Self::Models, Self::Replay];

    /// Its tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Board => "Board",
            Self::Gallery => "Gallery",
            Self::Compare => "Compare",
            Self::Queue => "Queue",
            Self::Models => "Models",
            Self::Replay => "Replay",
        }
    }
}

/// The panes of the board.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pane {
    /// The style text.
    Style,
    /// The pictures that lend their style or steer, where there are any.
    Guides,
    /// The settings of the one under the cursor.
    Guide,
    /// The subjects.
    Subjects,
    /// The settings.
    Settings,
    /// The set's pictures.
    Set,
}

impl Pane {
    /// Every pane, in the order of Tab.
    pub const ALL: [Self; 6] =
        [Self::Style, Self::Guides, Self::Guide, Self::Subjects, Self::Settings, Self::Set];
}

/// The board's cursors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardState {
    /// The pane with the cursor.
    pub pane: Pane,
    /// The lending or steering picture under the cursor.
    pub guide: usize,
    /// The setting of that picture under the cursor.
    pub detail: usize,
    /// The subject under the cursor.
    pub subject: usize,
    /// The line of the settings under the cursor.
    pub setting: usize,
    /// The sections of the settings that are open.
    pub open: Vec<Section>,
    /// The panel under the cursor.
    pub panel: usize,
    /// Files that are being put into words.
    pub reading: Vec<String>,
    /// Columns of the left side, where somebody has moved the border.
    pub columns: Option<u16>,
    /// Whether the border is being dragged.
    pub dragged: bool,
    /// The subject that was cut or copied.
    pub clipboard: Option<Subject>,
}

/// The gallery's cursor and filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GalleryState {
    /// The picture under the cursor, counted in what is shown.
    pub cursor: usize,
    /// Words that a shown picture's prompt holds.
    pub filter: String,
    /// Whether the picture under the cursor fills the screen.
    pub zoomed: bool,
    /// The number by which pictures are sorted, best first; none for newest
    /// first.
    pub sort: Option<String>,
    /// Where choosing several pictures began, counted in what is shown.
    pub visual: Option<usize>,
}

/// A model in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelLine {
    /// Name for a recipe.
    pub name: String,
    /// What and where it is.
    pub about: String,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Everything that the screen shows.
pub struct State {
    /// The session's name.
    pub session: String,
    /// Its folder: pictures that recipes name without a whole path are there.
    pub folder: PathBuf,
    /// Columns and rows of the screen.
    pub size: (u16, u16),
    /// Who else writes this session; then nothing can be changed here.
    pub read_only: Option<String>,
    /// The view.
    pub view: View,
    /// The set being written.
    pub draft: Draft,
    /// Earlier drafts, newest last.
    pub undo: Vec<Draft>,
    /// Drafts taken back, newest last.
    pub redo: Vec<Draft>,
    /// The board's cursors.
    pub board: BoardState,
    /// The gallery's cursor.
    pub gallery: GalleryState,
    /// What compare shows.
    pub compare: CompareState,
    /// The job under the cursor.
    pub queue_cursor: usize,
    /// The model under the cursor.
    pub model_cursor: usize,
    /// Models found.
    pub models: Vec<ModelLine>,
    /// The run under the replay's cursor.
    pub replay_cursor: usize,
    /// Whether the replay moves by itself.
    pub replaying: bool,
    /// The text field being typed in.
    pub field: Option<Field>,
    /// What lies over the view, topmost last.
    pub popups: Vec<Popup>,
    /// Keys of a chord begun.
    pub pending: Vec<Key>,
    /// Whether the box of what may follow is shown.
    pub which_key: bool,
    /// The user's lists, which prompts draw from.
    pub lists: Lists,
    /// What falls off the end of prompts that are too long.
    pub cut: BTreeMap<String, String>,
    /// What was painted; the tour's sets while nothing is.
    pub history: Arc<History>,
    /// The sets that a newcomer is shown until the first own one.
    pub tour: Option<Arc<History>>,
    /// What waits.
    pub queue: Arc<Queue>,
    /// What is being painted.
    pub progress: Option<Progress>,
    /// Whether finished sets are scored by themselves.
    pub judging: bool,
    /// References that take over.
    pub counsel: Counsel,
    /// Messages, newest last.
    pub notes: VecDeque<Note>,
    /// How many notes have been seen.
    pub toast: Option<Note>,
    /// The theme's name.
    pub theme: String,
    /// The themes that can be chosen.
    pub themes: Arc<Themes>,
    /// The device, once one has been used.
    pub device: Option<String>,
}

impl State {
    /// A studio with nothing painted yet.
    pub fn new(session: impl Into<String>, draft: Draft) -> Self {
        Self {
            session: session.into(),
            folder: PathBuf::new(),
            size: (120, 36),
            read_only: None,
            view: View::Board,
            draft,
            undo: Vec::new(),
            redo: Vec::new(),
            board: BoardState {
                pane: Pane::Subjects,
                guide: 0,
                detail: 0,
                subject: 0,
                setting: 0,
                open: Vec::new(),
                panel: 0,
                reading: Vec::new(),
                columns: None,
                dragged: false,
                clipboard: None,
            },
            gallery: GalleryState::default(),
            compare: CompareState::default(),
            queue_cursor: 0,
            model_cursor: 0,
            models: Vec::new(),
            replay_cursor: 0,
            replaying: false,
            field: None,
            popups: Vec::new(),
            pending: Vec::new(),
            which_key: false,
            lists: Lists::default(),
            cut: BTreeMap::new(),
            history: Arc::default(),
            tour: None,
            queue: Arc::default(),
            progress: None,
            judging: true,
            counsel: Counsel::default(),
            notes: VecDeque::new(),
            toast: None,
            theme: DEFAULT.into(),
            themes: Arc::default(),
            device: None,
        }
    }

    /// Says something to the person.
    pub fn say(&mut self, note: Note) {
        if self.notes.len() == NOTES {
            self.notes.pop_front();
        }
        self.notes.push_back(note.clone());
        self.toast = Some(note);
    }

    /// What the board shows as painted: the set being painted, or the last one.
    pub fn shown_recipe(&self) -> Option<&Recipe> {
        let painting = self.progress.as_ref().map(|progress| progress.recipe.as_ref());
        painting.or_else(|| self.history.latest().map(|run| run.recipe.as_ref()))
    }

    /// Whether the pictures are the tour's.
    pub fn is_touring(&self) -> bool {
        self.tour.is_some()
    }

    /// Takes what was painted. The tour ends with the first own set.
    pub fn take_history(&mut self, history: Arc<History>) {
        match &self.tour {
            Some(tour) if history.runs.is_empty() => self.history = tour.clone(),
            _ => (self.history, self.tour) = (history, None),
        }
    }

    /// Changes the draft so that undo can bring the old one back.
    pub fn change(&mut self, change: impl FnOnce(&mut Draft)) {
        let before = self.draft.clone();
        change(&mut self.draft);
        if self.draft != before {
            if self.undo.len() == UNDO {
                self.undo.remove(0);
            }
            self.undo.push(before);
            self.redo.clear();
        }
    }
}
