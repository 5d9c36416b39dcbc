# shellcheck shell=bash
# Sourced by other scripts: the levels of vectors that this machine has, the best one last. Each has to give the same
# bits.

levels() {
    local of_x86="scalar sse2 avx2"
    case $(uname -m) in
        x86_64)
            # What the level avx512 asks for last.
            if grep -qw avx512_vnni /proc/cpuinfo 2>/dev/null && grep -qw avx512vbmi /proc/cpuinfo; then
                of_x86+=" avx512"
            fi
            echo "$of_x86"
            ;;
        aarch64 | arm64) echo scalar neon ;;
        *) echo scalar ;;
    esac
}
