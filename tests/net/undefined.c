/* Deliberate undefined behaviour: tests/net/CMakeLists.txt expects its ctest entry to fail. */
#include <criterion/criterion.h>
#include <limits.h>

Test(net, undefined)
{
    volatile int largest = INT_MAX;
    largest = largest + 1;
}
