#include "fabric/pcie/msix_table.h"

#include <criterion/criterion.h>
#include <linux/pci_regs.h>

#include "fabric/base/random.h"
#include "fabric/pcie/config_header.h"

static struct config_layout layout;
static struct config_space space;
static struct msix_table table;
static uint16_t base;

static void start(void)
{
    config_layout_init(&layout);
    config_header_endpoint(&layout, &(struct config_endpoint){0});
    base = capability_msix_add(&layout, &(struct msix_config){.vectors = 40});
    config_space_init(&space, &layout, NULL);
    msix_table_init(&table, 40);
}

static void end(void)
{
    msix_table_free(&table);
    config_space_free(&space);
}

static void control(uint32_t bits)
{
    config_space_write(&space, base, 0xc, bits << 16);
}

static void program(uint32_t vector, uint64_t address, uint32_t data, uint32_t vector_control)
{
    uint32_t at = vector * PCI_MSIX_ENTRY_SIZE;
    msix_table_write(&table, at + PCI_MSIX_ENTRY_LOWER_ADDR, 0xf, (uint32_t)address);
    msix_table_write(&table, at + PCI_MSIX_ENTRY_UPPER_ADDR, 0xf, (uint32_t)(address >> 32));
    msix_table_write(&table, at + PCI_MSIX_ENTRY_DATA, 0xf, data);
    msix_table_write(&table, at + PCI_MSIX_ENTRY_VECTOR_CTRL, 0xf, vector_control);
}

Test(msix_table, entries_are_written_and_read, .init = start, .fini = end)
{
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 12), PCI_MSIX_ENTRY_CTRL_MASKBIT, "masked by a reset");
    program(39, UINT64_C(0x1234567fee0100f), 0xabcd, UINT32_MAX);
    cr_assert_eq(msix_table_read(&table, 39 * 16), 0xfee0100c, "whole DWs");
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 4), 0x01234567);
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 8), 0xabcd);
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 12), 1);
    msix_table_write(&table, 39 * 16 + 8, 0x2, 0xffff1100);
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 8), 0x11cd);
    msix_table_write(&table, 40 * 16, 0xf, 1);
    cr_assert_eq(msix_table_read(&table, 40 * 16), 0, "behind the end");
    msix_table_reset(&table);
    cr_assert_eq(msix_table_read(&table, 39 * 16), 0);
    cr_assert_eq(msix_table_read(&table, 39 * 16 + 12), 1);
}

Test(msix_table, raised_while_on_is_sent, .init = start, .fini = end)
{
    struct msi_message message;
    program(3, UINT64_C(0x1fee00000), 77, 0);
    cr_assert_not(msix_table_raise(&table, &space, base, 3, &message));
    cr_assert_eq(msix_table_read_pending(&table, 0), 0, "lost: MSI-X is off");
    control(MSIX_CONTROL_ENABLE);
    cr_assert(msix_table_raise(&table, &space, base, 3, &message));
    cr_assert_eq(message.address, UINT64_C(0x1fee00000));
    cr_assert_eq(message.data, 77);
}

Test(msix_table, raised_while_masked_waits, .init = start, .fini = end)
{
    struct msi_message message;
    control(MSIX_CONTROL_ENABLE);
    program(35, 0x1000, 1, PCI_MSIX_ENTRY_CTRL_MASKBIT);
    program(2, 0x2000, 2, 0);
    cr_assert_not(msix_table_raise(&table, &space, base, 35, &message));
    control(MSIX_CONTROL_ENABLE | MSIX_CONTROL_MASK_ALL);
    cr_assert_not(msix_table_raise(&table, &space, base, 2, &message));
    cr_assert_eq(msix_table_read_pending(&table, 0), 1u << 2);
    cr_assert_eq(msix_table_read_pending(&table, 4), 1u << 3);
    cr_assert_eq(msix_table_read_pending(&table, 8), 0);
    cr_assert_not(msix_table_take_pending(&table, &space, base, &message), "all are masked");
    control(MSIX_CONTROL_ENABLE);
    cr_assert(msix_table_take_pending(&table, &space, base, &message));
    cr_assert_eq(message.data, 2);
    cr_assert_not(msix_table_take_pending(&table, &space, base, &message), "the other one still is");
    msix_table_write(&table, 35 * 16 + 12, 0x1, 0);
    cr_assert(msix_table_take_pending(&table, &space, base, &message));
    cr_assert_eq(message.address, 0x1000);
    cr_assert_eq(msix_table_read_pending(&table, 4), 0);
}

Test(msix_table, whatever_is_written_it_is_valid, .init = start, .fini = end)
{
    struct random random;
    random_init(&random, 1, "msix_table");
    for (int round = 0; round < 10000; round++) {
        uint32_t offset = (uint32_t)random_below(&random, 200) * 4;
        msix_table_write(&table, offset, (uint8_t)random_below(&random, 16), (uint32_t)random_next(&random));
    }
    cr_assert(msix_table_is_valid(&table));
    table.vectors[7].address |= 1;
    cr_assert_not(msix_table_is_valid(&table));
}
