"""Holds the arrows of docs/design.md: who may include whom. Usage: layering.py ROOT"""

import os
import re

import tree

# A room, and the other rooms that it may include. Nothing includes tests.
ROOMS = {
    "fabric": (),
    "hostsim": ("fabric",),
    "proto": (),
    "mgmt": ("hostsim", "fabric", "proto"),
    "docs": ("proto",),
    "tests": ("fabric", "hostsim", "mgmt", "proto"),
}

# The folders of fabric: each may include itself and those before it.
FABRIC = ("base", "engine", "pcie", "switch", "adapter", "pcim")

# What fabric may take from outside: nothing with a clock, a socket, a locale or rounding that differs by machine.
FABRIC_SYSTEM = re.compile(
    r"(inttypes|limits|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string)\.h|mpi\.h|sanitizer/\w+\.h"
)

INCLUDE = re.compile(r'\s*#\s*include\s*(["<])([^">]+)[">]')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
NOTHING_OF_ITS_OWN = re.compile(r"^\s*#\s*(include\b.*|ifndef\b.*|define\s+\w+\s*|endif\b.*|pragma\s+once\s*)$", re.MULTILINE)


def room_fault(path, target):
    """What is wrong with path's including target, both from the root; None when nothing is."""
    here, there = path.split("/"), target.split("/")
    if "." in here[:-1] or ".." in there or len(there) < 2:
        return "is not written from the root"
    if there[0] not in ROOMS:
        return "is not in a room of the house"
    if here[0] != there[0]:
        return None if there[0] in ROOMS[here[0]] else "goes against the arrows: %s -> %s" % (here[0], there[0])
    if here[0] != "fabric":
        return None
    if here[1] not in FABRIC or there[1] not in FABRIC:
        return "is in a folder of fabric that has no place in the order"
    if FABRIC.index(there[1]) > FABRIC.index(here[1]):
        return "goes against the arrows: fabric/%s -> fabric/%s" % (here[1], there[1])
    return None


def include_fault(root, path, quote, target):
    if quote == "<":
        if path.startswith("fabric/") and not FABRIC_SYSTEM.fullmatch(target):
            return "is not for fabric: no clock, socket, locale or libm in the model"
        return None
    fault = room_fault(path, target)
    if fault is None and not target.endswith(".pb-c.h") and not os.path.isfile(os.path.join(root, target)):
        return "does not exist"
    return fault


def is_umbrella(text):
    """A header with includes and nothing of its own."""
    return "#include" in text and not NOTHING_OF_ITS_OWN.sub("", COMMENT.sub("", text)).strip()


def faults(root):
    for path in tree.files(root, tree.SOURCES):
        if path.split("/")[0] not in ROOMS:
            yield "%s: C outside the rooms of the house" % path
            continue
        content = tree.lines(root, path)
        for number, line in enumerate(content, 1):
            match = INCLUDE.match(line)
            fault = match and include_fault(root, path, *match.groups())
            if fault:
                yield "%s:%d: %s %s" % (path, number, match.group(2), fault)
        if path.endswith(".h") and is_umbrella("".join(content)):
            yield "%s: an umbrella header: include what is used where it is used" % path


if __name__ == "__main__":
    tree.main(faults)
