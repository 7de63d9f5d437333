#include "mgmt/message_check.h"

#include <criterion/criterion.h>
#include <string.h>

#include "mgmt/limits.h"
#include "proto/mriov.pb-c.h"

Test(message_check, texts_are_utf8_without_control_characters)
{
    static const struct {
        const char *text;
        bool is_plain;
    } cases[] = {
        {"", true},
        {"nic0.pf0.vf5", true},
        {"h\xc3\xbc", true},         /* U+00FC */
        {"\xe2\x82\xac", true},      /* U+20AC */
        {"\xf0\x9f\x98\x80", true},  /* U+1F600 */
        {"\xf4\x8f\xbf\xbf", true},  /* U+10FFFF, the last */
        {"\xf4\x90\x80\x80", false}, /* one more */
        {"a\nb", false},
        {"\x7f", false},
        {"\xc2\x85", false},     /* U+0085, a control character of two bytes */
        {"\xc0\xaf", false},     /* `/` in two bytes */
        {"\xe0\x80\xaf", false}, /* in three */
        {"\xed\xa0\x80", false}, /* a surrogate */
        {"\x80", false},
        {"\xe2\x82", false},
        {"\xff", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect_eq(text_is_plain(cases[i].text), cases[i].is_plain, "case %zu", i);
}

Test(message_check, looks_into_every_field)
{
    char long_text[LIMIT_TEXT_BYTES + 2], why[128] = "";
    Mriov__V1__AssignRequest assign = MRIOV__V1__ASSIGN_REQUEST__INIT;
    memset(long_text, 'a', sizeof long_text);
    long_text[LIMIT_TEXT_BYTES] = '\0';
    assign.function = long_text;
    cr_expect(message_check(&assign.base, why, sizeof why), "a text at the limit");
    long_text[LIMIT_TEXT_BYTES] = 'a';
    long_text[LIMIT_TEXT_BYTES + 1] = '\0';
    cr_expect_not(message_check(&assign.base, why, sizeof why));
    cr_expect_str_eq(why, "function: longer than 255 bytes");

    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.policy = MRIOV__V1__POLICY__KIND__REFUSE_IF_BUSY;
    cr_expect(message_check(&release.base, why, sizeof why));
    release.policy = (Mriov__V1__Policy__Kind)17;
    cr_expect_not(message_check(&release.base, why, sizeof why));
    cr_expect_str_eq(why, "policy: there is no such value");

    Mriov__V1__Event__Kind kinds[] = {MRIOV__V1__EVENT__KIND__LINK, (Mriov__V1__Event__Kind)99};
    Mriov__V1__WatchRequest watch = MRIOV__V1__WATCH_REQUEST__INIT;
    watch.kinds = kinds;
    watch.n_kinds = 1;
    cr_expect(message_check(&watch.base, why, sizeof why));
    watch.n_kinds = 2;
    cr_expect_not(message_check(&watch.base, why, sizeof why));

    Mriov__V1__Binding good = MRIOV__V1__BINDING__INIT, bad = MRIOV__V1__BINDING__INIT;
    Mriov__V1__Binding *bindings[] = {&good, &bad};
    Mriov__V1__ApplyRequest apply = MRIOV__V1__APPLY_REQUEST__INIT;
    good.function = "nic0";
    bad.to = "h0\x1b";
    apply.bindings = bindings;
    apply.n_bindings = 2;
    cr_expect_not(message_check(&apply.base, why, sizeof why), "within what is within");
    cr_expect_str_eq(why, "to: must be UTF-8 without control characters");

    Mriov__V1__WhatIfRequest__Change change = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__INIT;
    Mriov__V1__WhatIfRequest__Change *changes[] = {&change};
    Mriov__V1__WhatIfRequest what_if = MRIOV__V1__WHAT_IF_REQUEST__INIT;
    what_if.changes = changes;
    what_if.n_changes = 1;
    cr_expect(message_check(&what_if.base, why, sizeof why), "a choice that is not made");
    change.change_case = MRIOV__V1__WHAT_IF_REQUEST__CHANGE__CHANGE_APPLY;
    change.apply = &apply;
    cr_expect_not(message_check(&what_if.base, why, sizeof why));
}
