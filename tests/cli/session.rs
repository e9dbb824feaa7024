//! Sessions without the studio, and everything that a key does.

use crate::program::{Home, names, tiny, write};

/// A session `s` with one set of the tiny model.
pub fn painted(home: &Home) -> Vec<String> {
    home.run(&["session", "new", "./s", "--name", "Foxes"]).done();
    let model = format!("edit={}", tiny().display());
    let ran = home.run(&[
        "do",
        "--session",
        "s",
        "add-below=a fox",
        "add-below=a bear",
        "down",
        &model,
        "down",
        "edit=64x64",
        "down",
        "edit=2",
        "paint",
    ]);
    ran.done().stdout.lines().map(str::to_owned).collect()
}

#[test]
fn a_session_is_made_listed_checked_and_copied() {
    let home = Home::new();
    let pictures = painted(&home);
    assert_eq!(pictures.len(), 2);
    assert!(pictures.iter().all(|path| std::path::Path::new(path).is_file()), "{pictures:?}");
    let list = home.run(&["session", "ls", ".", "--json"]).done().json();
    assert_eq!((&list[0]["name"], &list[0]["open"]), (&"Foxes".into(), &false.into()));
    let report = home.run(&["session", "check", "s", "--json"]).done().json();
    assert_eq!((&report["sound"], &report["images"]), (&true.into(), &2.into()));
    let text = home.run(&["session", "check", "s", "--quick"]).done().stdout;
    assert!(text.starts_with("sound: ") && text.contains("2 pictures"), "{text}");
    home.run(&["do", "--session", "s", "gallery", "star"]).done();
    home.run(&["session", "export", "s", "out", "--starred"]).done();
    assert_eq!(names(&home.path().join("out/images")).len(), 1);
    let ran = home.run(&["session", "repair", "s", "--json"]).done().json();
    assert_eq!(ran["mended"], serde_json::json!([]));
}

#[test]
fn damage_is_found_kept_and_mended() {
    let home = Home::new();
    let pictures = painted(&home);
    write(std::path::Path::new(&pictures[0]), b"no picture any more");
    let ran = home.run(&["session", "check", "s"]);
    assert_eq!(ran.code, Some(5), "{}", ran.all());
    assert!(
        ran.stdout.contains("damage: ") && ran.stderr.contains("session repair"),
        "{}",
        ran.all()
    );
    let ran = home.run(&["session", "repair", "s"]).done();
    assert!(ran.stdout.contains("mended: "), "{}", ran.all());
    home.run(&["session", "check", "s"]).done();
}

#[test]
fn the_trash_is_emptied_by_gc_alone() {
    let home = Home::new();
    painted(&home);
    home.run(&["do", "--session", "s", "gallery", "trash", "trash", "undo"]).done();
    assert_eq!(names(&home.path().join("s/trash")).len(), 1);
    let swept = home.run(&["session", "gc", "s", "--trash", "--json"]).done().json();
    assert_eq!(swept["images"], 1);
    assert_eq!(names(&home.path().join("s/trash")).len(), 0);
    assert_eq!(names(&home.path().join("s/images")).len(), 1);
    home.run(&["session", "check", "s"]).done();
}

#[test]
fn sessions_go_where_they_are_kept_and_are_found_by_name() {
    let home = Home::new();
    let made = home.run(&["session", "new", "owls", "--json"]).done().json();
    assert!(made["path"].as_str().unwrap().ends_with("predella/sessions/owls"), "{made}");
    home.run(&["session", "check", "owls"]).done();
    let list = home.run(&["session", "ls"]).done().stdout;
    assert!(list.starts_with("owls"), "{list}");
    let report = home.run(&["session", "check", "tour", "--json"]).done().json();
    assert_eq!((&report["sound"], &report["images"]), (&true.into(), &8.into()), "{report}");
}

