#include "hostsim/rack/lspci.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "fabric/base/check.h"
#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_device.h"
#include "fabric/pcie/capability_express.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_header.h"
#include "tests/support/config_samples.h"
#include "tests/support/shell.h"

/* A host's tree as it is after enumeration: root port, upstream bridge, two downstream bridges, below one an endpoint
 * and the base function, below the other a PF with 3 VFs. */
enum { ROOT, UP, DOWN_0, DOWN_1, ENDPOINT, BASE, PF, VFS = 3, FUNCTIONS = PF + 1 + VFS };

static struct config_layout layouts[CONFIG_SAMPLES];
static struct config_space spaces[FUNCTIONS];
static struct lspci_function functions[FUNCTIONS];

static void make(uint32_t which, enum config_sample sample, uint16_t routing_id)
{
    config_space_init(&spaces[which], &layouts[sample], NULL);
    functions[which] = (struct lspci_function){.routing_id = routing_id, .space = &spaces[which]};
}

static uint16_t express_of(uint32_t which)
{
    return capability_find(spaces[which].layout, CAPABILITY_EXPRESS);
}

static void program_bridge(uint32_t which, uint32_t buses, uint16_t base, uint16_t limit, uint32_t prefetch)
{
    struct config_space *space = &spaces[which];
    config_space_write(space, CONFIG_PRIMARY_BUS, 0x7, buses);
    config_space_write(space, CONFIG_IO_BASE, 0x3, 0x00f0); /* closed, as Linux does */
    config_space_write(space, CONFIG_MEMORY_BASE, 0xf, base | (uint32_t)limit << 16);
    config_space_write(space, CONFIG_PREFETCH_BASE, 0xf, 0xfff10001);
    config_space_write(space, CONFIG_PREFETCH_BASE_UPPER, 0xf, prefetch);
    config_space_write(space, CONFIG_PREFETCH_LIMIT_UPPER, 0xf, prefetch);
    config_space_write(space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_BUS_MASTER);
}

/* All BARs below 4 GiB: from a dump lspci 3.9 shows the upper half of a 64-bit BAR, where it is not 0, as one more. */
static void program_endpoint(uint32_t which, uint32_t memory)
{
    struct config_space *space = &spaces[which];
    config_space_write(space, CONFIG_BAR, 0xf, memory);
    config_space_write(space, CONFIG_BAR + 16, 0xf, 0x90000000 + which * 4096);
    config_space_write(space, CONFIG_COMMAND, 0x3, COMMAND_MEMORY | COMMAND_BUS_MASTER);
    config_space_write(space, express_of(which) + EXPRESS_DEVICE_CONTROL, 0x3, 0x285f); /* MPS 512, MRRS 512 */
    uint16_t serial = capability_find_extended(space->layout, EXTENDED_SERIAL_NUMBER);
    serial_number_set(space, serial, UINT64_C(0x0123456789abcdef));
}

static void program_vfs(void)
{
    struct config_space *space = &spaces[PF];
    uint16_t base = capability_find_extended(space->layout, EXTENDED_SR_IOV);
    sr_iov_set_vfs(space, base, 6, 8);
    config_space_write(space, base + SR_IOV_CONTROL, 0x1, SR_IOV_CONTROL_ARI);
    config_space_write(space, base + SR_IOV_NUM_VFS, 0x3, VFS);
    config_space_write(space, base + SR_IOV_BAR, 0xf, 0x80000000);
    config_space_write(space, base + SR_IOV_BAR + 4, 0xf, 0x12);
    config_space_write(space, base + SR_IOV_BAR + 12, 0xf, 0x90100000);
    config_space_write(
        space, base + SR_IOV_CONTROL, 0x1, SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY);
    struct sr_iov_state state = sr_iov_state(space, base);
    for (uint16_t vf = 1; vf <= VFS; vf++) {
        uint32_t which = PF + vf;
        make(which, CONFIG_SAMPLE_VF, sr_iov_vf_id(&state, functions[PF].routing_id, vf));
        functions[which].identified = true;
        functions[which].vendor = (uint16_t)config_space_get(space, CONFIG_VENDOR, 2);
        functions[which].device = (uint16_t)config_space_get(space, base + SR_IOV_VF_DEVICE, 2);
        config_space_write(&spaces[which], CONFIG_COMMAND, 0x3, COMMAND_BUS_MASTER);
    }
}

