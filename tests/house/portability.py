"""Lets another compiler than the build's look at all sources, with the same warnings. Usage: portability.py ROOT
CC names that compiler, CFLAGS its flags."""

import compiler
import tree


def faults(root):
    sources = tree.files(root, ".c")
    said = compiler.complaints(root, sources) if sources else ""
    if said:
        yield said


if __name__ == "__main__":
    tree.main(faults)
