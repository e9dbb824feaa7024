//! Everything that can be done, in one table. Keys, the palette, `:` commands,
//! help and `predella keys` all read it.

/// Where an action makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// The set being written and painted.
    Board,
    /// All pictures.
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

impl Scope {
    /// Its heading in help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Board => "Board",
            Self::Gallery => "Gallery",
            Self::Compare => "Compare",
            Self::Queue => "Queue",
            Self::Models => "Models",
            Self::Replay => "Replay",
        }
    }
}

/// What the table says of an action.
#[derive(Debug, Clone, Copy)]
pub struct ActionInfo {
    /// The action.
    pub action: Action,
    /// Its name for `:`, keymap files and scripts.
    pub id: &'static str,
    /// Where it makes sense.
    pub scope: Scope,
    /// Keys of the built-in keymap.
    pub keys: &'static [&'static str],
    /// One sentence of what it does.
    pub doc: &'static str,
}

macro_rules! actions {
    ($($name:ident, $id:literal, $scope:ident, [$($key:literal),*], $doc:literal;)*) => {
        /// Something that can be done in the studio.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $(#[doc = $doc] $name,)*
        }

        /// Every action, in the order of help.
        pub const ACTIONS: &[ActionInfo] = &[
            $(ActionInfo {
                action: Action::$name, id: $id, scope: Scope::$scope, keys: &[$($key),*], doc: $doc,
            },)*
        ];
    };
}

