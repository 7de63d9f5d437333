/* Clients of mriovd that are not ours alone: mriovctl, the examples of docs/examples in Python and C, and a frame by
 * hand as proto/README.md shows it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "tests/support/daemon.h"
#include "tests/support/place.h"
#include "tests/support/shell.h"

TestSuite(daemon_clients, .timeout = 120);

/* Starts a daemon whose address commands know as $MRIOVD, mriovctl as $C. */
static void start(struct daemon *daemon)
{
    daemon_start(daemon, NULL, NULL);
    setenv("MRIOVD", daemon->address, 1);
    setenv("C", place_control(), 1);
}

static void stop(struct daemon *daemon)
{
    shell_end();
    daemon_stop(daemon);
}

/* COMMAND must end with EXIT_CODE and say OUT and ERR among other things. */
static void expect(const char *command, int exit_code, const char *out, const char *err)
{
    struct shell_answer answer = shell_run(command);
    cr_expect_eq(answer.exit_code, exit_code, "%s: exit code %d: %s", command, answer.exit_code, answer.err);
    cr_expect(strstr(answer.out, out) != NULL, "%s: said `%s`", command, answer.out);
    cr_expect(strstr(answer.err, err) != NULL, "%s: complained `%s`", command, answer.err);
    shell_free(&answer);
}

Test(daemon_clients, control)
{
    struct daemon daemon;
    start(&daemon);
    expect("\"$C\" --help", 0, "assign F H", "");
    expect("\"$C\" hello", 0, "ADMINISTRATOR", "");
    expect("\"$C\" advance 20us", 0, "20 us, pace step", "");
    expect("\"$C\" stats", 0, "writes", "");
    expect("\"$C\" fabric", 0, "nic0", "");
    expect("\"$C\" --json fabric | python3 -m json.tool", 0, "\"hierarchies\"", "");
    expect(
        "\"$C\" functions --json | python3 -c 'import json, sys; f = {x[\"name\"]: x for x in json.load(sys.stdin)}; "
        "print(f[\"nic0.pf1\"][\"owner\"], f[\"nic0.pf2\"][\"owner\"], f[\"nic0.pf2\"][\"state\"])'",
        0, "h1 None free", "");
    expect("\"$C\" lspci h1 > live.lspci; lspci -F live.lspci -n", 0, "00:00.0", "");
    expect("\"$C\" lspci h7", 1, "", "no host");
    expect("\"$C\" advance 5", 2, "", "needs a unit");
    expect("\"$C\" advance", 2, "", "something is missing");
    expect("\"$C\" frobnicate", 2, "", "unknown command");
    expect("\"$C\" --connect unix:/nowhere hello", 3, "", "No such file");
    expect("\"$C\" --connect http://x hello", 2, "", "must be unix:PATH");
    stop(&daemon);
}

Test(daemon_clients, what_it_prints_is_what_mriov_prints)
{
    struct daemon daemon;
    start(&daemon);
    setenv("FOLDER", daemon.folder, 1);
    expect(
        "\"$C\" advance 20us && \"$C\" results > live.json && \"$M\" run \"$FOLDER/rack.yaml\" --json > run.json", 0,
        "", "");
    expect("cmp live.json run.json", 0, "", "");
    expect(/* where ownership may change, slots are live from the start */
           "(cat \"$FOLDER/rack.yaml\"; echo 'timeline: [{at: 1s, release: {function: nic0.pf0}}]') > managed.yaml; "
           "for h in h0 h1; do \"$C\" lspci $h > live; \"$M\" show managed.yaml --lspci $h > still; cmp live "
           "still || exit 1; done",
           0, "", "");
    stop(&daemon);
}

/* The text of docs/examples/rack.yaml, which the examples are written for; the caller frees it. */
static char *example_rack(void)
{
    struct shell_answer answer = shell_run("cat \"$MRIOV_SOURCE_DIR/docs/examples/rack.yaml\"");
    char *text = strdup(answer.out);
    CHECK(text != NULL && text[0] != '\0');
    shell_free(&answer);
    return text;
}

