/* mriovctl assign, release, move, qos, vfs, port, fail, repair, migrate: ask, then see it through. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hostsim/rack/quantity.h"
#include "mgmt/client.h"
#include "mgmt/ctl.h"
#include "proto/mriov.pb-c.h"

/* The answers of all these methods begin so. */
typedef Mriov__V1__AssignResponse Answer;

static bool has_ended(const Mriov__V1__Operation *operation)
{
    return operation->state >= MRIOV__V1__OPERATION__STATE__SUCCEEDED;
}

static int print_operation(struct ctl *ctl, const Mriov__V1__Operation *operation)
{
    const ProtobufCEnumValue *state =
        protobuf_c_enum_descriptor_get_value(&mriov__v1__operation__state__descriptor, (int)operation->state);
    bool went_well = operation->state <= MRIOV__V1__OPERATION__STATE__SUCCEEDED;
    int exit_code;
    if (ctl->json) {
        exit_code = ctl_print_json(&operation->base);
    } else {
        printf(
            "operation %" PRIu64 ": %s%s%s: %s%s%s", operation->id, operation->method,
            operation->target[0] != '\0' ? " " : "", operation->target, state != NULL ? state->name : "?",
            operation->detail[0] != '\0' ? ": " : "", operation->detail);
        if (has_ended(operation) && operation->epoch != 0)
            printf(", took %" PRIu64 " ns", operation->ended_ns - operation->started_ns);
        putchar('\n');
        exit_code = ctl_end_output();
    }
    if (went_well)
        return exit_code;
    ctl_fault("%s: %s", operation->method, operation->status != NULL ? operation->status->message : "failed");
    return CTL_REFUSED;
}

/* What an attempt to let time pass has come to. */
enum passing { TIME_PASSES, TIME_IS_ANOTHERS, TIME_GOES_BY_ITSELF, TIME_STANDS };

/* Lets time pass until operation ID ends, where the daemon is stepped. */
static enum passing let_pass(struct ctl *ctl, uint64_t id, int *exit_code)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.until_operation = id;
    Mriov__V1__Response *response = client_call(ctl->client, "Advance", &request.base, &(struct client_options){0});
    Mriov__V1__Status__Code code =
        response != NULL && response->status != NULL ? response->status->code : MRIOV__V1__STATUS__CODE__UNAVAILABLE;
    enum passing passing = code == MRIOV__V1__STATUS__CODE__OK            ? TIME_PASSES
                           : code == MRIOV__V1__STATUS__CODE__BUSY        ? TIME_IS_ANOTHERS
                           : code == MRIOV__V1__STATUS__CODE__CANCELLED   ? TIME_IS_ANOTHERS
                           : code == MRIOV__V1__STATUS__CODE__UNSUPPORTED ? TIME_GOES_BY_ITSELF
                                                                          : TIME_STANDS;
    if (response == NULL)
        *exit_code = ctl_say_lost(ctl, "Advance");
    else if (passing == TIME_STANDS)
        *exit_code = ctl_say_refusal("Advance", response->status);
    client_free_response(response);
    return passing;
}

/* What operation ID is when it has ended, or, unless it is to be waited for as long as that takes, in WAIT_MS. NULL:
 * *EXIT_CODE is CTL_DONE when it has not ended yet. */
static Mriov__V1__GetOperationResponse *await(struct ctl *ctl, uint64_t id, uint32_t wait_ms, int *exit_code)
{
    Mriov__V1__GetOperationRequest request = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    request.id = id;
    request.wait = 1;
    Mriov__V1__Response *response =
        client_call(ctl->client, "GetOperation", &request.base, &(struct client_options){.deadline_ms = wait_ms});
    Mriov__V1__GetOperationResponse *found = NULL;
    *exit_code = CTL_DONE;
    if (response == NULL || response->status == NULL)
        *exit_code = ctl_say_lost(ctl, "GetOperation");
    else if (response->status->code == MRIOV__V1__STATUS__CODE__OK)
        found = mriov__v1__get_operation_response__unpack(NULL, response->payload.len, response->payload.data);
    else if (response->status->code != MRIOV__V1__STATUS__CODE__DEADLINE_EXCEEDED)
        *exit_code = ctl_say_refusal("GetOperation", response->status);
    client_free_response(response);
    return found;
}

/* Waits for operation ID and prints what became of it. Where somebody else lets time pass, it may end that before the
 * operation has ended, or change the pace: then it is this one's turn again. */
