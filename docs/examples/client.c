/* A client of mriovd in plain C: proto/frame.* and what protoc-c makes of proto/mriov.proto, and nothing else.
 *
 *     protoc-c --c_out=. -I. proto/mriov.proto
 *     cc -I. docs/examples/client.c proto/frame.c proto/mriov.pb-c.c -lprotobuf-c -o client
 *     ./client /run/mriovd.sock 20000          lets 20 us of simulated time pass, and prints what flows have got */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/frame.h"
#include "proto/mriov.pb-c.h"

static void fail(const char *what)
{
    fprintf(stderr, "client: %s\n", what);
    exit(1);
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int found = socket(AF_UNIX, SOCK_STREAM, 0);
    if (strlen(path) >= sizeof address.sun_path)
        fail("the path is too long");
    strcpy(address.sun_path, path);
    if (found < 0 || connect(found, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("no daemon listens there");
    return found;
}

/* Sends MESSAGE, the request of METHOD. */
static void send_request(int daemon, uint64_t id, const char *method, const ProtobufCMessage *message)
{
    uint8_t payload[1024], frame[2048];
    Mriov__V1__Request request = MRIOV__V1__REQUEST__INIT;
    request.id = id;
    request.method = (char *)method;
    request.payload.data = payload;
    request.payload.len = protobuf_c_message_pack(message, payload);
    size_t head = frame_write_length((uint32_t)mriov__v1__request__get_packed_size(&request), frame);
    size_t size = head + mriov__v1__request__pack(&request, frame + head);
    if (write(daemon, frame, size) != (ssize_t)size)
        fail("the connection is lost");
}

/* The next answer; the caller frees it. */
static Mriov__V1__Response *receive(int daemon, struct frame_reader *reader)
{
    enum frame_state state = FRAME_PART;
    uint8_t byte;
    while (state == FRAME_PART) {
        if (read(daemon, &byte, 1) != 1) /* one at a time is slow, and simple */
            fail("the connection is lost");
        frame_read(reader, &byte, 1, &state);
    }
    Mriov__V1__Response *response =
        state == FRAME_WHOLE ? mriov__v1__response__unpack(NULL, reader->length, reader->bytes) : NULL;
    if (response == NULL)
        fail("what came is no answer");
    if (response->status->code != MRIOV__V1__STATUS__CODE__OK)
        fail(response->status->message);
    return response;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        fail("usage: client SOCKET NANOSECONDS");
    int daemon = connect_to(argv[1]);
    struct frame_reader reader = {.most_bytes = FRAME_RESPONSE_MOST_BYTES};
    Mriov__V1__AdvanceRequest advance = MRIOV__V1__ADVANCE_REQUEST__INIT;
    Mriov__V1__GetStatisticsRequest ask = MRIOV__V1__GET_STATISTICS_REQUEST__INIT;
    advance.duration_ns = strtoull(argv[2], NULL, 10);
    send_request(daemon, 1, "Advance", &advance.base);
    mriov__v1__response__free_unpacked(receive(daemon, &reader), NULL);
    send_request(daemon, 2, "GetStatistics", &ask.base);
    Mriov__V1__Response *response = receive(daemon, &reader);
    Mriov__V1__GetStatisticsResponse *statistics =
        mriov__v1__get_statistics_response__unpack(NULL, response->payload.len, response->payload.data);
    for (size_t i = 0; statistics != NULL && i < statistics->n_flows; i++)
        printf(
            "%s %s: %" PRIu64 " operations\n", statistics->flows[i]->name, statistics->flows[i]->function,
            statistics->flows[i]->operations);
    mriov__v1__get_statistics_response__free_unpacked(statistics, NULL);
    mriov__v1__response__free_unpacked(response, NULL);
    frame_reader_free(&reader);
    close(daemon);
    return 0;
}
