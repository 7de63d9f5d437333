#include "fabric/pcie/message.h"

static const char *const names[256] = {
    [MESSAGE_UNLOCK] = "Unlock",
    [MESSAGE_INVALIDATE_REQUEST] = "Invalidate_Request",
    [MESSAGE_INVALIDATE_COMPLETION] = "Invalidate_Completion",
    [MESSAGE_PAGE_REQUEST] = "Page_Request",
    [MESSAGE_PRG_RESPONSE] = "PRG_Response",
    [MESSAGE_LTR] = "LTR",
    [MESSAGE_OBFF] = "OBFF",
    [MESSAGE_PM_ACTIVE_STATE_NAK] = "PM_Active_State_Nak",
    [MESSAGE_PM_PME] = "PM_PME",
    [MESSAGE_PME_TURN_OFF] = "PME_Turn_Off",
    [MESSAGE_PME_TO_ACK] = "PME_TO_Ack",
    [MESSAGE_ASSERT_INTA] = "Assert_INTA",
    [MESSAGE_ASSERT_INTB] = "Assert_INTB",
    [MESSAGE_ASSERT_INTC] = "Assert_INTC",
    [MESSAGE_ASSERT_INTD] = "Assert_INTD",
    [MESSAGE_DEASSERT_INTA] = "Deassert_INTA",
    [MESSAGE_DEASSERT_INTB] = "Deassert_INTB",
    [MESSAGE_DEASSERT_INTC] = "Deassert_INTC",
    [MESSAGE_DEASSERT_INTD] = "Deassert_INTD",
    [MESSAGE_ERR_COR] = "ERR_COR",
    [MESSAGE_ERR_NONFATAL] = "ERR_NONFATAL",
    [MESSAGE_ERR_FATAL] = "ERR_FATAL",
    [MESSAGE_SET_SLOT_POWER_LIMIT] = "Set_Slot_Power_Limit",
    [MESSAGE_PTM_REQUEST] = "PTM_Request",
    [MESSAGE_PTM_RESPONSE] = "PTM_Response",
    [MESSAGE_VENDOR_TYPE_0] = "Vendor_Defined_Type_0",
    [MESSAGE_VENDOR_TYPE_1] = "Vendor_Defined_Type_1",
};

const char *message_name(uint8_t code)
{
    return names[code];
}
