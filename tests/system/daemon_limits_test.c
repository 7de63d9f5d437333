/* mriovd's limits (mgmt/limits.h), at each of them and beyond, and clients who mean it no good. */
#include "mgmt/limits.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fabric/base/random.h"
#include "proto/frame.h"
#include "tests/support/daemon.h"

TestSuite(daemon_limits, .timeout = 200);

#define OK MRIOV__V1__STATUS__CODE__OK
#define INVALID MRIOV__V1__STATUS__CODE__INVALID_ARGUMENT
#define EXHAUSTED MRIOV__V1__STATUS__CODE__RESOURCES_EXHAUSTED

/* The sanitizers' own memory is no matter of the daemon's. */
#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_MOST (UINT64_C(4) << 30)
#else
#define MEMORY_MOST (UINT64_C(256) << 20)
#endif

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void expect_alive(const struct daemon *daemon)
{
    struct client *client = daemon_client(daemon);
    Mriov__V1__HelloRequest request = MRIOV__V1__HELLO_REQUEST__INIT;
    daemon_expect(client, "Hello", &request.base, OK);
    client_close(client);
    cr_expect_lt(daemon_peak_bytes(daemon), MEMORY_MOST);
}

/* Sends a frame with SIZE bytes at BYTES as its message. */
static bool send_frame(struct client *client, const void *bytes, size_t size)
{
    uint8_t head[FRAME_LENGTH_MOST_BYTES];
    return client_send_bytes(client, head, frame_write_length((uint32_t)size, head)) &&
           client_send_bytes(client, bytes, size);
}

static Mriov__V1__Status__Code code_of_next(struct client *client)
{
    Mriov__V1__Response *response = client_receive(client);
    cr_assert_not_null(response, "the connection is lost");
    Mriov__V1__Status__Code code = response->status->code;
    client_free_response(response);
    return code;
}

/* A Hello whose request is SIZE bytes long: its payload has a field that nobody knows. */
static size_t padded_hello(uint8_t *bytes, size_t size)
{
    Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
    request.id = 7;
    request.method = "Hello";
    size_t bare = mriov__v1__request__get_packed_size(&request);
    /* Field 15 of HelloRequest, bytes, of three bytes' length; and the payload's own tag and length. */
    size_t payload = size - bare - 4, text = payload - 4;
    uint8_t *padding = calloc(1, payload);
    padding[0] = 15 << 3 | 2;
    padding[1] = (uint8_t)(text | 0x80);
    padding[2] = (uint8_t)(text >> 7 | 0x80);
    padding[3] = (uint8_t)(text >> 14);
    request.payload = (ProtobufCBinaryData){.len = payload, .data = padding};
    size_t packed = mriov__v1__request__pack(&request, bytes);
    free(padding);
    return packed;
}

Test(daemon_limits, frames_of_64_kib_and_no_more)
{
    static uint8_t bytes[FRAME_REQUEST_MOST_BYTES + 1];
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    size_t size = padded_hello(bytes, FRAME_REQUEST_MOST_BYTES);
    cr_assert_eq(size, FRAME_REQUEST_MOST_BYTES);
    cr_assert(send_frame(client, bytes, size));
    cr_expect_eq(code_of_next(client), OK, "at the limit");
    send_frame(client, bytes, size + 1);
    cr_expect_null(client_receive(client), "beyond it the connection ends");
    client_close(client);
    expect_alive(&daemon);
    daemon_stop(&daemon);
}

/* Messages that unpack to many times their size, and those that are none. */
Test(daemon_limits, what_cannot_be_unpacked_is_answered)
{
    static uint8_t bytes[60000];
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    static const struct {
        uint8_t tag, value;
        const char *what;
    } cases[] = {{0x0a, 0x00, "empty sub-messages"}, {0x7a, 0x00, "fields that nobody knows"}, {0xff, 0xff, "no tags"}};
    for (size_t i = 0; i < 3; i++) {
        for (size_t at = 0; at < sizeof bytes; at += 2) {
            bytes[at] = cases[i].tag;
            bytes[at + 1] = cases[i].value;
        }
        Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
        static uint8_t packed[sizeof bytes + 64];
        request.id = i + 1;
        request.method = "GetClock";
        request.payload = (ProtobufCBinaryData){.len = sizeof bytes, .data = bytes};
        cr_assert(send_frame(client, packed, mriov__v1__request__pack(&request, packed)));
        code_of_next(client); /* whatever it is, it is answered */
        cr_assert(send_frame(client, bytes, sizeof bytes));
        cr_expect_neq(code_of_next(client), OK, "%s", cases[i].what);
    }
    client_close(client);
    expect_alive(&daemon);
    daemon_stop(&daemon);
}

