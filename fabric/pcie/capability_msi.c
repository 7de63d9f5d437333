#include "fabric/pcie/capability_msi.h"

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CAPABLE_SHIFT 1
#define GRANTED_SHIFT 4
#define BAR_OF_TABLE 0x7u
/* Message Control is the upper half of the capability's first DW. */
#define CONTROL_SHIFT 16

/* More vectors than there are cannot be granted: such a write leaves the grant as it was. */
static uint32_t
keep_to_capable(const struct config_space *space, const struct config_rule *rule, const struct config_write *write)
{
    (void)space;
    (void)rule;
    uint32_t control = write->value >> CONTROL_SHIFT;
    uint32_t field = (uint32_t)MSI_CONTROL_GRANTED << CONTROL_SHIFT;
    if ((control & MSI_CONTROL_GRANTED) >> GRANTED_SHIFT <= (control & MSI_CONTROL_CAPABLE) >> CAPABLE_SHIFT)
        return write->value;
    return (write->value & ~field) | (write->old & field);
}

static uint32_t bits_of(uint8_t vectors)
{
    return vectors == 32 ? UINT32_MAX : (UINT32_C(1) << vectors) - 1;
}

uint16_t capability_msi_add(struct config_layout *layout, uint8_t vectors)
{
    CHECK(vectors >= 1 && vectors <= 32 && (vectors & (vectors - 1)) == 0);
    uint16_t base = capability_add(layout, CAPABILITY_MSI, MSI_BYTES);
    uint32_t capable = (uint32_t)__builtin_ctz(vectors) << CAPABLE_SHIFT;
    const struct config_register registers[] = {
        {MSI_CONTROL, 2, .reset = capable | MSI_CONTROL_64_BIT | MSI_CONTROL_MASKS,
         .writable = MSI_CONTROL_ENABLE | MSI_CONTROL_GRANTED},
        {MSI_ADDRESS, 4, .writable = ~UINT32_C(3)},
        {MSI_ADDRESS_UPPER, 4, .writable = UINT32_MAX},
        {MSI_DATA, 2, .writable = 0xffff},
        {MSI_MASK, 4, .writable = bits_of(vectors)},
        {MSI_PENDING, 4, .live = bits_of(vectors)},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    const struct config_rule rule = {.name = "MSI grant", .offset = base, .bytes = 4, .allow = keep_to_capable};
    config_layout_add_rule(layout, &rule);
    return base;
}

uint16_t capability_msix_add(struct config_layout *layout, const struct msix_config *config)
{
    CHECK(config->vectors >= 1 && config->vectors <= 2048);
    CHECK(config->table_bar < 6 && !(config->table_offset & BAR_OF_TABLE));
    CHECK(config->pending_bar < 6 && !(config->pending_offset & BAR_OF_TABLE));
    uint16_t base = capability_add(layout, CAPABILITY_MSIX, MSIX_BYTES);
    const struct config_register registers[] = {
        {MSIX_CONTROL, 2, .reset = config->vectors - 1u, .writable = MSIX_CONTROL_MASK_ALL | MSIX_CONTROL_ENABLE},
        {MSIX_TABLE, 4, .reset = config->table_offset | config->table_bar},
        {MSIX_PENDING, 4, .reset = config->pending_offset | config->pending_bar},
    };
    config_layout_define(layout, base, registers, COUNT(registers));
    return base;
}

bool msi_message(struct config_space *space, uint16_t base, uint8_t vector, struct msi_message *message)
{
    uint32_t control = config_space_get(space, base + MSI_CONTROL, 2);
    uint32_t granted = UINT32_C(1) << ((control & MSI_CONTROL_GRANTED) >> GRANTED_SHIFT);
    if (!(control & MSI_CONTROL_ENABLE) || vector >= granted)
        return false;
    if (config_space_get(space, base + MSI_MASK, 4) >> vector & 1) {
        config_space_set_bits(space, base + MSI_PENDING, 4, UINT32_C(1) << vector);
        return false;
    }
    uint64_t upper = config_space_get(space, base + MSI_ADDRESS_UPPER, 4);
    uint32_t data = config_space_get(space, base + MSI_DATA, 2);
    message->address = upper << 32 | config_space_get(space, base + MSI_ADDRESS, 4);
    message->data = (data & ~(granted - 1)) | vector; /* 7.7.1: the function changes the low bits */
    return true;
}

bool msix_is_on(const struct config_space *space, uint16_t base)
{
    uint32_t control = config_space_get(space, base + MSIX_CONTROL, 2);
    return (control & (MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK_ALL)) == MSIX_CONTROL_ENABLE;
}
