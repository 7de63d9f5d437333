"""Holds the C files to .clang-format. Usage: format.py ROOT; CLANG_FORMAT names the program (version 14)."""

import os
import subprocess

import tree


def faults(root):
    sources = tree.files(root, tree.SOURCES)
    if not sources:
        return
    command = [os.environ.get("CLANG_FORMAT", "clang-format-14"), "--dry-run", "--Werror", "--style=file"]
    result = subprocess.run(command + sources, cwd=root, stderr=subprocess.PIPE, text=True, check=False)
    for line in result.stderr.splitlines():
        if "error:" in line:
            yield line
    if result.returncode and "error:" not in result.stderr:
        yield result.stderr.strip()


if __name__ == "__main__":
    tree.main(faults)
