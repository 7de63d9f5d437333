/* What those who watch over the daemon see: /healthz, /metrics, and the log as JSON. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/daemon.h"
#include "tests/support/daemon_ask.h"
#include "tests/support/shell.h"

TestSuite(daemon_watched, .fini = shell_end, .timeout = 60);

/* SCRIPT, in Python, must end well. $1 is a port or a path. */
static void expect_python(const char *script, const char *argument)
{
    setenv("SCRIPT", script, 1);
    setenv("ARGUMENT", argument, 1);
    struct shell_answer answer = shell_run("python3 -c \"$SCRIPT\" \"$ARGUMENT\"");
    cr_expect_eq(answer.exit_code, 0, "%s%s", answer.out, answer.err);
    shell_free(&answer);
}

/* Each metric has its help and type before its samples, names and values are in Prometheus's form. */
Test(daemon_watched, metrics)
{
    static const char script[] =
        "import re, sys, urllib.request\n"
        "at = 'http://127.0.0.1:' + sys.argv[1]\n"
        "assert urllib.request.urlopen(at + '/healthz').read() == b'ok\\n'\n"
        "answer = urllib.request.urlopen(at + '/metrics')\n"
        "assert answer.headers['Content-Type'].startswith('text/plain; version=0.0.4')\n"
        "typed, found = {}, {}\n"
        "for line in answer.read().decode().splitlines():\n"
        "    if line.startswith('# TYPE '):\n"
        "        name, kind = line.split()[2:]\n"
        "        assert kind in ('counter', 'gauge') and name not in typed, line\n"
        "        typed[name] = kind\n"
        "    elif not line.startswith('#'):\n"
        "        sample = re.fullmatch(r'([a-z_]+)(\\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\\})? ([0-9.e+-]+)', "
        "line)\n"
        "        assert sample and sample[1] in typed, line\n"
        "        assert typed[sample[1]] != 'counter' or sample[1].endswith('_total'), line\n"
        "        found[sample[1] + (sample[2] or '')] = float(sample[4])\n"
        "assert found['mriov_simulated_seconds_total'] == 20e-6, found\n"
        "assert found['mriov_cross_vh_deliveries_total'] == 0\n"
        "assert found['mriov_workload_bytes_total{workload=\"writes\",index=\"0\"}'] > 0\n"
        "assert found['mriov_link_payload_bytes_total{link=\"h0\",direction=\"up\"}'] > 0\n"
        "assert found['mriov_requests_total'] >= 1 and found['mriov_connections'] == 1, found\n"
        "try:\n"
        "    urllib.request.urlopen(at + '/other')\n"
        "    raise SystemExit('/other is there')\n"
        "except urllib.error.HTTPError as fault:\n"
        "    assert fault.code == 404\n";
    char port[16], address[32];
    snprintf(port, sizeof port, "%d", 20000 + (int)getpid() % 20000);
    snprintf(address, sizeof address, "127.0.0.1:%s", port);
    const char *const arguments[] = {"--http", address, NULL};
    struct daemon daemon;
    daemon_start(&daemon, NULL, arguments);
    struct client *client = daemon_client(&daemon);
    ask_advance(client, 20000);
    expect_python(script, port);
    client_close(client);
    daemon_stop(&daemon);
}

/* Every line is an object of its own, with time, priority and message; a mutation's is an audit line. */
Test(daemon_watched, the_log_as_json)
{
    static const char script[] =
        "import json, sys\n"
        "lines = [json.loads(line) for line in open(sys.argv[1])]\n"
        "assert len(lines) >= 3\n"
        "for line in lines:\n"
        "    assert sorted(line) == ['message', 'priority', 'time'], line\n"
        "    assert line['priority'] in range(8) and line['time'] > 1.6e9, line\n"
        "said = [line['message'] for line in lines]\n"
        "assert any(text.endswith('ready') for text in said), said\n"
        "assert any(text.startswith('audit: uid:') and 'Release nic0.pf0' in text for text in said), said\n"
        "assert any('refused' in text and '?' in text for text in said), said\n";
    static const char *const arguments[] = {"--log", "json", NULL};
    struct daemon daemon;
    char log[96];
    daemon_start(&daemon, NULL, arguments);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__ReleaseRequest release = MRIOV__V1__RELEASE_REQUEST__INIT;
    release.function = "nic0.pf0";
    cr_expect_eq(ask_end(client, ask_begin(client, "Release", &release.base)), MRIOV__V1__OPERATION__STATE__SUCCEEDED);
    release.function = "what?\"\\";
    client_free_response(client_call(client, "Release", &release.base, &(struct client_options){0}));
    snprintf(log, sizeof log, "%s/log", daemon.folder);
    expect_python(script, log);
    client_close(client);
    daemon_stop(&daemon);
}
