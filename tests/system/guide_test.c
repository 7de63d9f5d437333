/* Every command of the guide does what it says: it must end with 0. */
#include <criterion/criterion.h>

#include "tests/support/program.h"

Test(guide, its_commands_work, .fini = shell_end, .timeout = 200)
{
    expect_answer(
        "sed -n -e 's|^    build/release/mriov |\"$M\" |p' -e 's|^    tshark |tshark |p' -e 's/^    \\(dot\\|lspci\\) "
        "/\\1 /p' "
        "\"$MRIOV_SOURCE_DIR/docs/guide.md\" "
        "| sed \"s|docs/|$MRIOV_SOURCE_DIR/docs/|g\" > commands.sh && "
        "test $(wc -l < commands.sh) -ge 10 && sh -e commands.sh > said.txt",
        0, "", NULL);
    expect_words("grep -c '113.02 ' said.txt", 0, "", "");
    expect_words("grep 'nic0 up: VH 2 MRd tag 0 0x100000000 128 DW' said.txt", 0, "", "");
    expect_answer(
        "test -s two-hosts-out/flows.csv && test -s two-hosts-series/series.csv && test -s two-hosts.json && "
        "test -s two-hosts.svg",
        0, "", "");
}
