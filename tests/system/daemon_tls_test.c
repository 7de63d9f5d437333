/* mriovd over TCP: TLS 1.3 with certificates on both sides, and nothing else. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "tests/support/daemon.h"
#include "tests/support/shell.h"

TestSuite(daemon_tls, .fini = shell_end, .timeout = 120);

/* An authority, a daemon's and two clients' certificates of it, and one of another authority. */
static const char make_certificates[] =
    "set -e; mkdir \"$F\"; cd \"$F\"; "
    "ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout $1.key -out $1.pem "
    "-subj /CN=$1 2>/dev/null; }; "
    "leaf() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj /CN=$1 "
    "-addext subjectAltName=DNS:$1 2>/dev/null; openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial "
    "-days 2 -out $1.pem -copy_extensions copy 2>/dev/null; }; "
    "ca ca; ca other; leaf localhost ca; leaf console ca; leaf stranger ca; leaf foreign other; "
    "echo 'cn:console operator *' > access";

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

Test(daemon_tls, who_has_a_certificate_is_let_in_by_its_name)
{
    char folder[64], files[4][96], address[64], why[256];
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
    struct daemon daemon;
    daemon_start(&daemon, NULL, arguments);

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

    /* TLS 1.3 tells a client of its refusal only when it reads. */
    struct client *foreign = open_as(address, folder, "foreign", why, sizeof why);
    cr_expect(foreign == NULL || hello(foreign) == NULL, "of another authority");
    client_close(foreign);

    char command[256];
    snprintf(
        command, sizeof command, "echo | openssl s_client -connect %s -tls1_2 -cert $F/console.pem -key $F/console.key",
        address + 4);
    struct shell_answer old = shell_run(command);
    cr_expect_neq(old.exit_code, 0, "TLS 1.2 is refused");
    shell_free(&old);
    daemon_stop(&daemon);
    struct shell_answer removed = shell_run("rm -rf \"$F\"");
    shell_free(&removed);
}

/* There is no TCP without it. */
Test(daemon_tls, no_tcp_without_certificates)
{
    setenv("D", getenv("MRIOV_DAEMON") != NULL ? getenv("MRIOV_DAEMON") : "mriovd", 1);
    shell_put("rack.yaml", "mriov: 1\nchassis: [{name: tor}]\nhosts: [{name: h0, chassis: tor}]\n");
    struct shell_answer answer = shell_run("\"$D\" --scenario rack.yaml --listen tcp:localhost:7000");
    cr_expect_eq(answer.exit_code, 1);
    cr_expect_str_eq(
        answer.err, "mriovd: --listen tcp:localhost:7000: needs --tls-cert, --tls-key and --tls-ca: there is no TCP "
                    "without TLS\n");
    shell_free(&answer);
}
