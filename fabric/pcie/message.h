/* Message: the codes of message requests (base specification, 2.2.8). */
#ifndef FABRIC_PCIE_MESSAGE_H
#define FABRIC_PCIE_MESSAGE_H

#include <stdint.h>

enum message_code {
    MESSAGE_UNLOCK = 0x00,
    MESSAGE_INVALIDATE_REQUEST = 0x01,    /* address translation services */
    MESSAGE_INVALIDATE_COMPLETION = 0x02, /* likewise */
    MESSAGE_PAGE_REQUEST = 0x04,
    MESSAGE_PRG_RESPONSE = 0x05, /* page request group response */
    MESSAGE_LTR = 0x10,          /* latency tolerance reporting */
    MESSAGE_OBFF = 0x12,         /* optimized buffer flush/fill */
    MESSAGE_PM_ACTIVE_STATE_NAK = 0x14,
    MESSAGE_PM_PME = 0x18,
    MESSAGE_PME_TURN_OFF = 0x19,
    MESSAGE_PME_TO_ACK = 0x1b,
    MESSAGE_ASSERT_INTA = 0x20,
    MESSAGE_ASSERT_INTB = 0x21,
    MESSAGE_ASSERT_INTC = 0x22,
    MESSAGE_ASSERT_INTD = 0x23,
    MESSAGE_DEASSERT_INTA = 0x24,
    MESSAGE_DEASSERT_INTB = 0x25,
    MESSAGE_DEASSERT_INTC = 0x26,
    MESSAGE_DEASSERT_INTD = 0x27,
    MESSAGE_ERR_COR = 0x30,
    MESSAGE_ERR_NONFATAL = 0x31,
    MESSAGE_ERR_FATAL = 0x33,
    MESSAGE_SET_SLOT_POWER_LIMIT = 0x50,
    MESSAGE_PTM_REQUEST = 0x52,  /* precision time measurement */
    MESSAGE_PTM_RESPONSE = 0x53, /* likewise, and ResponseD */
    MESSAGE_VENDOR_TYPE_0 = 0x7e,
    MESSAGE_VENDOR_TYPE_1 = 0x7f,
};

/* The message's name as the base specification writes it ("ERR_FATAL"); NULL for a code that is not listed above. */
const char *message_name(uint8_t code);

#endif
