"""Compiles each header by itself, and twice in a row, as the first thing of a file. Usage: headers.py ROOT
CC names the compiler, CFLAGS its flags (those of the build)."""

import os
import shlex
import subprocess
import tempfile

import tree


def stub_write(folder, header):
    # The stub's name tells the header in the compiler's messages.
    path = os.path.join(folder, header.replace("/", "_")[:-2] + ".c")
    with open(path, "w", encoding="utf-8") as stub:
        stub.write('#include "%s"\n#include "%s"\n' % (header, header))
    return path


def faults(root):
    headers = tree.files(root, ".h")
    if not headers:
        return
    compiler = shlex.split(os.environ.get("CC", "cc")) + shlex.split(os.environ.get("CFLAGS", ""))
    with tempfile.TemporaryDirectory() as folder:
        stubs = [stub_write(folder, header) for header in headers]
        command = compiler + ["-std=gnu17", "-fsyntax-only", "-I", root] + stubs
        result = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    if result.returncode:
        yield result.stderr.strip()


if __name__ == "__main__":
    tree.main(faults)
