//! Callers that hang up, floods, and issuers that are unwell, while tokens are judged (XI-02, XI-05, XK-01, F-18, J-01, XN-04).

/// A file that is replaced by what cannot be read without waiting holds up nobody, and no thread for ever.
#[cfg(unix)]
#[test]
fn a_file_that_became_a_pipe_is_not_waited_for() {
    let path = crate::api::file("keys-that-became-a-pipe", "");
    std::fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (tell, told) = std::sync::mpsc::channel();
    let of = path.clone();
    std::thread::spawn(move || tell.send(vestibule::config::source::read_again(&of).map(drop)));
    let read = told.recv_timeout(std::time::Duration::from_secs(5)).expect("it waits for a writer");
    assert!(read.is_err(), "{read:?}");
    std::fs::remove_file(path).unwrap();
}
