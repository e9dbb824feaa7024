//! Depth from a photo, as transformers has it, and the map that the program makes of it.

use candle_core::Device;
use predella::imaging::{DecodeLimits, decode_file};
use predella::models::NetFolder;
use predella::perceive::DepthReader;

use crate::perceive::data;
use crate::program::Home;

/// Of a square photo, and of one whose patches are no square.
#[test]
fn depth_is_what_transformers_sees() {
    let folder = NetFolder::open(&data("tiny-depth")).unwrap();
    let reader = DepthReader::load(&folder, &Device::Cpu).unwrap();
    let file = candle_core::safetensors::load(data("golden.safetensors"), &Device::Cpu).unwrap();
    let wide = decode_file(&data("picture.png"), &DecodeLimits::default()).unwrap();
    let square = image::imageops::crop_imm(&wide, 0, 0, 50, 50).to_image();
    for (name, photo) in [("depth.wide", wide), ("depth.square", square)] {
        let ours = reader.near(&photo).unwrap().squeeze(0).unwrap().squeeze(0).unwrap();
        assert_eq!(ours.dims(), file[name].dims());
        let off = (ours - &file[name]).unwrap().abs().unwrap().flatten_all().unwrap();
        let off = off.max(0).unwrap().to_scalar::<f32>().unwrap();
        assert!(off < 1e-3, "{name}: {off}");
    }
}

#[test]
fn a_photo_becomes_a_depth_map() {
    let home = Home::new();
    let (photo, model) = (data("picture.png"), data("tiny-depth"));
    let (photo, model) = (photo.to_str().unwrap(), model.to_str().unwrap());
    let ran = home.run(&["control", photo, "--kind", "depth", "--photo", model, "--json"]).done();
    let found = ran.json();
    assert_eq!((&found["width"], &found["height"]), (&70.into(), &50.into()), "{found}");
    let map = decode_file(&home.path().join("picture-depth.png"), &DecodeLimits::default());
    let map = map.unwrap();
    let near = |wanted: u8| map.pixels().any(|pixel| pixel.0 == [wanted; 3]);
    assert!(near(0) && near(255), "the map does not fill its range");
    let ran = home.run(&["control", photo, "--kind", "canny", "--photo", model]);
    assert_eq!(ran.code, Some(2), "{}", ran.all());
}
