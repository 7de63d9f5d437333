"""Holds what every text file must keep to: length, ends of lines, no path of somebody's machine.
Usage: files.py ROOT"""

import re

import tree

LINES_MAX = 600

# Folders that are on one machine only; /tmp, /usr, /dev and the like are everywhere.
MACHINE_PATH = re.compile(r"(?<![\w.$~}*/-])/(home|root|work|Users|mnt|media|tmp/\w+/\w+)/[\w.-]+")


def line_fault(line):
    body = line.rstrip("\n")
    if "\r" in body:
        return "a carriage return"
    if body != body.rstrip():
        return "blanks at the end of the line"
    if "\t" in body:
        return "a tab"
    place = MACHINE_PATH.search(body)
    if place:
        return "a path of one machine: %s" % place.group()
    return None


def faults(root):
    for path in tree.files(root):
        if path == "LICENSE":
            continue
        try:
            content = tree.lines(root, path)
        except UnicodeDecodeError:
            yield "%s: not UTF-8" % path
            continue
        for number, line in enumerate(content, 1):
            fault = line_fault(line)
            if fault:
                yield "%s:%d: %s" % (path, number, fault)
        if len(content) > LINES_MAX:
            yield "%s: %d lines; %d are the most: a file is one noun" % (path, len(content), LINES_MAX)
        if content and not content[-1].endswith("\n"):
            yield "%s: no newline at the end" % path


if __name__ == "__main__":
    tree.main(faults)