static void build(void)
{
    for (int i = 0; i < CONFIG_SAMPLES; i++)
        config_sample(&layouts[i], (enum config_sample)i);
    make(ROOT, CONFIG_SAMPLE_ROOT_PORT, 0x0000);
    make(UP, CONFIG_SAMPLE_UPSTREAM, 0x0100);
    make(DOWN_0, CONFIG_SAMPLE_DOWNSTREAM, 0x0200);
    make(DOWN_1, CONFIG_SAMPLE_DOWNSTREAM, 0x0208);
    make(ENDPOINT, CONFIG_SAMPLE_ENDPOINT, 0x0300);
    make(BASE, CONFIG_SAMPLE_BASE, 0x0301);
    make(PF, CONFIG_SAMPLE_PF, 0x0400);
    express_set_port(&spaces[ROOT], express_of(ROOT), 7, 5);
    program_bridge(ROOT, 0x040100, 0x9000, 0x9010, 0x12);
    program_bridge(UP, 0x040201, 0x9000, 0x9010, 0x12);
    program_bridge(DOWN_0, 0x030302, 0x9000, 0x9000, 0x13);
    program_bridge(DOWN_1, 0x040402, 0x9010, 0x9010, 0x12);
    program_endpoint(ENDPOINT, 0x40000000);
    program_endpoint(BASE, 0x40100000);
    program_endpoint(PF, 0x40200000);
    program_vfs();
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        express_set_link(&spaces[i], express_of(i), 4, 8);
}

static void put_dump(const char *name)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    CHECK(out);
    lspci_write(out, functions, FUNCTIONS);
    CHECK(fclose(out) == 0);
    shell_put(name, text);
    free(text);
}

static void end(void)
{
    for (uint32_t i = 0; i < FUNCTIONS; i++)
        config_space_free(&spaces[i]);
    shell_end();
}

/* lspci looks for the kernel's modules, which a container has not; nothing else may be said. */
#define WITHOUT_MODULES " 2>said; grep -v libkmod said >&2; true"

/* What COMMAND says, which must succeed without a word on standard error. The caller frees it. */
static char *ask(const char *command)
{
    struct shell_answer answer = shell_run(command);
    cr_assert_eq(answer.exit_code, 0, "%s: %s", command, answer.err);
    cr_assert_str_empty(answer.err, "%s: %s", command, answer.err);
    char *out = strdup(answer.out);
    CHECK(out);
    shell_free(&answer);
    return out;
}

/* All that stands in LINES, ended by NULL, is in what COMMAND says. */
static void expect(const char *command, const char *const *lines)
{
    char *said = ask(command);
    for (; *lines; lines++)
        cr_assert(strstr(said, *lines), "%s: no \"%s\" in:\n%s", command, *lines, said);
    free(said);
}

#define EXPECT(command, ...) expect(command, (const char *const[]){__VA_ARGS__, NULL})

Test(lspci, tree_is_the_one_that_was_built, .fini = end)
{
    build();
    put_dump("dump");
    EXPECT(
        "lspci -F dump -tvnn", "-[0000:00]---00.0-[01-04]----00.0-[02-04]--+-00.0-[03]--+-00.0  Device [6d72:1000]\n",
        "            \\-00.1  Device [6d72:1003]\n", "\\-01.0-[04]--+-00.0  Device [6d72:1001]\n",
        "+-00.1  Device [6d72:1002]\n", "+-00.2  Device [6d72:1002]\n", "\\-00.3  Device [6d72:1002]\n");
}

