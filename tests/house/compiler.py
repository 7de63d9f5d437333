"""What the checks that compile have in common: a compiler that only looks."""

import os
import shlex
import subprocess


def complaints(root, sources):
    """What the compiler that CC names, with the flags of CFLAGS, says against the sources; empty when nothing."""
    command = shlex.split(os.environ.get("CC", "cc")) + shlex.split(os.environ.get("CFLAGS", ""))
    command += ["-D_GNU_SOURCE", '-DMRIOV_VERSION="0"', "-std=gnu17", "-fsyntax-only", "-I", root]
    result = subprocess.run(command + sources, cwd=root, stderr=subprocess.PIPE, text=True, check=False)
    return result.stderr.strip() if result.returncode else ""
