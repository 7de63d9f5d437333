/* mriovd over TCP: TLS 1.3 with certificates on both sides, and nothing else. */
#include <criterion/criterion.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "tests/support/daemon.h"
#include "tests/support/shell.h"

TestSuite(daemon_tls, .fini = shell_end, .timeout = 120);

/* An authority, a daemon's and clients' certificates of it, one of which is over, and one of another authority. */
static const char make_certificates[] =
    "set -e; rm -rf \"$F\"; mkdir \"$F\"; cd \"$F\"; "
    "ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout $1.key -out $1.pem "
    "-subj /CN=$1 2>/dev/null; }; "
    "leaf() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj /CN=$1 "
    "-addext subjectAltName=DNS:$1 2>/dev/null; openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial "
    "-days 2 -out $1.pem -copy_extensions copy 2>/dev/null; }; "
    "ca ca; ca other; leaf localhost ca; leaf console ca; leaf second ca; leaf stranger ca; leaf foreign other; "
    "openssl x509 -req -in console.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days -1 -out over.pem 2>/dev/null; "
    "cp console.key over.key; "
    "printf 'cn:console operator *\\ncn:second operator *\\n' > access";

static struct client *open_as(const char *address, const char *folder, const char *name, char *why, size_t why_size)
{
    char certificate[128], key[128], authority[128];
    snprintf(certificate, sizeof certificate, "%s/%s.pem", folder, name);
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    snprintf(authority, sizeof authority, "%s/ca.pem", folder);
    struct server_tls tls = {.certificate = certificate, .key = key, .authority = authority};
    return client_open(address, &tls, why, why_size);
}

static Mriov__V1__Response *hello(struct client *client)
{
    Mriov__V1__HelloRequest request = MRIOV__V1__HELLO_REQUEST__INIT;
    return client_call(client, "Hello", &request.base, &(struct client_options){0});
}

static void expect_role(struct client *client, const char *identity, Mriov__V1__HelloResponse__Role role)
{
    Mriov__V1__HelloRequest request = MRIOV__V1__HELLO_REQUEST__INIT;
    Mriov__V1__HelloResponse *response = daemon_call(client, "Hello", &request.base, MRIOV__V1__STATUS__CODE__OK);
    cr_expect_str_eq(response->identity, identity);
    cr_expect_eq(response->role, role);
    daemon_free(response);
}

static struct daemon daemon_;
static char folder[64], address[64];

static void start(void)
{
    char files[4][96];
    snprintf(folder, sizeof folder, "/tmp/mriov-tls-%d", (int)getpid());
    setenv("F", folder, 1);
    struct shell_answer made = shell_run(make_certificates);
    cr_assert_eq(made.exit_code, 0, "%s", made.err);
    shell_free(&made);
    static const char *const names[] = {"localhost.pem", "localhost.key", "ca.pem", "access"};
    for (int i = 0; i < 4; i++)
        snprintf(files[i], sizeof files[i], "%s/%s", folder, names[i]);
    snprintf(address, sizeof address, "tcp:localhost:%d", 20000 + (int)getpid() % 20000);
    const char *const arguments[] = {"--listen", address,  "--tls-cert", files[0], "--tls-key", files[1],
                                     "--tls-ca", files[2], "--access",   files[3], NULL};
    daemon_start(&daemon_, NULL, arguments);
}

static void stop(void)
{
    daemon_stop(&daemon_);
    struct shell_answer removed = shell_run("rm -rf \"$F\"");
    shell_free(&removed);
}

/* A client with NAME's certificate gets nothing. TLS 1.3 tells it of its refusal only when it reads. */
static void expect_turned_away(const char *name)
{
    char why[256];
    struct client *client = open_as(address, folder, name, why, sizeof why);
    cr_expect(client == NULL || hello(client) == NULL, "%s is let in", name);
    client_close(client);
}

/* What openssl's client, with OPTIONS, hears of the daemon. */
static void expect_no_handshake(const char *options)
{
    char command[512];
    snprintf(command, sizeof command, "echo | timeout 20 openssl s_client -connect %s %s", address + 4, options);
    struct shell_answer answer = shell_run(command);
    cr_expect_neq(answer.exit_code, 0, "with %s: %s", options, answer.out);
    shell_free(&answer);
}

