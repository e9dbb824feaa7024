use super::*;
use crate::recipe::{Anchor, Panorama, Reference, References, Size};

/// Drafts in which every setting has what it needs in one of them.
fn drafts() -> Vec<Draft> {
    let size = Size { width: 1024, height: 256 };
    let panorama = Some(Panorama::new(size, Draft::default().size));
    let picture = |weight| Reference::new("a.png", "00", "a house", weight);
    let mut all = References::new(vec![picture(0.5), picture(0.5)]);
    let subjects = vec!["a fox".into()];
    let inverted = Draft {
        anchor: Anchor::References(all.clone()),
        subjects: subjects.clone(),
        panorama,
        ..Draft::default()
    };
    all.encoding = Encoding::Noise { seed: 0 };
    let noisy = Draft { anchor: Anchor::References(all), ..inverted.clone() };
    vec![Draft { subjects, ..Draft::default() }, inverted, noisy]
}

#[test]
fn every_setting_takes_back_what_it_shows() {
    let mut shown = std::collections::BTreeSet::new();
    for draft in drafts() {
        for (_, setting) in all().filter(|(_, s)| s.missing(&draft, 0).is_none()) {
            let mut changed = draft.clone();
            let text = setting.typed(&draft, 0);
            let set = setting.set(&mut changed, 0, &text);
            set.unwrap_or_else(|e| panic!("{}: {e}", setting.name));
            assert_eq!(setting.typed(&changed, 0), text, "{}", setting.name);
            shown.insert(setting.name);
        }
    }
    assert_eq!(shown.len(), all().count(), "each is shown in one of the drafts, by its own name");
}

#[test]
fn steps_stay_in_their_range() {
    for draft in drafts() {
        for (_, setting) in all() {
            let mut draft = draft.clone();
            for by in [-1, 1] {
                (0..3000).for_each(|_| setting.step(&mut draft, 0, by));
                let told = draft.freeze("1").check().map_err(|e| e.to_string());
                // What a panorama is too small or too narrow for is said when it is set.
                let own = |e: &String| e.contains("panorama") || e.contains("with several");
                let fine = told.as_ref().map_or_else(own, |()| true);
                assert!(fine || e_of_pair(&told), "{} stepped {by}: {told:?}", setting.name);
            }
        }
    }
}

/// Options that exclude each other are both in their range.
fn e_of_pair(told: &Result<(), String>) -> bool {
    told.as_ref().is_err_and(|e| e.contains("euler") || e.contains("offset of the inversion"))
}

#[test]
fn nonsense_is_refused_with_words() {
    let draft = &drafts()[1];
    let named = |name: &str| all().find(|(_, s)| s.name == name).unwrap().1;
    for (name, text, words) in [
        ("steps", "0", "whole number from 1 to 1000"),
        ("steps", "2.5", "whole number"),
        ("size", "big", "768x512"),
        ("seed", "-1", "whole number"),
        ("guidance", "NaN", "0 to 100"),
        ("adain", "z", "q,k,v"),
        ("layers", "top", "last-up"),
        ("share steps", "0.8..0.2", "as 0..0.6"),
        ("share steps", "0..2", "as 0..0.6"),
        ("share steps", "0..1:wild", "cosine"),
        ("recolour", "x", "part of the steps"),
        ("strength", "1.5", "0 to 1"),
        ("dropout", "-0.1", "0 to 1"),
        ("swap", "top", "last-up"),
        ("pool", "33", "0 to 32"),
        ("fade", "out", "weight, scale, strength"),
        ("blend", "mix", "slerp"),
        ("panorama", "wide", "1024x256"),
        ("panorama", "9x9", "no smaller"),
        ("stride", "0", "from 8"),
        ("wrap", "maybe", "neither on nor off"),
        ("noise seed", "1", "encoding noise"),
    ] {
        let error = named(name).set(&mut draft.clone(), 0, text).unwrap_err();
        assert!(error.contains(words), "{name} = {text}: {error}");
    }
    let error = named("stride").set(&mut Draft::default(), 0, "64").unwrap_err();
    assert!(error.contains("panorama comes first"), "{error}");
}

#[test]
fn rows_are_taken_value_by_value() {
    let draft = &drafts()[1];
    for (_, setting) in all().filter(|(_, s)| s.missing(draft, 0).is_none()) {
        for value in setting.kind.row() {
            let set = setting.set(&mut draft.clone(), 0, &value);
            assert!(set.is_ok(), "{} = {value}: {set:?}", setting.name);
        }
    }
    let weight = all().find(|(_, s)| s.name == "weight").unwrap().1;
    assert_eq!(weight.kind.row(), ["0", "0.5", "1", "1.5", "2"]);
}

#[test]
fn what_excludes_each_other_is_told() {
    let mut draft = drafts()[1].clone();
    assert_eq!(conflict(&draft), None);
    draft.style.full_share = true;
    assert!(conflict(&draft).is_some_and(|words| words.contains("full sharing")));
}
