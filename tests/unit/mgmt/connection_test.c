/* What is too slow is ended: a connection and the clock that its server tells it. */
#include "mgmt/connection.h"

#include <criterion/criterion.h>
#include <event2/bufferevent.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fabric/base/check.h"
#include "mgmt/limits.h"
#include "mgmt/mriovd.h"

static struct mriovd mriovd;
static int far_end;

static struct connection *open_one(bool tls)
{
    int ends[2];
    char why[128];
    mriovd = (struct mriovd){.base = event_base_new()};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    CHECK(server_init(&mriovd.server, &mriovd, &mriovd.access, &(struct server_tls){0}, why, sizeof why));
    far_end = ends[1];
    struct bufferevent *stream = bufferevent_socket_new(mriovd.base, ends[0], BEV_OPT_CLOSE_ON_FREE);
    connection_open(&mriovd.server, stream, tls, &(struct peer){.identity = "test", .role = ROLE_VIEWER});
    return mriovd.server.connections;
}

static void tear_down(void)
{
    close(far_end);
    server_free(&mriovd.server);
    event_base_free(mriovd.base);
}

TestSuite(connection, .fini = tear_down);

Test(connection, idle_for_300_s_and_no_longer)
{
    struct connection *connection = open_one(false);
    int64_t since_s = connection->idle_since_s;
    connection_tick(connection, since_s + LIMIT_IDLE_S);
    cr_expect_not(connection->doomed, "at the limit");
    connection_tick(connection, since_s + LIMIT_IDLE_S + 1);
    cr_expect(connection->doomed, "beyond it");
    event_base_loop(mriovd.base, EVLOOP_NONBLOCK);
    cr_expect_null(mriovd.server.connections, "it is gone");
    cr_expect_eq(mriovd.server.connection_count, 0);
}

Test(connection, a_handshake_takes_5_s_and_no_longer)
{
    struct connection *connection = open_one(true);
    cr_expect_not(connection->ready);
    connection_tick(connection, connection->since_s + LIMIT_HANDSHAKE_S);
    cr_expect_not(connection->doomed, "at the limit");
    connection_tick(connection, connection->since_s + LIMIT_HANDSHAKE_S + 1);
    cr_expect(connection->doomed, "beyond it");
}

/* Who has changes on their way to the disk is not read from while too much is; who has none is. */
Test(connection, too_much_waits_for_the_disk)
{
    static const char hello[] = "\x09\x08\x01\x12\x05Hello";
    struct connection *connection = open_one(false);
    mriovd.durable.state.db = (sqlite3 *)(void *)&mriovd; /* nobody looks at it */
    mriovd.durable.writer.bytes = LIMIT_UNSAVED_BYTES + 1;
    connection->saving = 1;
    CHECK(write(far_end, hello, sizeof hello - 1) == sizeof hello - 1);
    connection_tick(connection, connection->since_s);
    event_base_loop(mriovd.base, EVLOOP_NONBLOCK);
    event_base_loop(mriovd.base, EVLOOP_NONBLOCK);
    cr_expect_eq(connection->tokens, LIMIT_REQUESTS_PER_S, "beyond the limit");
    mriovd.durable.writer.bytes = LIMIT_UNSAVED_BYTES;
    cr_expect_not(durable_is_full(&mriovd.durable), "at it");
    mriovd.durable.writer.bytes++;
    cr_expect(durable_is_full(&mriovd.durable));
}
