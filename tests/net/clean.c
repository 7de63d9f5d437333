/* Nothing wrong: shows that the other tests of this folder fail for what they do, not for how they are run. */
#include <criterion/criterion.h>
#include <stdlib.h>

Test(net, clean)
{
    char *volatile block = malloc(64);
    cr_assert_not_null(block);
    free(block);
}