#[test]
fn a_script_tells_what_it_did() {
    let home = Home::new();
    painted(&home);
    let told = home
        .run(&["do", "--session", "s", "board", "vary-seed", "align", "paint", "--json"])
        .done()
        .json();
    assert_eq!(told["pictures"].as_array().unwrap().len(), 2, "{told}");
    assert_eq!(told["draft"]["style"]["share_attention"], false, "{told}");
    assert_eq!((&told["view"], &told["waiting"]), (&"board".into(), &0.into()));
    assert_eq!(told["attention"], serde_json::Value::Null, "nobody asked for it");
    let told = home.run(&["do", "--session", "s", "align", "explain", "paint", "--json"]);
    let told = told.done().json();
    let share = told["attention"][0].as_f64().unwrap();
    assert!((0.01..1.0).contains(&share), "{told}");
    // The place is kept from one script to the next.
    home.run(&["do", "--session", "s", "replay", "bottom", "themes=paper"]).done();
    let told = home.run(&["do", "--session", "s", "fork", "--json"]).done().json();
    assert_eq!((&told["view"], &told["theme"]), (&"board".into(), &"paper".into()), "{told}");
}

/// A draft with every mode survives the program that wrote it.
#[test]
fn settings_are_set_by_scripts_and_found_again() {
    let home = Home::new();
    painted(&home);
    home.run(&[
        "do",
        "--session",
        "s",
        "set=layers up",
        "set=share-steps 0..0.5:cosine",
        "set=strength 0.5",
        "set=dropout 0.25",
        "set=recolour 0.6..0.9",
        "set=panorama 128x64",
        "set=wrap on",
    ])
    .done();
    let draft = home.run(&["do", "--session", "s", "board", "--json"]).done().json();
    let style = &draft["draft"]["style"];
    assert_eq!(style["window"]["end"], 0.5, "{draft}");
    assert_eq!((&style["strength"], &style["dropout"]), (&0.5.into(), &0.25.into()));
    assert_eq!(style["recolour"]["start"], 0.6, "{style}");
    assert_eq!(draft["draft"]["panorama"]["wrap"], true, "{draft}");
    let ran = home.run(&["do", "--session", "s", "set=strength 7"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert!(ran.stderr.contains("strength: takes a number from 0 to 1"), "{}", ran.all());
    let kept = home.run(&["do", "--session", "s", "board", "--json"]).done().json();
    assert_eq!(kept["draft"], draft["draft"]);
    // It is painted with, too.
    home.run(&["do", "--session", "s", "set=wrap off", "set=layers all", "paint"]).done();
}

#[test]
fn a_row_is_painted_by_a_script_and_kept_as_one() {
    let home = Home::new();
    painted(&home);
    let told = home.run(&["do", "--session", "s", "board", "sweep-over=weight 0, 2", "--json"]);
    assert_eq!(told.done().json()["pictures"].as_array().unwrap().len(), 4);
    let history = std::fs::read_to_string(home.path().join("s/history.yaml")).unwrap();
    assert_eq!(history.matches("name: weight").count(), 2, "{history}");
    let ran = home.run(&["do", "--session", "s", "sweep-over=0..2"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    home.run(&["session", "check", "s"]).done();
}

#[test]
fn keys_and_themes_are_listed() {
    let home = Home::new();
    let keys = home.run(&["keys", "--json"]).done().json();
    let all = keys.as_array().unwrap();
    assert!(all.iter().any(|k| k["action"] == "paint" && k["keys"][0] == "enter"), "{keys}");
    let text = home.run(&["keys"]).done().stdout;
    assert_eq!(text.lines().filter(|line| line.starts_with("  ")).count(), all.len());
    home.file(".config/predella/keymap.toml", "[keys]\npaint = [\"ctrl-g\"]\n");
    let keys = home.run(&["keys"]).done().stdout;
    assert!(keys.contains("paint           ctrl-g"), "{keys}");
    let themes = home.run(&["themes"]).done().stdout;
    assert_eq!(themes.lines().count(), 6, "{themes}");
}
