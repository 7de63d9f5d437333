#include "tests/support/locale.h"

#include <locale.h>
#include <stddef.h>

#include "fabric/base/check.h"

bool locale_with_comma(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "fr_FR", "nl_NL.UTF-8", "ru_RU.UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        CHECK(localeconv()->decimal_point[0] == ',');
        return true;
    }
    return false;
}