static int see_through(struct ctl *ctl, uint64_t id)
{
    static const uint32_t wait_ms[] = {[TIME_PASSES] = 0, [TIME_IS_ANOTHERS] = 20, [TIME_GOES_BY_ITSELF] = 1000};
    int exit_code = CTL_DONE;
    Mriov__V1__GetOperationResponse *response = NULL;
    while (exit_code == CTL_DONE && response == NULL) {
        enum passing passing = let_pass(ctl, id, &exit_code);
        if (passing != TIME_STANDS)
            response = await(ctl, id, wait_ms[passing], &exit_code);
    }
    if (response != NULL)
        exit_code = print_operation(ctl, response->operation);
    ctl_free(response);
    return exit_code;
}

int ctl_finish(struct ctl *ctl, const Mriov__V1__Operation *operation)
{
    if (ctl->no_wait || has_ended(operation))
        return print_operation(ctl, operation);
    return see_through(ctl, operation->id);
}

static int change(struct ctl *ctl, const char *method, const ProtobufCMessage *request)
{
    int exit_code;
    Answer *answer = ctl_call(ctl, method, request, &exit_code);
    if (answer != NULL)
        exit_code = ctl_finish(ctl, answer->operation);
    ctl_free(answer);
    return exit_code;
}

/* A whole number of TEXT up to 2^32 - 1, or a fault. */
static bool read_count(const char *text, uint32_t *count)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    *count = (uint32_t)value;
    if (end != text && *end == '\0' && text[0] != '-' && value <= UINT32_MAX)
        return true;
    ctl_fault("%s: must be a whole number", text);
    return false;
}

static int run_assign(struct ctl *ctl)
{
    Mriov__V1__AssignRequest request = MRIOV__V1__ASSIGN_REQUEST__INIT;
    request.function = ctl->argv[0];
    request.to = ctl->argv[1];
    if (ctl->argc == 3 && !read_count(ctl->argv[2], &request.vfs))
        return CTL_USAGE;
    return change(ctl, "Assign", &request.base);
}

const struct ctl_command ctl_assign = {"assign", "F H [VFS]", "give a function to a host or guest", 2, 3, run_assign};

bool ctl_read_policy(const char *word, Mriov__V1__Policy__Kind *policy)
{
    static const char *const words[] = {NULL, "wait", "managed", "surprise", "refuse-if-busy"};
    for (int kind = 1; kind <= MRIOV__V1__POLICY__KIND__REFUSE_IF_BUSY; kind++)
        if (strcmp(word, words[kind]) == 0) {
            *policy = (Mriov__V1__Policy__Kind)kind;
            return true;
        }
    return false;
}

/* The policy that a command's last operand names; UNSPECIFIED where there is none. */
static bool read_policy(struct ctl *ctl, int operand, Mriov__V1__Policy__Kind *policy)
{
    *policy = MRIOV__V1__POLICY__KIND__UNSPECIFIED;
    if (ctl->argc <= operand || ctl_read_policy(ctl->argv[operand], policy))
        return true;
    ctl_fault("%s: must be wait, managed, surprise or refuse-if-busy", ctl->argv[operand]);
    return false;
}

static int run_release(struct ctl *ctl)
{
    Mriov__V1__ReleaseRequest request = MRIOV__V1__RELEASE_REQUEST__INIT;
    request.function = ctl->argv[0];
    return read_policy(ctl, 1, &request.policy) ? change(ctl, "Release", &request.base) : CTL_USAGE;
}

const struct ctl_command ctl_release = {"release", "F [POLICY]", "take a function from its owner", 1, 2, run_release};

static int run_move(struct ctl *ctl)
{
    Mriov__V1__MoveRequest request = MRIOV__V1__MOVE_REQUEST__INIT;
    request.function = ctl->argv[0];
    request.to = ctl->argv[1];
    return read_policy(ctl, 2, &request.policy) ? change(ctl, "Move", &request.base) : CTL_USAGE;
}

const struct ctl_command ctl_move = {"move", "F H [POLICY]", "from its owner to another, as one", 2, 3, run_move};

