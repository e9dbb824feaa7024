//! Which file of a part holds its weights, by the names that diffusers and
//! transformers write. The same rules serve a folder on disk and the listing
//! of a repository that is yet to be downloaded.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ModelError;
use crate::util::text::clip;

/// Names before the variant and the extension: diffusers', then transformers'.
const STEMS: [&str; 2] = ["diffusion_pytorch_model", "model"];
/// What `torch.load` would open.
const PICKLES: [&str; 5] = [".bin", ".ckpt", ".pt", ".pth", ".pkl"];
/// Most shards of one part.
const MAX_SHARDS: usize = 256;

/// Where a part's weights are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// One file.
    Single(String),
    /// An index that names several.
    Index(String),
}

/// The first name that exists, in the order: the variant asked for, the plain
/// names, `fp16`.
///
/// A folder often holds one variant only, and every tensor says its own type,
/// so another variant than the asked one is used rather than refused.
pub(super) fn find(part: &str, variant: Option<&str>, has: impl Fn(&str) -> bool) -> Option<Place> {
    candidates(part, variant).into_iter().find(|place| match place {
        Place::Single(name) | Place::Index(name) => has(name),
    })
}

/// Every name that [`find`] tries, in its order.
pub(super) fn candidates(part: &str, variant: Option<&str>) -> Vec<Place> {
    let mut orders = vec![variant, None, Some("fp16")];
    orders.dedup();
    let mut places = Vec::new();
    for variant in orders {
        for stem in STEMS {
            let at = join(part, stem);
            match variant {
                Some(v) => places.extend([
                    Place::Single(format!("{at}.{v}.safetensors")),
                    Place::Index(format!("{at}.safetensors.index.{v}.json")),
                    Place::Index(format!("{at}.{v}.safetensors.index.json")),
                ]),
                None => places.extend([
                    Place::Single(format!("{at}.safetensors")),
                    Place::Index(format!("{at}.safetensors.index.json")),
                ]),
            }
        }
    }
    places
}

/// Whether a name belongs to a format that runs code when it is opened.
pub(super) fn is_pickle(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PICKLES.iter().any(|end| lower.ends_with(end))
}

/// The shards of an index, each with the tensors that it must hold.
///
/// # Errors
/// When the index has no `weight_map`, or names a file that is not a plain
/// safetensors name beside it.
pub(super) fn shards(
    index_name: &str,
    index: &Value,
) -> Result<BTreeMap<String, Vec<String>>, ModelError> {
    let broken = |message: &str| ModelError::Json {
        file: clip(index_name, 200),
        message: message.to_owned(),
    };
    let map = index
        .get("weight_map")
        .and_then(Value::as_object)
        .ok_or_else(|| broken("it has no weight_map"))?;
    let folder = index_name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut shards: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (tensor, file) in map {
        let file = file.as_str().ok_or_else(|| broken("weight_map names no file"))?;
        if is_pickle(file) {
            return Err(ModelError::Pickle(clip(file, 200)));
        }
        if !is_plain(file) || !file.ends_with(".safetensors") {
            return Err(ModelError::BadName(clip(file, 200)));
        }
        shards.entry(join(folder, file)).or_default().push(tensor.clone());
        if shards.len() > MAX_SHARDS {
            return Err(broken("it names too many files"));
        }
    }
    Ok(shards)
}

/// Whether a name is a relative path that stays below its folder on every
/// system: plain components, no backslash, no drive, no control character.
pub(super) fn is_plain(name: &str) -> bool {
    name.len() <= 512
        && name.split('/').all(|piece| !matches!(piece, "" | "." | ".."))
        && !name.chars().any(|c| c.is_control() || matches!(c, '\\' | ':'))
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_asked_variant_comes_first_then_what_there_is() {
        let all = [
            "unet/diffusion_pytorch_model.safetensors",
            "unet/diffusion_pytorch_model.fp16.safetensors",
            "unet/model.safetensors.index.json",
        ];
        let find = |variant, names: &[&str]| find("unet", variant, |name| names.contains(&name));
        let single = |name: &str| Some(Place::Single(name.to_owned()));
        assert_eq!(find(Some("fp16"), &all), single(all[1]));
        assert_eq!(find(None, &all), single(all[0]));
        assert_eq!(find(Some("fp16"), &all[..1]), single(all[0]));
        assert_eq!(find(None, &all[1..2]), single(all[1]));
        assert_eq!(find(None, &all[2..]), Some(Place::Index(all[2].to_owned())));
        assert_eq!(find(None, &["unet/diffusion_pytorch_model.bin"]), None);
        let indexed = ["unet/diffusion_pytorch_model.safetensors.index.fp16.json"];
        assert_eq!(find(Some("fp16"), &indexed), Some(Place::Index(indexed[0].to_owned())));
    }

    #[test]
    fn an_index_cannot_lead_out_of_its_folder() {
        let shards = |file: &str| shards("unet/i.json", &json!({ "weight_map": { "w": file } }));
        let good = shards("a-00001-of-00002.safetensors").unwrap();
        assert_eq!(good["unet/a-00001-of-00002.safetensors"], ["w"]);
        for bad in [
            "../a.safetensors",
            "/etc/a.safetensors",
            "a/../../b.safetensors",
            "..\\a.safetensors",
            "c:a.safetensors",
            "a\n.safetensors",
            "./a.safetensors",
            "a//b.safetensors",
            "",
            "a.txt",
        ] {
            assert!(matches!(shards(bad), Err(ModelError::BadName(_))), "{bad:?} passed");
        }
        assert!(matches!(shards("a.bin"), Err(ModelError::Pickle(_))));
    }

    #[test]
    fn an_index_without_a_map_says_so() {
        for index in
            [json!({}), json!([]), json!({"weight_map": 3}), json!({"weight_map": {"w": 1}})]
        {
            let error = shards("unet/i.json", &index).unwrap_err().to_string();
            assert!(error.contains("unet/i.json") && error.contains("weight_map"), "{error}");
        }
        let many: serde_json::Map<_, _> =
            (0..300).map(|n| (n.to_string(), json!(format!("{n}.safetensors")))).collect();
        let error = shards("i.json", &json!({ "weight_map": many })).unwrap_err();
        assert!(error.to_string().contains("too many"), "{error}");
    }
}
