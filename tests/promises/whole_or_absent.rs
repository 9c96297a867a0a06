//! The final name is absent or whole: whatever kills a run, whatever step of publishing fails, whatever the disk says; and
//! the next run leaves nothing of the one before.

#![cfg(unix)]

use crate::{
    place::Place,
    program::{Ran, run},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// What is written: a COG whose overviews go through the spool's file, and a plain file with overviews.
const JOBS: [&str; 2] = [
    "slope dem.tif out/a.tif --backend cpu -q --tile-size 64 --compress none --threads 2 --cog --stats",
    "slope dem.tif out/a.tif --backend cpu -q --tile-size 64 --compress none --threads 2 --overviews auto",
];

struct Scene {
    place: Place,
    job: &'static str,
    whole: Vec<u8>,
    seconds: f64,
}

impl Scene {
    fn new(job: &'static str, size: &str) -> Self {
        let place = Place::new();
        fs::create_dir(place.path("out")).unwrap();
        place.works(&format!("synth dem.tif --size {size} --missing 0.02 --tile-size 256 --backend cpu -q"));
        let started = Instant::now();
        place.works(job);
        let seconds = started.elapsed().as_secs_f64();
        let whole = fs::read(place.path("out/a.tif")).unwrap();
        fs::remove_file(place.path("out/a.tif")).unwrap();
        Self { place, job, whole, seconds }
    }

    fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.place.path("out")).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    /// Whether the final name is there; it is whole then.
    #[track_caller]
    fn is_there(&self, what: &str) -> bool {
        let found = fs::read(self.place.path("out/a.tif")).ok();
        assert!(found.as_ref().is_none_or(|bytes| *bytes == self.whole), "{what}: the final name holds something else");
        found.is_some()
    }

    /// The next run works and leaves nothing but its output, which is then removed.
    #[track_caller]
    fn next_run_cleans(&self, what: &str) {
        self.place.works(&format!("{} --overwrite", self.job));
        assert_eq!(self.files(), [self.place.path("out/a.tif")], "{what}");
        assert!(self.is_there(what));
        fs::remove_file(self.place.path("out/a.tif")).unwrap();
    }

    fn with_failpoint(&self, failpoint: &str) -> Ran {
        run(self.place.command(self.job).env("SWATH_FAILPOINT", failpoint))
    }
}

#[test]
fn a_kill_at_any_moment_leaves_the_file_whole_or_absent() {
    let kills: u32 = std::env::var("SWATH_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    for job in JOBS {
        let scene = Scene::new(job, "1300x1200");
        let (mut absent, mut orphans) = (0, 0);
        for k in 0..kills {
            // Spread evenly, and out of step with whatever the run does.
            let delay = scene.seconds * 1.1 * f64::from(k * 61 % kills) / f64::from(kills);
            let mut child = scene.place.command(job).stderr(Stdio::null()).spawn().unwrap();
            std::thread::sleep(Duration::from_secs_f64(delay));
            // It may be done already.
            let _ = child.kill();
            child.wait().unwrap();
            let there = scene.is_there(&format!("{job}, killed after {delay:.3} s"));
            absent += u32::from(!there);
            orphans += u32::from(scene.files().len() > usize::from(there));
            let _ = fs::remove_file(scene.place.path("out/a.tif"));
        }
        assert!(absent > kills / 4, "only {absent} of {kills} runs were killed in time");
        scene.next_run_cleans(job);
        eprintln!("{kills} kills: {absent} left no file, {orphans} left a temporary, and the next run left none");
    }
}

#[cfg(debug_assertions)]
#[test]
fn dying_or_failing_at_any_step_leaves_it_whole_or_absent() {
    for job in JOBS {
        let scene = Scene::new(job, "700x600");
        let cog = job.contains("--cog");
        for step in [
            "create",
            "segment",
            "segment@7",
            "spool",
            "spool@9",
            "room",
            "overview",
            "overview@5",
            "prefix",
            "sync",
            "rename",
            "sync-directory",
        ] {
            if step == "room" && !cog {
                continue;
            }
            let killed = scene.with_failpoint(&format!("{step}=kill"));
            assert_eq!(killed.status, -1, "{step}: {killed:?}");
            // Once it is renamed the file is whole, whether or not the name has reached the disk.
            assert_eq!(scene.is_there(step), step == "sync-directory", "{step}");
            scene.next_run_cleans(step);

            let failed = scene.with_failpoint(&format!("{step}=fail"));
            assert_eq!(failed.status, 1, "{step}: {failed:?}");
            assert!(failed.stderr.starts_with("swath: error: ") && failed.stderr.contains("a.tif"), "{step}: {failed:?}");
            assert_eq!(scene.is_there(step), step == "sync-directory", "{step}");
            assert_eq!(scene.files().len(), usize::from(step == "sync-directory"), "{step}: {:?}", scene.files());
            scene.next_run_cleans(step);
        }
    }
}

