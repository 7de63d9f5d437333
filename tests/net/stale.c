/* A deliberate read of memory that was given back: tests/net/CMakeLists.txt expects its ctest entry to fail. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(net, stale)
{
    /* volatile: or the compiler refuses the read. */
    char *volatile block = calloc(64, 1);
    free(block);
    cr_assert_eq(block[0], 0);
}