Test(daemon_limits, the_envelope_is_looked_at)
{
    char long_key[LIMIT_KEY_BYTES + 2];
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__GetClockRequest clock = MRIOV__V1__GET_CLOCK_REQUEST__INIT;
    memset(long_key, 'k', sizeof long_key);
    long_key[LIMIT_KEY_BYTES] = '\0';
    static const struct {
        const char *method, *key;
        Mriov__V1__Status__Code code;
    } cases[] = {
        {"Frobnicate", "", MRIOV__V1__STATUS__CODE__UNSUPPORTED},
        {"", "", MRIOV__V1__STATUS__CODE__UNSUPPORTED},
        {"GetClock", "a\x01", INVALID},
        {"GetClock", "\xff", INVALID},
        {"GetClock\n", "", INVALID},
        {"GetClock", "h\xc3\xbc", OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        client_send(client, cases[i].method, &clock.base, &(struct client_options){.request_key = cases[i].key});
        cr_expect_eq(code_of_next(client), cases[i].code, "case %zu", i);
    }
    client_send(client, "GetClock", &clock.base, &(struct client_options){.request_key = long_key});
    cr_expect_eq(code_of_next(client), OK, "a key at the limit");
    long_key[LIMIT_KEY_BYTES] = 'k';
    long_key[LIMIT_KEY_BYTES + 1] = '\0';
    client_send(client, "GetClock", &clock.base, &(struct client_options){.request_key = long_key});
    cr_expect_eq(code_of_next(client), INVALID, "and beyond");
    client_close(client);
    daemon_stop(&daemon);
}

Test(daemon_limits, sixty_four_clients_and_no_more)
{
    struct client *clients[LIMIT_CONNECTIONS];
    struct daemon daemon;
    char why[128];
    Mriov__V1__HelloRequest request = MRIOV__V1__HELLO_REQUEST__INIT;
    daemon_start(&daemon, NULL, NULL);
    for (int tries = 0; tries < 2; tries++) {
        usleep(100000); /* those who are gone are seen to be */
        for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
            clients[i] = daemon_client(&daemon);
            daemon_expect(clients[i], "Hello", &request.base, OK);
        }
        struct client *beyond = client_open(daemon.address, NULL, why, sizeof why);
        cr_assert_not_null(beyond);
        cr_expect_null(client_call(beyond, "Hello", &request.base, &(struct client_options){0}));
        client_close(beyond);
        for (size_t i = 0; i < LIMIT_CONNECTIONS; i++) {
            daemon_expect(clients[i], "Hello", &request.base, OK);
            client_close(clients[i]);
        }
    }
    usleep(100000);
    expect_alive(&daemon);
    daemon_stop(&daemon);
}

/* Streams and waits count, and one more is refused. What ends them, and what needs no place, is served. */
Test(daemon_limits, so_many_open_requests_of_a_client)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__WatchStatisticsRequest watch = MRIOV__V1__WATCH_STATISTICS_REQUEST__INIT;
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    watch.interval_ns = 1000000;
    Mriov__V1__ReleaseRequest wait = MRIOV__V1__RELEASE_REQUEST__INIT;
    Mriov__V1__CancelRequest cancel = MRIOV__V1__CANCEL_REQUEST__INIT;
    wait.function = "nic0.pf1";
    wait.policy = MRIOV__V1__POLICY__KIND__MANAGED;
    wait.wait = 1;
    for (int i = 0; i < LIMIT_CALLS - 1; i++)
        cancel.id = client_send(client, "WatchStatistics", &watch.base, &(struct client_options){0});
    client_send(client, "Release", &wait.base, &(struct client_options){0});
    wait.function = "nic0.pf0";
    for (int i = 0; i < 2; i++) {
        daemon_expect(client, "WatchStatistics", &watch.base, EXHAUSTED);
        daemon_expect(client, "Release", &wait.base, EXHAUSTED);
        daemon_expect(client, "Hello", &hello.base, OK);
    }
    client_send(client, "Cancel", &cancel.base, &(struct client_options){0});
    cr_expect_eq(code_of_next(client), MRIOV__V1__STATUS__CODE__CANCELLED);
    cr_expect_eq(code_of_next(client), OK);
    client_send(client, "WatchStatistics", &watch.base, &(struct client_options){0});
    daemon_expect(client, "WatchStatistics", &watch.base, EXHAUSTED);
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    advance.duration_ns = 900000;
    client_send(client, "Advance", &advance.base, &(struct client_options){0});
    cr_expect_eq(code_of_next(client), OK, "the wait has ended");
    cr_expect_eq(code_of_next(client), OK, "and so has the advance");
    client_close(client);
    daemon_stop(&daemon);
}

Test(daemon_limits, a_thousand_requests_a_second)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    double begin_s = now_s();
    for (int i = 0; i < 2500; i++) {
        client_send(client, "Hello", &hello.base, &(struct client_options){0});
        if (i % 100 == 99)
            for (int n = 0; n < 100; n++)
                cr_assert_eq(code_of_next(client), OK);
    }
    double took_s = now_s() - begin_s;
    cr_expect_gt(took_s, 1.3, "a second's worth at once, the others at their pace: %.2f s", took_s);
    client_close(client);
    daemon_stop(&daemon);
}

