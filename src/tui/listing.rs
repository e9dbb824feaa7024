//! The files that a list offers: of the session, or of a folder that is typed.

use super::errands::{Role, resolve};
use super::popup::PickerItem;
use std::path::Path;

/// Most pictures in a list.
const MOST: usize = 2000;
/// How deep the session's folder is looked through.
const DEEP: usize = 3;
/// Endings of the pictures that can be read.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "webp"];

/// Every file of use in the session's folder, newest first.
pub fn of_session(session: &Path, role: Role) -> Vec<PickerItem> {
    let mut found = Vec::new();
    collect(session, (session, role), DEEP, &mut found);
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, name)| item(name)).collect()
}

fn collect(
    session: &Path,
    (folder, role): (&Path, Role),
    deep: usize,
    found: &mut Vec<(std::time::SystemTime, String)>,
) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        let Ok(about) = entry.metadata() else { continue };
        if found.len() >= MOST || name.starts_with('.') {
            continue;
        }
        if about.is_dir() && deep > 1 && !matches!(&*name, "trash" | "thumbs") {
            collect(session, (&path, role), deep - 1, found);
        } else if about.is_file() && takes(role, &name) {
            let inside = path.strip_prefix(session).ok().and_then(Path::to_str);
            let changed = about.modified().unwrap_or(std::time::UNIX_EPOCH);
            found.extend(inside.map(|name| (changed, name.to_owned())));
        }
    }
}

/// Folders and files of use of a typed folder, by name.
pub fn of_folder(session: &Path, role: Role, folder: &str) -> Vec<PickerItem> {
    let Ok(entries) = std::fs::read_dir(resolve(session, folder)) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|n| !n.starts_with('.'))?;
            match entry.path().is_dir() {
                true => Some(format!("{folder}{name}/")),
                false => takes(role, &name).then(|| format!("{folder}{name}")),
            }
        })
        .take(MOST)
        .collect();
    names.sort();
    names.into_iter().map(item).collect()
}

/// Whether a file of this name may be a picture.
pub fn is_picture(name: &str) -> bool {
    let ending = Path::new(name).extension().and_then(|e| e.to_str()).unwrap_or_default();
    ENDINGS.contains(&ending.to_ascii_lowercase().as_str())
}

/// Whether a file of this name is of use.
fn takes(role: Role, name: &str) -> bool {
    role.asked().map_or_else(|| is_picture(name), |asked| asked.takes(name))
}

fn item(value: String) -> PickerItem {
    PickerItem { value, about: String::new(), hint: String::new() }
}