#[cfg(debug_assertions)]
#[test]
fn every_single_write_may_fail() {
    let scene = Scene::new(JOBS[0], "300x200");
    for step in ["segment", "spool", "overview"] {
        let mut nth = 1;
        loop {
            let ran = scene.with_failpoint(&format!("{step}@{nth}=fail"));
            if ran.status == 0 {
                break;
            }
            assert_eq!((ran.status, scene.files().len()), (1, 0), "{step}@{nth}: {ran:?}");
            nth += 1;
        }
        assert!(nth > 2, "{step} was reached {} times", nth - 1);
        fs::remove_file(scene.place.path("out/a.tif")).unwrap();
    }
}

/// How often a run comes by a call of the system that may fail: the last at which it can be killed.
#[cfg(debug_assertions)]
fn calls(killed_at: impl Fn(usize) -> bool) -> usize {
    let mut beyond = 1;
    while killed_at(beyond) {
        beyond *= 2;
    }
    let mut within = beyond / 2;
    while beyond - within > 1 {
        let middle = (within + beyond) / 2;
        *(if killed_at(middle) { &mut within } else { &mut beyond }) = middle;
    }
    within
}

#[cfg(debug_assertions)]
#[test]
fn every_call_of_the_system_may_fail_with_every_prefix_method() {
    let job = "convert dem.tif out/a.tif --backend cpu -q --compress none --threads 1";
    // Float64 tiles of 512 KiB, so that overviews outgrow the spool's memory; where only the method differs, small ones.
    for (job, size, may_be_refused) in [
        (format!("{job} --tile-size 256 --dtype float64 --overviews auto"), "700x600", false),
        (format!("{job} --tile-size 256 --dtype float64 --cog --stats --prefix-method shift"), "700x600", false),
        (format!("{job} --tile-size 64 --cog --prefix-method auto"), "300x200", false),
        (format!("{job} --tile-size 64 --cog --prefix-method copy"), "300x200", true),
        (format!("{job} --tile-size 64 --cog --prefix-method insert"), "300x200", true),
    ] {
        let place = Place::new();
        fs::create_dir(place.path("out")).unwrap();
        place.works(&format!("synth dem.tif --size {size} --missing 0.02 --tile-size 256 --backend cpu -q"));
        let out = place.path("out/a.tif");
        let tried = place.swath(&job);
        if tried.status != 0 && may_be_refused {
            eprintln!("SKIPPED: {job}: this file system has no such method: {}", tried.stderr.trim());
            continue;
        }
        let whole = fs::read(&out).unwrap_or_else(|_| panic!("{tried:?}"));
        let run = |failpoint: String| run(place.command(&format!("{job} --overwrite")).env("SWATH_FAILPOINT", failpoint));
        let count = calls(|nth| run(format!("call@{nth}=kill")).status == -1);
        place.works(&format!("{job} --overwrite"));
        let files = || fs::read_dir(place.path("out")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<PathBuf>>();
        let (mut none, mut survived) = (0, 0);
        for nth in 1..=count {
            let (failure, told) = if nth % 2 == 0 { ("full", "No space left on device") } else { ("broken", "Input/output error") };
            // Once with nothing under the name, once with what shall stay there.
            let before: Option<&[u8]> = (nth % 4 < 2).then_some(b"precious");
            match before {
                Some(bytes) => fs::write(&out, bytes).unwrap(),
                None => drop(fs::remove_file(&out)),
            }
            let ran = run(format!("call@{nth}={failure}"));
            let found = fs::read(&out).ok();
            assert_eq!(files().len(), usize::from(found.is_some()), "{job}, call {nth}: {:?}", files());
            if ran.status == 0 {
                // Where one method fails there, `auto` takes the next.
                assert!(found == Some(whole.clone()), "{job}, call {nth}");
                survived += 1;
                continue;
            }
            assert_eq!(ran.status, 1, "{job}, call {nth}: {ran:?}");
            let message = ran.stderr.trim_end();
            let clear = message.starts_with("swath: error: ") && message.contains("a.tif: cannot ") && message.contains(told);
            assert!(clear && message.lines().count() == 1, "{job}, call {nth}: {message}");
            if nth == count {
                assert!(found == Some(whole.clone()), "the name is given; only whether that reached the disk is not known");
            } else {
                assert!(found.as_deref() == before, "{job}, call {nth}: the final name was touched");
                none += 1;
            }
        }
        eprintln!("{job}: {count} calls; {none} failures left nothing, {survived} were worked around");
        assert!(count > 15 && none >= count - 3, "{job}: {none} of {count}");
        assert!(survived == 0 || job.ends_with("auto"), "{job}");
    }
}

#[cfg(debug_assertions)]
#[test]
fn every_system_call_may_fail_on_the_way_to_standard_output() {
    let place = Place::new();
    place.works("synth dem.tif --size 300x200 --missing 0.02 --tile-size 256 --backend cpu -q");
    fs::create_dir(place.path("waiting")).unwrap();
    let run = |failpoint: String| {
        let mut command = place.command("slope dem.tif - --backend cpu -q --tile-size 64 --compress none --threads 1 --cog");
        command.env("TMPDIR", place.path("waiting")).env("SWATH_FAILPOINT", failpoint).output().unwrap()
    };
    let whole = run(String::new()).stdout;
    let count = calls(|nth| run(format!("call@{nth}=kill")).status.code().is_none());
    let waiting = || fs::read_dir(place.path("waiting")).unwrap().count();
    assert_eq!(waiting(), 0, "the file that waits has no name");
    for nth in 1..=count {
        let ran = run(format!("call@{nth}=full"));
        if ran.status.success() {
            assert!(ran.stdout == whole, "call {nth}");
            continue;
        }
        let message = String::from_utf8_lossy(&ran.stderr);
        assert!(
            message.starts_with("swath: error: standard output: cannot ") && message.contains("No space left"),
            "call {nth}: {message}"
        );
        // The last call is the one that finds the end of what was handed over.
        let whole_is_out = ran.stdout.len() == whole.len();
        assert!(whole.starts_with(&ran.stdout) && whole_is_out == (nth == count) && waiting() == 0, "call {nth}");
    }
    assert!(count > 20, "{count}");
}

#[test]
fn a_run_leaves_the_temporary_of_another_that_is_still_at_work() {
    let scene = Scene::new(JOBS[0], "1300x1200");
    let mut child = scene.place.command(scene.job).stderr(Stdio::null()).spawn().unwrap();
    while scene.files().is_empty() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before its temporary was seen");
    }
    let other = scene.place.swath(&format!("{} --overwrite", scene.job));
    assert_eq!(other.status, 0, "{other:?}");
    // Both work; whichever comes second may find the name taken.
    let status = child.wait().unwrap();
    assert!(status.success() || status.code() == Some(1), "{status}");
    assert!(scene.is_there("two runs at once"));
    assert_eq!(scene.files().len(), 1);
}