Test(daemon_tls, who_has_a_certificate_is_let_in_by_its_name)
{
    char why[256];
    start();
    struct client *console = open_as(address, folder, "console", why, sizeof why);
    cr_assert_not_null(console, "%s", why);
    expect_role(console, "cn:console", MRIOV__V1__HELLO_RESPONSE__ROLE__OPERATOR);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.duration_ns = 1000;
    daemon_expect(console, "Advance", &advance.base, MRIOV__V1__STATUS__CODE__OK);
    client_close(console);

    struct client *stranger = open_as(address, folder, "stranger", why, sizeof why);
    cr_assert_not_null(stranger, "%s", why);
    expect_role(stranger, "cn:stranger", MRIOV__V1__HELLO_RESPONSE__ROLE__NOBODY);
    daemon_expect(stranger, "Advance", &advance.base, MRIOV__V1__STATUS__CODE__PERMISSION_DENIED);
    client_close(stranger);

    expect_turned_away("foreign");
    expect_turned_away("over");
    expect_no_handshake("-tls1_2 -cert $F/console.pem -key $F/console.key");
    stop();
}

/* A client without a certificate is told so as soon as it says anything. */
Test(daemon_tls, who_has_no_certificate_is_not_let_in)
{
    start();
    char command[512];
    snprintf(
        command, sizeof command,
        "(sleep 1; printf '\\011\\010\\001\\022\\005Hello'; sleep 1) | timeout 20 openssl s_client -quiet -connect %s "
        "-CAfile "
        "$F/ca.pem 2>&1",
        address + 4);
    struct shell_answer answer = shell_run(command);
    cr_expect_not_null(strstr(answer.out, "alert"), "%s", answer.out);
    cr_expect_null(strstr(answer.out, "small"), "it is not told of the scenario");
    shell_free(&answer);
    stop();
}

/* An operator's operations are its own. */
Test(daemon_tls, who_began_an_operation_may_cancel_it)
{
    char why[256];
    start();
    struct client *console = open_as(address, folder, "console", why, sizeof why);
    struct client *second = open_as(address, folder, "second", why, sizeof why), *root = daemon_client(&daemon_);
    Mriov__V1__SetQosRequest qos = MRIOV__V1__SET_QOS_REQUEST__INIT;
    qos.function = "nic0.pf0";
    qos.share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
    qos.weight = 3;
    daemon_expect(console, "SetQos", &qos.base, MRIOV__V1__STATUS__CODE__OK);
    Mriov__V1__CancelOperationRequest cancel = MRIOV__V1__CANCEL_OPERATION_REQUEST__INIT;
    cancel.id = 1;
    daemon_expect(second, "CancelOperation", &cancel.base, MRIOV__V1__STATUS__CODE__PERMISSION_DENIED);
    daemon_expect(root, "CancelOperation", &cancel.base, MRIOV__V1__STATUS__CODE__PERMISSION_DENIED);
    daemon_expect(console, "CancelOperation", &cancel.base, MRIOV__V1__STATUS__CODE__BUSY);
    client_close(console);
    client_close(second);
    client_close(root);
    stop();
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The name has several addresses, and the daemon listens at one. */
static int open_socket(void)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    CHECK(getaddrinfo("localhost", strrchr(address, ':') + 1, &hints, &found) == 0);
    int end = -1;
    for (const struct addrinfo *at = found; at != NULL && end < 0; at = at->ai_next) {
        end = socket(at->ai_family, SOCK_STREAM, 0);
        if (end >= 0 && connect(end, at->ai_addr, at->ai_addrlen) != 0) {
            close(end);
            end = -1;
        }
    }
    freeaddrinfo(found);
    CHECK(end >= 0);
    return end;
}

/* Five seconds are what a handshake may take, whether the client says nothing, or ever so little at a time: a first
 * record of TLS that is never whole. Others are served meanwhile. */
