#include "fabric/pcim/reference.h"

#include <criterion/criterion.h>
#include <string.h>

Test(reference, functions)
{
    static const struct {
        const char *text, *adapter, *host, *guest;
        int uplink, pf, vf;
        bool bf, is_set;
    } examples[] = {
        {"nic0", "nic0", NULL, "", 0, -1, -1, false, false},
        {"nic0.pf2", "nic0", NULL, "", 0, 2, -1, false, false},
        {"nic0.pf2.vf15", "nic0", NULL, "", 0, 2, 15, false, false},
        {"nic0.vf5", "nic0", NULL, "", 0, -1, 5, false, false},
        {"nic0.bf", "nic0", NULL, "", 0, -1, -1, true, false},
        {"nic0@h3", "nic0", "h3", "", -1, -1, -1, false, false},
        {"nic0@h3.vf1", "nic0", "h3", "", -1, -1, 1, false, false},
        {"nic0@h0/vm1", "nic0", "h0", "vm1", -1, -1, -1, false, false},
        {"nic0@h0/vm1.vf0", "nic0", "h0", "vm1", -1, -1, 0, false, false},
        {"nic0@h0:1", "nic0", "h0", "", 1, -1, -1, false, false},
        {"nic*@h*", "nic*", "h*", "", -1, -1, -1, false, true},
        {"a-b.pf*.vf*", "a-b", NULL, "", 0, -2, -2, false, true},
        {"*", "*", NULL, "", 0, -1, -1, false, true},
    };
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct function_reference got;
        struct reference_why why;
        cr_assert_eq(function_reference_parse(examples[i].text, &got, &why), STATUS_OK, "%s", examples[i].text);
        cr_expect_str_eq(got.adapter, examples[i].adapter, "%s", examples[i].text);
        cr_expect_eq(got.pf, examples[i].pf, "%s", examples[i].text);
        cr_expect_eq(got.vf, examples[i].vf, "%s", examples[i].text);
        cr_expect_eq(got.bf, examples[i].bf, "%s", examples[i].text);
        cr_expect_eq(got.is_set, examples[i].is_set, "%s", examples[i].text);
        cr_assert_eq(got.has_owner, examples[i].host != NULL, "%s", examples[i].text);
        if (!got.has_owner)
            continue;
        cr_expect_str_eq(got.owner.host, examples[i].host, "%s", examples[i].text);
        cr_expect_str_eq(got.owner.guest, examples[i].guest, "%s", examples[i].text);
        cr_expect_eq(got.owner.uplink, examples[i].uplink, "%s", examples[i].text);
    }
}

Test(reference, what_is_no_function)
{
    static const char *const texts[] = {
        "",
        ".pf0",
        "nic0.",
        "nic0.pf",
        "nic0.pfx",
        "nic0.pf01",
        "nic0.pf-1",
        "nic0.pf999999",
        "nic0.vf1.pf0",
        "nic0.pf0.pf1",
        "nic0.bf.vf0",
        "nic0.pf0.bf",
        "nic0@",
        "nic0@h0@h1",
        "nic0@h0.pf1",
        "nic0@h0.bf",
        "nic0@h0/",
        "nic0@h0:x",
        "nic0@h0:1/vm0",
        "nic0 ",
        "Nic0",
        "nic0/vm0",
        "nic0:1",
        "nic0.vf1.vf2",
        "nic0.reg",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct function_reference got;
        struct reference_why why = {""};
        cr_expect_eq(function_reference_parse(texts[i], &got, &why), STATUS_INVALID_ARGUMENT, "%s", texts[i]);
        cr_expect(strstr(why.text, "is no function"), "%s", why.text);
    }
}

Test(reference, owners)
{
    struct owner_reference got;
    struct reference_why why;
    cr_assert_eq(owner_reference_parse("h0", &got, &why), STATUS_OK);
    cr_expect_str_eq(got.host, "h0");
    cr_expect_eq(got.uplink, REFERENCE_ABSENT);
    cr_assert_eq(owner_reference_parse("h12:3", &got, &why), STATUS_OK);
    cr_expect_eq(got.uplink, 3);
    cr_assert_eq(owner_reference_parse("h*/vm*", &got, &why), STATUS_OK);
    cr_expect_str_eq(got.guest, "vm*");
    cr_expect(got.is_set);
    static const char *const texts[] = {"", "h0/", "/vm0", "h0:", "h0:a", "h0:1:2", "h0/vm0/x", "h0.pf0", "h 0"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_expect_eq(owner_reference_parse(texts[i], &got, &why), STATUS_INVALID_ARGUMENT, "%s", texts[i]);
}

Test(reference, names_longer_than_names_are_none)
{
    char text[256];
    struct function_reference got;
    struct reference_why why;
    memset(text, 'a', sizeof text);
    text[NAME_LENGTH_LIMIT] = '\0';
    cr_expect_eq(function_reference_parse(text, &got, &why), STATUS_OK);
    text[NAME_LENGTH_LIMIT] = 'a';
    text[NAME_LENGTH_LIMIT + 1] = '\0';
    cr_expect_eq(function_reference_parse(text, &got, &why), STATUS_INVALID_ARGUMENT);
}
