/* MigrateGuest: refused by name; guests stay where they are. */
#include "fabric/pcim/method.h"

static enum status prepare(
    struct pcim *pcim, const struct pcim_request *request, struct pcim_operation *operation, bool *nothing_to_do,
    struct pcim_refusal *refusal)
{
    (void)operation;
    (void)nothing_to_do;
    struct pcim_owner guest, host;
    enum status status = pcim_resolve_owner(&pcim->inventory, request->migrate.guest, &guest, refusal);
    if (status == STATUS_OK)
        status = pcim_resolve_owner(&pcim->inventory, request->migrate.to, &host, refusal);
    if (status != STATUS_OK)
        return status;
    status = pcim_refuse(refusal, STATUS_UNSUPPORTED, "guests cannot be migrated yet");
    pcim_hint(refusal, "move functions between guests that are on the hosts already");
    return status;
}

static void start(struct pcim_operation *operation)
{
    pcim_operation_end(operation, STATUS_OK);
}

const struct pcim_method_ops pcim_migrate_guest = {.name = "migrate", .prepare = prepare, .start = start};