Test(lspci, bytes_are_those_of_the_spaces, .fini = end)
{
    build();
    put_dump("dump");
    char *mine = ask("grep '^[0-9a-f]*: ' dump");
    char *theirs = ask("lspci -F dump -xxxx | grep '^[0-9a-f]*: '");
    cr_assert_str_eq(mine, theirs);
    free(mine);
    free(theirs);
}

/* Lines of what lspci says of everything that match PATTERN and not UNLESS. */
static void expect_none(const char *pattern, const char *unless)
{
    char command[200];
    snprintf(
        command, sizeof command, "lspci -F dump -vvv -nn 2>said | grep -iE '%s' | grep -vE '%s'; true", pattern,
        unless);
    char *out = ask(command);
    cr_assert_str_empty(out, "%s:\n%s", pattern, out);
    free(out);
}

Test(lspci, nothing_is_unknown_or_broken, .fini = end)
{
    build();
    put_dump("dump");
    free(ask("lspci -F dump -vvv -nn >out" WITHOUT_MODULES));
    expect_none("unknown|broken|chain|!!!|unassigned|bogus|invalid", "^$");
    /* Nobody has I/O, so its windows are closed; what is in a vendor's own capability no tool knows. */
    expect_none("\\[disabled\\]", "I/O behind bridge");
    expect_none("<\\?>", "Multi-Root I/O Virtualization|Vendor=6d72 ID=0001 Rev=0 Len=36");
}

Test(lspci, bridges_decode, .fini = end)
{
    build();
    put_dump("dump");
    EXPECT(
        "lspci -F dump -vvv -s 00:00.0" WITHOUT_MODULES, "Root Port (Slot+)",
        "primary=00, secondary=01, subordinate=04", "Memory behind bridge: 90000000-901fffff [size=2M]",
        "Prefetchable memory behind bridge: 0000001200000000-00000012ffffffff [size=4G]",
        "LnkSta:\tSpeed 16GT/s, Width x8\n", "Port #7, Speed 16GT/s, Width x8", "Slot #5, PowerLimit 25W",
        "RootCap: CRSVisible+", "ARIFwd+", "DLActive+", "[100 v2] Advanced Error Reporting", "ErrorSrc: ERR_COR: 0000",
        "SrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+");
    EXPECT(
        "lspci -F dump -vvv -s 01:00.0" WITHOUT_MODULES, "Upstream Port", "primary=01, secondary=02, subordinate=04",
        "MSI: Enable- Count=1/1 Maskable+ 64bit+", "PME(D0+,D1-,D2-,D3hot+,D3cold+)");
    EXPECT(
        "lspci -F dump -vvv -s 02:01.0" WITHOUT_MODULES, "Downstream Port (Slot+)",
        "primary=02, secondary=04, subordinate=04", "HotPlug+ Surprise+", "[150 v1] Downstream Port Containment",
        "SwTrigger+");
}

Test(lspci, functions_decode, .fini = end)
{
    build();
    put_dump("dump");
    EXPECT(
        "lspci -F dump -vvv -s 04:00.0" WITHOUT_MODULES, "Ethernet controller: Device 6d72:1001 (rev 01)",
        "Region 0: Memory at 40200000 (64-bit, prefetchable)",
        "Region 4: Memory at 90006000 (32-bit, non-prefetchable)", "MSI-X: Enable- Count=32 Masked-",
        "Vector table: BAR=0 offset=00001000", "PBA: BAR=0 offset=00002000",
        "MaxPayload 512 bytes, MaxReadReq 512 bytes", "FLReset+", "LnkCap:\tPort #0, Speed 16GT/s, Width x16",
        "LnkSta:\tSpeed 16GT/s, Width x8 (downgraded)", "Alternative Routing-ID Interpretation (ARI)",
        "Device Serial Number 01-23-45-67-89-ab-cd-ef",
        "IOVCap:\tMigration+ 10BitTagReq- Interrupt Message Number: 003",
        "Enable+ Migration- Interrupt- MSE+ ARIHierarchy+",
        "Initial VFs: 6, Total VFs: 8, Number of VFs: 3, Function Dependency Link: 00",
        "VF offset: 1, stride: 1, Device ID: 1002", "Supported Page Size: 00000553, System Page Size: 00000001",
        "Region 0: Memory at 0000001280000000 (64-bit, prefetchable)",
        "Region 3: Memory at 90100000 (32-bit, non-prefetchable)", "VF Migration: offset: 00003000, BIR: 0");
    EXPECT(
        "lspci -F dump -vvv -s 04:00.2" WITHOUT_MODULES, "Ethernet controller: Device 6d72:1002 (rev 01)", "BusMaster+",
        "Express (v2) Endpoint", "LnkSta:\tSpeed 16GT/s, Width x8");
}

