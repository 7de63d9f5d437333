#include "fabric/pcie/slot_change.h"

void slot_change_add(struct config_layout *layout)
{
    const struct config_register change = {
        .bytes = 4,
        .writable = SLOT_CHANGE_INTERRUPT,
        .clearable = SLOT_CHANGE_VALID,
        .live = SLOT_CHANGE_PLACE | SLOT_CHANGE_COMES,
    };
    config_layout_define(layout, SLOT_CHANGE, &change, 1);
}
