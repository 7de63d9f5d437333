/* The nearest known word. */
#include <criterion/criterion.h>
#include <string.h>

#include "hostsim/rack/nearest.h"

static const char *const words[] = {"link", "latency", "forwarding", "queueing", "credits",      "buffer",
                                    "mps",  "mrrs",    "name",       "at",       "read-latency", "write-latency"};
#define WORD_COUNT (sizeof words / sizeof words[0])

Test(nearest, finds_what_was_meant)
{
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"lnk", "link"},
        {"lnik", "link"},
        {"Link", "link"},
        {"links", "link"},
        {"latancy", "latency"},
        {"fowarding", "forwarding"},
        {"queuing", "queueing"},
        {"buffers", "buffer"},
        {"mrs", "mps"},
        {"read_latency", "read-latency"},
        {"readlatency", "read-latency"},
        {"nmae", "name"},
        {"att", "at"},
        {"zzz", NULL},
        {"", NULL},
        {"colour", NULL},
        {"x", NULL},
        {"frequency", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *nearest = nearest_word(cases[i].word, words, WORD_COUNT);
        if (cases[i].nearest)
            cr_expect(
                nearest && strcmp(nearest, cases[i].nearest) == 0, "%s: %s", cases[i].word, nearest ? nearest : "-");
        else
            cr_expect_null(nearest, "%s: %s", cases[i].word, nearest);
    }
}

Test(nearest, makes_a_hint)
{
    cr_assert_str_eq(nearest_hint("lnk", words, WORD_COUNT).text, "; did you mean `link`?");
    cr_assert_str_eq(nearest_hint("zzz", words, WORD_COUNT).text, "");
    cr_assert_str_eq(nearest_hint("lnk", words, 0).text, "");
    char longest[200];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    cr_assert_str_eq(nearest_hint(longest, words, WORD_COUNT).text, "");
}
