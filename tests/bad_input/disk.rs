//! A disk that fills up while painting.

#![cfg(target_os = "linux")]

use std::process::Command;

use crate::program::{Home, Ran, tiny};

/// Runs the program from a shell that first limits what it may write.
fn limited(home: &Home, wrapper: &[&str], limit: &str) -> Ran {
    let script = format!("{limit} && exec \"$0\" \"$@\"");
    let mut command = home.command(wrapper[0]);
    command.args(&wrapper[1..]).args(["sh", "-c", &script]).arg(env!("CARGO_BIN_EXE_predella"));
    command.args(["paint", "a fox", "a bear", "an owl", "--steps", "1", "--size", "256"]);
    command.args(["--seed", "1", "--device", "cpu", "--out", "disk/out", "--model"]).arg(tiny());
    // What is in the home after a mount in a namespace of its own is only
    // seen from inside, so the names are printed there.
    Ran::from(command.output().unwrap())
}

fn explains(ran: &Ran, words: &str) {
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    let errors: Vec<_> = ran.stderr.lines().filter(|l| l.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && errors[0].contains(words), "{}", ran.all());
    assert!(errors[0].contains("of 3 not painted"), "{}", ran.all());
    assert!(ran.stderr.contains("hint: "), "{}", ran.all());
}

#[test]
fn a_limit_on_file_size_leaves_no_half_picture() {
    let home = Home::new();
    std::fs::create_dir(home.path().join("disk")).unwrap();
    // 16 blocks of 512 bytes; without the trap the signal would end the program.
    let ran = limited(&home, &["env"], "trap '' XFSZ; ulimit -f 16");
    explains(&ran, "no space left to write");
    assert_eq!(home.names("disk/out"), Vec::<String>::new());
}

#[test]
fn a_full_disk_keeps_whole_pictures_alone() {
    let wrapper = ["unshare", "-rm"];
    let mut able = Command::new(wrapper[0]);
    able.args([wrapper[1], "mount", "-t", "tmpfs", "tmpfs", "/mnt"]);
    if !able.output().is_ok_and(|o| o.status.success()) {
        return;
    }
    let home = Home::new();
    std::fs::create_dir(home.path().join("disk")).unwrap();
    let whole = home.path().join("whole");
    std::fs::create_dir(&whole).unwrap();
    // The small disk is gone with its namespace; what is on it is copied out.
    let inside = "mount -t tmpfs -o size=400k tmpfs disk; \"$0\" \"$@\"; code=$?; cp -r disk/out/. whole; exit $code; true";
    let ran = limited(&home, &wrapper, inside);
    explains(&ran, "no space left");
    let names = home.names("whole");
    assert!((1..3).contains(&names.len()), "{names:?}: {}", ran.all());
    for name in names {
        assert!(name.ends_with(".png"), "{name}");
        image::ImageReader::open(whole.join(name)).unwrap().decode().unwrap();
    }
}
