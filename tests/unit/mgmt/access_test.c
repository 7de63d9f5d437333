#include "mgmt/access.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/check.h"

static char file[] = "/tmp/mriov-access-XXXXXX";

/* Reads TEXT as a file of rules. */
static bool load(struct access *access, const char *text, char *why, size_t why_size)
{
    strcpy(file, "/tmp/mriov-access-XXXXXX");
    int descriptor = mkstemp(file);
    CHECK(descriptor >= 0);
    CHECK(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    close(descriptor);
    bool done = access_load(access, file, why, why_size);
    unlink(file);
    return done;
}

Test(access, the_first_rule_that_fits_decides)
{
    static const char rules[] = "# who may\n"
                                "uid:0 administrator\n"
                                "\n"
                                "cn:rack7-spare nobody # not yet\n"
                                "cn:rack7-*   operator  h[0-3] h8\r\n"
                                "cn:*         viewer\n";
    static const struct {
        const char *identity;
        enum role role;
        const char *own, *foreign;
    } cases[] = {
        {"uid:0", ROLE_ADMINISTRATOR, "h9", NULL},   {"uid:1000", ROLE_NOBODY, NULL, "h0"},
        {"cn:rack7-a", ROLE_OPERATOR, "h3", "h4"},   {"cn:rack7-b", ROLE_OPERATOR, "h8", "h80"},
        {"cn:rack7-spare", ROLE_NOBODY, NULL, "h0"}, {"cn:console", ROLE_VIEWER, NULL, "h0"},
    };
    struct access access;
    char why[256];
    cr_assert(load(&access, rules, why, sizeof why), "%s", why);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct peer peer;
        access_identify(&access, cases[i].identity, true, &peer);
        cr_expect_eq(peer.role, cases[i].role, "%s is %s", cases[i].identity, role_name(peer.role));
        cr_expect_str_eq(peer.identity, cases[i].identity);
        cr_expect(cases[i].own == NULL || access_may_touch(&peer, cases[i].own));
        cr_expect(cases[i].foreign == NULL || !access_may_touch(&peer, cases[i].foreign));
    }
    access_free(&access);
}

Test(access, without_a_file_who_is_trusted_is_administrator)
{
    struct access access;
    struct peer peer;
    char why[256];
    cr_assert(access_load(&access, NULL, why, sizeof why));
    access_identify(&access, "uid:1", true, &peer);
    cr_expect_eq(peer.role, ROLE_ADMINISTRATOR);
    cr_expect(access_may_touch(&peer, "anything"));
    access_identify(&access, "uid:2", false, &peer);
    cr_expect_eq(peer.role, ROLE_NOBODY);
    access_free(&access);
}

Test(access, a_file_that_is_wrong_is_refused_with_its_line)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"uid:0 administrator\nroot viewer\n", ":2: must begin with uid:NUMBER or cn:NAME"},
        {"uid:0\n", ":1: a role must follow"},
        {"uid:0 king\n", ":1: a role must follow"},
        {"uid:0 operator\n", ":1: an operator's hosts must follow"},
        {"uid:0 viewer h0\n", ":1: only an operator's hosts are named"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct access access;
        char why[256];
        cr_assert_not(load(&access, cases[i].text, why, sizeof why));
        cr_expect_not_null(strstr(why, cases[i].why), "%s", why);
        access_free(&access);
    }
    struct access access;
    char why[256];
    cr_expect_not(access_load(&access, "/nowhere/access", why, sizeof why));
    cr_expect_not_null(strstr(why, "No such file"));
    access_free(&access);
}
