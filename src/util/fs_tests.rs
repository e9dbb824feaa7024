use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_replaced_whole_and_nothing_stays_beside_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("head.yaml");
    write_atomic(&path, b"a longer first version").unwrap();
    write_atomic(&path, b"second").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"second");
    assert_eq!(names(dir.path()), ["head.yaml"]);
}

#[test]
fn a_failed_rename_leaves_no_temporary_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("taken");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("inside"), b"x").unwrap();
    assert!(write_atomic(&path, b"bytes").is_err());
    assert_eq!(names(dir.path()), ["taken"]);
    assert_eq!(names(&path), ["inside"]);
}

#[test]
fn a_new_file_never_replaces_another() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("1.png");
    write_new(&path, b"first").unwrap();
    assert!(matches!(write_new(&path, b"second"), Err(FsError::Exists(p)) if p == path));
    assert_eq!(std::fs::read(&path).unwrap(), b"first");
    assert_eq!(names(dir.path()), ["1.png"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_replaced_and_its_target_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("target"), dir.path().join("link"));
    std::fs::write(&target, b"precious").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    write_atomic(&link, b"new").unwrap();
    assert_eq!(std::fs::read(&target).unwrap(), b"precious");
    assert_eq!(std::fs::read(&link).unwrap(), b"new");
}

#[cfg(unix)]
#[test]
fn a_new_file_is_as_open_as_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let (ours, plain) = (dir.path().join("ours"), dir.path().join("plain"));
    write_atomic(&ours, b"").unwrap();
    std::fs::write(&plain, b"").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
    assert_eq!(mode(&ours), mode(&plain));
}

#[test]
fn errors_say_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none").join("a\x1b[31m.yaml");
    let error = write_atomic(&missing, b"").unwrap_err();
    assert!(matches!(error, FsError::NoFolder(_)), "{error:?}");
    assert!(!error.to_string().contains('\x1b'), "{error}");
    let full = io::Error::from(ErrorKind::StorageFull);
    let error = FsError::from_io(Path::new("a.png"), full);
    assert_eq!(error.to_string(), "there is no space left to write a.png");
    let closed = io::Error::from(ErrorKind::ReadOnlyFilesystem);
    let error = FsError::from_io(Path::new("a.png"), closed);
    assert!(error.to_string().starts_with("a.png may not be written"), "{error}");
}

#[test]
fn a_bare_name_is_written_in_the_current_folder() {
    assert_eq!(folder_of(Path::new("a.png")), Path::new("."));
    assert_eq!(folder_of(Path::new("b/a.png")), Path::new("b"));
    assert_eq!(folder_of(Path::new("/a.png")), Path::new("/"));
}

#[test]
fn only_a_regular_file_within_bounds_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    std::fs::write(&path, b"12345").unwrap();
    assert_eq!(read_regular(&path, 5).unwrap(), b"12345");
    assert_eq!(read_regular(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    assert!(read_regular(dir.path(), 5).is_err());
    assert_eq!(read_regular(&dir.path().join("b"), 5).unwrap_err().kind(), ErrorKind::NotFound);
    #[cfg(unix)]
    {
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(read_regular(&link, 5).is_err());
    }
}

#[test]
fn every_step_can_fail_and_leaves_the_old_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("head.yaml");
    write_atomic(&path, b"old").unwrap();
    // Create, two halves, sync, rename, and the folder's sync: then it is clean.
    for n in 1..=7 {
        let mut step = 0;
        let failing = move |_: &Step<'_>| {
            step += 1;
            match step == n {
                true => fault::Verdict::Fail(ErrorKind::StorageFull.into()),
                false => fault::Verdict::Go,
            }
        };
        let result = fault::watching(failing, || write_atomic(&path, b"new"));
        assert_eq!(result.is_ok(), n == 7, "step {n}");
        let bytes = std::fs::read(&path).unwrap();
        // After the rename the new file is there; only its name is not yet safe.
        assert_eq!(bytes, if n < 6 { &b"old"[..] } else { b"new" }, "step {n}");
        assert_eq!(names(dir.path()), ["head.yaml"], "step {n}");
        write_atomic(&path, b"old").unwrap();
    }
}

#[test]
fn a_stale_handle_is_tried_again_but_not_for_ever() {
    let dir = tempfile::tempdir().unwrap();
    let stale = |times: u32| {
        let mut left = times;
        move |_: &Step<'_>| {
            left = left.saturating_sub(1);
            match left {
                0 => fault::Verdict::Go,
                _ => fault::Verdict::Fail(ErrorKind::StaleNetworkFileHandle.into()),
            }
        }
    };
    assert!(fault::watching(stale(3), || sync_dir(dir.path())).is_ok());
    assert!(fault::watching(stale(4), || sync_dir(dir.path())).is_err());
}

#[test]
fn files_and_folders_are_made_moved_and_removed() {
    let dir = tempfile::tempdir().unwrap();
    let (a, b) = (dir.path().join("a"), dir.path().join("b"));
    create_dir(&a).unwrap();
    assert!(matches!(create_dir(&a), Err(FsError::Exists(_))));
    write_new(&a.join("x"), b"x").unwrap();
    create_dir(&b).unwrap();
    rename(&a.join("x"), &b.join("y")).unwrap();
    assert_eq!((names(&a), names(&b)), (vec![], vec!["y".to_owned()]));
    remove(&b.join("y")).unwrap();
    assert!(matches!(remove(&b.join("y")), Err(FsError::NoFolder(_))));
}
