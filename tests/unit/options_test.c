#include "hostsim/options.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct option table[] = {
    {"output", 'o', "DIR", "where"},
    {"set", 0, "PATH=VALUE", "what"},
    {"json", 0, NULL, "how"},
    {"help", 'h', NULL, NULL},
    {0},
};

/* What the parser made of ARGV, as text: "option=value|operand|!fault". */
static void spell(char **argv, char *text, size_t size)
{
    int argc = 0;
    while (argv[argc])
        argc++;
    struct options options = options_start(table, argc, argv);
    struct argument argument;
    text[0] = '\0';
    while (options_next(&options, &argument)) {
        size_t length = strlen(text);
        const char *bar = length ? "|" : "";
        if (argument.kind == ARGUMENT_FAULT)
            snprintf(text + length, size - length, "%s!%s", bar, argument.message);
        else if (argument.kind == ARGUMENT_OPERAND)
            snprintf(text + length, size - length, "%s%s", bar, argument.value);
        else
            snprintf(
                text + length, size - length, "%s<%s=%s>", bar, argument.option->name,
                argument.value ? argument.value : "");
    }
}

Test(options, a_table_of_command_lines)
{
    static const struct {
        const char *argv[6];
        const char *spelt;
    } cases[] = {
        {{NULL}, ""},
        {{"rack.yaml"}, "rack.yaml"},
        {{"-"}, "-"},
        {{"a", "--json", "b"}, "a|<json=>|b"},
        {{"--output", "d", "a"}, "<output=d>|a"},
        {{"--output=d", "a"}, "<output=d>|a"},
        {{"--output="}, "<output=>"},
        {{"-o", "d"}, "<output=d>"},
        {{"-od"}, "<output=d>"},
        {{"-o", "-"}, "<output=->"},
        {{"--set", "a=b=c", "--set=d=e"}, "<set=a=b=c>|<set=d=e>"},
        {{"--set", "--json"}, "<set=--json>"},
        {{"--json", "--", "--json", "-o"}, "<json=>|--json|-o"},
        {{"--", "--", "--"}, "--|--"},
        {{"--jsno"}, "!--jsno: unknown option; did you mean `--json`?"},
        {{"--colour=always"}, "!--colour: unknown option; --help lists those there are"},
        {{"-x"}, "!-x: unknown option; --help lists those there are"},
        {{"--json=yes"}, "!--json: takes no value, not `yes`"},
        {{"-hx"}, "!-h: takes no value, not `x`"},
        {{"--set"}, "!--set: a value is missing: --set PATH=VALUE"},
        {{"a", "-o"}, "a|!-o: a value is missing: -o DIR"},
        {{""}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char spelt[512];
        spell((char **)cases[i].argv, spelt, sizeof spelt);
        cr_expect_str_eq(spelt, cases[i].spelt, "case %zu: %s", i, spelt);
    }
}

Test(options, long_words_fit)
{
    char word[1000] = "--";
    memset(word + 2, 'x', sizeof word - 3);
    char *argv[] = {word, NULL};
    char spelt[512];
    spell(argv, spelt, sizeof spelt);
    cr_expect(strstr(spelt, "unknown option"));
    word[1] = 'x';
    spell(argv, spelt, sizeof spelt);
    cr_expect(strstr(spelt, "unknown option"));
}
