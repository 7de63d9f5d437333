# What tools/rack and tools/test share; they source it. POSIX sh, because a fresh Debian has no more.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P) || exit

say()
{
    printf '%s: %s\n' "tools/$(basename -- "$0")" "$*" >&2
}

die()
{
    say "$*"
    exit 1
}

# The names in packages.txt that are not installed, on one line.
packages_missing()
{
    while read -r package; do
        case $package in '' | '#'*) continue ;; esac
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
    done <"$root/tools/packages.txt"
}

# An index older than the mirror names files that are gone: then, or when there is none, it is fetched again.
packages_install()
{
    as_root="env DEBIAN_FRONTEND=noninteractive"
    [ "$(id -u)" = 0 ] || as_root="sudo $as_root"
    # shellcheck disable=SC2086 # words are what is wanted: a command with its arguments, names of packages
    if apt-cache show --no-all-versions $1 >/dev/null 2>&1 &&
        $as_root apt-get install -y --no-install-recommends $1 >&2 </dev/null; then
        return
    else
        $as_root apt-get update >&2 && $as_root apt-get install -y --no-install-recommends $1 >&2 </dev/null
    fi
}

# Installs what is missing and leaves the network alone when nothing is.
packages_ensure()
{
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "not a Debian system: making do with what is installed (Debian's names: tools/packages.txt)"
        return
    fi
    missing=$(packages_missing)
    missing=${missing% }
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        die "missing packages, and neither root nor sudo to install them: $missing"
    fi
    say "installing $missing"
    packages_install "$missing" || die "these packages could not be installed: $missing"
}

# Where builds go: build/ in the source tree, or the user's cache when the tree cannot be written.
build_home()
{
    if mkdir -p "$root/build" 2>/dev/null && [ -w "$root/build" ]; then
        printf '%s\n' "$root/build"
    else
        printf '%s/mriov/%s\n' "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}" "$(printf %s "$root" | cksum | tr ' ' -)"
    fi
}

# build PRESET [TARGET]: configures and builds it, or only TARGET of it; its folder is then $builds/PRESET. Output to stderr: stdout is the caller's.
build()
{
    builds=$(build_home)
    cache=$builds/$1/CMakeCache.txt
    fresh=
    # A tree that was moved or copied together with its build folder.
    if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$cache"; then
        fresh=--fresh
    fi
    (cd "$root" && cmake --preset "$1" $fresh -B "$builds/$1" >/dev/null &&
        cmake --build "$builds/$1" ${2:+--target "$2"} >&2) || die "the $1 build failed"
}
