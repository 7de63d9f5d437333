/* Config registers: where the registers of configuration space are, and what their bits mean (base specification 7.5 to
 * 7.9; SR-IOV: 9.3; ARI: 7.8.7).
 *
 * Offsets in a header count from the start of configuration space, those of a capability from its own start. An enum
 * is a register's bits when it carries the register's name, and a list of offsets otherwise. Compared with Linux's
 * headers by tests/unit/pcie/config_registers_test.c. */
#ifndef FABRIC_PCIE_CONFIG_REGISTERS_H
#define FABRIC_PCIE_CONFIG_REGISTERS_H

#define CONFIG_SPACE_BYTES 4096
/* Standard capabilities are below, extended ones from here on. */
#define CONFIG_EXTENDED_OFFSET 0x100

/* Headers: type 0 and type 1. */
enum {
    CONFIG_VENDOR = 0x00,
    CONFIG_DEVICE = 0x02,
    CONFIG_COMMAND = 0x04,
    CONFIG_STATUS = 0x06,
    CONFIG_REVISION = 0x08, /* 8 bits, then the class: interface, subclass, base class */
    CONFIG_CACHE_LINE = 0x0c,
    CONFIG_HEADER_TYPE = 0x0e,
    CONFIG_BAR = 0x10, /* six of 4 bytes in type 0, two in type 1 */
    CONFIG_SUBSYSTEM_VENDOR = 0x2c,
    CONFIG_SUBSYSTEM = 0x2e,
    CONFIG_CAPABILITIES = 0x34,
    CONFIG_INTERRUPT_LINE = 0x3c,
    CONFIG_INTERRUPT_PIN = 0x3d,
    CONFIG_HEADER_BYTES = 0x40,

    CONFIG_PRIMARY_BUS = 0x18,
    CONFIG_SECONDARY_BUS = 0x19,
    CONFIG_SUBORDINATE_BUS = 0x1a,
    CONFIG_IO_BASE = 0x1c,
    CONFIG_IO_LIMIT = 0x1d,
    CONFIG_SECONDARY_STATUS = 0x1e,
    CONFIG_MEMORY_BASE = 0x20,
    CONFIG_MEMORY_LIMIT = 0x22,
    CONFIG_PREFETCH_BASE = 0x24,
    CONFIG_PREFETCH_LIMIT = 0x26,
    CONFIG_PREFETCH_BASE_UPPER = 0x28,
    CONFIG_PREFETCH_LIMIT_UPPER = 0x2c,
    CONFIG_IO_BASE_UPPER = 0x30,
    CONFIG_IO_LIMIT_UPPER = 0x32,
    CONFIG_BRIDGE_CONTROL = 0x3e,
};

enum config_command {
    COMMAND_IO = 0x0001,
    COMMAND_MEMORY = 0x0002,
    COMMAND_BUS_MASTER = 0x0004,
    COMMAND_PARITY = 0x0040,
    COMMAND_SERR = 0x0100,
    COMMAND_INTX_DISABLE = 0x0400,
};

enum config_status {
    STATUS_REGISTER_CAPABILITIES = 0x0010,
    STATUS_REGISTER_MASTER_PARITY = 0x0100,
    STATUS_REGISTER_SIGNALED_TARGET_ABORT = 0x0800,
    STATUS_REGISTER_RECEIVED_TARGET_ABORT = 0x1000,
    STATUS_REGISTER_RECEIVED_MASTER_ABORT = 0x2000,
    STATUS_REGISTER_SIGNALED_SYSTEM_ERROR = 0x4000,
    STATUS_REGISTER_PARITY = 0x8000,
    STATUS_REGISTER_ERRORS = 0xf900, /* all of the six above */
};

enum config_header_type {
    HEADER_TYPE_ENDPOINT = 0x00,
    HEADER_TYPE_BRIDGE = 0x01,
    HEADER_TYPE_MULTI_FUNCTION = 0x80,
};

enum config_bar {
    BAR_IO = 0x1,
    BAR_MEMORY_64 = 0x4,
    BAR_PREFETCHABLE = 0x8,
};

enum config_bridge_control {
    BRIDGE_CONTROL_PARITY = 0x01,
    BRIDGE_CONTROL_SERR = 0x02,
    BRIDGE_CONTROL_SECONDARY_RESET = 0x40,
};

enum capability_id {
    CAPABILITY_POWER = 0x01,
    CAPABILITY_MSI = 0x05,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
};

enum extended_capability_id {
    EXTENDED_AER = 0x01,
    EXTENDED_SERIAL_NUMBER = 0x03,
    EXTENDED_ACS = 0x0d,
    EXTENDED_ARI = 0x0e,
    EXTENDED_SR_IOV = 0x10,
    EXTENDED_MR_IOV = 0x11,
    EXTENDED_DPC = 0x1d,
    EXTENDED_DESIGNATED_VENDOR = 0x23,
};

/* Power management (7.5.2). */
enum {
    POWER_CAPABILITIES = 0x02,
    POWER_CONTROL = 0x04,
    POWER_BYTES = 8,
};

