/* The contract's example, mutated at random, through everything that reads scenario text: nothing may crash, leak, run
 * on or leave a tree that is not valid, and what is refused is refused with a fault. The same mutants every time. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/expand.h"
#include "hostsim/rack/path.h"
#include "hostsim/rack/quantity.h"
#include "tests/support/contract_example.h"

#define MUTANTS 1500
#define MUTANT_BYTES 16384

static uint64_t state = 88172645463325252u;

/* xorshift64 (Marsaglia 2003), below BOUND. */
static size_t draw(size_t bound)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % bound);
}

/* What breaks grammars. */
static const char *const tokens[] = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    ": ",
    "- ",
    "\n",
    "\n  ",
    "\t",
    "'",
    "\"",
    "#",
    " #",
    "&a ",
    "*a",
    "*",
    "!!int ",
    "<<: ",
    "? ",
    "|\n",
    ">\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "h[0-3]",
    "[3-0]",
    "[0-65535]",
    "[]",
    "count: 3",
    "name: x",
    "\r",
    "\xff",
    "\xc3\xa9",
    "\xef\xbb\xbf",
    "\x01",
    "~",
    "\\",
    "\\0",
    "\"\\x00\"",
    "-1",
    "99999999999999999999",
    "1e-12",
    "guests: [{name: g, count: 9}]",
    "defaults: {link: {a: {b: c}}}",
    "@",
    "`",
    "{a: {",
    "[[[[[[[[[[",
    "\xe2\x80\xa8",
    "\xc2\x85"};
#define TOKEN_COUNT (sizeof tokens / sizeof tokens[0])

/* Replaces CUT bytes at AT by LENGTH bytes of PIECE, when there is room. */
static void splice(char *text, size_t *size, size_t at, size_t cut, const char *piece, size_t length)
{
    if (*size - cut + length > MUTANT_BYTES)
        return;
    memmove(text + at + length, text + at + cut, *size - at - cut);
    memcpy(text + at, piece, length);
    *size += length - cut;
}

static void mutate(char *text, size_t *size)
{
    size_t at = draw(*size), cut = draw(4) == 0 ? draw(40) : draw(3);
    if (cut > *size - at)
        cut = *size - at;
    char piece[64];
    switch (draw(4)) {
    case 0: {
        const char *token = tokens[draw(TOKEN_COUNT)];
        splice(text, size, at, cut, token, strlen(token));
        break;
    }
    case 1:
        piece[0] = (char)draw(256);
        splice(text, size, at, 1, piece, 1);
        break;
    case 2: {
        size_t from = draw(*size), length = draw(sizeof piece);
        length = length > *size - from ? *size - from : length;
        memcpy(piece, text + from, length);
        splice(text, size, at, 0, piece, length);
        break;
    }
    default:
        splice(text, size, at, cut, "", 0);
    }
}

static const char *const *any_keys(const void *context, const char *const *steps, size_t step_count, size_t *word_count)
{
    static const char *const words[] = {"link", "gen", "weight", "run", "duration"};
    (void)context;
    (void)steps;
    *word_count = step_count < 4 ? sizeof words / sizeof words[0] : 0;
    return step_count < 4 ? words : NULL;
}

/* Every scalar as every kind of quantity. */
static void read_quantities(const struct node *node)
{
    struct quantity quantity;
    struct quantity_why why;
    for (int kind = QUANTITY_TIME; node_is_scalar(node) && kind <= QUANTITY_COUNT; kind++) {
        why.text[0] = '\0';
        if (quantity_parse((enum quantity_kind)kind, node->text, &quantity, &why) != STATUS_OK)
            cr_assert_str_not_empty(why.text);
    }
    for (size_t i = 0; i < node->count; i++)
        read_quantities(node->items[i].value);
}

static void use(struct document *document, struct faults *faults)
{
    static const struct path_schema schema = {.keys = any_keys};
    static const struct path_setting settings[] = {
        {"--set a", "hosts.h0.link.gen=5"},     {"--set b", "workloads.*.size={exponential: 512B}"},
        {"--set c", "adapters.nic.count=3"},    {"--set d", "hosts.h[0-3].weight=2"},
        {"--set e", "*.*.link=[{}, 'x[0-1]']"}, {"--set f", "assign.0.to=h[0-1]"},
        {"--set g", "run.duration=1ms"},
    };
    read_quantities(document->root);
    path_apply(document, settings, sizeof settings / sizeof settings[0], &schema, faults);
    cr_assert(document_is_valid(document));
}

Test(fuzz_document, survives_mutants, .timeout = 300)
{
    char *text = malloc(MUTANT_BYTES + 1);
    FILE *nowhere = fopen("/dev/null", "w");
    size_t whole = 0;
    for (int i = 0; i < MUTANTS; i++) {
        size_t size = strlen(contract_example);
        memcpy(text, contract_example, size);
        for (size_t k = draw(6); k > 0 || size == 0; k--)
            mutate(text, &size);
        struct document document = {0};
        struct faults faults = {0};
        enum status status = document_parse(&document, "mutant", text, size, &faults);
        cr_assert_eq(status == STATUS_OK, faults_added(&faults) == 0);
        cr_assert(document_is_valid(&document));
        whole += status == STATUS_OK;
        if (document.root)
            use(&document, &faults);
        faults_print(&faults, nowhere);
        document_free(&document);
        faults_free(&faults);
    }
    /* Neither all refused nor all accepted: the mutants reach what lies behind the parser. */
    cr_expect(whole > MUTANTS / 10 && whole < MUTANTS * 9 / 10, "%zu of %d", whole, MUTANTS);
    fclose(nowhere);
    free(text);
}

Test(fuzz_document, survives_values)
{
    char text[64];
    for (int i = 0; i < 20000; i++) {
        size_t length = 0;
        for (size_t k = draw(6); k > 0; k--) {
            const char *token = tokens[draw(TOKEN_COUNT)];
            if (length + strlen(token) < sizeof text) {
                memcpy(text + length, token, strlen(token));
                length += strlen(token);
            }
        }
        text[length] = '\0';
        struct document document = {0};
        struct faults faults = {0};
        struct node *node = document_parse_value(&document, "--set x", text, &faults);
        cr_assert_eq(node == NULL, faults_added(&faults) > 0, "%s", text);
        node_free(&document, node);
        size_t count;
        char **values = path_split_values(text, &count);
        cr_assert_geq(count, 1);
        path_free_values(values);
        document_free(&document);
        faults_free(&faults);
    }
}
