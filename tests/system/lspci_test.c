/* mriov show --lspci against the real lspci and setpci, and against what --tree and --functions say. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/program.h"

TestSuite(lspci, .fini = shell_end, .timeout = 250);

/* lspci_agree.py finds no disagreement about HOST of RACK, and COUNTS: functions with bridges, bridges with root ports,
 * and functions that are the host's. */
static void expect_sight(const char *rack, const char *host, const char *counts)
{
    char command[200];
    shell_put("rack.yaml", rack);
    snprintf(command, sizeof command, "python3 \"$MRIOV_SOURCE_DIR/tests/system/lspci_agree.py\" \"$M\" %s", host);
    expect_answer(command, 0, counts, "");
}

Test(lspci, two_hosts_one_adapter)
{
    static const char rack[] = "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: \"h[0-1]\", chassis: t}]\n"
                               "adapters: [{name: n, at: t}]\nassign: [{function: n, to: \"h[0-1]\", vfs: 3}]\n";
    expect_sight(rack, "h0", "7 3 4\n");
    expect_sight(rack, "h1", "7 3 4\n");
}

/* 255 VFs and their PF take one bus; one more takes another. */
Test(lspci, as_many_vfs_as_a_bus_has_and_more)
{
    expect_sight(
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\n"
        "adapters: [{name: n, at: t, vfs: 256}]\nassign: [{function: n, to: h, vfs: 256}]\n",
        "h", "260 3 257\n");
    expect_sight(
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\n"
        "adapters: [{name: s, at: t, sharing: sr-iov, vfs: 256}]\nassign: [{function: \"s.vf[0-255]\", to: h}]\n",
        "h", "259 3 256\n");
}

Test(lspci, several_chassis)
{
    expect_sight(
        "mriov: 1\nchassis: [{name: \"t[0-2]\"}]\n"
        "trunks: [{name: \"isl[0-1]\", between: [\"t[0-1]\", \"t[1-2]\"]}]\n"
        "hosts: [{name: h, chassis: t0}]\n"
        "adapters: [{name: \"n[0-2]\", at: \"t[0-2]\"}, {name: s, at: t2, sharing: sr-iov}]\n"
        "assign: [{function: \"n*\", to: h, each: on, vfs: 2}, {function: s, to: h, vfs: 2}]\n",
        "h", "21 10 11\n");
}

/* Each root port is a PCI domain of its own. */
Test(lspci, several_uplinks_and_an_adapter_in_the_host)
{
    expect_sight(
        "mriov: 1\nchassis: [{name: \"t[0-1]\"}]\nhosts: [{name: h, chassis: [t0, t1], guests: [{name: vm}]}]\n"
        "adapters: [{name: \"n[0-1]\", at: \"t[0-1]\"}, {name: own, at: h}]\n"
        "assign: [{function: n0, to: \"h:0\", vfs: 1}, {function: n1, to: \"h:1\"}, {function: own.vf0, to: h/vm}]\n",
        "h", "12 7 5\n");
}

/* More bridges than a bus has devices. */
Test(lspci, forty_adapters)
{
    expect_sight(
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\nadapters: [{name: \"n[0-39]\", at: t}]\n"
        "assign: [{function: \"n*\", to: h}]\n",
        "h", "82 42 40\n");
}

/* VFs that an SR-IOV adapter's owner sees are functions like others: without ARI there are 8 of them. A PF's are not.
 */
Test(lspci, missing_capabilities)
{
    static const char rack[] = "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t, capabilities: [%s]}]\n"
                               "adapters: [{name: n, at: t}, {name: s, at: t, sharing: sr-iov}]\n"
                               "assign: [{function: n, to: h%s}, {function: s, to: h, vfs: 9}]\n";
    char text[500];
    snprintf(text, sizeof text, rack, "sr-iov, ari", ", vfs: 9");
    expect_sight(text, "h", "23 4 19\n");
    snprintf(text, sizeof text, rack, "ari", "");
    expect_sight(text, "h", "14 4 10\n");
    snprintf(text, sizeof text, rack, "sr-iov", ", vfs: 9");
    expect_sight(text, "h", "22 4 18\n");
    expect_answer("$M show rack.yaml --functions | grep unseen | tr -s ' '", 0, "s.pf0.vf8 h - 1 - unseen -\n", "");
}

Test(lspci, vendors_of_vfs_are_linux_s_or_the_registers)
{
    shell_put(
        "rack.yaml", "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h, chassis: t}]\nadapters: [{name: n, at: t}]\n"
                     "assign: [{function: n, to: h, vfs: 2}]\n");
    expect_answer("$M show rack.yaml --lspci h | grep -c '^00: 72 6d '", 0, "6\n", "");
    expect_answer(
        "$M show rack.yaml --lspci h --raw | grep -A1 '^0000:03:00.[12]' | grep -c '^00: ff ff ff ff '", 0, "2\n", "");
    expect_answer(
        "$M show rack.yaml --lspci h --raw | lspci -F /dev/stdin -n 2>/dev/null | grep -c ffff:ffff", 0, "2\n", "");
}

Test(lspci, a_host_without_a_root_port_sees_nothing)
{
    shell_put("rack.yaml", "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h}]\n");
    expect_answer("$M show rack.yaml --lspci h", 0, "", "");
}
