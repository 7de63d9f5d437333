/* Documents: every text gets its tree or its faults, each at its exact place. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/document.h"
#include "tests/support/tree.h"

static struct document document;
static struct faults faults;

static void tear_down(void)
{
    document_free(&document);
    faults_free(&faults);
}

TestSuite(document, .fini = tear_down);

static enum status parse(const char *text)
{
    return document_parse(&document, "f", text, strlen(text), &faults);
}

Test(document, gives_the_tree)
{
    static const struct {
        const char *text, *tree;
    } cases[] = {
        {"a: 1", "{a: 1}"},
        {"b: 1\na: [x, 'y', \"z\"]\n", "{b: 1, a: [x, \"y\", \"z\"]}"},
        {"a:\nb: ''\nc: ~", "{a: , b: \"\", c: ~}"},
        {"a:\n  - {b: 1, c: {d: 2}}\n  - e\n", "{a: [{b: 1, c: {d: 2}}, e]}"},
        {"%YAML 1.2\n---\na: 1\n...\n", "{a: 1}"},
        {"\"a\": {\"b\":1}", "{a: {b: 1}}"},
        {"a: h[0-3]\nb: nic*@h0\nc: h0:1", "{a: h[0-3], b: nic*@h0, c: h0:1}"},
        {"a: {}\nb: []", "{a: {}, b: []}"},
        {"a: \xc3\xa9", "{a: \xc3\xa9}"},
        {"\xef\xbb\xbf"
         "a: 1",
         "{a: 1}"},
        {"a: 1\r\nb: 2\r\n", "{a: 1, b: 2}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum status status = parse(cases[i].text);
        char *said = tree_faults(&faults);
        cr_assert_eq(status, STATUS_OK, "%s: %s", cases[i].text, said);
        cr_assert(document_is_valid(&document));
        char *tree = tree_text(document.root, true);
        cr_assert_str_eq(tree, cases[i].tree);
        free(tree);
        free(said);
        tear_down();
    }
}

Test(document, knows_the_place_of_everything)
{
    cr_assert_eq(parse("name: x\nhosts:\n  - name: h0\n    link: {gen: 4, cable:   2m}\n  - []\n"), STATUS_OK);
    const struct node_item *hosts = node_item(document.root, "hosts");
    cr_assert_eq(hosts->key_place.line, 2);
    cr_assert_eq(hosts->key_place.column, 1);
    const struct node *host = hosts->value->items[0].value;
    cr_assert_eq(host->place.line, 3);
    cr_assert_eq(host->place.column, 5);
    const struct node_item *link = node_item(host, "link");
    cr_assert_eq(link->key_place.column, 5);
    cr_assert_eq(link->value->place.line, 4);
    cr_assert_eq(link->value->place.column, 11);
    const struct node_item *cable = node_item(link->value, "cable");
    cr_assert_eq(cable->key_place.column, 20);
    cr_assert_eq(cable->value->place.column, 29);
    cr_assert_str_eq(cable->value->place.source, "f");
    cr_assert_eq(hosts->value->items[1].value->place.line, 5);
}

Test(document, reports_every_fault_at_its_place)
{
    static const struct {
        const char *text, *faults;
    } cases[] = {
        {"", "f: empty; a scenario begins with `mriov: 1`"},
        {"# nothing\n", "f: empty; a scenario begins with `mriov: 1`"},
        {"- a", "f:1:1: a list; a scenario is a map: `mriov: 1` and so on"},
        {"seed:1", "f:1:1: a single value; a scenario is a map: `mriov: 1` and so on"},
        {"a: 1\na: 2\nb: {c: 1, d: 2, c: 3}",
         "f:2:1: duplicate key `a`; it is at 1:1 already\nf:3:17: duplicate key `c`; it is at 3:5 already"},
        {"a: &x 1\nb: *x\nc: !!int 1\n<<: {d: 1}\n",
         "f:1:4: anchors (`&x`) are not accepted; write it out\n"
         "f:2:4: `*x` is an alias to YAML, and aliases are not accepted; a leading `*` needs quotes: \"*x\"\n"
         "f:3:4: tags (`!!int`) are not accepted; leave it out\n"
         "f:4:1: merge keys (`<<`) are not accepted; write the keys out"},
        {"a: {poisson:10Gbps}", "f:1:5: `poisson:10Gbps` needs a space after the colon: `poisson: 10Gbps`"},
        {"a: 1\nb: {to: h[0-15], c: 1}", "f:2:10: a range within braces or brackets needs quotes: \"h[0-15]\""},
        {"b: [x, nic*@h[0-3]/vm[0-1]]",
         "f:1:14: a range within braces or brackets needs quotes: \"nic*@h[0-3]/vm[0-1]\""},
        {"\xc3\xa9: {\xc3\xa9: h[0]}", "f:1:9: a range within braces or brackets needs quotes: \"h[0]\""},
        {"a: {f: *.vf0}",
         "f:1:8: `*.vf0` is an alias to YAML, and aliases are not accepted; a leading `*` needs quotes: \"*.vf0\""},
        {"a: b\nc:1\nd: 2", "f:2:1: a space is needed after the colon of `c:`"},
        {"a: b\nc\nd: 2", "f:2:1: a `key: value` is expected here"},
        {"a: {b: 1", "f:2:1: a `{` or `[` is not closed, or not by its own kind"},
        {"\ta: 1", "f:1:1: a tab cannot indent; use spaces"},
        {"a:\n\t- b", "f:2:1: a tab cannot indent; use spaces"},
        {"a: *\nb: 1", "f:1:5: a leading `*` needs quotes"},
        {"a: [x,\ny]", "f:2:1: the lines within `{` or `[` must be indented"},
        {"r:\n  duration:1ms\n  warmup: 1us", "f:2:3: a space is needed after the colon of `duration:`"},
        {"h:\n  - name:h0\n    a: 1", "f:2:5: a space is needed after the colon of `name:`"},
        {"a: {x: >= 40Gbps}", "f:1:8: a value that begins with `>` needs quotes"},
        {"a: @x", "f:1:4: a value that begins with `@` needs quotes"},
        {"a: {b: \"nic*\"@h0}", "f:1:14: a value that begins with `@` needs quotes"},
        {"a: {b: [1, 2}}", "f:1:13: a `{` or `[` is not closed, or not by its own kind"},
        {"a: 'b' c", "f:1:8: text behind the closing quote; the quotes go around the whole"},
        {"a: b\n   c: d", "f:1:4: a value, and more below it; check how the next line is indented"},
        {"a: {b: h [0-3]}", "f:1:10: not YAML: missing comma in flow mapping"},
        {"a: \"x", "f:1:5: not YAML: double-quoted scalar without closing quote"},
        {"a: 1\n---\nb: 2", "f:3:1: a second document begins here; a scenario is one"},
        {"a: 1\n...\nb: 2", "f:3:1: a second document begins here; a scenario is one"},
        {"? [a]\n: b\nc: 1\nc: 2",
         "f:1:3: a key must be a single word\nf:4:1: duplicate key `c`; it is at 3:1 already"},
        {"a: {\"b\": 1, 'b': 2}", "f:1:13: duplicate key `b`; it is at 1:5 already"},
        {"? {a: b}\n: {c: d}", "f:1:3: a key must be a single word"},
        {": 1", "f:1:1: a key is missing before the colon"},
        {"a: \xff", "f:1:4: byte 0xff is not UTF-8"},
        {"\xc3\xa9: \xc0\x80", "f:1:4: byte 0xc0 is not UTF-8"},
        {"a: \xed\xa0\x80", "f:1:4: byte 0xed is not UTF-8"},
        {"a: \xf4\x90\x80\x80", "f:1:4: byte 0xf4 is not UTF-8"},
        {"a: 1\nb: \x01", "f:2:4: control character 0x01 is not accepted"},
        {"a: \"x\\0y\"", "f:1:4: a NUL character is not accepted"},
        {"a: *x\nb: {", "f:3:1: a `{` or `[` is not closed, or not by its own kind"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_assert_eq(parse(cases[i].text), STATUS_INVALID_ARGUMENT, "%s", cases[i].text);
        char *said = tree_faults(&faults);
        cr_expect_str_eq(said, cases[i].faults, "%s\n  said: %s\n  not:  %s", cases[i].text, said, cases[i].faults);
        cr_assert(document_is_valid(&document));
        free(said);
        tear_down();
    }
}

Test(document, refuses_a_nul_byte)
{
    cr_assert_eq(document_parse(&document, "f", "a: 1\n\0b: 2", 10, &faults), STATUS_INVALID_ARGUMENT);
    char *said = tree_faults(&faults);
    cr_assert_str_eq(said, "f:2:1: control character 0x00 is not accepted");
    free(said);
}

Test(document, has_limits)
{
    size_t size = DOCUMENT_BYTES + 1;
    char *text = malloc(size + 1);
    memset(text, '\n', size);
    text[size] = '\0';
    memset(text, ' ', DOCUMENT_LINE + 1);
    cr_assert_eq(document_parse(&document, "f", text, size - 1, &faults), STATUS_INVALID_ARGUMENT);
    char *line = tree_faults(&faults);
    cr_assert_str_eq(line, "f:1:1048577: a line longer than 1048576 characters");
    free(line);
    tear_down();

    cr_assert_eq(document_parse(&document, "f", text, size, &faults), STATUS_INVALID_ARGUMENT);
    char *said = tree_faults(&faults);
    cr_assert_str_eq(said, "f: longer than 4 MiB");
    free(said);
    tear_down();

    strcpy(text, "a: ");
    memset(text + 3, '[', 40);
    text[43] = '\0';
    cr_assert_eq(parse(text), STATUS_INVALID_ARGUMENT);
    said = tree_faults(&faults);
    cr_assert_str_eq(said, "f:1:35: nested too deeply");
    free(said);
    tear_down();

    char *end = text;
    for (int i = 0; i <= DOCUMENT_KEYS; i++)
        end += sprintf(end, "k%d: 1\n", i);
    cr_assert_eq(parse(text), STATUS_INVALID_ARGUMENT);
    said = tree_faults(&faults);
    cr_assert_str_eq(said, "f:1025:1: more than 1024 keys in one map");
    free(said);
    tear_down();

    memset(text, '\0', size);
    strcpy(text, "[");
    for (size_t i = 0; i <= DOCUMENT_NODES; i++)
        memcpy(text + 1 + 3 * i, "1,\n", 3);
    cr_assert_eq(parse(text), STATUS_INVALID_ARGUMENT);
    said = tree_faults(&faults);
    cr_assert(strstr(said, "more values than a scenario may have"), "%s", said);
    free(said);
    free(text);
}

Test(document, says_why_a_file_cannot_be_read)
{
    cr_assert_eq(document_read(&document, "/nowhere/x.yaml", &faults), STATUS_INVALID_ARGUMENT);
    cr_assert_eq(document_read(&document, "/", &faults), STATUS_INVALID_ARGUMENT);
    char *said = tree_faults(&faults);
    cr_assert_str_eq(
        said, "/nowhere/x.yaml: cannot be read: No such file or directory\n/: cannot be read: Is a directory");
    free(said);
}

Test(document, parses_values)
{
    static const struct {
        const char *value, *tree; /* or the fault */
    } cases[] = {
        {"512B", "512B"},
        {"", ""},
        {"nic*@h[0-3,8]", "nic*@h[0-3,8]"},
        {"*", "*"},
        {">= 40Gbps", ">= 40Gbps"},
        {"[tor0, tor1]", "[tor0, tor1]"},
        {" {gen: 5, width: 8}", "{gen: 5, width: 8}"},
        {"'a, b'", "\"a, b\""},
        {"[]", "[]"},
        {"a, b", "--set x: several values are written as a list in brackets: [a, b]"},
        {"[a], [b]", "--set x: several values are written as a list in brackets: [a, b]"},
        {"a: b", "--set x: a map is written in braces: {key: value}"},
        {"{a: h[0-1]}", "--set x: a range within braces or brackets needs quotes: \"h[0-1]\""},
        {"&a b", "--set x: anchors are not accepted; quote the value"},
        {"[*a]", "--set x: `*a` is an alias to YAML, and aliases are not accepted; a leading `*` needs quotes: \"*a\""},
        {"{a: 1, a: 2}", "--set x: duplicate key `a`"},
        {"{a: 1", "--set x: a `{` or `[` is not closed, or not by its own kind"},
        {"\xff", "--set x: byte 0xff is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct node *node = document_parse_value(&document, "--set x", cases[i].value, &faults);
        char *said = node ? tree_text(node, true) : tree_faults(&faults);
        cr_expect_str_eq(said, cases[i].tree, "%s: %s", cases[i].value, said);
        free(said);
        node_free(&document, node);
        tear_down();
    }
}
