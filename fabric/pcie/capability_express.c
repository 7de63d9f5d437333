#include "fabric/pcie/capability_express.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define PAYLOAD_UNIT_BYTES 128u
#define PAYLOAD_CODE_MAX 5u
#define PORT_NUMBER (UINT32_C(0xff) << LINK_CAPABILITIES_PORT_SHIFT)
#define SLOT_NUMBERS (1u << 13)
#define SLOT_NUMBER ((SLOT_NUMBERS - 1) << SLOT_CAPABILITIES_NUMBER_SHIFT)

/* Root and downstream ports: they have a link below them. */
static bool is_downstream(const struct express_config *config)
{
    return config->type == EXPRESS_ROOT_PORT || config->type == EXPRESS_DOWNSTREAM_PORT;
}

static uint32_t payload_code(uint32_t bytes)
{
    uint32_t code = 0;
    while (PAYLOAD_UNIT_BYTES << code < bytes)
        code++;
    CHECK(PAYLOAD_UNIT_BYTES << code == bytes && code <= PAYLOAD_CODE_MAX);
    return code;
}

static bool config_is_valid(const struct express_config *config)
{
    bool type = config->type == EXPRESS_ENDPOINT || config->type == EXPRESS_UPSTREAM_PORT || is_downstream(config);
    bool places = is_downstream(config) || (!config->slot && !config->ari_forwarding);
    return type && places && (!config->vf || config->type == EXPRESS_ENDPOINT) && config->generation >= 1 &&
           config->generation <= 6 && config->width >= 1 && config->width <= 32;
}