/* One byte and no more; its fellow who is idle stays. */
Test(daemon_limits, a_frame_must_be_whole_in_ten_seconds)
{
    struct daemon daemon;
    daemon_start(&daemon, NULL, NULL);
    struct client *slow = daemon_client(&daemon), *idle = daemon_client(&daemon);
    double begin_s = now_s();
    cr_assert(client_send_bytes(slow, "\x09\x08", 2));
    cr_expect_null(client_receive(slow));
    double took_s = now_s() - begin_s;
    cr_expect(took_s > LIMIT_FRAME_S - 1 && took_s < LIMIT_FRAME_S + 5, "after %.1f s", took_s);
    Mriov__V1__HelloRequest hello = MRIOV__V1__HELLO_REQUEST__INIT;
    daemon_expect(idle, "Hello", &hello.base, OK);
    client_close(slow);
    client_close(idle);
    daemon_stop(&daemon);
}

/* It asks for the whole rack again and again, and reads nothing. */
Test(daemon_limits, who_does_not_read_costs_little)
{
    static const char *const fast[] = {"--pace", "max", NULL};
    struct daemon daemon;
    daemon_start(&daemon, NULL, fast);
    struct client *deaf[16];
    Mriov__V1__WatchStatisticsRequest watch = MRIOV__V1__WATCH_STATISTICS_REQUEST__INIT;
    Mriov__V1__GetFabricRequest fabric = MRIOV__V1__GET_FABRIC_REQUEST__INIT;
    watch.interval_ns = 1000;
    for (size_t i = 0; i < 16; i++) {
        deaf[i] = daemon_client(&daemon);
        client_send(deaf[i], "WatchStatistics", &watch.base, &(struct client_options){0});
        for (int n = 0; n < 500; n++)
            client_send(deaf[i], "GetFabric", &fabric.base, &(struct client_options){0});
    }
    sleep(2);
    expect_alive(&daemon);
    for (size_t i = 0; i < 16; i++)
        client_close(deaf[i]);
    expect_alive(&daemon);
    daemon_stop(&daemon);
}

/* Bytes at random, and honest requests with some bytes changed: whatever comes of it, the daemon serves the next. */
Test(daemon_limits, hostile_bytes)
{
    struct random random;
    struct daemon daemon;
    char why[128];
    random_init(&random, 1, "hostile");
    daemon_start(&daemon, NULL, NULL);
    for (int round = 0; round < 300; round++) {
        uint8_t bytes[512];
        struct client *client = client_open(daemon.address, NULL, why, sizeof why);
        cr_assert_not_null(client);
        size_t size = 1 + random_below(&random, sizeof bytes - 1);
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)random_below(&random, 256);
        if (round % 3 == 0) {
            client_send_bytes(client, bytes, size);
        } else {
            const ProtobufCServiceDescriptor *service = &mriov__v1__mr_pcim__descriptor;
            Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
            static uint8_t packed[1024];
            request.id = random_below(&random, 4);
            request.method = (char *)service->methods[random_below(&random, service->n_methods)].name;
            request.payload = (ProtobufCBinaryData){.len = size % 40, .data = bytes};
            size_t length = mriov__v1__request__pack(&request, packed);
            for (uint64_t changes = random_below(&random, 4); changes > 0; changes--)
                packed[random_below(&random, length)] = (uint8_t)random_below(&random, 256);
            send_frame(client, packed, length);
        }
        if (round % 2 == 0)
            shutdown(client_socket(client), SHUT_WR);
        client_close(client);
        if (round % 32 == 31)
            usleep(100000); /* those who are gone are seen to be, and none is turned away */
    }
    usleep(100000);
    expect_alive(&daemon);
    daemon_stop(&daemon);
}

/* Functions with long names: more than one answer holds, and ListFunctions still has them all. */
Test(daemon_limits, answers_of_4_mib_and_no_more)
{
    static const char big[] =
        "mriov: 1\nname: big\nrun: {duration: 1us}\nchassis: [{name: tor0}]\nhosts: [{name: h0, chassis: tor0}]\n"
        "adapters: [{name: \"adapter-of-a-long-name-[0-63]\", at: tor0, sharing: sr-iov, vfs: 1024}]\n";
    struct daemon daemon;
    daemon_start(&daemon, big, NULL);
    struct client *client = daemon_client(&daemon);
    Mriov__V1__GetFabricRequest fabric = MRIOV__V1__GET_FABRIC_REQUEST__INIT;
    Mriov__V1__Response *refused = client_call(client, "GetFabric", &fabric.base, &(struct client_options){0});
    cr_assert_eq(refused->status->code, MRIOV__V1__STATUS__CODE__RESOURCES_EXHAUSTED);
    cr_expect_not_null(strstr(refused->status->message, "ListFunctions"), "%s", refused->status->message);
    client_free_response(refused);
    Mriov__V1__ListFunctionsRequest list = MRIOV__V1__LIST_FUNCTIONS_REQUEST__INIT;
    list.page_token = "65000";
    Mriov__V1__ListFunctionsResponse *page = daemon_call(client, "ListFunctions", &list.base, OK);
    cr_expect_eq(page->n_functions, 64 * 1025 - 65000);
    cr_expect_str_eq(page->next_page_token, "");
    daemon_free(page);
    client_close(client);
    daemon_stop(&daemon);
}
