#include "fabric/adapter/pf_memory.h"

#include <stdlib.h>
#include <string.h>

#include "fabric/adapter/adapter.h"
#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_access.h"

/* Where each begins in the BAR. */
#define STATES_AT (FUNCTION_BAR_BYTES - CONFIG_SHELF_MIGRATION_FROM_END)
#define VECTORS_AT (FUNCTION_BAR_BYTES - CONFIG_SHELF_TABLE_FROM_END)
#define PENDING_AT (FUNCTION_BAR_BYTES - CONFIG_SHELF_PENDING_FROM_END)

/* Of a completion, the bits of its first byte's address that it has (base specification 2.2.9). */
#define LOWER_ADDRESS 0x7f

_Static_assert(STATES_AT < VECTORS_AT && VECTORS_AT < PENDING_AT, "states, vectors, pending bits");

static struct config_space *registers_of(const struct pf_memory *memory)
{
    return &memory->space->device.functions[0];
}

struct pf_memory *pf_memory_new(struct adapter_space *space)
{
    const struct config_space *pf = &space->device.functions[0];
    if (space->device.sr_iov == 0 || !sr_iov_can_migrate(pf, space->device.sr_iov))
        return NULL;
    struct pf_memory *memory = malloc(sizeof *memory);
    CHECK(memory != NULL);
    *memory = (struct pf_memory){.space = space, .msix = capability_find(pf->layout, CAPABILITY_MSIX)};
    vf_array_init(&memory->vfs, space);
    uint32_t size = config_space_get(pf, memory->msix + MSIX_CONTROL, 2) & MSIX_CONTROL_SIZE;
    msix_table_init(&memory->vectors, (uint16_t)(size + 1));
    return memory;
}

void pf_memory_free(struct pf_memory *memory)
{
    if (memory == NULL)
        return;
    vf_array_free(&memory->vfs);
    msix_table_free(&memory->vectors);
    free(memory);
}

void pf_memory_take(struct pf_memory *memory, const struct pf_memory *from)
{
    CHECK(memory->vectors.count == from->vectors.count);
    memcpy(memory->vectors.vectors, from->vectors.vectors, from->vectors.count * sizeof *from->vectors.vectors);
}

void pf_memory_reset(struct pf_memory *memory)
{
    msix_table_reset(&memory->vectors);
}

/* --- interrupts --- */

static void send(struct pf_memory *memory, const struct msi_message *message)
{
    struct adapter *adapter = memory->space->adapter;
    struct tlp *tlp = fabric_create_tlp(adapter->fabric);
    tlp->type = TLP_MWR;
    config_device_id(&memory->space->device, 0, &tlp->requester_id);
    tlp->address = message->address;
    tlp->length_dw = 1;
    tlp->byte_enables = 0xf;
    tlp->vh = tlp->origin_vh = memory->space->vh;
    memory->interrupts++;
    adapter_send_message(adapter, tlp);
}

static bool has_news(const struct pf_memory *memory)
{
    uint16_t base = memory->space->device.sr_iov;
    return (config_space_get(registers_of(memory), base + SR_IOV_STATUS, 2) & SR_IOV_STATUS_MIGRATION) != 0 &&
           (config_space_get(registers_of(memory), base + SR_IOV_CONTROL, 2) & SR_IOV_CONTROL_MIGRATION_INTERRUPT) != 0;
}

/* A message goes when there is news where there was none, or when it had to wait. */
static void notify(struct pf_memory *memory)
{
    struct msi_message message;
    bool master = config_device_is_master(&memory->space->device, 0), news = has_news(memory);
    if (master && news && !memory->asserted &&
        msix_table_raise(&memory->vectors, registers_of(memory), memory->msix, 0, &message))
        send(memory, &message);
    memory->asserted = news && (memory->asserted || master);
    while (master && msix_table_take_pending(&memory->vectors, registers_of(memory), memory->msix, &message))
        send(memory, &message);
}

void pf_memory_settle(struct pf_memory *memory)
{
    vf_array_settle(&memory->vfs);
    notify(memory);
}

enum status pf_memory_migrate(struct pf_memory *memory, uint16_t vf, enum vf_state wanted)
{
    bool told;
    enum status status = vf_array_command(&memory->vfs, vf, wanted, &told);
    if (!told)
        return status;
    sr_iov_tell_migration(registers_of(memory), memory->space->device.sr_iov);
    notify(memory);
    return status;
}

/* --- what software does --- */

static uint64_t offset_of(const struct pf_memory *memory, const struct tlp *request)
{
    return request->address - memory->space->pf_base;
}

bool pf_memory_is_for(const struct pf_memory *memory, const struct tlp *request)
{
    if (offset_of(memory, request) < STATES_AT || request->length_dw != 1 || request->operation != NULL)
        return false;
    return tlp_credit_type(request) == CREDIT_POSTED || request->byte_enables == 0xf;
}

static uint32_t read_states(const struct vf_array *vfs, uint32_t offset)
{
    uint32_t value = 0;
    for (uint32_t byte = 0; byte < 4 && offset + byte < vfs->total; byte++)
        value |= (uint32_t)vfs->states[offset + byte] << byte * 8;
    return value;
}

static uint32_t read_dword(const struct pf_memory *memory, const struct tlp *request)
{
    uint64_t offset = offset_of(memory, request) & ~UINT64_C(3);
    if (offset >= PENDING_AT)
        return msix_table_read_pending(&memory->vectors, (uint32_t)(offset - PENDING_AT));
    if (offset >= VECTORS_AT)
        return msix_table_read(&memory->vectors, (uint32_t)(offset - VECTORS_AT));
    return read_states(&memory->vfs, (uint32_t)(offset - STATES_AT));
}

static void write_dword(struct pf_memory *memory, const struct tlp *request)
{
    uint64_t offset = offset_of(memory, request) & ~UINT64_C(3);
    uint8_t enables = request->byte_enables & 0xf;
    if (offset >= PENDING_AT)
        return;
    if (offset >= VECTORS_AT) {
        msix_table_write(&memory->vectors, (uint32_t)(offset - VECTORS_AT), enables, request->payload);
        notify(memory);
        return;
    }
    for (uint32_t byte = 0; byte < 4; byte++)
        if ((enables & 1u << byte) != 0 && offset - STATES_AT + byte < memory->vfs.total)
            vf_array_write(
                &memory->vfs, (uint16_t)(offset - STATES_AT + byte + 1), (uint8_t)(request->payload >> byte * 8));
}

static void answer(struct pf_memory *memory, const struct tlp *read)
{
    struct adapter *adapter = memory->space->adapter;
    uint16_t id;
    config_device_id(&memory->space->device, 0, &id);
    struct tlp *completion =
        config_access_answer(adapter->fabric, read, TLP_STATUS_SC, read_dword(memory, read), id, memory->space->vh);
    completion->address = read->address & LOWER_ADDRESS;
    adapter_answer(adapter, completion);
}

void pf_memory_access(struct pf_memory *memory, struct tlp *request)
{
    if (tlp_credit_type(request) == CREDIT_POSTED)
        write_dword(memory, request);
    else
        answer(memory, request);
    fabric_deliver_tlp(memory->space->adapter->fabric, request, memory->space->vh);
}

bool pf_memory_is_valid(const struct pf_memory *memory)
{
    return msix_table_is_valid(&memory->vectors) && vf_array_is_valid(&memory->vfs);
}
