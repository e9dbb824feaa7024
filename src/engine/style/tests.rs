use super::*;

#[test]
fn each_half_has_its_own_anchor() {
    let rows = guidance_rows(3, 2);
    let anchors: Vec<_> = rows.iter().map(|r| r.anchors.first().map(|a| a.row)).collect();
    assert_eq!(anchors, [None, Some(0), Some(0), None, Some(3), Some(3)]);
    assert_eq!(rows[4].half, 1);
}

#[test]
fn several_anchors_stand_in_front_and_see_none() {
    let rows = lay_out(&behind(&[0.25, 0.75], 3), 2, false);
    assert!(rows[0].anchors.is_empty() && rows[4].anchors.is_empty());
    assert_eq!(rows[5].anchors, [Lender::new(3, 0.25), Lender::new(4, 0.75)]);
}

#[test]
fn the_half_without_the_prompt_may_be_left_alone() {
    let rows = lay_out(&behind(&[1.0], 2), 2, true);
    assert!(rows[1].anchors.is_empty());
    assert_eq!(rows[3].anchors, [Lender::new(2, 1.0)]);
}
