#include "hostsim/rack/rack_view.h"

#include <criterion/criterion.h>

#include "tests/support/rack.h"
#include "tests/support/sheet.h"

static void expect(const char *scenario, const char *text)
{
    struct rack rack;
    struct sheet sheet;
    rack_open(&rack, scenario);
    sheet_open(&sheet);
    rack_view_write(&rack.world, sheet.out);
    cr_expect_str_eq(sheet_close(&sheet), text, "%s", sheet.text);
    sheet_free(&sheet);
    rack_close(&rack);
}

Test(rack_view, has_ports_links_and_what_they_lead_to)
{
    expect(
        "mriov: 1\n"
        "chassis: [{name: \"t[0-1]\"}]\n"
        "trunks: [{name: isl, between: [t1, t0], link: {gen: 5, width: 16, cable: 3m}}]\n"
        "hosts: [{name: a, chassis: [t0, t1]}, {name: b, chassis: t0, link: {gen: 1, width: 1, rate: 1Gbps}}]\n"
        "adapters: [{name: n, at: t0, pfs: 1, vfs: 1}, {name: s, at: t1, kind: dma, sharing: sr-iov, vfs: 8}]\n"
        "assign: [{function: n, to: \"a:0\"}, {function: \"s.vf[0-2]\", to: b}]\n",
        "PORT      LINK             DELAY  KIND   LEADS TO\n"
        "chassis t0: 105 ns, cut-through, voq, round-robin\n"
        "  a:0     gen4 x8          10 ns  plain  host a, VH 1\n"
        "  b       gen1 x1, 1 Gb/s  10 ns  plain  host b, VH 3\n"
        "  isl:t0  gen5 x16         15 ns  MR     chassis t1\n"
        "  n       gen4 x16          0 ns  MR     adapter n: dma, mr-iov, 1 PF, 1 VF, 1 assigned\n"
        "chassis t1: 105 ns, cut-through, voq, round-robin\n"
        "  a:1     gen4 x8          10 ns  plain  host a, VH 2\n"
        "  isl:t1  gen5 x16         15 ns  MR     chassis t0\n"
        "  s       gen4 x16          0 ns  plain  adapter s: dma, sr-iov, 1 PF, 8 VFs, 3 assigned\n");
}

Test(rack_view, has_hosts_with_adapters_of_their_own_and_with_nothing)
{
    expect(
        "mriov: 1\n"
        "chassis: [{name: t, latency: 1us, forwarding: store-and-forward, queueing: fifo, arbitration: age}]\n"
        "hosts: [{name: a, chassis: t}, {name: b}, {name: c}]\n"
        "adapters: [{name: own, at: b, vfs: 2}, {name: extra, at: a, vfs: 2}]\n",
        "PORT     LINK      DELAY  KIND   LEADS TO\n"
        "chassis t: 1 us, store-and-forward, fifo, age\n"
        "  a      gen4 x8   10 ns  plain  host a, VH 1\n"
        "host a:\n"
        "  extra  gen4 x16   0 ns  plain  adapter extra, VH 2: dma, exclusive, 1 PF, 2 VFs, 1 assigned\n"
        "host b:\n"
        "  own    gen4 x16   0 ns  plain  adapter own, VH 3: dma, exclusive, 1 PF, 2 VFs, 1 assigned\n"
        "host c: no links\n");
}
