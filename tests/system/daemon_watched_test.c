/* What those who watch over the daemon see: /healthz, /metrics, and the log as JSON. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "mgmt/limits.h"
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

/* A daemon that serves HTTP at a port of 127.0.0.1, which is written to PORT. */
static void start_http(struct daemon *daemon, char port[16])
{
    char address[32];
    snprintf(port, 16, "%d", 20000 + (int)getpid() % 20000);
    snprintf(address, sizeof address, "127.0.0.1:%s", port);
    const char *const arguments[] = {"--http", address, NULL};
    daemon_start(daemon, NULL, arguments);
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
    char port[16];
    struct daemon daemon;
    start_http(&daemon, port);
    struct client *client = daemon_client(&daemon);
    ask_advance(client, 20000);
    expect_python(script, port);
    client_close(client);
    daemon_stop(&daemon);
}

/* What a client of HTTP may do wrong, and one that asks for the head only: that gets no body, and the end of the
 * answer. */
Test(daemon_watched, http_in_its_own_words)
{
    static const char script[] =
        "import socket, sys, time\n"
        "def ask(text):\n"
        "    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=20)\n"
        "    s.sendall(text)\n"
        "    found = b''\n"
        "    while True:\n"
        "        more = s.recv(65536)\n"
        "        if not more:\n"
        "            return found\n"
        "        found += more\n"
        "def expect(text, outcome, body):\n"
        "    answer = ask(text)\n"
        "    head, found = answer.split(b'\\r\\n\\r\\n', 1)\n"
        "    assert head.startswith(b'HTTP/1.1 ' + outcome) and found == body, (text[:50], answer)\n"
        "    assert b'Connection: close' in head\n"
        "    return head\n"
        "expect(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'200 OK', b'ok\\n')\n"
        "expect(b'GET /healthz?a=b HTTP/1.0\\r\\n\\r\\n', b'200 OK', b'ok\\n')\n"
        "expect(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' * 3, b'200 OK', b'ok\\n')\n"
        "head = expect(b'HEAD /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'200 OK', b'')\n"
        "assert b'Content-Length: 3\\r\\n' in head, head\n"
        "head = expect(b'HEAD /metrics HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'200 OK', b'')\n"
        "expect(b'HEAD /none HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'404', b'')\n"
        "expect(b'GET /healthz/ HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'404', b'404 Not Found\\n')\n"
        "expect(b'POST /healthz HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n', b'405', b'405 Method Not Allowed\\n')\n"
        "for nonsense in (b'\\r\\n\\r\\n', b'GET\\n\\n', b'GET /healthz\\r\\n\\r\\n', b' \\0 \\xff\\r\\n\\r\\n'):\n"
        "    expect(nonsense, b'400', b'400 Bad Request\\n')\n"
        "full = b'GET /healthz HTTP/1.1\\r\\nX: '\n"
        "expect(full + b'x' * (8192 - len(full) - 4) + b'\\r\\n\\r\\n', b'200', b'ok\\n')\n"
        "assert ask(full + b'x' * 8192).startswith(b'HTTP/1.1 431'), 'the limit'\n"
        "begin = time.time()\n"
        "assert ask(b'GET /healthz HTTP/1.1\\r\\n') == b''\n"
        "assert 9 < time.time() - begin < 15, 'a request must be whole in 10 s'\n";
    struct daemon daemon;
    char port[16];
    start_http(&daemon, port);
    expect_python(script, port);
    daemon_stop(&daemon);
}

/* They neither keep others out nor take the descriptors of the API's clients, of which there are few here. */
Test(daemon_watched, http_clients_that_hold_places)
{
    static const char script[] =
        "import socket, sys, time, urllib.request\n"
        "at = ('127.0.0.1', int(sys.argv[1]))\n"
        "idle = [socket.create_connection(at, timeout=10) for _ in range(400)]\n"
        "assert urllib.request.urlopen('http://127.0.0.1:' + sys.argv[1] + '/healthz', timeout=10).read() == b'ok\\n'\n"
        "kept = 0\n"
        "for s in idle:\n"
        "    s.settimeout(0.05)\n"
        "    try:\n"
        "        s.recv(1)\n"
        "    except TimeoutError:\n"
        "        kept += 1\n"
        "    except OSError:\n"
        "        pass\n"
        "assert kept == 15, kept\n"
        "print('held', flush=True)\n"
        "time.sleep(3)\n";
    struct daemon daemon;
    char port[16], log[128];
    start_http(&daemon, port);
    const struct rlimit few = {.rlim_cur = 128, .rlim_max = 128};
    cr_assert_eq(prlimit(daemon.pid, RLIMIT_NOFILE, &few, NULL), 0);
    setenv("SCRIPT", script, 1);
    setenv("ARGUMENT", port, 1);
    FILE *holder = popen("exec python3 -c \"$SCRIPT\" \"$ARGUMENT\"", "r");
    char line[16] = "";
    cr_assert(holder != NULL && fgets(line, sizeof line, holder) != NULL && strcmp(line, "held\n") == 0);
    struct client *clients[LIMIT_CONNECTIONS];
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    Mriov__V1__GetResultsRequest results = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
        clients[i] = daemon_client(&daemon);
        daemon_expect(clients[i], "Hello", &hello.base, MRIOV__V1__STATUS__CODE__OK);
    }
    daemon_expect(clients[0], "GetResults", &results.base, MRIOV__V1__STATUS__CODE__OK);
    for (size_t i = 0; i < LIMIT_CONNECTIONS; i++)
        client_close(clients[i]);
    cr_expect_eq(pclose(holder), 0);
    snprintf(log, sizeof log, "test $(wc -c < %s/log) -lt 2000", daemon.folder);
    cr_expect_eq(system(log), 0, "the log is not flooded");
    daemon_stop(&daemon);
}

/* Without descriptors clients wait; the log says it once, and they are let in when there are some again. */
Test(daemon_watched, a_daemon_without_descriptors)
{
    struct daemon daemon;
    char port[16], command[192];
    start_http(&daemon, port);
    struct client *old = daemon_client(&daemon);
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    Mriov__V1__GetResultsRequest results = MRIOV__V1__GET_RESULTS_REQUEST__INIT;
    daemon_expect(old, "Hello", &hello.base, MRIOV__V1__STATUS__CODE__OK);
    struct rlimit none, before;
    cr_assert_eq(prlimit(daemon.pid, RLIMIT_NOFILE, NULL, &before), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = before.rlim_max};
    cr_assert_eq(prlimit(daemon.pid, RLIMIT_NOFILE, &none, NULL), 0);
    Mriov__V1__Response *refused = client_call(old, "GetResults", &results.base, &(struct client_options){0});
    cr_assert_not_null(refused);
    cr_expect_eq(refused->status->code, MRIOV__V1__STATUS__CODE__RESOURCES_EXHAUSTED);
    cr_expect_not_null(strstr(refused->status->message, "Too many open files"), "%s", refused->status->message);
    client_free_response(refused);
    struct client *waiting = daemon_client(&daemon);
    client_send(waiting, "Hello", &hello.base, &(struct client_options){0});
    usleep(1500000);
    snprintf(command, sizeof command, "test $(grep -c 'accept: Too many open files' %s/log) -eq 1", daemon.folder);
    cr_expect_eq(system(command), 0, "the log says it, once");
    cr_assert_eq(prlimit(daemon.pid, RLIMIT_NOFILE, &before, NULL), 0);
    Mriov__V1__Response *answer = client_receive(waiting);
    cr_expect_not_null(answer);
    client_free_response(answer);
    client_close(waiting);
    client_close(old);
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