Test(lspci, raw_vfs_are_as_in_the_registers, .fini = end)
{
    build();
    for (int i = 0; i < FUNCTIONS; i++)
        functions[i].identified = false;
    functions[PF].text = "Network controller: the one that is shared";
    put_dump("dump");
    EXPECT("grep -A1 '^0000:04:00.1' dump", "0000:04:00.1 0200: ffff:ffff (rev 01)\n00: ff ff ff ff 04 00 10 00 01");
    EXPECT("grep '^0000:04:00.0' dump", "0000:04:00.0 Network controller: the one that is shared\n");
}

/* setpci follows the chains itself: what it reads must be what the model holds. */
static void compare_register(uint32_t which, const char *name, uint16_t offset, uint8_t bytes)
{
    char command[120];
    uint32_t id = functions[which].routing_id;
    snprintf(
        command, sizeof command, "setpci -A dump -O dump.name=dump -s %02x:%02x.%x %s.%c", id >> 8, id >> 3 & 0x1f,
        id & 7, name, bytes == 4 ? 'l' : 'w');
    char *said = ask(command);
    cr_assert_eq(strtoul(said, NULL, 16), config_space_get(&spaces[which], offset, bytes), "%s: %s", command, said);
    free(said);
}

Test(lspci, setpci_finds_what_the_model_holds, .fini = end)
{
    static const struct {
        const char *name;
        bool extended;
        uint16_t id, at;
        uint8_t bytes;
    } registers[] = {
        {"CAP_PM+4", false, CAPABILITY_POWER, 4, 2},
        {"CAP_MSIX+4", false, CAPABILITY_MSIX, 4, 4},
        {"CAP_EXP+12", false, CAPABILITY_EXPRESS, 0x12, 2},
        {"CAP_EXP+2c", false, CAPABILITY_EXPRESS, 0x2c, 4},
        {"ECAP_AER+c", true, EXTENDED_AER, 0xc, 4},
        {"ECAP_DSN+8", true, EXTENDED_SERIAL_NUMBER, 8, 4},
        {"ECAP_ACS+4", true, EXTENDED_ACS, 4, 2},
        {"ECAP_ARI+4", true, EXTENDED_ARI, 4, 2},
        {"ECAP_SRIOV+0e", true, EXTENDED_SR_IOV, 0xe, 2},
        {"ECAP_SRIOV+10", true, EXTENDED_SR_IOV, 0x10, 2},
        {"ECAP_SRIOV+14", true, EXTENDED_SR_IOV, 0x14, 2},
        {"ECAP_SRIOV+28", true, EXTENDED_SR_IOV, 0x28, 4},
        {"ECAP0023+4", true, EXTENDED_DESIGNATED_VENDOR, 4, 4},
        {"ECAP001d+6", true, EXTENDED_DPC, 6, 2},
    };
    build();
    put_dump("dump");
    uint32_t compared = 0;
    for (uint32_t which = 0; which < FUNCTIONS; which++)
        for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
            const struct config_layout *layout = spaces[which].layout;
            uint16_t base = registers[i].extended
                                ? capability_find_extended(layout, (enum extended_capability_id)registers[i].id)
                                : capability_find(layout, (enum capability_id)registers[i].id);
            if (!base)
                continue;
            compare_register(which, registers[i].name, base + registers[i].at, registers[i].bytes);
            compared++;
        }
    cr_assert_gt(compared, 50);
}