enum power_capabilities {
    POWER_CAPABILITIES_VERSION_3 = 0x0003,
    POWER_CAPABILITIES_PME_D0 = 0x0800,
    POWER_CAPABILITIES_PME_D3HOT = 0x4000,
    POWER_CAPABILITIES_PME_D3COLD = 0x8000,
};

enum power_control {
    POWER_CONTROL_STATE = 0x0003, /* D0 to D3hot */
    POWER_CONTROL_NO_SOFT_RESET = 0x0008,
    POWER_CONTROL_PME_ENABLE = 0x0100,
    POWER_CONTROL_PME_STATUS = 0x8000,
};

/* MSI (7.7.1), with 64-bit addresses and masks, and MSI-X (7.7.2). */
enum {
    MSI_CONTROL = 0x02,
    MSI_ADDRESS = 0x04,
    MSI_ADDRESS_UPPER = 0x08,
    MSI_DATA = 0x0c,
    MSI_MASK = 0x10,
    MSI_PENDING = 0x14,
    MSI_BYTES = 0x18,

    MSIX_CONTROL = 0x02,
    MSIX_TABLE = 0x04,   /* offset, and which BAR in 2:0 */
    MSIX_PENDING = 0x08, /* likewise */
    MSIX_BYTES = 0x0c,
    MSIX_ENTRY_BYTES = 16, /* of the table in memory */
};

enum msi_control {
    MSI_CONTROL_ENABLE = 0x0001,
    MSI_CONTROL_CAPABLE = 0x000e, /* vectors that it has: log2 */
    MSI_CONTROL_GRANTED = 0x0070, /* vectors that it may use: log2 */
    MSI_CONTROL_64_BIT = 0x0080,
    MSI_CONTROL_MASKS = 0x0100,
};

enum msix_control {
    MSIX_CONTROL_SIZE = 0x07ff, /* entries less one */
    MSIX_CONTROL_MASK_ALL = 0x4000,
    MSIX_CONTROL_ENABLE = 0x8000,
};

/* Advanced error reporting (7.8.4). */
enum {
    AER_UNCORRECTABLE_STATUS = 0x04,
    AER_UNCORRECTABLE_MASK = 0x08,
    AER_UNCORRECTABLE_SEVERITY = 0x0c, /* set: fatal */
    AER_CORRECTABLE_STATUS = 0x10,
    AER_CORRECTABLE_MASK = 0x14,
    AER_CONTROL = 0x18,
    AER_HEADER_LOG = 0x1c, /* 16 bytes */
    AER_ROOT_COMMAND = 0x2c,
    AER_ROOT_STATUS = 0x30,
    AER_ROOT_SOURCE_CORRECTABLE = 0x34,
    AER_ROOT_SOURCE_UNCORRECTABLE = 0x36,
    AER_PREFIX_LOG = 0x38, /* 16 bytes */
    AER_BYTES = 0x48,
};

enum aer_uncorrectable {
    AER_DATA_LINK_PROTOCOL = 0x00000010,
    AER_SURPRISE_DOWN = 0x00000020,
    AER_POISONED = 0x00001000,
    AER_FLOW_CONTROL_PROTOCOL = 0x00002000,
    AER_COMPLETION_TIMEOUT = 0x00004000,
    AER_COMPLETER_ABORT = 0x00008000,
    AER_UNEXPECTED_COMPLETION = 0x00010000,
    AER_RECEIVER_OVERFLOW = 0x00020000,
    AER_MALFORMED = 0x00040000,
    AER_ECRC = 0x00080000,
    AER_UNSUPPORTED_REQUEST = 0x00100000,
    AER_ACS_VIOLATION = 0x00200000,
    AER_INTERNAL = 0x00400000,
};

enum aer_correctable {
    AER_RECEIVER = 0x0001,
    AER_BAD_TLP = 0x0040,
    AER_BAD_DLLP = 0x0080,
    AER_REPLAY_ROLLOVER = 0x0100,
    AER_REPLAY_TIMEOUT = 0x1000,
    AER_ADVISORY_NONFATAL = 0x2000,
    AER_CORRECTED_INTERNAL = 0x4000,
    AER_HEADER_LOG_OVERFLOW = 0x8000,
};

enum aer_control {
    AER_CONTROL_FIRST_ERROR = 0x01f, /* number of the bit */
    AER_CONTROL_ECRC_GENERATION_CAPABLE = 0x020,
    AER_CONTROL_ECRC_GENERATION = 0x040,
    AER_CONTROL_ECRC_CHECK_CAPABLE = 0x080,
    AER_CONTROL_ECRC_CHECK = 0x100,
};

enum aer_root_command {
    AER_ROOT_COMMAND_CORRECTABLE = 0x1,
    AER_ROOT_COMMAND_NONFATAL = 0x2,
    AER_ROOT_COMMAND_FATAL = 0x4,
};

