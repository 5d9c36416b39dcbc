#!/usr/bin/env bash
# Tests the C interface beyond its crate's own tests (`cargo test`): a C program that finds the installed library by
# pkg-config, compiled with every warning an error, linked with the shared library and with the static one, run under
# valgrind and with AddressSanitizer.
#
#   scripts/checks/test-capi.sh    CC chooses the compiler
set -euo pipefail
cd "$(dirname "$0")/../.."

CC=${CC:-cc}
work=$(realpath -m target/test-capi)
source=crates/frame-compression-capi/tests/c/interface.c
warnings=(-std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes -Werror -g -O1)

rm -rf "$work"
PREFIX=$work/prefix scripts/build/install-capi.sh
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/prefix/lib
read -ra flags <<<"$(pkg-config --cflags frame-compression)"
read -ra libraries <<<"$(pkg-config --libs frame-compression) -lm -lpthread"
read -ra all_libraries <<<"$(pkg-config --libs --static frame-compression) -lm -lpthread"
archive=$work/prefix/lib/libframe_compression_c.a
static=("${all_libraries[@]/-lframe_compression_c/$archive}")

echo "== header in C and C++"
echo '#include <frame_compression.h>' | "$CC" "${warnings[@]}" "${flags[@]}" -x c -fsyntax-only -
echo '#include <frame_compression.h>' | "$CC" -Wall -Wextra -Werror "${flags[@]}" -x c++ -fsyntax-only -

echo "== example of docs/c-and-swift.md"
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' docs/c-and-swift.md >"$work/page.c"
"$CC" "${warnings[@]}" "${flags[@]}" -fsyntax-only "$work/page.c"

echo "== shared library"
"$CC" "${warnings[@]}" "${flags[@]}" "$source" "${libraries[@]}" -o "$work/shared"
"$work/shared"
"$CC" "${warnings[@]}" "${flags[@]}" crates/frame-compression-capi/examples/c/conditioning_image.c "${libraries[@]}" -o "$work/example"
"$work/example"
if command -v readelf >/dev/null; then
    # Programs look for the library by its major version, and see nothing of it but the interface.
    readelf -d "$work/shared" | grep -q 'NEEDED.*libframe_compression_c\.so\.[0-9]*\]'
    exported=$(nm --dynamic --defined-only "$work/prefix/lib/libframe_compression_c.so" | awk '{print $3}' | sort | tr '\n' ' ')
    declared=$(grep -oE '\bfc_[a-z_]+\(' "$work/prefix/include/frame_compression.h" | tr -d '(' | sort -u | tr '\n' ' ')
    [ "$exported" = "$declared" ] || { echo "exported $exported, declared $declared" >&2 && exit 1; }
fi
# valgrind is for Linux.
if [ "$(uname -s)" = Linux ]; then
    echo "== shared library under valgrind"
    # Optimised fully, rustc tests the unused payload of an enum before it asks which variant there is: harmless, as
    # nothing follows from it, but valgrind cannot know. So it gets the library of the tests, which checks more besides.
    library=${BUILT:+$BUILT/deps/libframe_compression_c.so}
    if [ -z "$library" ]; then
        cargo build --quiet --locked --profile test -p frame-compression-capi --target-dir "$work/build"
        library=$work/build/debug/libframe_compression_c.so
    fi
    mkdir "$work/checked"
    ln -s "$library" "$work/checked/libframe_compression_c.so.0"
    LD_LIBRARY_PATH=$work/checked valgrind --quiet --error-exitcode=1 --leak-check=full --show-leak-kinds=definite,indirect,possible \
        --errors-for-leak-kinds=definite,indirect,possible "$work/shared"
fi

echo "== static library with AddressSanitizer"
"$CC" "${warnings[@]}" -fsanitize=address,undefined -fno-sanitize-recover=all "${flags[@]}" "$source" "${static[@]}" -o "$work/static"
"$work/static"
