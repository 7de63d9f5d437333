/* `mriov run --trace` from outside, and docs/mriov.lua in a real tshark. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fabric/base/random.h"
#include "fabric/base/time.h"
#include "fabric/pcie/message.h"
#include "hostsim/rack/tracer.h"
#include "tests/support/program.h"
#include "tests/support/rack.h"
#include "tests/support/tlp_samples.h"

TestSuite(trace, .init = program_scenario, .fini = shell_end, .timeout = 240);

/* tshark with the dissector; what it says of running as root is left out. */
#define TSHARK "tshark -X lua_script:$MRIOV_SOURCE_DIR/docs/mriov.lua 2>> .tshark "

Test(trace, bad_usage_is_one_line_that_says_what_would_be_right)
{
    static const struct {
        const char *options, *err;
    } cases[] = {
        {"--trace", "--trace: a value is missing: --trace FILE"},
        {"--trace ''", "--trace: a file is missing: --trace FILE"},
        {"--trace-links h0", "--trace-links: narrows a trace, and there is none: --trace FILE"},
        {"--trace-to 5us", "--trace-to: narrows a trace, and there is none: --trace FILE"},
        {"--trace t --trace-from 5", "--trace-from 5: 5 needs a unit: ps ns us ms s"},
        {"--trace t --trace-from 5us --trace-to 5us",
         "--trace-to 5us: the trace would end before it begins; give a later time"},
        {"--trace t --trace-links h0,h7", "--trace-links: no link is called `h7`; did you mean `h0`?"},
        {"--trace - --json", "--json: standard output is taken by --trace -; use -o DIR for the results"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char command[256], err[256];
        snprintf(command, sizeof command, "$M run small.yaml %s", cases[i].options);
        snprintf(err, sizeof err, "mriov: %s\n", cases[i].err);
        expect_answer(command, 2, "", err);
    }
    expect_answer("ls -A | grep -v '^[.]'", 0, "small.yaml\n", "");
}

Test(trace, the_same_bytes_again_and_the_same_results)
{
    expect_answer("$M run small.yaml --quiet -o plain && rm plain/run.json", 0, "", "");
    expect_answer("$M run small.yaml --quiet -o traced --trace traced/t.pcapng && rm traced/run.json", 0, "", "");
    expect_answer("$M run small.yaml --trace - --seed 1 > again.pcapng && cmp traced/t.pcapng again.pcapng", 0, "", "");
    expect_answer("mv traced/t.pcapng . && diff -r plain traced", 0, "", "");
    expect_answer("$M run small.yaml --quiet --trace /dev/null && test -c /dev/null", 0, "", "");
}

Test(trace, a_trace_that_cannot_be_written_is_one_line_and_leaves_nothing)
{
    expect_answer("$M run small.yaml --trace none/t", 1, "", "mriov: none/t: No such file or directory\n");
    expect_answer("$M run small.yaml --trace /dev/full", 1, "", "mriov: /dev/full: No space left on device\n");
    expect_answer("ulimit -f 8; $M run small.yaml -o out --trace t", 1, "", "mriov: t: File too large\n");
    expect_answer("ulimit -f 8; $M run small.yaml -o out --trace out/t", 1, "", "mriov: out/t: File too large\n");
    expect_answer(
        "$M run small.yaml --duration 1000s -o out --trace t --trace-to 1us & p=$!; sleep 0.5; kill $p; wait $p", 130,
        "", "mriov: interrupted; there are no results\n");
    expect_answer("$M run small.yaml --trace - | head -c 4 | od -An -tx1", 0, " 0a 0d 0d 0a\n", NULL);
    expect_answer("ls -A | grep -v '^[.][eops]'", 0, "small.yaml\n", "");
}

Test(trace, what_tshark_makes_of_a_run)
{
    expect_answer("$M run small.yaml --quiet --trace t.pcapng --trace-to 5us", 0, "", "");
    expect_answer(
        TSHARK "-r t.pcapng -c 1 -T fields -e mriov.link -e mriov.vh -e mriov.type -e mriov.requester -e mriov.tag "
               "-e mriov.address -e mriov.length -e frame.len -e mriov.vc -e _ws.col.Protocol",
        0, "nic0 up\t1\tMWr\t03:00.0\t0\t0x0000000100000000\t64\t276\t0\tTLP\n", NULL);
    expect_answer(
        TSHARK "-r t.pcapng -c 1", 0,
        "    1 0.000000000      03:00.0 \xe2\x86\x92 0x100000000  TLP 276 nic0 up: VH 1 MWr 0x100000000 64 DW\n", NULL);
    expect_answer(
        "for f in 'mriov.vh == 1' 'mriov.vh == 2' 'mriov.vh == 3' 'mriov.type == \"MWr\"' "
        "'mriov.requester == \"03:00.0\"' 'mriov.address >= 0x100000000' 'mriov.tag == 0' 'mriov.link == \"h1 up\"' "
        "'mriov.vh == 2 && mriov.link contains \"nic0\"' 'mriov'; do " TSHARK
        "-r t.pcapng -Y \"$f\" | wc -l; done > counts; $M run small.yaml --set run.duration=5us --json > r.json; "
        "python3 -c \"import json; l = {(l['name'], l['direction']): l['tlps'] for l in "
        "json.load(open('r.json'))['links']}; "
        "c = [int(n) for n in open('counts')]; assert c[9] == c[0] + c[1] == sum(l.values()) > 500, (c, l); "
        "assert c[2] == 0 and c[3:7] == [c[9]] * 4 and c[7] == l['h1', 'up'] and c[8] == c[1] - c[7], (c, l)\"",
        0, "", "");
    /* Bytes on a wire: a packet's, and 8 of framing for each. */
    expect_answer(
        TSHARK
        "-r t.pcapng -T fields -e mriov.link -e frame.len > lens; "
        "python3 -c \"import json; d = {}; "
        "[d.__setitem__(k, d.get(k, 0) + int(n) + 8) for k, n in (l.rstrip().split(chr(9)) for l in open('lens'))]; "
        "w = {l['name'] + ' ' + l['direction']: l['wire_bytes'] for l in json.load(open('r.json'))['links'] "
        "if l['tlps']}; assert d == w, (d, w)\"",
        0, "", "");
    expect_answer(
        "sed 's/dma-write, size: 256B/dma-read, size: 512B/' small.yaml > reads.yaml && "
        "$M run reads.yaml --quiet --trace r.pcapng --trace-to 5us && " TSHARK
        "-2 -r r.pcapng -Y 'mriov.request_in && mriov.byte_count == 256' -T fields -e mriov.request_in > in && "
        "test $(wc -l < in) -gt 20 && " TSHARK
        "-2 -r r.pcapng -Y 'mriov.response_in' -T fields -e frame.number > out && sort in > a; sort out > b; diff a b",
        0, "", NULL);
}

/* Appends a line of `-T fields` that TLP must become. */
static void add_line(FILE *out, const struct tlp *tlp, const char *link, bool mr)
{
    const struct tlp_traits *traits = &tlp_traits[tlp->type];
    static const char *const statuses[] = {"SC", "UR", "CRS", NULL, "CA"};
    bool message = tlp->type == TLP_MSG || tlp->type == TLP_MSGD;
    bool configuration = tlp->type >= TLP_CFGRD0 && tlp->type <= TLP_CFGWR1;
    bool atomic = tlp->type >= TLP_FETCHADD && tlp->type <= TLP_CAS;
    bool hinted_read = (tlp->attributes & TLP_HINTS) && (tlp->type == TLP_MRD || tlp->type == TLP_MRDLK);
    bool to_id = configuration || (message && tlp->status == TLP_BY_ID);
    bool addressed = (traits->is_request && !configuration && !message) || (message && tlp->status == TLP_BY_ADDRESS);
    fprintf(out, "%s|%u|", link, tlp->vh);
    if (mr)
        fprintf(out, "%u", tlp->vh);
    fprintf(out, "|%s|%u|", traits->name, tlp->traffic_class);
    for (int bit = 0; bit <= 5; bit++)
        fprintf(out, "%d|", tlp->attributes >> bit & 1);
    fprintf(out, "%02x:%02x.%x|", tlp->requester_id >> 8, tlp->requester_id >> 3 & 31, tlp->requester_id & 7);
    fprintf(out, "%s", to_id ? "|" : "");
    if (!traits->is_request || to_id)
        fprintf(out, "%02x:%02x.%x", tlp->completer_id >> 8, tlp->completer_id >> 3 & 31, tlp->completer_id & 7);
    fprintf(out, "%s|%u|", to_id ? "" : "|", tlp->tag);
    if (addressed)
        fprintf(out, "0x%016" PRIx64, tlp->address & ~UINT64_C(3));
    fprintf(out, "|");
    if (configuration)
        fprintf(out, "0x%04" PRIx64, tlp->address);
    fprintf(out, "|");
    if (tlp->length_dw > 0)
        fprintf(out, "%u", tlp->length_dw);
    fprintf(out, "|");
    if (traits->is_request && !message && !atomic && !hinted_read)
        fprintf(out, "0x%02x|0x%02x|", tlp->byte_enables & 15, tlp->byte_enables >> 4);
    else
        fprintf(out, "||");
    if (message && message_name(tlp->byte_enables) != NULL)
        fprintf(out, "%s", message_name(tlp->byte_enables));
    else if (message)
        fprintf(out, "message 0x%02x", tlp->byte_enables);
    fprintf(out, "|");
    if (!traits->is_request)
        fprintf(out, "%s|%u|0x%02" PRIx64, statuses[tlp->status], tlp->byte_count, tlp->address);
    else
        fprintf(out, "||");
    fprintf(out, "\n");
}

#define FIELDS                                                                                                         \
    "-E separator='|' -e mriov.link -e mriov.vh -e mriov.prefix.vh -e mriov.type -e mriov.tc -e mriov.attr.ns "        \
    "-e mriov.attr.ro -e mriov.attr.ido -e mriov.ep -e mriov.td -e mriov.th -e mriov.requester -e mriov.completer "    \
    "-e mriov.target -e mriov.tag -e mriov.address -e mriov.register -e mriov.length -e mriov.first_be "               \
    "-e mriov.last_be -e mriov.message -e mriov.status -e mriov.byte_count -e mriov.lower_address "

#define SAMPLES 24

/* A rack of one plain and one MR link, whose trace is written by hand: every type, many times. */
static void write_samples(const char *pcapng, const char *lines)
{
    struct rack rack;
    rack_open(
        &rack, "mriov: 1\nchassis: [{name: tor}]\nhosts: [{name: h0, chassis: tor}]\nadapters: [{name: nic, at: tor}]\n"
               "assign: [{function: nic, to: h0}]\n"
               "workloads: [{name: w, function: nic@h0, op: dma-write, size: 256B}]\n");
    struct random random;
    random_init(&random, 11, "tshark");
    FILE *out = fopen(lines, "w"), *stream = fopen(pcapng, "w");
    struct trace_request request = {.stream = stream, .name = pcapng, .to_ps = TIME_NEVER};
    struct tracer tracer;
    char reason[256];
    cr_assert_eq(tracer_start(&tracer, &rack.world, &request, reason, sizeof reason), STATUS_OK);
    for (uint32_t i = 0; i < TLP_TYPES * SAMPLES; i++) {
        static uint8_t payload[TLP_PAYLOAD_MAX_BYTES];
        struct tlp tlp = tlp_sample(&random, (enum tlp_type)(i / SAMPLES));
        if ((tlp.type == TLP_MSG || tlp.type == TLP_MSGD) && i % 2)
            tlp.byte_enables = (uint8_t)(0x10 + i % 0x30);
        bool mr = i % 4 < 2;
        tlp.vh = (uint16_t)(i % 256);
        const struct tracer_direction *direction = &tracer.directions[mr ? 3 : 0];
        tracer_add(&tracer, direction, &tlp, i % 2 ? payload : NULL, i * PS_PER_NS);
        add_line(out, &tlp, mr ? "nic down" : "h0 up", mr);
    }
    tracer_stop(&tracer);
    rack_close(&rack);
    fclose(stream);
    fclose(out);
}

Test(trace, tshark_reads_every_type)
{
    char pcapng[] = "/tmp/mriov-trace-XXXXXX", lines[] = "/tmp/mriov-lines-XXXXXX";
    close(mkstemp(pcapng));
    close(mkstemp(lines));
    write_samples(pcapng, lines);
    char command[1024];
    snprintf(command, sizeof command, "cp %s all.pcapng; cp %s lines; rm %s %s", pcapng, lines, pcapng, lines);
    expect_answer(command, 0, "", "");
    expect_answer(TSHARK "-r all.pcapng -T fields " FIELDS "> said", 0, "", "");
    expect_answer("wc -l < said; diff said lines | head -20", 0, "456\n", "");
    expect_answer(TSHARK "-r all.pcapng -V -2 > tree; grep -ciE 'lua error|malformed|reserved fmt' tree", 1, "0\n", "");
    expect_answer(
        "grep -v 'Running as user' .tshark; " TSHARK
        "-r all.pcapng -Y 'mriov.type in {\"MRd\", \"MsgD\", \"CAS\"}' | wc -l",
        0, "72\n", "");
}

Test(trace, tshark_survives_what_is_no_tlp)
{
    /* Bytes of all kinds in place of headers, cut short anywhere: a dissector in Lua must not fail. */
    shell_put(
        "damage.py",
        "import random, struct, sys\n"
        "random.seed(5)\n"
        "data = open('t.pcapng', 'rb').read()\n"
        "at, out, n = 0, b'', 0\n"
        "while at < len(data):\n"
        "    kind, size = struct.unpack_from('<II', data, at)\n"
        "    if kind == 6:\n"
        "        break\n"
        "    out += data[at:at + size]\n"
        "    at += size\n"
        "for n in range(3000):\n"
        "    tlp = bytes(random.randrange(256) for _ in range(random.randrange(40)))\n"
        "    if n % 3 and tlp:\n"
        "        tlp = bytes([random.choice([0x80, 0, 0x20, 0x40, 0x60, 0x4a, 0x0a, 0x30, 0x74, 4, 0x9e])]) + tlp[1:]\n"
        "    body = struct.pack('<IIIII', n % 6, 0, n * 1000, len(tlp), len(tlp)) + tlp + bytes(-len(tlp) % 4)\n"
        "    if n % 2:\n"
        "        body += struct.pack('<HHIHH', 6, 4, 256, 0, 0)\n"
        "    out += struct.pack('<II', 6, len(body) + 12) + body + struct.pack('<I', len(body) + 12)\n"
        "open('d.pcapng', 'wb').write(out)\n");
    expect_answer("$M run small.yaml --quiet --trace t.pcapng --trace-to 1us && python3 damage.py", 0, "", "");
    expect_answer(
        TSHARK "-r d.pcapng -V -2 > tree; grep -c '^Frame ' tree; grep -ci 'lua error' tree", 1, "3000\n0\n", "");
    expect_answer("grep -v 'Running as user' .tshark", 1, "", "");
}
