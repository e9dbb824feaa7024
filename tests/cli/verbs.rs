//! The smaller verbs.

use crate::program::{Home, tiny, write};

#[test]
fn info_prints_the_recipe_of_each_picture() {
    let home = Home::new();
    home.paint(&["a fox", "a bear", "--style", "ink", "--seed", "7"]).done();
    let (fox, bear) = ("predella-out/01-a-fox.png", "predella-out/02-a-bear.png");
    let ran = home.run(&["info", bear]).done();
    assert!(
        ran.stdout.starts_with(&format!("# {bear}, panel 2 of 2\nversion: 1\n")),
        "{}",
        ran.all()
    );
    assert!(ran.stdout.contains("style_prompt: ink\n"), "{}", ran.all());
    let list = home.run(&["info", fox, bear, "--json"]).done().json();
    assert_eq!(list[1]["panel"], 1);
    assert_eq!(list[0]["recipe"], list[1]["recipe"]);
    assert_eq!(list[0]["recipe"]["panels"][1]["seed"], 8);
}

#[test]
fn one_bad_picture_does_not_hide_the_others() {
    let home = Home::new();
    home.paint(&["a fox"]).done();
    home.file("x.png", b"not a picture");
    let ran = home.run(&["info", "x.png", "predella-out/01-a-fox.png", "gone.png"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.stdout.contains("a fox"), "{}", ran.all());
    assert!(ran.stderr.contains("x.png") && ran.stderr.contains("gone.png"), "{}", ran.all());
    assert!(ran.stderr.contains("2 of 3"), "{}", ran.all());
}

#[test]
fn show_wants_a_terminal() {
    let home = Home::new();
    home.paint(&["a fox"]).done();
    let ran = home.run(&["show", "predella-out/01-a-fox.png"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
    assert_eq!(ran.stdout, "");
}

#[test]
fn models_are_listed_and_verified() {
    let home = Home::new();
    let list = home.run(&["models", "ls", "--json"]).done().json();
    let mini = list.as_array().unwrap().iter().find(|m| m["name"] == "mini").unwrap().clone();
    assert_eq!(mini["complete"], true);
    assert!(
        list.as_array().unwrap().iter().any(|m| m["name"] == "sdxl" && m["installed"] == false)
    );
    let text = home.run(&["models", "ls"]).done().stdout;
    assert!(text.contains("mini") && text.contains("models pull sdxl"), "{text}");

    let verified = home.run(&["models", "verify", "--json"]).done().json();
    let hash = verified[0]["hash"].as_str().unwrap().to_owned();
    assert_eq!(hash.len(), 64);
    home.run(&["models", "verify", "mini", "--expect", &hash]).done();
    let other = hash.replace(['0', '1', '2'], "f");
    let ran = home.run(&["models", "verify", "mini", "--expect", &other]);
    assert_eq!(ran.code, Some(6), "{}", ran.all());
}

#[test]
fn verify_finds_a_changed_byte_and_a_cut_file() {
    let home = Home::new();
    let folder = home.path().join("m");
    crate::bad_input::copy_folder(&tiny(), &folder);
    let weights = folder.join("vae/diffusion_pytorch_model.safetensors");
    let good = std::fs::read(&weights).unwrap();
    let hash = home.run(&["models", "verify", "./m", "--json"]).done().json()[0]["hash"].clone();
    let mut changed = good.clone();
    *changed.last_mut().unwrap() ^= 1;
    write(&weights, &changed);
    let ran = home.run(&["models", "verify", "./m", "--expect", hash.as_str().unwrap()]);
    assert_eq!(ran.code, Some(6), "{}", ran.all());
    write(&weights, &good[..good.len() - 1]);
    let ran = home.run(&["models", "verify", "./m"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
}

#[test]
fn nothing_is_downloaded_unasked_or_offline() {
    let home = Home::new();
    let ran = home.run(&["paint", "a fox", "--model", "sdxl"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
    assert!(ran.stderr.contains("predella models pull sdxl"), "{}", ran.all());
    let ran = home.run(&["models", "pull", "sdxl"]);
    assert_eq!(ran.code, Some(3), "{}", ran.all());
    assert!(ran.stderr.contains("HF_HUB_OFFLINE"), "{}", ran.all());
    let ran = home.run(&["models", "pull", "mini"]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
}

#[test]
fn the_doctor_looks_at_everything() {
    let home = Home::new();
    let ran = home.run(&["doctor", "--json"]);
    let findings = ran.json();
    let what: Vec<&str> =
        findings.as_array().unwrap().iter().map(|f| f["what"].as_str().unwrap()).collect();
    for name in [
        "program",
        "processor",
        "memory",
        "cuda",
        "metal",
        "model",
        "terminal",
        "models",
        "cache",
        "config",
    ] {
        assert!(what.contains(&name), "{name} is missing in {what:?}");
    }
    let faults = findings.as_array().unwrap().iter().filter(|f| !f["fix"].is_null()).count();
    assert_eq!(ran.code, Some(i32::from(faults > 0)), "{}", ran.all());
    let mini = findings.as_array().unwrap().iter().find(|f| f["what"] == "model").unwrap();
    assert!(mini["found"].as_str().unwrap().contains("sha256"), "{mini}");
}

#[test]
fn the_doctor_names_a_fault_and_its_cure() {
    let home = Home::new();
    home.file("hub", b"a file where a folder should be");
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.stdout.contains("mend it: "), "{}", ran.all());
}
