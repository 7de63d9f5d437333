#include "fabric/pcie/slot_change.h"

void slot_change_add(struct config_layout *layout)
{
    static const struct config_register registers[] = {
        {SLOT_CHANGE, 4, .writable = SLOT_CHANGE_INTERRUPT, .clearable = SLOT_CHANGE_VALID,
         .live = SLOT_CHANGE_PLACE | SLOT_CHANGE_COMES | SLOT_CHANGE_WANTED},
        {SLOT_RELEASE, 4, .writable = SLOT_RELEASE_PLACE},
    };
    config_layout_define(layout, 0, registers, sizeof registers / sizeof registers[0]);
}
