#include "hostsim/rack/functions_view.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <string.h>

#include "tests/support/rack.h"
#include "tests/support/sheet.h"

static const char text[] =
    "mriov: 1\nchassis: [{name: t}]\n"
    "hosts: [{name: a, chassis: [t, t], guests: [{name: vm}]}, {name: b, chassis: t}]\n"
    "adapters: [{name: n, at: t, pfs: 2}, {name: s, at: t, sharing: sr-iov, vfs: 2}, {name: own, at: b}]\n"
    "assign: [{function: n.pf0, to: \"a:1\", vfs: 1}, {function: s.vf0, to: a/vm}]\n";

static void write(struct sheet *sheet, void (*writer)(const struct world *world, FILE *out), const char *scenario)
{
    struct rack rack;
    rack_open(&rack, scenario);
    sheet_open(sheet);
    writer(&rack.world, sheet->out);
    sheet_close(sheet);
    rack_close(&rack);
}

Test(functions_view, table_has_every_function)
{
    struct sheet sheet;
    write(&sheet, functions_view_table, text);
    cr_expect_str_eq(
        sheet.text, "NAME       OWNER  GUEST  VH  ROUTING-ID  STATE     BAR\n"
                    "n.bf       -      -       0  03:00.0     managed   0x100000000000\n"
                    "n.pf0      a:1    -       2  03:00.0     assigned  0x100000000000\n"
                    "n.pf0.vf0  a:1    -       2  03:00.1     assigned  0x100000100000\n"
                    "n.pf1      -      -       -  -           free      -\n"
                    "s.pf0      -      -       0  04:00.0     managed   0x100000100000\n"
                    "s.pf0.vf0  a:0    vm      1  03:00.0     assigned  0x100000000000\n"
                    "s.pf0.vf1  -      -       -  -           free      -\n"
                    "own.pf0    b      -       4  01:00.0     assigned  0x100000000000\n");
    sheet_free(&sheet);
}

static const char *member(const json_t *list, size_t index, const char *key)
{
    const json_t *value = json_object_get(json_array_get(list, index), key);
    cr_assert(value, "%s is there", key);
    return json_is_null(value) ? NULL : json_string_value(value);
}

Test(functions_view, json_is_what_the_contract_says_and_more)
{
    struct sheet sheet;
    write(&sheet, functions_view_json, text);
    json_t *list = json_loads(sheet.text, 0, NULL);
    cr_assert(json_is_array(list), "%s", sheet.text);
    cr_assert_eq(json_array_size(list), 8);
    cr_expect_str_eq(member(list, 0, "name"), "n.bf");
    cr_expect_null(member(list, 0, "owner"));
    cr_expect_str_eq(member(list, 0, "state"), "managed");
    cr_expect_str_eq(member(list, 1, "owner"), "a:1");
    cr_expect_str_eq(member(list, 1, "routing_id"), "03:00.0");
    cr_expect_str_eq(member(list, 1, "bar"), "0x100000000000");
    cr_expect_null(member(list, 3, "owner"));
    cr_expect_null(member(list, 3, "vh"));
    cr_expect_str_eq(member(list, 3, "state"), "free");
    cr_expect_str_eq(member(list, 5, "owner"), "a/vm");
    cr_expect_str_eq(member(list, 5, "guest"), "vm");
    cr_expect_eq(json_integer_value(json_object_get(json_array_get(list, 7), "vh")), 4);
    json_decref(list);
    sheet_free(&sheet);
}

/* Names are there to be copied. */
Test(functions_view, names_are_whole_however_long)
{
    char scenario[600], name[65];
    struct sheet sheet;
    memset(name, 'x', 64);
    name[64] = '\0';
    snprintf(
        scenario, sizeof scenario,
        "mriov: 1\nchassis: [{name: t}]\nhosts: [{name: h%.63s, chassis: t, guests: [{name: %s}]}]\n"
        "adapters: [{name: n%.63s, at: t, sharing: sr-iov, vfs: 2}]\n"
        "assign: [{function: \"n*.vf0\", to: \"h*/x*\"}]\n",
        name, name, name);
    write(&sheet, functions_view_table, scenario);
    char whole[300];
    snprintf(whole, sizeof whole, "\nn%.63s.pf0.vf0  h%.63s  %s  ", name, name, name);
    cr_expect(strstr(sheet.text, whole), "%s", sheet.text);
    sheet_free(&sheet);
}

Test(functions_view, of_nothing_is_a_heading_and_an_empty_list)
{
    struct sheet sheet;
    write(&sheet, functions_view_table, "mriov: 1\nchassis: [{name: t}]\n");
    cr_expect_str_eq(sheet.text, "NAME  OWNER  GUEST  VH  ROUTING-ID  STATE  BAR\n");
    sheet_free(&sheet);
    write(&sheet, functions_view_json, "mriov: 1\nchassis: [{name: t}]\n");
    json_t *list = json_loads(sheet.text, 0, NULL);
    cr_expect(json_is_array(list) && json_array_size(list) == 0, "%s", sheet.text);
    json_decref(list);
    sheet_free(&sheet);
}
