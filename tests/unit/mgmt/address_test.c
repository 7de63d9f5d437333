#include "mgmt/address.h"

#include <criterion/criterion.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

Test(address, host_and_port)
{
    static const struct {
        const char *text;
        int family;
        uint16_t port;
    } cases[] = {
        {"127.0.0.1:9100", AF_INET, 9100},
        {"[::1]:65535", AF_INET6, 65535},
        {"127.0.0.1:1", AF_INET, 1},
    };
    char why[128] = "";
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct addrinfo *found;
        cr_assert_eq(address_find(cases[i].text, &found, why, sizeof why), STATUS_OK, "%s: %s", cases[i].text, why);
        cr_expect_eq(found->ai_family, cases[i].family);
        uint16_t port;
        memcpy(&port, found->ai_addr->sa_data, sizeof port); /* where both families have it */
        cr_expect_eq(ntohs(port), cases[i].port, "%s", cases[i].text);
        freeaddrinfo(found);
    }
}

Test(address, what_is_none)
{
    static const char *const texts[] = {"",       "foo",  "localhost", "localhost:", "localhost:0", "localhost:65536",
                                        "h:http", "h:-1", "h: 80",     "h:80x",      "h:+80"};
    char why[128], longest[400];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct addrinfo *found;
        why[0] = '\0';
        cr_expect_eq(address_find(texts[i], &found, why, sizeof why), STATUS_INVALID_ARGUMENT, "%s", texts[i]);
        cr_expect_neq(why[0], '\0', "%s", texts[i]);
        cr_expect_null(found);
    }
    struct addrinfo *found;
    memset(longest, 'h', sizeof longest);
    strcpy(longest + 300, ":80");
    cr_expect_eq(address_find(longest, &found, why, sizeof why), STATUS_INVALID_ARGUMENT);
}
