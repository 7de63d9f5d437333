/* Expansion: every rule of ranges, counts and zipping, as trees. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/expand.h"
#include "tests/support/contract_example.h"
#include "tests/support/tree.h"

static struct document document;
static struct faults faults;

static void tear_down(void)
{
    cr_assert(document_is_valid(&document));
    document_free(&document);
    faults_free(&faults);
}

TestSuite(expand, .fini = tear_down);

static void expand(const char *text)
{
    cr_assert_eq(document_parse(&document, "f", text, strlen(text), &faults), STATUS_OK, "%s", text);
    expand_document(&document, &faults);
}

Test(expand, writes_out)
{
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"hosts:\n- name: h[0-2]", "{hosts: [{name: h0}, {name: h1}, {name: h2}]}"},
        {"hosts: [{name: 'h[08-10]', a: 1}]", "{hosts: [{name: h08, a: 1}, {name: h09, a: 1}, {name: h10, a: 1}]}"},
        {"hosts: [{name: 'h[5]'}]", "{hosts: [{name: h5}]}"},
        {"hosts: [{name: 'h[0-1]', chassis: 'tor[0-1]'}]",
         "{hosts: [{name: h0, chassis: tor0}, {name: h1, chassis: tor1}]}"},
        {"trunks: [{name: 'i[0-1]', between: ['tor[0-1]', 'tor[1-2]'], link: {cable: 3m}}]",
         "{trunks: [{name: i0, between: [tor0, tor1], link: {cable: 3m}}, "
         "{name: i1, between: [tor1, tor2], link: {cable: 3m}}]}"},
        {"adapters: [{name: nic, count: 3, at: tor0}, {name: ssd, count: 1}]",
         "{adapters: [{name: nic0, at: tor0}, {name: nic1, at: tor0}, {name: nic2, at: tor0}, {name: ssd0}]}"},
        {"adapters: [{name: nic, count: 2, at: 'tor[0-1]'}]",
         "{adapters: [{name: nic0, at: tor0}, {name: nic1, at: tor1}]}"},
        {"hosts: [{name: 'h[0-1]', guests: [{name: 'vm[0-1]', memory: 1GiB}, {name: db, count: 1}]}]",
         "{hosts: [{name: h0, guests: [{name: vm0, memory: 1GiB}, {name: vm1, memory: 1GiB}, {name: db0}]}, "
         "{name: h1, guests: [{name: vm0, memory: 1GiB}, {name: vm1, memory: 1GiB}, {name: db0}]}]}"},
        {"assign: [{function: 'nic*', to: 'h[0-1]/vm[0-1]', vfs: 2}]",
         "{assign: [{function: nic*, to: h0/vm0, vfs: 2}, {function: nic*, to: h0/vm1, vfs: 2}, "
         "{function: nic*, to: h1/vm0, vfs: 2}, {function: nic*, to: h1/vm1, vfs: 2}]}"},
        {"assign: [{function: [nic0, nic1], to: '*'}]", "{assign: [{function: [nic0, nic1], to: *}]}"},
        {"workloads:\n- name: w\n  function: nic*@h[0-1]\n  count: 200\n  host: h[0-1]",
         "{workloads: [{name: w, function: nic*@h0, count: 200, host: h0}, "
         "{name: w, function: nic*@h1, count: 200, host: h1}]}"},
        {"workloads: [{name: w, function: ['nic0@h[0-1]', nic1], size: {file: 's[1].csv'}}]",
         "{workloads: [{name: w, function: [nic0@h0, nic1], size: {file: s[1].csv}}, "
         "{name: w, function: [nic0@h1, nic1], size: {file: s[1].csv}}]}"},
        {"timeline: [{at: 1us, assign: {function: 'ssd0.vf[0-1]', to: 'h[0-1]'}}]",
         "{timeline: [{at: 1us, assign: {function: ssd0.vf0, to: h0}}, "
         "{at: 1us, assign: {function: ssd0.vf1, to: h1}}]}"},
        {"timeline: [{at: 1us, apply: {bindings: [{function: 'n[0-1]', to: 'h[0-1]'}]}}]",
         "{timeline: [{at: 1us, apply: {bindings: [{function: n0, to: h0}, {function: n1, to: h1}]}}]}"},
        {"name: a [1] b\nhosts: [x, {name: h}]\nassign: 5", "{name: a [1] b, hosts: [x, {name: h}], assign: 5}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expand(cases[i].text);
        for (int again = 0; again < 2; again++) {
            char *tree = tree_text(document.root, false), *said = tree_faults(&faults);
            cr_expect_str_eq(tree, cases[i].tree, "%s\n  made: %s\n  %s", cases[i].text, tree, said);
            cr_expect_str_empty(said);
            free(tree);
            free(said);
            expand_document(&document, &faults);
        }
        tear_down();
    }
}

Test(expand, reports)
{
    static const struct {
        const char *text, *faults, *tree;
    } cases[] = {
        {"hosts: [{name: 'h[0-2]', chassis: 'tor[0-1]'}]",
         "f:1:35: `tor[0-1]` stands for 2, but `h[0-2]` of the same entry for 3",
         "{hosts: [{name: h0, chassis: tor0}, {name: h1, chassis: tor1}, {name: h2, chassis: tor0}]}"},
        {"hosts: [{chassis: 'tor[0-1]', name: 'h[0-2]'}]",
         "f:1:19: `tor[0-1]` stands for 2, but `h[0-2]` of the same entry for 3",
         "{hosts: [{chassis: tor0, name: h0}, {chassis: tor1, name: h1}, {chassis: tor0, name: h2}]}"},
        {"hosts: [{name: 'h[3-0]'}]", "f:1:16: range `[3-0]` descends; write the lower end first",
         "{hosts: [{name: h[3-0]}]}"},
        {"assign: [{function: 'n[]', to: 'h[0'}]",
         "f:1:21: `[]` is not a range; a range is [0-3], [00-15] or [0-3,8]\nf:1:32: a `[` without its `]`",
         "{assign: [{function: n[], to: h[0}]}"},
        {"teams: [{name: bond0, members: ['nic[0-1]@h0']}]",
         "f:1:33: `nic[0-1]@h0` stands for 2, but the name `bond0` for one; for a list write [a, b]",
         "{teams: [{name: bond0, members: [nic0@h0]}]}"},
        {"adapters: [{name: nic, count: 0}]", "f:1:31: `count` is between 1 and 65536", "{adapters: [{name: nic}]}"},
        {"adapters: [{name: nic, count: 1.5}]", "f:1:31: 1.5 is not a whole number", "{adapters: [{name: nic}]}"},
        {"adapters: [{name: nic, count: [1]}]", "f:1:31: `count` is a whole number, not a list",
         "{adapters: [{name: nic}]}"},
        {"adapters: [{name: 'nic[0-1]', count: 2}]", "f:1:38: `count` and a range in the name; use one of them",
         "{adapters: [{name: nic0}, {name: nic1}]}"},
        {"adapters: [{name: nic, count: 3, at: 'tor[0-1]'}]",
         "f:1:38: `tor[0-1]` stands for 2, but `nic[0-2]` of the same entry for 3",
         "{adapters: [{name: nic0, at: tor0}, {name: nic1, at: tor1}, {name: nic2, at: tor0}]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expand(cases[i].text);
        char *tree = tree_text(document.root, false), *said = tree_faults(&faults);
        cr_expect_str_eq(said, cases[i].faults, "%s\n  said: %s", cases[i].text, said);
        cr_expect_str_eq(tree, cases[i].tree, "%s\n  made: %s", cases[i].text, tree);
        free(tree);
        free(said);
        tear_down();
    }
}

Test(expand, copies_keep_place_and_origin)
{
    expand("assign:\n- {function: n0, to: h9}\n- {function: 'n*', to: 'h[0-1]'}\n- {function: n1, to: h8}\n");
    const struct node *list = node_get(document.root, "assign");
    cr_assert_eq(list->count, 4);
    cr_assert_eq(list->items[0].value->origin, 1);
    cr_assert_eq(list->items[1].value->origin, 2);
    cr_assert_eq(list->items[2].value->origin, 2);
    cr_assert_eq(list->items[3].value->origin, 3);
    cr_assert_eq(node_get(list->items[2].value, "to")->place.line, 3);
    cr_assert_eq(node_get(list->items[2].value, "to")->place.column, 24);
}

Test(expand, is_bounded)
{
    expand("hosts: [{name: 'h[0-65535]', guests: [{name: 'vm[0-65535]'}]}]");
    char *said = tree_faults(&faults);
    cr_assert_str_eq(said, "f:1:9: its ranges make more values than a scenario may have");
    free(said);
}

static size_t count_of(const char *key)
{
    return node_get(document.root, key)->count;
}

Test(expand, takes_the_contracts_example)
{
    expand(contract_example);
    char *said = tree_faults(&faults);
    cr_assert_str_empty(said, "%s", said);
    free(said);
    cr_assert_eq(count_of("chassis"), 2);
    cr_assert_eq(count_of("trunks"), 1);
    cr_assert_eq(count_of("hosts"), 16);
    cr_assert_eq(count_of("adapters"), 5);
    cr_assert_eq(count_of("assign"), 16 + 1 + 2);
    cr_assert_eq(count_of("qos"), 1);
    cr_assert_eq(count_of("teams"), 1);
    cr_assert_eq(count_of("workloads"), 4);
    cr_assert_eq(count_of("timeline"), 3);
    cr_assert_eq(count_of("expect"), 3);
    const struct node *last = node_get(document.root, "hosts")->items[15].value;
    cr_assert_str_eq(node_get_text(last, "name"), "h15");
    cr_assert_eq(node_get(last, "guests")->count, 2);
    cr_assert_str_eq(node_get_text(node_get(last, "link"), "cable"), "2m");
    const struct node *assign = node_get(document.root, "assign");
    cr_assert_str_eq(node_get_text(assign->items[18].value, "function"), "ssd0.vf1");
    cr_assert_str_eq(node_get_text(assign->items[18].value, "to"), "h0/vm1");
    cr_assert_str_eq(node_get_text(node_get(document.root, "workloads")->items[3].value, "function"), "nic*@h3");
}

Test(expand, knows_what_is_counted)
{
    cr_assert(expand_is_counted("adapters") && expand_is_counted("guests") && expand_is_counted("hosts"));
    cr_assert(!expand_is_counted("workloads") && !expand_is_counted("bindings") && !expand_is_counted("run"));
}
