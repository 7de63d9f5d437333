"""The project's files, for the checks of this folder: they work in a tarball too, where git cannot be asked."""

import os
import sys

ROOMS = ("fabric", "hostsim", "mgmt", "proto", "tests", "docs", "tools", ".ci")
TEXT = (".c", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml", ".proto", ".lua", ".html", ".js")
SOURCES = (".c", ".h")


def is_text(name):
    # A file without a suffix is a script or one of the usual files (LICENSE, run, .gitignore).
    return name.endswith(TEXT) or "." not in name.lstrip(".")


def files(root, suffixes=None):
    """Paths from the root, sorted: those that end in one of the suffixes, or else every text file."""
    found = [name for name in os.listdir(root) if os.path.isfile(os.path.join(root, name)) and name != ".git"]
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(path for path in found if (path.endswith(suffixes) if suffixes else is_text(os.path.basename(path))))


def lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8", newline="") as file:
        return file.read().splitlines(keepends=True)


def main(faults):
    """Runs a check on the tree that the command line names; one line a fault, and exit status 1 when there is any."""
    found = list(faults(sys.argv[1]))
    print("\n".join(found + ["%d faults" % len(found)]))
    sys.exit(1 if found else 0)