/* One of "min=10Gbps", "max=40Gbps", "weight=4". */
static bool read_limit(const char *text, Mriov__V1__SetQosRequest *request)
{
    struct quantity rate = {0};
    struct quantity_why why;
    const char *value = strchr(text, '=');
    bool is_min = strncmp(text, "min=", 4) == 0, is_max = strncmp(text, "max=", 4) == 0;
    if (value != NULL && strncmp(text, "weight=", 7) == 0) {
        request->share_case = MRIOV__V1__SET_QOS_REQUEST__SHARE_WEIGHT;
        return read_count(value + 1, &request->weight);
    }
    if (!is_min && !is_max) {
        ctl_fault("qos %s: must be min=RATE, max=RATE or weight=N", text);
        return false;
    }
    if (quantity_parse(QUANTITY_BANDWIDTH, value + 1, &rate, &why) != STATUS_OK) {
        ctl_fault("qos %s: %s", text, why.text);
        return false;
    }
    if (is_min) {
        request->min_case = MRIOV__V1__SET_QOS_REQUEST__MIN_MIN_BPS;
        request->min_bps = rate.value;
    } else {
        request->max_case = MRIOV__V1__SET_QOS_REQUEST__MAX_MAX_BPS;
        request->max_bps = rate.value;
    }
    return true;
}

static int run_qos(struct ctl *ctl)
{
    Mriov__V1__SetQosRequest request = MRIOV__V1__SET_QOS_REQUEST__INIT;
    request.function = ctl->argv[0];
    for (int i = 1; i < ctl->argc; i++)
        if (!read_limit(ctl->argv[i], &request))
            return CTL_USAGE;
    return change(ctl, "SetQos", &request.base);
}

const struct ctl_command ctl_qos = {"qos", "F LIMIT...", "min=10Gbps max=40Gbps weight=4; 0 is none", 2, 4, run_qos};

static int run_vfs(struct ctl *ctl)
{
    Mriov__V1__SetVfsRequest request = MRIOV__V1__SET_VFS_REQUEST__INIT;
    request.pf = ctl->argv[0];
    return read_count(ctl->argv[1], &request.count) ? change(ctl, "SetVfs", &request.base) : CTL_USAGE;
}

const struct ctl_command ctl_vfs = {"vfs", "PF N", "how many VFs a PF offers in its hierarchy", 2, 2, run_vfs};

static int run_port(struct ctl *ctl)
{
    static const char *const words[] = {NULL, "disable", "enable", "retrain", "hot-reset"};
    Mriov__V1__ControlPortRequest request = MRIOV__V1__CONTROL_PORT_REQUEST__INIT;
    request.port = ctl->argv[0];
    if (ctl->argc == 3)
        request.vh = ctl->argv[2];
    for (int kind = 1; kind <= MRIOV__V1__PORT_ACTION__KIND__HOT_RESET; kind++)
        if (strcmp(ctl->argv[1], words[kind]) == 0)
            request.action = (Mriov__V1__PortAction__Kind)kind;
    if (request.action == MRIOV__V1__PORT_ACTION__KIND__UNSPECIFIED)
        return ctl_fault("port: %s: must be disable, enable, retrain or hot-reset", ctl->argv[1]);
    return change(ctl, "ControlPort", &request.base);
}

const struct ctl_command ctl_port = {"port", "P ACTION [HOST]", "disable, enable, retrain, hot-reset", 2, 3, run_port};

static int run_fail(struct ctl *ctl)
{
    Mriov__V1__InjectFaultRequest request = MRIOV__V1__INJECT_FAULT_REQUEST__INIT;
    request.target = ctl->argv[0];
    request.fault = ctl->argc > 1 ? ctl->argv[1] : (char *)"fail";
    request.ber = ctl->argc > 2 ? strtod(ctl->argv[2], NULL) : 0;
    return change(ctl, "InjectFault", &request.base);
}

const struct ctl_command ctl_fail = {"fail",  "PART [FAULT [BER]]", "break something, as `inject:` does", 1, 3,
                                     run_fail};

static int run_repair(struct ctl *ctl)
{
    Mriov__V1__RepairFaultRequest request = MRIOV__V1__REPAIR_FAULT_REQUEST__INIT;
    request.target = ctl->argv[0];
    return change(ctl, "RepairFault", &request.base);
}

const struct ctl_command ctl_repair = {"repair", "PART", "mend what was broken", 1, 1, run_repair};

static int run_migrate(struct ctl *ctl)
{
    Mriov__V1__MigrateGuestRequest request = MRIOV__V1__MIGRATE_GUEST_REQUEST__INIT;
    request.guest = ctl->argv[0];
    request.to = ctl->argv[1];
    return change(ctl, "MigrateGuest", &request.base);
}

const struct ctl_command ctl_migrate = {"migrate", "GUEST H", "a guest with its functions", 2, 2, run_migrate};
