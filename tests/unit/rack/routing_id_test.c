#include "hostsim/rack/routing_id.h"

#include <criterion/criterion.h>

Test(routing_id, is_bus_device_and_function)
{
    static const struct {
        uint16_t id;
        const char *text;
    } cases[] = {{0, "00:00.0"}, {0x0301, "03:00.1"}, {0x02f8, "02:1f.0"}, {0xffff, "ff:1f.7"}, {0x1008, "10:01.0"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char buffer[ROUTING_ID_TEXT];
        cr_expect_str_eq(routing_id_text(cases[i].id, buffer), cases[i].text);
    }
}