Test(daemon_tls, a_handshake_that_does_not_end)
{
    start();
    static const unsigned char hello_record[] = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03};
    int silent = open_socket(), slow = open_socket();
    int64_t begin_ms = now_ms(), silent_ms = 0, slow_ms = 0;
    struct client *root = daemon_client(&daemon_);
    for (size_t sent = 0; now_ms() - begin_ms < 15000 && (silent_ms == 0 || slow_ms == 0); usleep(200000)) {
        char byte;
        if ((now_ms() - begin_ms) / 1000 >= (int64_t)sent && sent < sizeof hello_record)
            sent += (size_t)(send(slow, &hello_record[sent], 1, MSG_NOSIGNAL) == 1);
        if (silent_ms == 0 && recv(silent, &byte, 1, MSG_DONTWAIT) == 0)
            silent_ms = now_ms() - begin_ms;
        if (slow_ms == 0 && (recv(slow, &byte, 1, MSG_DONTWAIT) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)))
            slow_ms = now_ms() - begin_ms;
        expect_role(root, "uid:0", MRIOV__V1__HELLO_RESPONSE__ROLE__NOBODY);
    }
    cr_expect(silent_ms >= 5000 && silent_ms < 12000, "a silent client: %d ms", (int)silent_ms);
    cr_expect(slow_ms >= 5000 && slow_ms < 12000, "a byte a second: %d ms", (int)slow_ms);
    close(silent);
    close(slow);
    client_close(root);
    stop();
}

/* What the command line names and cannot be used is said in one line, with 2. There is no TCP without TLS. */
Test(daemon_tls, a_command_line_that_cannot_be_used)
{
    static const struct {
        const char *words, *err;
        int exit_code;
    } cases[] = {
        {"--listen tcp:localhost:7000",
         "--listen tcp:localhost:7000: needs --tls-cert, --tls-key and --tls-ca: there is no TCP without TLS", 2},
        {"--listen foo", "--listen foo: must be unix:PATH or tcp:HOST:PORT", 2},
        {"--listen unix:", "--listen unix:: a path of 1 to 107 bytes must stand after `unix:`", 2},
        {"--listen unix:s --http foo", "--http foo: must be HOST:PORT, the port 1 to 65535", 2},
        {"--listen unix:s --http localhost:0", "--http localhost:0: must be HOST:PORT, the port 1 to 65535", 2},
        {"--listen unix:s --http localhost:70000", "--http localhost:70000: must be HOST:PORT, the port 1 to 65535", 2},
        {"--listen unix:s --tls-cert none", "--tls-cert none: No such file or directory", 2},
        {"--listen unix:s --tls-key none", "--tls-cert is missing: TLS needs --tls-cert, --tls-key and --tls-ca", 2},
        {"--listen unix:s --tls-cert rack.yaml", "--tls-cert rack.yaml: no start line", 2},
        {"--listen unix:s --access none", "--access none: No such file or directory", 2},
        {"--listen unix:s --access bad",
         "--access bad:2: a role must follow: nobody, viewer, operator or administrator", 2},
        {"--listen unix:s --access strange", "--access strange:3: `one` has no host called `h77`", 2},
        {"--listen unix:none/s", "--listen unix:none/s: No such file or directory", 1},
    };
    setenv("D", getenv("MRIOV_DAEMON") != NULL ? getenv("MRIOV_DAEMON") : "mriovd", 1);
    shell_put("rack.yaml", "mriov: 1\nname: one\nchassis: [{name: tor}]\nhosts: [{name: h0, chassis: tor}]\n");
    shell_put("bad", "uid:0 administrator\nuid:1 king\n");
    shell_put("strange", "cn:a operator * h[0-9]\n\ncn:b operator h0 h77\n");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char line[256], said[256];
        snprintf(line, sizeof line, "\"$D\" --scenario rack.yaml %s", cases[i].words);
        snprintf(said, sizeof said, "mriovd: %s\n", cases[i].err);
        struct shell_answer answer = shell_run(line);
        const char *last = strstr(answer.err, "mriovd: --"); /* before it the log may have said where it listens */
        cr_expect_eq(answer.exit_code, cases[i].exit_code, "%s: %d", cases[i].words, answer.exit_code);
        cr_expect(last != NULL && strcmp(last, said) == 0, "%s: `%s`", cases[i].words, answer.err);
        shell_free(&answer);
    }
}