Test(daemon_clients, the_python_examples)
{
    static const struct {
        const char *words; /* the script, and what follows the address */
        int exit_code;
        const char *out, *err;
    } examples[] = {
        {"list_functions.py \"$MRIOVD\"", 0, "ssd0.pf0.vf7   -        free", ""},
        {"list_functions.py \"$MRIOVD\" h1", 0, "nic0.pf1       h1       assigned", ""},
        {"assign.py \"$MRIOVD\" nic0 h2", 0, "Assign nic0.pf2: SUCCEEDED", ""},
        {"assign.py \"$MRIOVD\" nic0.pf0 h2", 1, "", "ALREADY_ASSIGNED: nic0.pf0 is h0's; holder h0"},
        {"move_under_load.py \"$MRIOVD\"", 0, "nothing crossed hierarchies: True", ""},
        {"set_vfs.py \"$MRIOVD\" nic0.pf0 3", 0, "nic0.pf0.vf2: h0, at 03:00.3", ""},
        {"set_vfs.py \"$MRIOVD\" nic0.pf0 0", 0, "nic0.pf0: SUCCEEDED, took", ""},
        {"set_vfs.py \"$MRIOVD\" nic0.pf0 65", 1, "", "holder -; ask for 64 at most"},
        {"watch_events.py \"$MRIOVD\"", 0, "RELEASED ssd0.pf0.vf3 from h1", ""},
        {
            "step_the_clock.py \"$MRIOVD\"",
            0,
            "1000000 ns: packets has completed",
            "",
        },
        {"what_if.py \"$MRIOVD\"", 0, "Move ssd0.pf0.vf0: SUCCEEDED", ""},
    };
    char *rack = example_rack();
    expect("protoc --python_out=. -I \"$MRIOV_SOURCE_DIR/proto\" mriov.proto", 0, "", "");
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        struct daemon daemon;
        char command[512];
        daemon_start(&daemon, rack, NULL);
        setenv("MRIOVD", daemon.address, 1);
        snprintf(
            command, sizeof command,
            "PYTHONPATH=.:$MRIOV_SOURCE_DIR/docs/examples /usr/bin/python3 \"$MRIOV_SOURCE_DIR\"/docs/examples/%s",
            examples[i].words);
        expect(command, examples[i].exit_code, examples[i].out, examples[i].err);
        daemon_stop(&daemon);
    }
    shell_end();
    free(rack);
}

/* Each run of it is a request of its own: after a release it assigns again. */
Test(daemon_clients, the_example_assigns_whenever_it_is_run)
{
    char *rack = example_rack();
    struct daemon daemon;
    daemon_start(&daemon, rack, NULL);
    setenv("MRIOVD", daemon.address, 1);
    setenv("C", place_control(), 1);
    expect("protoc --python_out=. -I \"$MRIOV_SOURCE_DIR/proto\" mriov.proto", 0, "", "");
    setenv("PYTHONDONTWRITEBYTECODE", "1", 1);
    for (int i = 0; i < 2; i++) {
        expect(
            "PYTHONPATH=.:$MRIOV_SOURCE_DIR/docs/examples /usr/bin/python3 "
            "\"$MRIOV_SOURCE_DIR\"/docs/examples/assign.py \"$MRIOVD\" ssd0.vf3 h2",
            0, "Assign ssd0.pf0.vf3: SUCCEEDED", "");
        expect("\"$C\" functions | grep 'ssd0.pf0.vf3 *h2'", 0, "assigned", "");
        expect("\"$C\" release ssd0.vf3", 0, "SUCCEEDED", "");
    }
    stop(&daemon);
    free(rack);
}

Test(daemon_clients, the_c_example)
{
    struct daemon daemon;
    start(&daemon);
    expect(
        "protoc-c --c_out=. -I \"$MRIOV_SOURCE_DIR\" \"$MRIOV_SOURCE_DIR/proto/mriov.proto\" && "
        "cc -Wall -Wextra -Werror -isystem . -I \"$MRIOV_SOURCE_DIR\" \"$MRIOV_SOURCE_DIR/docs/examples/client.c\" "
        "\"$MRIOV_SOURCE_DIR/proto/frame.c\" proto/mriov.pb-c.c -lprotobuf-c -o client",
        0, "", "");
    expect("./client \"${MRIOVD#unix:}\" 20000", 0, "writes nic0.pf1: ", "");
    expect("./client \"${MRIOVD#unix:}\" 0", 1, "", "duration_ns");
    stop(&daemon);
}

/* The bytes of proto/README.md. */
Test(daemon_clients, a_frame_by_hand)
{
    static const unsigned char hello[] = {0x09, 0x08, 0x01, 0x12, 0x05, 'H', 'e', 'l', 'l', 'o'};
    struct daemon daemon;
    start(&daemon);
    struct client *client = daemon_client(&daemon);
    cr_assert(client_send_bytes(client, hello, sizeof hello));
    Mriov__V1__Response *response = client_receive(client);
    cr_assert_not_null(response);
    cr_expect_eq(response->id, 1);
    cr_expect_eq(response->status->code, MRIOV__V1__STATUS__CODE__OK);
    cr_expect_not(response->more);
    client_free_response(response);
    client_close(client);
    stop(&daemon);
}
