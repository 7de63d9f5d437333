#include "tests/support/daemon_ask.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/daemon.h"

#define OK MRIOV__V1__STATUS__CODE__OK
#define STEP_NS 20000
#define STEPS_MOST 5000

void ask_advance(struct client *client, uint64_t ns)
{
    Mriov__V1__AdvanceRequest request = MRIOV__V1__ADVANCE_REQUEST__INIT;
    request.duration_ns = ns;
    daemon_expect(client, "Advance", &request.base, OK);
}

Mriov__V1__GetFabricResponse *ask_fabric(struct client *client)
{
    Mriov__V1__GetFabricRequest request = MRIOV__V1__GET_FABRIC_REQUEST__INIT;
    return daemon_call(client, "GetFabric", &request.base, OK);
}

const Mriov__V1__Function *ask_function(const Mriov__V1__GetFabricResponse *fabric, const char *name)
{
    for (size_t i = 0; i < fabric->n_functions; i++)
        if (strcmp(fabric->functions[i]->name, name) == 0)
            return fabric->functions[i];
    cr_assert_fail("there is no %s", name);
    return NULL;
}

/* The answers of all mutations begin with the operation. */
uint64_t ask_begin(struct client *client, const char *method, const ProtobufCMessage *request)
{
    Mriov__V1__AssignResponse *response = daemon_call(client, method, request, OK);
    uint64_t id = response->operation->id;
    daemon_free(response);
    return id;
}

Mriov__V1__Operation__State ask_state(struct client *client, uint64_t id)
{
    Mriov__V1__GetOperationRequest request = MRIOV__V1__GET_OPERATION_REQUEST__INIT;
    request.id = id;
    Mriov__V1__GetOperationResponse *response = daemon_call(client, "GetOperation", &request.base, OK);
    Mriov__V1__Operation__State state = response->operation->state;
    daemon_free(response);
    return state;
}

Mriov__V1__Operation__State ask_end(struct client *client, uint64_t id)
{
    Mriov__V1__Operation__State state = ask_state(client, id);
    for (int i = 0; i < STEPS_MOST && state < MRIOV__V1__OPERATION__STATE__SUCCEEDED; i++) {
        ask_advance(client, STEP_NS);
        state = ask_state(client, id);
    }
    return state;
}
