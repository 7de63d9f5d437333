#include "fabric/pcie/config_access.h"

#include "fabric/base/check.h"

_Static_assert(
    TLP_CFGWR0 > TLP_CFGRD0 && TLP_CFGRD1 > TLP_CFGRD0 && TLP_CFGWR1 == TLP_CFGRD0 + 3,
    "configuration requests are four types in a row");

bool config_access(struct config_space *space, const struct tlp *request, uint32_t *value)
{
    CHECK(config_access_is(request->type));
    uint16_t offset = (uint16_t)(request->address & (CONFIG_SPACE_BYTES - 4));
    if (config_access_is_write(request->type)) {
        config_space_write(space, offset, request->byte_enables & 0xf, request->payload);
        return true;
    }
    *value = config_space_read(space, offset);
    return false;
}

struct tlp *config_access_answer(
    struct fabric *fabric, const struct tlp *request, enum tlp_status status, uint32_t value, uint16_t completer_id,
    uint16_t vh)
{
    bool data = status == TLP_STATUS_SC && !config_access_is_write(request->type);
    struct tlp *answer = fabric_create_tlp(fabric);
    answer->type = data ? TLP_CPLD : TLP_CPL;
    answer->status = (uint8_t)status;
    answer->requester_id = request->requester_id;
    answer->completer_id = completer_id;
    answer->tag = request->tag;
    answer->traffic_class = request->traffic_class;
    answer->byte_count = 4;
    answer->length_dw = data ? 1 : 0;
    answer->payload = data ? value : 0;
    answer->vh = vh;
    answer->origin_vh = vh;
    answer->tail_ps = request->tail_ps;
    return answer;
}
