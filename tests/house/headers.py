"""Compiles each header by itself, and twice in a row, as the first thing of a file. Usage: headers.py ROOT
CC names the compiler, CFLAGS its flags."""

import os
import tempfile

import compiler
import tree


def stub_write(folder, header):
    # The stub's name tells the header in the compiler's messages.
    path = os.path.join(folder, header.replace("/", "_")[:-2] + ".c")
    with open(path, "w", encoding="utf-8") as stub:
        stub.write('#include "%s"\n#include "%s"\n' % (header, header))
    return path


def faults(root):
    headers = tree.files(root, ".h")
    if headers:
        with tempfile.TemporaryDirectory() as folder:
            said = compiler.complaints(root, [stub_write(folder, header) for header in headers])
        if said:
            yield said


if __name__ == "__main__":
    tree.main(faults)
