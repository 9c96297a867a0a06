//! What this machine has to offer, as numbers that can be printed.

use crate::{plan::Budget, raster::ByteSize};
use std::fs;

/// Most host memory that is taken without being asked for: a job gains nothing from more.
const HOST_AT_MOST: u64 = 1 << 30;
/// Device memory: no portable interface says how much is free, and swaths of this size hide every dispatch.
const DEVICE: ByteSize = ByteSize::mib(512);

impl Budget {
    /// This machine's budget. Host: half of what is available to this process now (the smaller of `MemAvailable` and
    /// what its cgroups leave), at most 1 GiB. Device: 512 MiB.
    pub fn detect() -> Self {
        let available = [meminfo_available(), cgroup_available()].into_iter().flatten().min();
        let host = available.map_or(HOST_AT_MOST / 2, |bytes| (bytes / 2).min(HOST_AT_MOST));
        Self { host: ByteSize::b(host), device: DEVICE }
    }
}

fn meminfo_available() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

/// What the cgroup (v2, else v1) and those above it leave.
fn cgroup_available() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/cgroup").ok()?;
    text.lines().filter_map(|line| available_under(line, "/sys/fs/cgroup")).min()
}

fn available_under(line: &str, root: &str) -> Option<u64> {
    let mut fields = line.splitn(3, ':');
    let (_, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    let (base, limit, usage) = match controllers {
        "" => (root.to_owned(), "memory.max", "memory.current"),
        c if c.split(',').any(|c| c == "memory") => (format!("{root}/memory"), "memory.limit_in_bytes", "memory.usage_in_bytes"),
        _ => return None,
    };
    let mut group = path.trim_end_matches('/');
    let mut least = None;
    loop {
        let read = |name: &str| fs::read_to_string(format!("{base}{group}/{name}")).ok()?.trim().parse::<u64>().ok();
        if let Some(limit) = read(limit) {
            let left = limit.saturating_sub(read(usage).unwrap_or(0));
            least = Some(least.map_or(left, |l: u64| l.min(left)));
        }
        match group.rfind('/') {
            Some(parent) => group = &group[..parent],
            None => return least,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_cgroup_above_a_process_counts() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("a/b");
        fs::create_dir_all(&inner).unwrap();
        fs::write(dir.path().join("a/memory.max"), "1000\n").unwrap();
        fs::write(dir.path().join("a/memory.current"), "400\n").unwrap();
        fs::write(inner.join("memory.max"), "max\n").unwrap();
        let root = dir.path().to_str().unwrap();
        assert_eq!(available_under("0::/a/b", root), Some(600));
        assert_eq!(available_under("0::/elsewhere", root), None);
        assert_eq!(available_under("3:cpu:/a", root), None);
    }

    #[test]
    fn a_detected_budget_is_never_nothing() {
        let budget = Budget::detect();
        assert!(budget.host > ByteSize::mib(1) && budget.host <= ByteSize::gib(1));
    }
}
