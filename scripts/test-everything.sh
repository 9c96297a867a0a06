#!/usr/bin/env bash
# Runs every check of the project. Needs Rust; installs the other programs itself where it may (apt-get as root or with
# sudo -n, Python packages into .venv, standard libraries with rustup), asks nothing, and says at the end what it could not check.
#
#   SWATH_NO_INSTALL=1            install nothing, Rust's standard libraries of other platforms included
#   SWATH_ORACLE_PYTHON=PYTHON    a Python with numpy scipy rasterio tifffile imagecodecs rio-cogeo, instead of .venv
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
unchecked=()
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

say() { printf '\n== %s\n' "$*"; }

# A clean checkout is built once: caches for the next build would only double what it takes on the disk.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

# --- what the tests lean on ---------------------------------------------------------------------------------------

debian_packages=(libvulkan1 mesa-vulkan-drivers gdal-bin python3-gdal libtiff-tools python3-venv)

have_programs() {
  local program
  for program in gdaldem gdalinfo tiffinfo; do command -v "$program" >/dev/null || return 1; done
}

have_debian_packages() {
  have_programs &&
    ls /usr/share/vulkan/icd.d/lvp_icd* /etc/vulkan/icd.d/lvp_icd* 2>/dev/null | grep -q . &&
    python3 -c 'import ensurepip, venv' 2>/dev/null
}

install_debian_packages() {
  local root=()
  [ "$(id -u)" = 0 ] || root=(sudo -n)
  command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; } || return 1
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log/apt" 2>&1 &&
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${debian_packages[@]}" >>"$log/apt" 2>&1 ||
    { tail -n 5 "$log/apt"; return 1; }
}

oracle_imports='import numpy, scipy, rasterio, tifffile, imagecodecs, rio_cogeo, pyogrio'

make_venv() {
  python3 -m venv .venv >"$log/venv" 2>&1 &&
    .venv/bin/python -m pip install -q --disable-pip-version-check numpy scipy rasterio tifffile imagecodecs rio-cogeo pyogrio >>"$log/venv" 2>&1 ||
    { tail -n 5 "$log/venv"; return 1; }
}

say "what the tests lean on"
if ! have_debian_packages && [ -z "${SWATH_NO_INSTALL:-}" ]; then
  echo "installing ${debian_packages[*]}"
  install_debian_packages || echo "could not be installed"
fi

if [ -z "${SWATH_ORACLE_PYTHON:-}" ]; then
  if ! .venv/bin/python -c "$oracle_imports" 2>/dev/null && ! python3 -c "$oracle_imports" 2>/dev/null && [ -z "${SWATH_NO_INSTALL:-}" ]; then
    echo "installing the oracles' Python packages into .venv"
    make_venv || echo "could not be installed"
  fi
  for python in .venv/bin/python python3; do
    if "$python" -c "$oracle_imports" 2>/dev/null; then
      SWATH_ORACLE_PYTHON=$(command -v "$python")
      break
    fi
  done
fi
if [ -n "${SWATH_ORACLE_PYTHON:-}" ]; then
  case $SWATH_ORACLE_PYTHON in /*) ;; */*) SWATH_ORACLE_PYTHON=$PWD/$SWATH_ORACLE_PYTHON ;; esac
  export SWATH_ORACLE_PYTHON
fi

if [ -n "${SWATH_ORACLE_PYTHON:-}" ] && "$SWATH_ORACLE_PYTHON" -c "$oracle_imports" && have_programs; then
  export SWATH_REQUIRE_ORACLES=1
  echo "oracles: $("$SWATH_ORACLE_PYTHON" -c 'import rasterio, tifffile; print("rasterio", rasterio.__version__, "with GDAL", rasterio.__gdal_version__ + ",", "tifffile", tifffile.__version__)'), $(gdalinfo --version)"
else
  unchecked+=("files against GDAL, rasterio and tifffile: these oracles are not installed and could not be")
fi

# --- the checks ---------------------------------------------------------------------------------------------------

step() {
  say "$*"
  local began=$SECONDS
  "$@" || failed+=("$*")
  echo "($((SECONDS - began)) s)"
}

step cargo fmt --all --check
step cargo clippy --all-targets --locked -- -D warnings
for features in "" "--features cli" "--features gpu"; do
  step cargo clippy --no-default-features $features --all-targets --locked -- -D warnings
done

# Other platforms are checked and not linked, so empty files do for what their C compilers would make.
for platform in x86_64-pc-windows-gnu aarch64-apple-darwin; do
  if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$platform" ] && [ -z "${SWATH_NO_INSTALL:-}" ]; then
    rustup target add "$platform" >"$log/rustup" 2>&1 || tail -n 5 "$log/rustup"
  fi
  if [ -d "$(rustc --print sysroot)/lib/rustlib/$platform" ]; then
    step env "CC_${platform//-/_}=$PWD/scripts/empty-cc.sh" "AR_${platform//-/_}=$PWD/scripts/empty-cc.sh" cargo check --target "$platform" --locked
  else
    unchecked+=("the code for $platform: its standard library is not installed and could not be")
  fi
done

# One build answers whether the software adapter can be reached.
if cargo build --locked && "${CARGO_TARGET_DIR:-target}/debug/swath" devices --json >"$log/devices" 2>&1 && grep -qi "${SWATH_ADAPTER:-llvmpipe}" "$log/devices"; then
  export SWATH_REQUIRE_GPU=1
else
  unchecked+=("shaders on a device: no adapter named '${SWATH_ADAPTER:-llvmpipe}' answers")
fi

RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --locked
RUSTDOCFLAGS="-D warnings" step cargo doc --no-deps --no-default-features --lib --locked
step cargo bench --locked --no-run

say "cargo test"
began=$SECONDS
cargo test --locked --no-fail-fast 2>&1 | tee "$log/test"
[ "${PIPESTATUS[0]}" = 0 ] || failed+=("cargo test")
echo "($((SECONDS - began)) s)"

step cargo test --no-default-features --lib --locked

# The program without the GPU backend computes, has no adapter, and says why.
program_without_gpu() {
  local said swath=(cargo run --quiet --no-default-features --features cli --locked --) dem=tests/data/jacksboro_utm16_f32.tif
  "${swath[@]}" slope "$dem" "$log/slope.tif" --quiet || return 1
  "${swath[@]}" devices --json | tr -d ' \n' | grep -q '"devices":\[\]' || return 1
  said=$("${swath[@]}" slope "$dem" "$log/gpu.tif" --backend gpu 2>&1)
  [ $? = 2 ] && grep "without its feature 'gpu'" <<<"$said"
}
step program_without_gpu

# --- what came of it ----------------------------------------------------------------------------------------------

say "summary"
[ -z "${SWATH_REQUIRE_GPU:-}" ] || echo "GPU tests ran on: ${SWATH_ADAPTER:-llvmpipe}"
[ -z "${SWATH_REQUIRE_ORACLES:-}" ] || echo "oracle tests ran"
grep -h '^SKIPPED: ' "$log/test" | sort | uniq -c
for what in "${unchecked[@]+"${unchecked[@]}"}"; do echo "NOT CHECKED: $what"; done
for what in "${failed[@]+"${failed[@]}"}"; do echo "FAILED: $what"; done
grep -hE '^(test result: |error: test failed|test .* FAILED$)' "$log/test"
[ ${#failed[@]} = 0 ]