enum aer_root_status {
    AER_ROOT_STATUS_CORRECTABLE = 0x01,
    AER_ROOT_STATUS_MULTIPLE_CORRECTABLE = 0x02,
    AER_ROOT_STATUS_UNCORRECTABLE = 0x04,
    AER_ROOT_STATUS_MULTIPLE_UNCORRECTABLE = 0x08,
    AER_ROOT_STATUS_FIRST_FATAL = 0x10,
    AER_ROOT_STATUS_NONFATAL = 0x20,
    AER_ROOT_STATUS_FATAL = 0x40,
};

/* Device serial number (7.9.3), ACS (7.7.8), ARI (7.8.7). */
enum {
    SERIAL_NUMBER_LOWER = 0x04,
    SERIAL_NUMBER_UPPER = 0x08,
    SERIAL_NUMBER_BYTES = 12,

    ACS_CAPABILITIES = 0x04,
    ACS_CONTROL = 0x06,
    ACS_BYTES = 8, /* without an egress control vector */

    ARI_CAPABILITIES = 0x04, /* next function in 15:8 */
    ARI_CONTROL = 0x06,
    ARI_BYTES = 8,
};

enum acs_control {
    ACS_SOURCE_VALIDATION = 0x01,
    ACS_TRANSLATION_BLOCKING = 0x02,
    ACS_REQUEST_REDIRECT = 0x04,
    ACS_COMPLETION_REDIRECT = 0x08,
    ACS_UPSTREAM_FORWARDING = 0x10,
    ACS_DIRECT_TRANSLATED = 0x40,
};

/* SR-IOV (9.3.3). */
enum {
    SR_IOV_CAPABILITIES = 0x04,
    SR_IOV_CONTROL = 0x08,
    SR_IOV_STATUS = 0x0a,
    SR_IOV_INITIAL_VFS = 0x0c,
    SR_IOV_TOTAL_VFS = 0x0e,
    SR_IOV_NUM_VFS = 0x10,
    SR_IOV_DEPENDENCY = 0x12,
    SR_IOV_FIRST_OFFSET = 0x14,
    SR_IOV_STRIDE = 0x16,
    SR_IOV_VF_DEVICE = 0x1a,
    SR_IOV_SUPPORTED_PAGES = 0x1c, /* bit n: 2^(n+12) bytes */
    SR_IOV_SYSTEM_PAGE = 0x20,
    SR_IOV_BAR = 0x24, /* six of 4 bytes */
    SR_IOV_MIGRATION_STATES = 0x3c,
    SR_IOV_BYTES = 0x40,
};

enum sr_iov_capabilities {
    SR_IOV_CAPABILITIES_MIGRATION = 0x1,
    SR_IOV_CAPABILITIES_ARI_PRESERVED = 0x2,
    SR_IOV_CAPABILITIES_MESSAGE_SHIFT = 21,
};

enum sr_iov_control {
    SR_IOV_CONTROL_VF_ENABLE = 0x01,
    SR_IOV_CONTROL_MIGRATION_ENABLE = 0x02,
    SR_IOV_CONTROL_MIGRATION_INTERRUPT = 0x04,
    SR_IOV_CONTROL_MEMORY = 0x08,
    SR_IOV_CONTROL_ARI = 0x10,
};

enum sr_iov_status {
    SR_IOV_STATUS_MIGRATION = 0x1,
};

/* Downstream port containment (7.9.14). */
enum {
    DPC_CAPABILITIES = 0x04,
    DPC_CONTROL = 0x06,
    DPC_STATUS = 0x08,
    DPC_SOURCE = 0x0a,
    DPC_BYTES = 12,
};

enum dpc_capabilities {
    DPC_CAPABILITIES_SOFTWARE_TRIGGER = 0x0080,
};

enum dpc_control {
    DPC_CONTROL_ON_FATAL = 0x0001,
    DPC_CONTROL_ON_NONFATAL = 0x0002, /* and on fatal */
    DPC_CONTROL_TRIGGER = 0x0003,
    DPC_CONTROL_UNSUPPORTED = 0x0004, /* answers with UR, otherwise CA */
    DPC_CONTROL_INTERRUPT = 0x0008,
    DPC_CONTROL_SOFTWARE_TRIGGER = 0x0040, /* reads as 0 */
};

enum dpc_status {
    DPC_STATUS_TRIGGERED = 0x0001,
    DPC_STATUS_REASON = 0x0006,
    DPC_STATUS_INTERRUPT = 0x0008,
    DPC_STATUS_BUSY = 0x0010,
    DPC_STATUS_REASON_EXTENSION = 0x0060,
};

/* Designated vendor-specific (7.9.6), and as large as an extended capability of which only the header is known. */
enum {
    EXTENDED_HEADER_BYTES = 4,
    DESIGNATED_VENDOR_OWNER = 0x04, /* vendor, revision in 19:16, length in 31:20 */
    DESIGNATED_VENDOR_ID = 0x08,
    DESIGNATED_VENDOR_HEADER_BYTES = 10,
};

#endif
