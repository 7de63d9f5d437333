"""Proves that each check of this folder can fail: feeds it small trees with one fault each, and one without.
Usage: self_test.py ROOT (whose .clang-format is used); where CLANG_FORMAT names no program, the formatting check is
left out."""

import os
import shutil
import sys
import tempfile

import files
import format as formatting
import headers
import layering
import portability

GOOD = {
    "fabric/base/time.h": "#ifndef TIME_H\n#define TIME_H\n#include <stdint.h>\nuint64_t now_ps(void);\n#endif\n",
    "fabric/pcie/tlp.c": '#include "fabric/base/time.h"\n',
    "hostsim/host.c": '#include <time.h>\n\n#include "fabric/base/time.h"\n',
    "tests/host_test.c": '#include "fabric/base/time.h"\n',
    "docs/design.md": "The way of data.\n",
}
ELSEWHERE = "/ho" + "me/somebody/mriov"  # in two pieces, so that this file passes its own check

# (check, the files that replace or join GOOD's, what the message must contain)
BAD = [
    (layering, {"fabric/base/time.h": '#include "fabric/pcie/tlp.h"\nint t;\n', "fabric/pcie/tlp.h": "int x;\n"},
     "fabric/base/time.h:1: fabric/pcie/tlp.h goes against the arrows: fabric/base -> fabric/pcie"),
    (layering, {"fabric/pcie/tlp.c": '#include "hostsim/host.h"\n', "hostsim/host.h": "int x;\n"},
     "against the arrows: fabric -> hostsim"),
    (layering, {"hostsim/host.c": '#  include "tests/help.h"\n', "tests/help.h": "int x;\n"},
     "against the arrows: hostsim -> tests"),
    (layering, {"proto/frame.c": '#include "fabric/base/time.h"\n'}, "against the arrows: proto -> fabric"),
    (layering, {"hostsim/host.c": '#include "mgmt/log.h"\n', "mgmt/log.h": "int x;\n"}, "hostsim -> mgmt"),
    (layering, {"fabric/pcie/tlp.c": '#include "../base/time.h"\n'}, "not written from the root"),
    (layering, {"fabric/pcie/tlp.c": '#include "link.h"\n'}, "not written from the root"),
    (layering, {"fabric/pcie/tlp.c": '#include "fabric/pcie/none.h"\n'}, "does not exist"),
    (layering, {"fabric/misc/odd.c": '#include "fabric/base/time.h"\n'}, "no place in the order"),
    (layering, {"fabric/pcie/tlp.c": "#include <time.h>\n"}, "not for fabric"),
    (layering, {"fabric/pcie/tlp.c": "#include <math.h>\n"}, "not for fabric"),
    (layering, {"tools/example.c": "int x;\n"}, "outside the rooms"),
    (layering, {"hostsim/all.h": '#ifndef A\n#define A\n/* all */\n#include "fabric/base/time.h"\n#endif\n'},
     "umbrella"),
    (files, {"docs/design.md": "line\n" * 601}, "docs/design.md: 601 lines"),
    (files, {"docs/design.md": "see %s\n" % ELSEWHERE}, "docs/design.md:1: a path of one machine"),
    (files, {"tools/run": "#!/bin/sh\ncd %s\n" % ELSEWHERE}, "tools/run:2: a path of one machine"),
    (files, {"docs/design.md": "\tindented\n"}, "a tab"),
    (files, {"docs/design.md": "text \n"}, "blanks at the end"),
    (files, {"docs/design.md": "text\r\n"}, "a carriage return"),
    (files, {"docs/design.md": "text"}, "no newline"),
    (headers, {"fabric/base/time.h": "#ifndef T\n#define T\nuint64_t now_ps(void);\n#endif\n"}, "uint64_t"),
    (headers, {"fabric/base/time.h": "struct twice {\n    int x;\n};\n"}, "redefinition"),
    (portability, {"hostsim/host.c": "int main(void)\n{\n    return x;\n}\n"}, "hostsim/host.c:3"),
    (formatting, {"fabric/pcie/tlp.c": "int  main(void) {return 0;}\n"}, "tlp.c:1"),
]


def faults_in(check, tree, style):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            place = os.path.join(root, path)
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        shutil.copy(style, os.path.join(root, ".clang-format"))
        return list(check.faults(root))


def main():
    style = os.path.join(sys.argv[1], ".clang-format")
    checks = [layering, files, headers, portability]
    checks += [formatting] if shutil.which(os.environ.get("CLANG_FORMAT", "")) else []
    wrong = []
    for check in checks:
        found = faults_in(check, GOOD, style)
        if found:
            wrong.append("%s finds faults in a good tree: %s" % (check.__name__, found))
    cases = [case for case in BAD if case[0] in checks]
    for check, change, message in cases:
        found = faults_in(check, {**GOOD, **change}, style)
        if not any(message in fault for fault in found):
            wrong.append("%s misses '%s' in %s: %s" % (check.__name__, message, sorted(change), found))
    print("\n".join(wrong + ["%d bad trees, %d checks, %d surprises" % (len(cases), len(checks), len(wrong))]))
    sys.exit(1 if wrong else 0)


main()
