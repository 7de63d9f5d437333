/* Paths of --set and --vary: what they reach, what they make, what they refuse. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/expand.h"
#include "hostsim/rack/path.h"
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

TestSuite(path, .fini = tear_down);

/* A schema as small as the tests need. */
static const char *const *keys(const void *context, const char *const *steps, size_t step_count, size_t *word_count)
{
    static const char *const root[] = {"run", "hosts", "adapters", "assign", "workloads", "name", "defaults"};
    static const char *const run[] = {"warmup", "duration", "until"};
    static const char *const host[] = {"name", "link", "weight", "guests", "chassis"};
    static const char *const link[] = {"gen", "width", "credits"};
    static const char *const credits[] = {"posted-data", "posted-headers"};
    static const struct {
        const char *path;
        const char *const *words;
        size_t count;
    } maps[] = {
        {"", root, 7},
        {".run", run, 3},
        {".hosts.*", host, 5},
        {".hosts.*.link", link, 3},
        {".hosts.*.link.credits", credits, 2}};
    char path[200] = "";
    for (size_t i = 0; i < step_count; i++)
        snprintf(path + strlen(path), sizeof path - strlen(path), ".%s", steps[i]);
    cr_assert_null(context);
    for (size_t i = 0; i < sizeof maps / sizeof maps[0]; i++) {
        if (strcmp(maps[i].path, path) == 0) {
            *word_count = maps[i].count;
            return maps[i].words;
        }
    }
    return NULL;
}

static const struct path_schema schema = {.keys = keys};

/* Applies settings, separated by blanks, to a scenario. */
static void apply(const char *text, const char *settings_text)
{
    cr_assert_eq(document_parse(&document, "f", text, strlen(text), &faults), STATUS_OK);
    struct path_setting settings[8];
    size_t count = 0;
    char *copy = strdup(settings_text);
    for (char *setting = strtok(copy, "|"); setting; setting = strtok(NULL, "|")) {
        char *argument;
        cr_assert(asprintf(&argument, "--set %s", setting) >= 0);
        settings[count++] = (struct path_setting){argument, setting};
    }
    path_apply(&document, settings, count, &schema, &faults);
    for (size_t i = 0; i < count; i++)
        free((char *)settings[i].argument);
    free(copy);
}

#define HOSTS "hosts: [{name: 'h[0-1]', link: {gen: 4}}, {name: db}]\n"

