use super::*;

/// A picture whose style points by an angle, and that fits texts by shares.
fn sight(subject: &str, style: f32, fits: &[f32]) -> Sight {
    Sight {
        clip: Unit::new(fits.to_vec()),
        style: Unit::new(vec![style.cos(), style.sin()]),
        subject: Some((subject.to_owned(), place(subject))),
        prompt: Some(place(subject)),
    }
}

/// Where the texts of these tests lie: each on an axis of its own.
fn place(subject: &str) -> Unit {
    let axis = ["fox", "castle", "fish", "boat"].iter().position(|name| *name == subject);
    Unit::new((0..4).map(|i| if Some(i) == axis { 1.0 } else { 0.0 }).collect())
}

fn seen(panels: Vec<Sight>, references: Vec<(Sight, f64)>, first: bool) -> SetScores {
    let who = JudgeName { name: "test".into(), hash: String::new() };
    Seen { panels, references, first }.scores(&who, &who)
}

fn near(a: Option<f64>, b: f64) -> bool {
    a.is_some_and(|a| (a - b).abs() < 1e-6)
}

#[test]
fn a_set_is_measured_with_and_without_its_reference() {
    let right = std::f32::consts::FRAC_PI_2;
    let set = seen(
        vec![
            sight("fox", 0.0, &[1.0, 0.0, 0.0, 0.0]),
            sight("castle", right, &[0.0, 1.0, 0.0, 0.0]),
            sight("fish", right, &[0.0, 0.0, 1.0, 0.0]),
        ],
        Vec::new(),
        true,
    );
    // Pairs: fox-castle 0, fox-fish 0, castle-fish 1.
    let all = set.set.unwrap();
    assert!((all.mean - 1.0 / 3.0).abs() < 1e-6 && all.n == 3);
    assert_eq!(set.without_reference.unwrap().n, 1);
    assert!(near(set.without_reference.map(|m| m.mean), 1.0));
    assert_eq!((set.panels[0].reference, set.panels[0].leakage), (None, None));
    assert!(near(set.panels[1].reference, 0.0) && near(set.panels[1].set, 0.5));
    assert!(near(set.object.map(|m| m.mean), 1.0) && set.object.unwrap().n == 3);
    assert!(near(set.diversity.map(|m| m.mean), 1.0));
    assert!((set.pairs[0][0] - 1.0).abs() < 1e-6 && set.pairs[0][1].abs() < 1e-6);
}

#[test]
fn leakage_is_what_the_reference_lends_beyond_the_others() {
    let set = seen(
        vec![
            sight("fox", 0.0, &[1.0, 0.0, 0.0, 0.0]),
            // A castle with a good piece of the fox and a little fish in it.
            sight("castle", 0.0, &[0.6, 0.8, 0.0, 0.0]),
            sight("fish", 0.0, &[0.0, 0.0, 1.0, 0.0]),
        ],
        Vec::new(),
        true,
    );
    assert!(near(set.panels[1].leakage, 0.6), "{:?}", set.panels[1]);
    assert!(near(set.panels[2].leakage, 0.0));
    assert!(near(set.leakage.map(|m| m.mean), 0.3));
}

#[test]
fn leakage_needs_subjects_that_differ() {
    let fox = || sight("fox", 0.0, &[1.0, 0.0, 0.0, 0.0]);
    let same = seen(vec![fox(), fox(), fox()], Vec::new(), true);
    assert_eq!(same.leakage, None);
    let two = seen(vec![fox(), sight("castle", 0.0, &[0.0, 1.0, 0.0, 0.0])], Vec::new(), true);
    assert_eq!(two.leakage, None, "there is no third subject to compare with");
}

#[test]
fn references_count_by_their_weights() {
    let right = std::f32::consts::FRAC_PI_2;
    let panels = || vec![sight("castle", 0.0, &[0.0, 1.0, 0.0, 0.0])];
    let lent = |w: f64| {
        let boat = |style: f32| sight("boat", style, &[0.0, 0.0, 0.0, 1.0]);
        vec![(boat(0.0), w), (boat(right), 1.0 - w)]
    };
    let set = seen(panels(), lent(0.75), false);
    assert!(near(set.panels[0].reference, 0.75));
    assert!(near(set.weighted_similarity(), 0.75));
    assert_eq!(set.set.unwrap().n, 3, "two references and a panel are three pairs");
    assert_eq!(seen(panels(), Vec::new(), false).weighted_similarity(), None);
    // Against itself nothing responds; the weights alone vary.
    let plain = seen(panels(), lent(0.75), false);
    assert_eq!(weight_response(&[(&set, &plain)]), None);
    let mut near_plain = plain.clone();
    near_plain.references[0].1 -= 0.5;
    assert!(near(weight_response(&[(&set, &near_plain)]), 1.0));
}

#[test]
fn one_that_is_far_from_the_others_stands_out() {
    let panel = |style: f32| sight("fox", style, &[1.0, 0.0, 0.0, 0.0]);
    let set =
        |styles: &[f32]| seen(styles.iter().map(|s| panel(*s)).collect(), Vec::new(), true).outlier;
    assert_eq!(set(&[0.0, 0.1, 1.4, 0.05]), Some(2));
    assert_eq!(set(&[0.0, 0.1, 0.2, 0.05]), None);
    assert_eq!(set(&[0.0, 1.5]), None, "of two, neither stands out");
}

#[test]
fn nothing_is_made_up_where_nothing_is_known() {
    let mute = Sight { subject: None, prompt: None, ..sight("fox", 0.0, &[1.0; 4]) };
    let set = seen(vec![mute.clone(), mute], Vec::new(), false);
    assert_eq!((set.object, set.prompt, set.reference, set.leakage), (None, None, None, None));
    assert!(near(set.set.map(|m| m.mean), 1.0));
    let alone = seen(vec![sight("fox", 0.0, &[1.0; 4])], Vec::new(), true);
    assert_eq!((alone.set, alone.outlier), (None, None));
}
