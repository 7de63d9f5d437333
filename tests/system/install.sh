#!/bin/sh
# cmake --install into an empty place: what must be there, and whether the program runs from there.
# Usage: install.sh CMAKE BUILD_DIR VERSION
set -eu
cmake=$1 build=$2 version=$3

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
DESTDIR=$place "$cmake" --install "$build" --prefix /usr >"$place/log"

missing=
for path in bin/mriov bin/mriovd bin/mriovctl share/man/man1/mriov.1 share/man/man1/mriovd.1 share/man/man1/mriovctl.1 \
    share/bash-completion/completions/mriov share/bash-completion/completions/mriovctl \
    share/doc/mriov/README.md share/doc/mriov/LICENSE share/doc/mriov/design.md; do
    [ -s "$place/usr/$path" ] || missing="$missing $path"
done
[ -z "$missing" ] || { echo "not installed:$missing" && exit 1; }

said=$(cd / && "$place/usr/bin/mriov" --version)
[ "$said" = "mriov $version" ] || { echo "mriov --version says '$said'" && exit 1; }

# Installing is for everybody: what it leaves must not depend on the umask of whoever built.
unreadable=$(find "$place/usr" ! -perm -a+r)
[ -z "$unreadable" ] || { echo "not readable by all: $unreadable" && exit 1; }