static void add_device(struct config_layout *layout, uint16_t base, const struct express_config *config)
{
    bool endpoint = config->type == EXPRESS_ENDPOINT;
    uint32_t control = DEVICE_CONTROL_REPORTING | DEVICE_CONTROL_PAYLOAD;
    uint32_t control_reset = 0;
    if (endpoint) {
        control |= DEVICE_CONTROL_RELAXED_ORDERING | DEVICE_CONTROL_EXTENDED_TAG | DEVICE_CONTROL_NO_SNOOP |
                   DEVICE_CONTROL_READ_REQUEST;
        control_reset = DEVICE_CONTROL_RELAXED_ORDERING | DEVICE_CONTROL_NO_SNOOP |
                        2u << DEVICE_CONTROL_READ_REQUEST_SHIFT; /* 512 bytes (7.5.3.4) */
    }
    if (config->vf)
        control = control_reset = 0; /* 9.3.5.4: its PF's */
    const struct config_register registers[] = {
        {EXPRESS_FLAGS, 2,
         .reset = EXPRESS_FLAGS_VERSION_2 | (uint32_t)config->type << EXPRESS_FLAGS_TYPE_SHIFT |
                  (config->slot ? EXPRESS_FLAGS_SLOT : 0u)},
        {EXPRESS_DEVICE_CAPABILITIES, 4,
         .reset = payload_code(config->mps_bytes) | DEVICE_CAPABILITIES_EXTENDED_TAG |
                  DEVICE_CAPABILITIES_ROLE_BASED_ERRORS | (endpoint ? DEVICE_CAPABILITIES_FLR : 0u)},
        {EXPRESS_DEVICE_CONTROL, 2, .reset = control_reset, .writable = control,
         .kept = control & DEVICE_CONTROL_PAYLOAD},
        {EXPRESS_DEVICE_STATUS, 2, .clearable = DEVICE_STATUS_ERRORS, .live = endpoint ? DEVICE_STATUS_PENDING : 0u},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static uint32_t link_capabilities(const struct express_config *config)
{
    uint32_t bits = config->generation | (uint32_t)config->width << LINK_CAPABILITIES_WIDTH_SHIFT |
                    LINK_CAPABILITIES_ASPM_OPTIONALITY;
    if (is_downstream(config))
        bits |= LINK_CAPABILITIES_SURPRISE_DOWN | LINK_CAPABILITIES_ACTIVE_REPORTING |
                LINK_CAPABILITIES_BANDWIDTH_NOTIFICATION;
    return bits;
}

/* What software may write of Link Control: Linux, for one, tries all of it. */
static uint32_t link_controls(const struct express_config *config)
{
    uint32_t bits = LINK_CONTROL_ASPM | LINK_CONTROL_COMMON_CLOCK | LINK_CONTROL_EXTENDED_SYNCH |
                    LINK_CONTROL_AUTONOMOUS_WIDTH_DISABLE;
    if (config->type == EXPRESS_ENDPOINT)
        bits |= LINK_CONTROL_RCB_128;
    if (is_downstream(config))
        bits |= LINK_CONTROL_DISABLE | LINK_CONTROL_BANDWIDTH_INTERRUPTS;
    return config->vf ? 0 : bits;
}

static void add_link(struct config_layout *layout, uint16_t base, const struct express_config *config)
{
    uint32_t control = link_controls(config);
    bool below = is_downstream(config);
    bool fixed_rcb = config->type == EXPRESS_ROOT_PORT && config->rcb_128;
    /* 6.6.2: a function-level reset keeps what the link's two ends agree on. */
    const struct config_register registers[] = {
        {EXPRESS_LINK_CAPABILITIES, 4, .reset = link_capabilities(config), .wired = PORT_NUMBER},
        {EXPRESS_LINK_CONTROL, 2, .reset = fixed_rcb ? LINK_CONTROL_RCB_128 : 0u, .writable = control,
         .kept = control & ~(uint32_t)LINK_CONTROL_BANDWIDTH_INTERRUPTS},
        {EXPRESS_LINK_STATUS, 2, .reset = LINK_STATUS_SLOT_CLOCK, .clearable = below ? LINK_STATUS_BANDWIDTH : 0u,
         .wired = LINK_STATUS_SPEED | LINK_STATUS_WIDTH | (below ? LINK_STATUS_TRAINING | LINK_STATUS_ACTIVE : 0u)},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static void add_slot(struct config_layout *layout, uint16_t base, const struct express_slot *slot)
{
    uint32_t capabilities = SLOT_CAPABILITIES_ATTENTION_BUTTON | SLOT_CAPABILITIES_POWER_CONTROLLER |
                            SLOT_CAPABILITIES_ATTENTION_INDICATOR | SLOT_CAPABILITIES_POWER_INDICATOR |
                            (slot->surprise ? SLOT_CAPABILITIES_SURPRISE : 0u) |
                            (slot->hot_plug ? SLOT_CAPABILITIES_HOT_PLUG : 0u) |
                            (uint32_t)slot->power_watts << SLOT_CAPABILITIES_POWER_LIMIT_SHIFT;
    const struct config_register registers[] = {
        {EXPRESS_SLOT_CAPABILITIES, 4, .reset = capabilities, .wired = SLOT_NUMBER},
        {EXPRESS_SLOT_CONTROL, 2, .reset = SLOT_CONTROL_ATTENTION_INDICATOR | SLOT_CONTROL_POWER_INDICATOR, /* off */
         .writable = SLOT_CONTROL_ATTENTION_BUTTON | SLOT_CONTROL_POWER_FAULT | SLOT_CONTROL_PRESENCE |
                     SLOT_CONTROL_COMMAND_COMPLETED | SLOT_CONTROL_INTERRUPT | SLOT_CONTROL_ATTENTION_INDICATOR |
                     SLOT_CONTROL_POWER_INDICATOR | SLOT_CONTROL_POWER_OFF | SLOT_CONTROL_LINK_STATE},
        {EXPRESS_SLOT_STATUS, 2, .clearable = SLOT_STATUS_EVENTS, .wired = SLOT_STATUS_PRESENT},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static void add_root(struct config_layout *layout, uint16_t base)
{
    static const struct config_register registers[] = {
        {EXPRESS_ROOT_CONTROL, 2,
         .writable = ROOT_CONTROL_ERRORS | ROOT_CONTROL_PME_INTERRUPT | ROOT_CONTROL_RETRY_VISIBLE},
        {EXPRESS_ROOT_CAPABILITIES, 2, .reset = ROOT_CAPABILITIES_RETRY_VISIBLE},
        {EXPRESS_ROOT_STATUS, 4, .clearable = ROOT_STATUS_PME,
         .live = ROOT_STATUS_PME_REQUESTER | ROOT_STATUS_PME_PENDING},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static void add_device_2(struct config_layout *layout, uint16_t base, const struct express_config *config)
{
    bool endpoint = config->type == EXPRESS_ENDPOINT;
    bool requester = endpoint || config->type == EXPRESS_ROOT_PORT;
    bool tags = config->generation >= 4; /* 10-bit tags: from 4.0 on */
    uint32_t capabilities = (config->ari_forwarding ? DEVICE_CAPABILITIES_2_ARI_FORWARDING : 0u) |
                            (tags ? DEVICE_CAPABILITIES_2_TAG_10_COMPLETER : 0u) |
                            (tags && endpoint ? DEVICE_CAPABILITIES_2_TAG_10_REQUESTER : 0u);
    uint32_t control = (config->ari_forwarding ? DEVICE_CONTROL_2_ARI_FORWARDING : 0u) |
                       (tags && endpoint ? DEVICE_CONTROL_2_TAG_10 : 0u) |
                       (endpoint ? DEVICE_CONTROL_2_ID_ORDERING : 0u);
    if (requester) {
        capabilities |= DEVICE_CAPABILITIES_2_TIMEOUT_RANGES | DEVICE_CAPABILITIES_2_TIMEOUT_DISABLE;
        control |= DEVICE_CONTROL_2_TIMEOUT | DEVICE_CONTROL_2_TIMEOUT_DISABLE;
    }
    const struct config_register registers[] = {
        {EXPRESS_DEVICE_CAPABILITIES_2, 4, .reset = capabilities},
        {EXPRESS_DEVICE_CONTROL_2, 2, .writable = config->vf ? 0 : control},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

static void add_link_2(struct config_layout *layout, uint16_t base, const struct express_config *config)
{
    uint32_t speeds = ((UINT32_C(1) << config->generation) - 1) << 1;
    uint32_t control =
        config->vf ? 0u
                   : LINK_CONTROL_2_TARGET_SPEED | LINK_CONTROL_2_COMPLIANCE | LINK_CONTROL_2_AUTONOMOUS_SPEED_DISABLE;
    const struct config_register registers[] = {
        {EXPRESS_LINK_CAPABILITIES_2, 4, .reset = speeds},
        {EXPRESS_LINK_CONTROL_2, 2, .reset = config->vf ? 0u : config->generation, .writable = control,
         .sticky = control},
        {EXPRESS_LINK_STATUS_2, 2, .wired = config->vf ? 0u : LINK_STATUS_2_EQUALISED},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
}

uint16_t capability_express_add(struct config_layout *layout, const struct express_config *config)
{
    CHECK(config_is_valid(config));
    uint16_t base = capability_add(layout, CAPABILITY_EXPRESS, EXPRESS_BYTES);
    add_device(layout, base, config);
    add_link(layout, base, config);
    if (config->slot)
        add_slot(layout, base, config->slot);
    if (config->type == EXPRESS_ROOT_PORT)
        add_root(layout, base);
    add_device_2(layout, base, config);
    add_link_2(layout, base, config);
    return base;
}

static void set_field(struct config_space *space, uint16_t offset, uint32_t field, uint32_t bits)
{
    config_space_set(space, offset, 4, (config_space_read(space, offset) & ~field) | bits);
}

void express_set_port(struct config_space *space, uint16_t base, uint8_t port, uint16_t slot)
{
    CHECK(slot < SLOT_NUMBERS);
    uint32_t port_bits = (uint32_t)port << LINK_CAPABILITIES_PORT_SHIFT;
    uint32_t slot_bits = (uint32_t)slot << SLOT_CAPABILITIES_NUMBER_SHIFT;
    set_field(space, base + EXPRESS_LINK_CAPABILITIES, PORT_NUMBER, port_bits);
    if (slot)
        set_field(space, base + EXPRESS_SLOT_CAPABILITIES, SLOT_NUMBER, slot_bits);
}

uint32_t express_mps_bytes(const struct config_space *space, uint16_t base)
{
    uint32_t able = config_space_get(space, base + EXPRESS_DEVICE_CAPABILITIES, 4) & DEVICE_CAPABILITIES_PAYLOAD;
    uint32_t code = (config_space_get(space, base + EXPRESS_DEVICE_CONTROL, 2) & DEVICE_CONTROL_PAYLOAD) >>
                    DEVICE_CONTROL_PAYLOAD_SHIFT;
    return PAYLOAD_UNIT_BYTES << (code < able ? code : able);
}

uint32_t express_mrrs_bytes(const struct config_space *space, uint16_t base)
{
    uint32_t code = (config_space_get(space, base + EXPRESS_DEVICE_CONTROL, 2) & DEVICE_CONTROL_READ_REQUEST) >>
                    DEVICE_CONTROL_READ_REQUEST_SHIFT;
    return PAYLOAD_UNIT_BYTES << (code < PAYLOAD_CODE_MAX ? code : PAYLOAD_CODE_MAX);
}

/* Generation 3 and up equalise while they train; a VF does not say. */
static void set_equalised(struct config_space *space, uint16_t base, bool equalised)
{
    uint16_t at = base + EXPRESS_LINK_STATUS_2;
    if (!(space->layout->dwords[at / 4].wired >> config_register_shift(at) & LINK_STATUS_2_EQUALISED))
        return;
    config_space_set(space, at, 2, equalised ? LINK_STATUS_2_EQUALISED : 0u);
}

bool express_set_link(struct config_space *space, uint16_t base, uint8_t generation, uint8_t width)
{
    uint16_t at = base + EXPRESS_LINK_STATUS;
    uint32_t old = config_space_get(space, at, 2);
    uint32_t able = config_space_get(space, base + EXPRESS_LINK_CAPABILITIES, 4);
    uint32_t status = old & ~(uint32_t)(LINK_STATUS_WIDTH | LINK_STATUS_ACTIVE | LINK_STATUS_TRAINING);
    if (width > 0) {
        CHECK(generation >= 1 && generation <= 6 && width <= 32);
        status = (status & ~(uint32_t)LINK_STATUS_SPEED) | generation | (uint32_t)width << LINK_STATUS_WIDTH_SHIFT |
                 (able & LINK_CAPABILITIES_ACTIVE_REPORTING ? LINK_STATUS_ACTIVE : 0u);
    }
    config_space_set(space, at, 2, status);
    set_equalised(space, base, width > 0 && generation >= 3);
    return status != old;
}
