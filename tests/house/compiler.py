"""What the checks that compile have in common: a compiler that only looks."""

import os
import shlex
import subprocess


def complaints(root, sources):
    """What the compiler that CC names, with the flags of CFLAGS, says against the sources; empty when nothing."""
    command = shlex.split(os.environ.get("CC", "cc")) + shlex.split(os.environ.get("CFLAGS", ""))
    command += ["-D_GNU_SOURCE", '-DMRIOV_VERSION="0"', "-std=gnu17", "-fsyntax-only", "-I", root]
    processes = os.cpu_count() or 1
    running = [
        subprocess.Popen(command + part, cwd=root, stderr=subprocess.PIPE, text=True)
        for part in (sources[first::processes] for first in range(processes))
        if part
    ]
    said = [process.communicate()[1] for process in running]
    return "".join(text for process, text in zip(running, said) if process.returncode).strip()
