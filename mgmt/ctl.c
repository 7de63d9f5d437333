#include "mgmt/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "mgmt/client.h"
#include "mgmt/message_json.h"
#include "proto/mriov.pb-c.h"

int ctl_fault(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("mriovctl: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return CTL_USAGE;
}

static const char *code_word(Mriov__V1__Status__Code code)
{
    const ProtobufCEnumValue *value =
        protobuf_c_enum_descriptor_get_value(&mriov__v1__status__code__descriptor, (int)code);
    return value != NULL ? value->name : "an unknown status";
}

int ctl_say_refusal(const char *method, const Mriov__V1__Status *status)
{
    ctl_fault(
        "%s: %s: %s%s%s%s%s", method, code_word(status->code), status->message,
        status->holder[0] != '\0' ? "; holder " : "", status->holder, status->hint[0] != '\0' ? "; " : "",
        status->hint);
    return CTL_REFUSED;
}

int ctl_say_lost(const struct ctl *ctl, const char *method)
{
    if (client_is_silent(ctl->client))
        ctl_fault("%s: the daemon does not answer: nothing for %g s", method, ctl->patience_ms / 1000.0);
    else
        ctl_fault("%s: the daemon has closed the connection", method);
    return CTL_NO_DAEMON;
}

void *ctl_call(struct ctl *ctl, const char *method, const ProtobufCMessage *request, int *exit_code)
{
    const ProtobufCMethodDescriptor *known =
        protobuf_c_service_descriptor_get_method_by_name(&mriov__v1__mr_pcim__descriptor, method);
    Mriov__V1__Response *response = client_call(ctl->client, method, request, &(struct client_options){0});
    ProtobufCMessage *message = NULL;
    *exit_code = CTL_NO_DAEMON;
    if (response == NULL || response->status == NULL) {
        ctl_say_lost(ctl, method);
    } else if (response->status->code != MRIOV__V1__STATUS__CODE__OK) {
        *exit_code = ctl_say_refusal(method, response->status);
    } else {
        message = protobuf_c_message_unpack(known->output, NULL, response->payload.len, response->payload.data);
        *exit_code = message != NULL ? CTL_DONE : CTL_NO_DAEMON;
    }
    client_free_response(response);
    return message;
}

void *ctl_ask(struct ctl *ctl, const char *method, int *exit_code)
{
    const ProtobufCMethodDescriptor *known =
        protobuf_c_service_descriptor_get_method_by_name(&mriov__v1__mr_pcim__descriptor, method);
    ProtobufCMessage *empty = protobuf_c_message_unpack(known->input, NULL, 0, NULL);
    void *response = ctl_call(ctl, method, empty, exit_code);
    protobuf_c_message_free_unpacked(empty, NULL);
    return response;
}

void ctl_free(void *message)
{
    if (message != NULL)
        protobuf_c_message_free_unpacked(message, NULL);
}

int ctl_end_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CTL_DONE;
    if (errno != EPIPE)
        ctl_fault("standard output: %s", strerror(errno));
    return CTL_REFUSED;
}

int ctl_print_json(const ProtobufCMessage *message)
{
    message_write_json(message, stdout);
    return ctl_end_output();
}
