//! Words that are edited before they go on.

use super::pty::Terminal;
use crate::program::Home;

#[test]
fn words_that_go_into_a_pipe_are_edited_on_the_terminal() {
    let home = Home::new();
    home.file("edit.sh", "[ -t 1 ] && echo 'fog over a castle' > \"$1\"\n");
    let line = "EDITOR='sh edit.sh' $PREDELLA words --weather 'fog over the sea' | \
                $PREDELLA paint - --dry-run --json > out.json; echo all is done";
    let mut terminal = Terminal::shell(&home, line);
    terminal.wait_for("all is done");
    assert_eq!(terminal.end(), 0, "{}", terminal.screen());
    let found = std::fs::read_to_string(home.path().join("out.json")).unwrap();
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(found["recipe"]["panels"][0]["subject"], "fog over a castle", "{found}");
}
