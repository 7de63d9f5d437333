/* Locale: puts the test process under a locale that writes numbers with a comma. */
#ifndef TESTS_SUPPORT_LOCALE_H
#define TESTS_SUPPORT_LOCALE_H

#include <stdbool.h>

/* False when no such locale is installed; then nothing has changed. */
bool locale_with_comma(void);

#endif
