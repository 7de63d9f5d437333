#include "fabric/pcie/message.h"

#include <criterion/criterion.h>
#include <string.h>

Test(message, names_are_the_specifications)
{
    cr_assert_str_eq(message_name(0x20), "Assert_INTA");
    cr_assert_str_eq(message_name(0x27), "Deassert_INTD");
    cr_assert_str_eq(message_name(0x33), "ERR_FATAL");
    cr_assert_str_eq(message_name(0x7f), "Vendor_Defined_Type_1");
    cr_assert_null(message_name(0x32), "there is no message 32h");
    cr_assert_null(message_name(0xff));
}

Test(message, each_name_stands_for_one_code)
{
    int named = 0;
    for (int a = 0; a < 256; a++) {
        if (!message_name((uint8_t)a))
            continue;
        named++;
        for (int b = a + 1; b < 256; b++)
            cr_assert(!message_name((uint8_t)b) || strcmp(message_name((uint8_t)a), message_name((uint8_t)b)) != 0);
    }
    cr_assert_eq(named, 27);
}