Test(path, reaches_and_makes)
{
    static const struct {
        const char *text, *settings, *tree;
    } cases[] = {
        {HOSTS, "hosts.h0.link.gen=5", "{hosts: [{name: h0, link: {gen: 5}}, {name: h1, link: {gen: 4}}, {name: db}]}"},
        {HOSTS, "hosts.db.link.gen=5",
         "{hosts: [{name: h0, link: {gen: 4}}, {name: h1, link: {gen: 4}}, {name: db, link: {gen: 5}}]}"},
        {HOSTS, "hosts.db.link.credits.posted-data=1KiB",
         "{hosts: [{name: h0, link: {gen: 4}}, {name: h1, link: {gen: 4}}, "
         "{name: db, link: {credits: {posted-data: 1KiB}}}]}"},
        {HOSTS, "hosts.*.weight=3",
         "{hosts: [{name: h0, link: {gen: 4}, weight: 3}, {name: h1, link: {gen: 4}, weight: 3}, "
         "{name: db, weight: 3}]}"},
        {HOSTS, "hosts.h[0-1].link={width: 2}",
         "{hosts: [{name: h0, link: {width: 2}}, {name: h1, link: {width: 2}}, {name: db}]}"},
        {HOSTS, "hosts.h*.link.*=1", "{hosts: [{name: h0, link: {gen: 1}}, {name: h1, link: {gen: 1}}, {name: db}]}"},
        {HOSTS, "hosts.2.weight=1|hosts.2.weight=2",
         "{hosts: [{name: h0, link: {gen: 4}}, {name: h1, link: {gen: 4}}, {name: db, weight: 2}]}"},
        {"assign: [{function: a, to: 'h[0-1]'}]", "assign.1.function=b",
         "{assign: [{function: a, to: h0}, {function: b, to: h1}]}"},
        {"assign: [{function: a, to: h0}]", "assign.0.to=h[0-1]",
         "{assign: [{function: a, to: h0}, {function: a, to: h1}]}"},
        {"assign: [{function: a, to: [h0, h1]}]", "assign.0.to.1=h2", "{assign: [{function: a, to: [h0, h2]}]}"},
        {"workloads: [{name: w, size: 1B}, {name: w, size: 2B}, {name: v, size: 3B}]", "workloads.w.size=9B",
         "{workloads: [{name: w, size: 9B}, {name: w, size: 9B}, {name: v, size: 3B}]}"},
        {"name: x", "run.duration=2ms", "{name: x, run: {duration: 2ms}}"},
        {"run:", "run.duration=2ms", "{run: {duration: 2ms}}"},
        {"run: {duration: 1ms, odd: 1}", "run.odd=2", "{run: {duration: 1ms, odd: 2}}"},
        {"name: x", "hosts=[{name: 'h[0-1]'}]", "{name: x, hosts: [{name: h0}, {name: h1}]}"},
        {"adapters: [{name: nic, count: 1}]", "adapters.nic1.at=b|adapters.nic.count=2",
         "--set adapters.nic1.at=b: `adapters.nic1` has no key `at`"},
        {"adapters: [{name: nic, count: 1, at: a}]", "adapters.nic1.at=b|adapters.nic.count=2",
         "{adapters: [{name: nic0, at: a}, {name: nic1, at: b}]}"},
        {"hosts: [{name: h}]", "hosts.h.count=2", "{hosts: [{name: h0}, {name: h1}]}"},
        {"hosts: [{name: 'h[0-1]', guests: [{name: vm}]}]", "hosts.h[0-1].guests.vm.count=2",
         "{hosts: [{name: h0, guests: [{name: vm0}, {name: vm1}]}, {name: h1, guests: [{name: vm0}, {name: vm1}]}]}"},
        {"workloads: [{name: w, count: 1}]", "workloads.w.count=2", "{workloads: [{name: w, count: 2}]}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        apply(cases[i].text, cases[i].settings);
        char *said = tree_faults(&faults);
        char *tree = *said ? strdup(said) : tree_text(document.root, false);
        cr_expect_str_eq(tree, cases[i].tree, "%s %s\n  made: %s", cases[i].text, cases[i].settings, tree);
        free(tree);
        free(said);
        tear_down();
    }
}

Test(path, refuses)
{
    static const struct {
        const char *text, *settings, *fault;
    } cases[] = {
        {HOSTS, "hosts.h0.lnk.gen=5", "`hosts.h0` has no key `lnk`; did you mean `link`?"},
        {HOSTS, "hosts.h0.link.gn=5", "`hosts.h0.link` has no key `gn`; did you mean `gen`?"},
        {HOSTS, "hots.h0=5", "a scenario has no key `hots`; did you mean `hosts`?"},
        {HOSTS, "hosts.dc.weight=5", "`hosts` has no entry `dc`; did you mean `db`?"},
        {HOSTS, "hosts.h[0-2].weight=5", "`hosts` has no entry `h2`; did you mean `h0`?"},
        {HOSTS, "hosts.x*.weight=5", "`hosts` has no entry `x*`"},
        {HOSTS, "hosts.h[2-0].weight=5", "range `[2-0]` descends; write the lower end first"},
        {HOSTS, "hosts.9.weight=5", "`hosts` has no entry `9`"},
        {HOSTS, "hosts.h0.name.x=5", "`hosts.h0.name` is a single value, with nothing in it called `x`; set it whole"},
        {HOSTS, "hosts.h0.guests.vm0.memory=5", "`hosts.h0.guests` is not there to be changed; give it whole"},
        {HOSTS, "hosts.h.count=2", "`hosts` has no entry `h` in the file, where a `count` is set"},
        {HOSTS, "hosts.d.count=2", "`hosts` has no entry `d` in the file, where a `count` is set"},
        {HOSTS, "hosts..weight=2", "the path has an empty step; it is KEY.KEY"},
        {HOSTS, "=2", "the path has an empty step; it is KEY.KEY"},
        {HOSTS, "hosts", "PATH=VALUE is expected"},
        {HOSTS, "hosts.h0.weight={a: 1", "a `{` or `[` is not closed, or not by its own kind"},
        {"assign: [{to: a}, {to: b}]", "assign.2.to=c", "`assign` has no entry `2`; its entries are 0 to 1"},
        {"assign: []", "assign.*.to=c", "`assign` has no entries"},
        {"run: {duration: 1ms}", "run.x*=1", "`run` has no key like `x*`"},
        {"adapters: [{name: nic, count: 2}]", "adapters.nic.count=0", "`count` is between 1 and 65536"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        apply(cases[i].text, cases[i].settings);
        char *said = tree_faults(&faults), *expected;
        cr_assert(asprintf(&expected, "--set %s: %s", cases[i].settings, cases[i].fault) >= 0);
        cr_expect_str_eq(said, expected, "said: %s", said);
        free(expected);
        free(said);
        tear_down();
    }
}

Test(path, limits_depth)
{
    char setting[200] = "run.odd=";
    size_t length = strlen(setting);
    memset(setting + length, '[', 31);
    memset(setting + length + 31, ']', 31);
    setting[length + 62] = '\0';
    apply("run: {odd: 1}", setting);
    cr_assert_eq(faults_added(&faults), 1);
}

Test(path, changes_the_contracts_example)
{
    apply(
        contract_example,
        "hosts.h0.link.gen=5|workloads.*.size=512B|assign.0.vfs=1|run.duration=2ms|hosts.h[0-3].weight=7");
    char *said = tree_faults(&faults);
    cr_assert_str_empty(said, "%s", said);
    free(said);
    const struct node *hosts = node_get(document.root, "hosts");
    cr_assert_str_eq(node_get_text(node_get(hosts->items[0].value, "link"), "gen"), "5");
    cr_assert_str_eq(node_get_text(node_get(hosts->items[1].value, "link"), "gen"), "4");
    cr_assert_str_eq(node_get_text(hosts->items[3].value, "weight"), "7");
    cr_assert_str_eq(node_get_text(hosts->items[4].value, "weight"), "1");
    const struct node *size = node_get(node_get(document.root, "workloads")->items[3].value, "size");
    cr_assert_str_eq(size->text, "512B");
    cr_assert(size->place.argument);
    cr_assert_str_eq(size->place.source, "--set workloads.*.size=512B");
}

Test(path, splits_values)
{
    static const struct {
        const char *text, *values;
    } cases[] = {
        {"1,2,3", "1|2|3"},
        {" 1 , 2 ", "1|2"},
        {"", ""},
        {"a,", "a|"},
        {"h[0-3,8],x", "h[0-3,8]|x"},
        {"{a: 1, b: [2, 3]},{c: 4}", "{a: 1, b: [2, 3]}|{c: 4}"},
        {"'a,b',\"c,\\\",d\",e", "'a,b'|\"c,\\\",d\"|e"},
        {"it's,b", "it's|b"},
        {"[a,b", "[a,b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;
        char **values = path_split_values(cases[i].text, &count);
        char joined[200] = "";
        for (size_t k = 0; k < count; k++)
            snprintf(joined + strlen(joined), sizeof joined - strlen(joined), "%s%s", k ? "|" : "", values[k]);
        cr_assert_null(values[count]);
        cr_expect_str_eq(joined, cases[i].values, "%s: %s", cases[i].text, joined);
        path_free_values(values);
    }
}
