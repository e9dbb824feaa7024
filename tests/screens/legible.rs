//! Colours: what is chosen can be read.

use predella::tui::state::View;
use predella::tui::theme::Theme;

use super::kit::sample;

/// The tab of the view in hand has the cursor's colours, in every theme and at
/// every width: a text at the right must not wash them out.
#[test]
fn the_chosen_tab_can_be_read() {
    for name in Theme::names() {
        let theme = Theme::shipped(name).unwrap();
        for (number, view) in View::ALL.iter().enumerate() {
            for size in [(80, 24), (120, 36), (200, 60)] {
                let mut studio = sample();
                studio.resize(size);
                studio.press(&(number + 1).to_string());
                let buffer = studio.buffer(&theme);
                let row: String = (0..size.0).map(|x| buffer[(x, 0)].symbol().to_owned()).collect();
                let at = row.find(view.title()).unwrap() as u16;
                let cell = &buffer[(at, 0)];
                assert_eq!(
                    (cell.fg, cell.bg),
                    (theme.cursor_text, theme.cursor),
                    "{name} {view:?}"
                );
            }
        }
    }
}

/// No colours: what is chosen is reversed.
#[test]
fn without_colours_the_choice_is_still_seen() {
    let studio = sample();
    let buffer = studio.buffer(&Theme::colourless());
    let reversed = (0..buffer.area.width)
        .filter(|x| buffer[(*x, 0)].modifier.contains(ratatui::style::Modifier::REVERSED));
    assert!(reversed.count() > 5);
}
