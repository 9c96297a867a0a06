//! Signals end the program in order: nothing is left behind, and whoever started it learns which signal it was.

#![cfg(unix)]

use crate::place::Place;
use std::{
    ffi::OsStr,
    fs,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Some seconds of work, whose temporary is there from its first moment.
const JOB: &str = "focal dem.tif out/a.tif --stat median --radius 12 --backend cpu --threads 1 --tile-size 64";

fn scene() -> Place {
    let place = Place::new();
    fs::create_dir(place.path("out")).unwrap();
    place.works("synth dem.tif --size 2048x2048 --tile-size 256 --backend cpu -q");
    place
}

fn files(place: &Place) -> Vec<String> {
    fs::read_dir(place.path("out")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// A process that writes, in a process group of its own.
fn at_work(place: &Place, command: &mut Command) -> Child {
    let child = command.current_dir(place.path(".")).process_group(0).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while files(place).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(60), "no temporary after a minute");
        thread::sleep(Duration::from_millis(5));
    }
    child
}

/// A command that takes signals as usual, even if whoever runs the tests ignores them (a job in a shell's background does).
fn with_signals(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM,HUP").arg(program).args(arguments);
    command
}

/// The job, not yet started.
fn job(place: &Place) -> Command {
    with_signals(place.command("").get_program(), &JOB.split(' ').collect::<Vec<_>>())
}

fn send(signal: &str, to: &str) {
    assert!(Command::new("kill").args(["-s", signal, "--", to]).status().unwrap().success());
}

/// How a job ends that gets a signal while it works, and what it says.
fn ended_by(signal: &str) -> (ExitStatus, String) {
    let place = scene();
    let mut child = at_work(&place, &mut job(&place));
    send(signal, &child.id().to_string());
    let status = child.wait().unwrap();
    let mut said = String::new();
    std::io::Read::read_to_string(child.stderr.as_mut().unwrap(), &mut said).unwrap();
    assert_eq!(files(&place), Vec::<String>::new(), "{signal} left files: {said}");
    (status, said)
}

#[test]
fn termination_and_hang_up_clean_up_and_say_so() {
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let (status, said) = ended_by(signal);
        assert_eq!(status.code(), Some(code), "{signal}: {said}");
        assert!(said.contains("cancelled"), "{said}");
    }
}

#[test]
fn an_interrupt_cleans_up_and_ends_a_shell_loop() {
    let (status, said) = ended_by("INT");
    assert_eq!(status.signal(), Some(2), "a shell shows this as 130: {said}");
    let place = scene();
    let program = place.command(JOB).get_program().to_owned();
    let line = format!("for k in 1 2 3; do '{}' {JOB}; echo $k >> turns; done", program.to_string_lossy());
    let mut shell = at_work(&place, &mut with_signals("bash", &["-c", &line]));
    send("INT", &format!("-{}", shell.id()));
    let started = Instant::now();
    while shell.try_wait().unwrap().is_none() {
        assert!(started.elapsed() < Duration::from_secs(60), "the loop goes on");
        thread::sleep(Duration::from_millis(5));
    }
    assert!(!place.path("turns").exists() && files(&place).is_empty());
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let place = scene();
    let mut child = at_work(&place, &mut job(&place));
    let id = child.id().to_string();
    send("INT", &id);
    send("TERM", &id);
    let started = Instant::now();
    let status = child.wait().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
    assert!(status.signal() == Some(2) || status.code() == Some(143), "{status:?}");
    // What it may have left, the next run removes.
    place.works("slope dem.tif out/a.tif --backend cpu -q");
    assert_eq!(files(&place), ["a.tif"]);
}

#[test]
fn a_signal_that_was_ignored_stays_ignored() {
    let place = scene();
    let program = place.command(JOB).get_program().to_owned();
    let line = format!("trap '' HUP; exec '{}' slope dem.tif out/a.tif --backend cpu -q --threads 1", program.to_string_lossy());
    let mut child = at_work(&place, Command::new("bash").args(["-c", &line]));
    send("HUP", &child.id().to_string());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(files(&place), ["a.tif"]);
}

#[test]
fn a_limit_of_file_size_is_an_error_of_the_write() {
    let place = scene();
    let program = place.command(JOB).get_program().to_owned();
    let line = format!("ulimit -f 64; exec '{}' convert dem.tif out/a.tif --compress none --backend cpu", program.to_string_lossy());
    let ran = Command::new("bash").args(["-c", &line]).current_dir(place.path(".")).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("out/a.tif: cannot") && said.contains("large"), "{said}");
    assert_eq!(files(&place), Vec::<String>::new());
}