actions! {
    Help, "help", Global, ["?", "f1"], "Show the keys that work here";
    Palette, "palette", Global, ["space space", "ctrl-p"], "Find an action by its words";
    Command, "command", Global, [":"], "Type an action's name";
    Down, "down", Global, ["j", "down"], "Move down";
    Up, "up", Global, ["k", "up"], "Move up";
    Left, "left", Global, ["h", "left"], "Move left";
    Right, "right", Global, ["l", "right"], "Move right";
    Top, "top", Global, ["g g", "home"], "Go to the first";
    Bottom, "bottom", Global, ["G", "end"], "Go to the last";
    PageDown, "page-down", Global, ["ctrl-d", "pagedown"], "Move down half a page";
    PageUp, "page-up", Global, ["ctrl-u", "pageup"], "Move up half a page";
    NextPane, "next-pane", Global, ["tab"], "Go to the next pane";
    PreviousPane, "previous-pane", Global, ["backtab"], "Go to the previous pane";
    Board, "board", Global, ["1", "g b"], "Go to the board: write a set and watch it being painted";
    Gallery, "gallery", Global, ["2", "g a"], "Go to the gallery: every picture of the session";
    Compare, "compare", Global, ["3", "g c"], "Go to compare: two pictures against each other";
    Queue, "queue", Global, ["4", "g q"], "Go to the queue: what is painted next";
    Models, "models", Global, ["5", "g m"], "Go to the models";
    Replay, "replay", Global, ["6", "R", "g r"], "Go to the replay: the session as a timeline";
    Explain, "explain", Global, ["I"], "Explain what alignment does; while this is open it is measured";
    Undo, "undo", Global, ["u"], "Take the last change back";
    Redo, "redo", Global, ["ctrl-r"], "Do again what was taken back";
    Stop, "stop", Global, ["X"], "Stop the set being painted; finished panels stay";
    Pause, "pause", Global, ["P"], "Pause the queue after this set, or go on";
    Themes, "themes", Global, ["space t"], "Choose a theme, looking at it";
    Prompts, "prompts", Global, ["\"", "space h"], "Find an earlier prompt and use it again";
    Messages, "messages", Global, ["space m"], "Show the messages of this session";
    Judge, "judge", Global, ["space j"], "Score finished sets by themselves, or no longer";
    Redraw, "redraw", Global, ["ctrl-l"], "Draw the screen and its pictures anew";
    Suspend, "suspend", Global, ["ctrl-z"], "Go to the shell; `fg` comes back";
    Back, "back", Global, ["esc"], "Close what is open, or clear the selection";
    Quit, "quit", Global, ["q", "Q"], "Leave the studio; a set being painted is asked about";

    Paint, "paint", Board, ["enter"], "Paint the set";
    PaintBoth, "paint-both", Board, ["A"], "Paint the set twice with the same noise, plain and aligned, and compare";
    Edit, "edit", Board, ["i"], "Edit what the cursor is on";
    Editor, "editor", Board, ["e"], "Edit the subjects in $EDITOR";
    AddBelow, "add-below", Board, ["o"], "Add a subject below";
    AddAbove, "add-above", Board, ["O"], "Add a subject above";
    Cut, "cut", Board, ["d d"], "Cut the subject, or take the picture under the cursor away";
    Copy, "copy", Board, ["y y"], "Copy the subject";
    Paste, "paste", Board, ["p"], "Paste below";
    MoveDown, "move-down", Board, ["J"], "Move the subject down";
    MoveUp, "move-up", Board, ["K"], "Move the subject up";
    MakeAnchor, "make-anchor", Board, ["^"], "Make this subject the anchor that lends its style";
    Align, "align", Board, ["a"], "Turn style alignment on or off";
    VarySeed, "vary-seed", Board, ["r"], "Take another seed";
    KeepSeed, "keep-seed", Board, ["S"], "Keep the seed of this picture alone, or let it go";
    LockSeed, "lock-seed", Board, ["L"], "Keep the seed from run to run, or take a new one each time";
    Expand, "expand", Board, ["x"], "Show which prompts will be painted, with alternatives and lists drawn";
    Refer, "reference", Board, ["f", "space r"], "Add a picture that lends its style";
    Steer, "map", Board, ["m", "space c"], "Add a picture whose edges, depth or corners are followed";
    TakeWords, "words", Board, ["t", "space w"], "Take words from a picture, speech, a text or a weather report";
    TakeMusic, "music", Board, ["T"], "Take words for what music is like";
    Set, "set", Board, ["s"], "Find a setting by its words and set it, as: weight 0.5";
    Sweep, "sweep", Board, ["w"], "Paint a row: the setting under the cursor, or the weight, at five values";
    SweepOver, "sweep-over", Board, ["W"], "Paint a row over values that you type, as 0..2:5 or all, up, style";
    Fold, "fold", Board, ["z"], "Open or close a section of the settings";
    Calm, "famous", Board, ["F"], "Let the reference that takes over lend less: the preset famous";
    UseStyle, "use-style", Board, ["space s"], "Take a saved style";
    Wider, "wider", Board, [">"], "Give the left side more room; its border can be dragged too";
    Narrower, "narrower", Board, ["<"], "Give the pictures more room";
    Increase, "increase", Board, ["+"], "Step the setting up";
    Decrease, "decrease", Board, ["-"], "Step the setting down";
    Reset, "reset", Board, ["="], "Set the setting back to its default";

    Star, "star", Gallery, ["s"], "Star the picture, or take the star away";
    Reject, "reject", Gallery, ["x"], "Reject the picture, or take it back";
    Filter, "filter", Gallery, ["/"], "Show only pictures whose prompt holds some words, or whose tag is #word";
    Trash, "trash", Gallery, ["d d"], "Move the picture to the trash; undo brings it back";
    Reuse, "reuse", Gallery, ["e"], "Put the picture's recipe on the board";
    PickLeft, "pick-left", Gallery, ["c"], "Compare this picture: the first and then the second";
    Sort, "sort", Gallery, ["S"], "Sort by the next score, best first, or newest first again";
    Tag, "tag", Gallery, ["t"], "Tag the pictures: words to add, -word to take away";
    Visual, "visual", Gallery, ["v"], "Choose several pictures by moving; v or esc lets them go";
    VisualSet, "visual-set", Gallery, ["V"], "Choose all pictures of this set";
    Export, "export", Gallery, ["E"], "Copy the pictures to a folder; nothing there is overwritten";
    Lend, "lend", Gallery, ["f"], "Let this picture lend its style to the set on the board";
    Follow, "follow", Gallery, ["m"], "Let the set on the board follow this picture's edges";
    ShowRow, "row", Gallery, ["w"], "Show the row that this picture is in, side by side";
    Zoom, "zoom", Gallery, ["enter"], "Show the picture as large as the screen allows";

    Flip, "flip", Compare, ["f"], "Flip between the two in place";
    Difference, "difference", Compare, ["d"], "Show where the two differ";
    NextPair, "next-pair", Compare, ["n"], "Go to the next panel of both sets";
    PreviousPair, "previous-pair", Compare, ["N"], "Go to the previous panel of both sets";
    RowOrPair, "row-or-pair", Compare, ["w"], "Show a whole row of values, or two of its pictures";
    TakeSet, "take", Compare, ["e"], "Put the recipe of the picture under the cursor on the board";

    Later, "later", Queue, ["J"], "Paint this job later";
    Sooner, "sooner", Queue, ["K"], "Paint this job sooner";
    Remove, "remove", Queue, ["d d"], "Take the job out of the queue";
    Release, "release", Queue, ["r"], "Let a held job run";

    UseModel, "use-model", Models, ["enter"], "Paint with this model";
    VerifyModel, "verify-model", Models, ["v"], "Check the model's files";

    Play, "play", Replay, ["space", "p"], "Play the session, or stop";
    ForkHere, "fork", Replay, ["e"], "Put the set of this moment on the board";
}

impl Action {
    /// What the table says of it.
    pub fn info(self) -> &'static ActionInfo {
        // The table is made from the same list as the enum, so the place fits.
        &ACTIONS[self as usize]
    }

    /// The action of a name.
    pub fn from_id(id: &str) -> Option<Self> {
        ACTIONS.iter().find(|info| info.id == id).map(|info| info.action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_documented_and_found_by_its_name() {
        for info in ACTIONS {
            assert!(
                info.doc.split(' ').count() > 1 && !info.doc.ends_with('.'),
                "{}: {}",
                info.id,
                info.doc
            );
            assert_eq!(Action::from_id(info.id), Some(info.action));
            assert_eq!(info.action.info().id, info.id);
        }
    }
}
