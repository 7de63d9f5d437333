/* A deliberate leak: tests/net/CMakeLists.txt expects its ctest entry to fail. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(net, leak)
{
    /* volatile: or the compiler may leave out an allocation that nobody reads. */
    char *volatile block = malloc(64);
    cr_assert_not_null(block);
    block = NULL;
}
