#include "hostsim/rack/dot_view.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/rack.h"
#include "tests/support/sheet.h"

static void write(struct sheet *sheet, const char *scenario)
{
    struct rack rack;
    rack_open(&rack, scenario);
    sheet_open(sheet);
    dot_view_write(&rack.world, sheet->out);
    sheet_close(sheet);
    rack_close(&rack);
}

Test(dot_view, has_nodes_and_edges)
{
    struct sheet sheet;
    write(
        &sheet, "mriov: 1\nname: small\nchassis: [{name: \"t[0-1]\"}]\n"
                "trunks: [{name: isl, between: [t0, t1], link: {gen: 5, width: 16}}]\n"
                "hosts: [{name: a, chassis: [t0, t1]}, {name: b, chassis: t1}, {name: c}]\n"
                "adapters: [{name: n, at: t0}, {name: s, at: t1, sharing: sr-iov}, {name: own, at: c}]\n");
    cr_expect_str_eq(
        sheet.text,
        "graph rack {\n"
        "  label=\"small\";\n"
        "  labelloc=t;\n"
        "  rankdir=LR;\n"
        "  node [fontname=\"sans-serif\"];\n"
        "  edge [fontname=\"sans-serif\", fontsize=10];\n"
        "  \"a\" [shape=box, label=\"a\\nVH 1, 2\"];\n"
        "  \"b\" [shape=box, label=\"b\\nVH 3\"];\n"
        "  \"c\" [shape=box, label=\"c\\nVH 4\"];\n"
        "  \"t0\" [shape=box3d, label=\"t0\\n105 ns\\nround-robin\"];\n"
        "  \"t1\" [shape=box3d, label=\"t1\\n105 ns\\nround-robin\"];\n"
        "  \"n\" [shape=component, label=\"n\\ndma, mr-iov\"];\n"
        "  \"s\" [shape=component, label=\"s\\ndma, sr-iov\"];\n"
        "  \"own\" [shape=component, label=\"own\\ndma, exclusive\"];\n"
        "  \"a\" -- \"t0\" [label=\"a:0\\ngen4 x8\"];\n"
        "  \"a\" -- \"t1\" [label=\"a:1\\ngen4 x8\"];\n"
        "  \"b\" -- \"t1\" [label=\"gen4 x8\"];\n"
        "  \"t0\" -- \"t1\" [label=\"isl\\ngen5 x16\", style=bold];\n"
        "  \"t0\" -- \"n\" [label=\"gen4 x16\", style=bold];\n"
        "  \"t1\" -- \"s\" [label=\"gen4 x16\"];\n"
        "  \"c\" -- \"own\" [label=\"gen4 x16\"];\n"
        "}\n",
        "%s", sheet.text);
    sheet_free(&sheet);
}

Test(dot_view, quotes_what_the_language_would_take_for_its_own)
{
    struct sheet sheet;
    write(&sheet, "mriov: 1\nname: \"a \\\"b\\\" \\\\N &lt; <i>\\n\\t\\x01 \xc3\xa9\"\nchassis: [{name: t}]\n");
    cr_expect(strstr(sheet.text, "  label=\"a \\\"b\\\" \\\\N &amp;lt; <i>    \xc3\xa9\";\n"), "%s", sheet.text);
    sheet_free(&sheet);
}
