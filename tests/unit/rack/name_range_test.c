/* Names and ranges of names. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/name_range.h"

Test(name_range, names)
{
    static const char *const good[] = {"h", "h0", "tor-1", "a-b-c9"};
    static const char *const bad[] = {"", "H", "0h", "-h", "h_0", "h.0", "h[0]", "h 0", "h*", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(name_is_valid(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(!name_is_valid(bad[i]), "%s", bad[i]);
    char longest[NAME_LENGTH_LIMIT + 2];
    memset(longest, 'a', sizeof longest);
    longest[NAME_LENGTH_LIMIT] = '\0';
    cr_expect(name_is_valid(longest));
    longest[NAME_LENGTH_LIMIT] = 'a';
    longest[NAME_LENGTH_LIMIT + 1] = '\0';
    cr_expect(!name_is_valid(longest));
}

Test(name_range, stars)
{
    cr_expect(name_matches("*", ""));
    cr_expect(name_matches("*", "h0"));
    cr_expect(name_matches("nic*", "nic"));
    cr_expect(name_matches("nic*", "nic12"));
    cr_expect(name_matches("*a*b", "xaxbab"));
    cr_expect(name_matches("h0", "h0"));
    cr_expect(!name_matches("h0", "h01"));
    cr_expect(!name_matches("h0", "h"));
    cr_expect(!name_matches("*a*b", "xaxba"));
    cr_expect(!name_matches("", "a"));
}

Test(name_range, expands)
{
    static const struct {
        const char *text, *all;
    } cases[] = {
        {"h0", "h0"},
        {"", ""},
        {"h[0-3]", "h0 h1 h2 h3"},
        {"h[08-11]", "h08 h09 h10 h11"},
        {"h[00-2]x", NULL},
        {"h[00-02]x", "h00x h01x h02x"},
        {"h[0-1,8]", "h0 h1 h8"},
        {"h[8,0]", "h8 h0"},
        {"h[5]", "h5"},
        {"h[007]", "h007"},
        {"h[0-1]/vm[0-1]", "h0/vm0 h0/vm1 h1/vm0 h1/vm1"},
        {"[0-1][2-3][4,6]", "024 026 034 036 124 126 134 136"},
        {"nic*@h[9-10]", "nic*@h9 nic*@h10"},
        {"h[999999998-999999999]", "h999999998 h999999999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;
        struct name_range_why why;
        enum status status = name_range_count(cases[i].text, &count, &why);
        cr_assert_eq(status, cases[i].all ? STATUS_OK : STATUS_INVALID_ARGUMENT, "%s", cases[i].text);
        if (!cases[i].all)
            continue;
        char all[200] = "";
        for (size_t k = 0; k < count; k++) {
            char *one = name_range_at(cases[i].text, k);
            snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? " " : "", one);
            free(one);
        }
        cr_expect_str_eq(all, cases[i].all, "%s: %s", cases[i].text, all);
    }
}

Test(name_range, refuses)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"h[3-0]", "range `[3-0]` descends; write the lower end first"},
        {"h[]", "`[]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[a-b]", "`[a-b]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[0-]", "`[0-]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[0,]", "`[0,]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[0 - 3]", "`[0 - 3]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[1-002]", "`[1-002]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[[0-3]]", "`[[0-3]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[1234567890]", "`[1234567890]` is not a range; a range is [0-3], [00-15] or [0-3,8]"},
        {"h[0", "a `[` without its `]`"},
        {"h0]", "a `]` without its `[`"},
        {"h[0-65536]", "range `[0-65536]` stands for more than 65536"},
        {"h[0-255]/vm[0-256]", "`h[0-255]/vm[0-256]` stands for more than 65536 names"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count;
        struct name_range_why why;
        cr_assert_eq(name_range_count(cases[i].text, &count, &why), STATUS_INVALID_ARGUMENT, "%s", cases[i].text);
        cr_expect_str_eq(why.text, cases[i].why, "%s: %s", cases[i].text, why.text);
    }
}

Test(name_range, reaches_its_limit)
{
    size_t count;
    struct name_range_why why;
    cr_assert_eq(name_range_count("h[0-255]/vm[0-255]", &count, &why), STATUS_OK);
    cr_assert_eq(count, NAME_RANGE_LIMIT);
    char longest[NAME_RANGE_LENGTH_LIMIT + 10];
    memset(longest, 'a', sizeof longest);
    strcpy(longest + NAME_RANGE_LENGTH_LIMIT, "[0]");
    cr_assert_eq(name_range_count(longest, &count, &why), STATUS_INVALID_ARGUMENT);
    cr_assert_str_eq(why.text, "a text with a range is at most 1024 bytes long");
    char *last = name_range_at("h[0-255]/vm[0-255]", count - 1);
    cr_assert_str_eq(last, "h255/vm255");
    free(last);
}
