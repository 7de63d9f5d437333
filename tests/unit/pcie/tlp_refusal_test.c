#include "fabric/pcie/tlp_refusal.h"

#include <criterion/criterion.h>
#include <string.h>

Test(tlp_refusal, each_has_a_word_and_a_sentence_of_its_own)
{
    for (int a = 0; a < TLP_REFUSALS; a++) {
        const char *name = tlp_refusal_name((enum tlp_refusal)a);
        const char *text = tlp_refusal_text((enum tlp_refusal)a);
        cr_assert(name && strlen(name) > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") == strlen(name));
        cr_assert(text && strlen(text) > 10 && text[strlen(text) - 1] != '.');
        for (int b = 0; b < a; b++) {
            cr_assert_str_neq(name, tlp_refusal_name((enum tlp_refusal)b));
            cr_assert_str_neq(text, tlp_refusal_text((enum tlp_refusal)b));
        }
    }
    cr_assert_str_eq(tlp_refusal_name(TLP_ACCEPTED), "accepted");
    cr_assert_str_eq(tlp_refusal_name(TLP_REFUSED_CROSSES_4K), "crosses_4k");
}
