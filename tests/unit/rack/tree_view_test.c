#include "hostsim/rack/tree_view.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"
#include "tests/support/sheet.h"

static void write(struct sheet *sheet, const char *scenario)
{
    struct rack rack;
    rack_open(&rack, scenario);
    sheet_open(sheet);
    tree_view_write(&rack.world, sheet->out);
    sheet_close(sheet);
    rack_close(&rack);
}

static void expect(const char *scenario, const char *text)
{
    struct sheet sheet;
    write(&sheet, scenario);
    cr_expect_str_eq(sheet.text, text, "%s", sheet.text);
    sheet_free(&sheet);
}

Test(tree_view, goes_through_chassis_and_back)
{
    expect(
        "mriov: 1\n"
        "chassis: [{name: \"t[0-1]\"}]\n"
        "trunks: [{name: isl, between: [t0, t1]}]\n"
        "hosts: [{name: a, chassis: t0, guests: [{name: vm}]}]\n"
        "adapters: [{name: m, at: t0}, {name: n, at: t1}, {name: o, at: t1}]\n"
        "assign: [{function: m, to: a}, {function: n, to: a, vfs: 2}, {function: n.pf0.vf1, to: a/vm},\n"
        "         {function: o, to: a}]\n",
        "ADDRESS              WHAT                      BUSES  MEMORY\n"
        "host a, VH 1\n"
        "  00:00.0            root port                 01-07  0x100000000000-0x10000c2fffff  195 MiB\n"
        "  `-01:00.0          upstream bridge of t0     02-07  0x100000000000-0x10000c2fffff  195 MiB\n"
        "    |-02:00.0        downstream bridge to m    03-03  0x100000000000-0x1000040fffff  65 MiB\n"
        "    | `-03:00.0      m.pf0                            0x100000000000  1 MiB\n"
        "    `-02:01.0        downstream bridge to isl  04-07  0x100004100000-0x10000c2fffff  130 MiB\n"
        "      `-04:00.0      upstream bridge of t1     05-07  0x100004100000-0x10000c2fffff  130 MiB\n"
        "        |-05:00.0    downstream bridge to n    06-06  0x100004100000-0x1000081fffff  65 MiB\n"
        "        | |-06:00.0  n.pf0                            0x100004100000  1 MiB\n"
        "        | |-06:00.1  n.pf0.vf0                        0x100004200000  1 MiB\n"
        "        | `-06:00.2  n.pf0.vf1, guest vm              0x100004300000  1 MiB\n"
        "        `-05:01.0    downstream bridge to o    07-07  0x100008200000-0x10000c2fffff  65 MiB\n"
        "          `-07:00.0  o.pf0                            0x100008200000  1 MiB\n"
        "MR-PCIM, in chassis t0, VH 0\n"
        "  00:00.0            root port                 01-03  0x100000000000-0x1000000fffff  1 MiB\n"
        "  `-01:00.0          upstream bridge of t0     02-03  0x100000000000-0x1000000fffff  1 MiB\n"
        "    `-02:00.0        downstream bridge to m    03-03  0x100000000000-0x1000000fffff  1 MiB\n"
        "      `-03:00.0      m.bf                             0x100000000000  1 MiB\n"
        "MR-PCIM, in chassis t1, VH 0\n"
        "  00:00.0            root port                 01-04  0x100000000000-0x1000001fffff  2 MiB\n"
        "  `-01:00.0          upstream bridge of t1     02-04  0x100000000000-0x1000001fffff  2 MiB\n"
        "    |-02:00.0        downstream bridge to n    03-03  0x100000000000-0x1000000fffff  1 MiB\n"
        "    | `-03:00.0      n.bf                             0x100000000000  1 MiB\n"
        "    `-02:01.0        downstream bridge to o    04-04  0x100000100000-0x1000001fffff  1 MiB\n"
        "      `-04:00.0      o.bf                             0x100000100000  1 MiB\n");
}

Test(tree_view, has_one_for_each_root_port_host_by_host)
{
    expect(
        "mriov: 1\nchassis: [{name: t}]\n"
        "hosts: [{name: a, chassis: t, uplinks: 2}, {name: b}, {name: c}]\n"
        "adapters: [{name: x, at: b, vfs: 2}, {name: y, at: a, vfs: 2}]\n",
        "ADDRESS      WHAT                  BUSES  MEMORY\n"
        "host a, root port a:0, VH 1, PCI domain 0000\n"
        "  00:00.0    root port             01-02\n"
        "  `-01:00.0  upstream bridge of t  02-02\n"
        "host a, root port a:1, VH 2, PCI domain 0001\n"
        "  00:00.0    root port             01-02\n"
        "  `-01:00.0  upstream bridge of t  02-02\n"
        "host a, root port of y, VH 3, PCI domain 0002\n"
        "  00:00.0    root port             01-01  0x100000000000-0x1000000fffff  1 MiB\n"
        "  `-01:00.0  y.pf0                        0x100000000000  1 MiB\n"
        "host b, root port of x, VH 4\n"
        "  00:00.0    root port             01-01  0x100000000000-0x1000000fffff  1 MiB\n"
        "  `-01:00.0  x.pf0                        0x100000000000  1 MiB\n"
        "MR-PCIM, in chassis t, VH 0\n"
        "  00:00.0    root port             01-02\n"
        "  `-01:00.0  upstream bridge of t  02-02\n");
}

/* The VFs of one adapter of which others have some: each host sees its own, and the last is marked so. */
Test(tree_view, leaves_out_what_others_have)
{
    struct sheet sheet;
    write(
        &sheet,
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: \"h[0-1]\", chassis: t}]\n"
        "adapters: [{name: s, at: t, sharing: sr-iov, vfs: 300}]\n"
        "assign: [{function: s.vf0, to: h1}, {function: \"s.vf[1-256]\", to: h0}, {function: s.vf259, to: h1}]\n");
    size_t lines = 0;
    for (const char *at = sheet.text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    cr_expect_eq(lines, 1 + 2 * 4 + 258 + 4 + 301, "and what MR-PCIM has of it");
    cr_expect(strstr(sheet.text, "      |-03:1f.6  s.pf0.vf255 "), "%s", sheet.text);
    cr_expect(strstr(sheet.text, "      `-03:1f.7  s.pf0.vf256 "), "%s", sheet.text);
    const char *second = strstr(sheet.text, "host h1, VH 2");
    cr_assert(second);
    cr_expect(strstr(second, "      |-03:00.0  s.pf0.vf0 "), "%s", second);
    cr_expect(strstr(second, "      `-03:00.1  s.pf0.vf259 "), "%s", second);
    sheet_free(&sheet);
}

/* A chain of chassis: as deep as it can be. */
Test(tree_view, is_as_deep_as_the_rack)
{
    struct sheet sheet;
    write(
        &sheet, "mriov: 1\nchassis: [{name: \"t[0-99]\"}]\n"
                "trunks: [{name: \"isl[0-98]\", between: [\"t[0-98]\", \"t[1-99]\"]}]\n"
                "hosts: [{name: h, chassis: t0}]\nadapters: [{name: n, at: t99}]\n"
                "assign: [{function: n, to: h}]\n");
    cr_expect(strstr(sheet.text, "`-c9:00.0  n.pf0 "), "%s", sheet.text);
    sheet_free(&sheet);
}