/// A small file system of its own; `None` where none may be mounted.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mount(at: &Path, kib: u64) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={kib}k");
        let ran = Command::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output();
        if ran.is_ok_and(|ran| ran.status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("SKIPPED: no small file system may be mounted here");
        None
    }

    fn make_read_only(&self) {
        assert!(Command::new("mount").args(["-o", "remount,ro"]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_a_clear_error_and_leaves_nothing() {
    for job in JOBS {
        let job = job.replace("--compress none", "--compress deflate");
        let place = Place::new();
        place.works("synth dem.tif --size 900x800 --missing 0.02 --tile-size 256 --backend cpu -q");
        let out = place.path("out");
        let Some(_roomy) = Tmpfs::mount(&out, 32 << 10) else { return };
        place.works(&job);
        let bytes = fs::metadata(place.path("out/a.tif")).unwrap().len();
        drop(_roomy);
        // Full while segments are written, while overviews wait, while the prefix is put in front.
        for percent in [5, 40, 80, 95, 99] {
            let Some(_small) = Tmpfs::mount(&out, bytes * percent / 100 / 1024) else { return };
            let told = place.swath(&job);
            assert_eq!(told.status, 1, "{percent} %: {told:?}");
            let last = told.stderr.lines().last().unwrap_or_default();
            assert!(last.starts_with("swath: error: ") && last.to_lowercase().contains("no space"), "{percent} %: {told:?}");
            assert_eq!(fs::read_dir(&out).unwrap().count(), 0, "{percent} %");
        }
        // What cannot fit is refused before anything is read.
        let Some(_small) = Tmpfs::mount(&out, 1 << 10) else { return };
        let told = place.swath(&job.replace("deflate", "none"));
        assert!(told.status == 1 && told.stderr.contains("are free"), "{told:?}");
    }
}

#[test]
fn a_read_only_directory_is_a_clear_error() {
    let place = Place::new();
    place.works("synth dem.tif --size 300x200 --tile-size 256 --backend cpu -q");
    let Some(disk) = Tmpfs::mount(&place.path("out"), 1 << 10) else { return };
    disk.make_read_only();
    let told = place.swath(JOBS[0]);
    assert_eq!(told.status, 1, "{told:?}");
    assert!(told.stderr.contains("a.tif: cannot create a temporary file in its directory"), "{told:?}");
}
