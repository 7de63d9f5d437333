#include "fabric/pcie/config_device.h"

#include <criterion/criterion.h>

#include "fabric/pcie/capability.h"
#include "fabric/pcie/capability_sr_iov.h"
#include "fabric/pcie/config_access.h"

#define MEBIBYTE (UINT64_C(1) << 20)

static struct config_shelf shelf;

static struct config_device make(uint32_t count, bool split)
{
    struct config_device_config config = {
        .function =
            {.type = EXPRESS_ENDPOINT,
             .device = 1,
             .generation = 4,
             .width = 8,
             .mps_bytes = 512,
             .bar_bytes = MEBIBYTE,
             .vectors = 4,
             .sr_iov = !split},
        .count = count,
        .split = split,
        .generation = 4,
        .width = 8,
    };
    config.vf = config.function;
    config.vf.sr_iov = false;
    config.vf.vf = true;
    config.stand_in = config.function;
    config.stand_in.device = 2;
    config.stand_in.bar_bytes = config.stand_in.vectors = 0;
    struct config_device device;
    config_device_init(&device, &shelf, &config);
    return device;
}

static void done(struct config_device *device)
{
    cr_expect(config_device_is_valid(device));
    config_device_free(device);
    config_shelf_free(&shelf);
}

static enum tlp_status read_vendor(struct config_device *device, uint8_t type, uint16_t id, uint32_t *value)
{
    return config_device_answer(device, &(struct tlp){.type = type, .completer_id = id, .byte_enables = 0xf}, value);
}

static void write(struct config_device *device, uint16_t id, uint16_t offset, uint8_t enables, uint32_t dword)
{
    uint32_t none;
    const struct tlp tlp = {
        .type = TLP_CFGWR0, .completer_id = id, .address = offset, .byte_enables = enables, .payload = dword};
    cr_expect_eq(config_device_answer(device, &tlp, &none), TLP_STATUS_SC);
}

Test(config_device, learns_its_bus_and_has_vfs_while_they_are_enabled)
{
    struct config_device device = make(4, false);
    uint32_t value = 0;
    uint16_t id, sr_iov = capability_find_extended(device.functions[0].layout, EXTENDED_SR_IOV);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0500, &value), TLP_STATUS_SC);
    cr_expect_eq(value, 0x16d72);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0501, &value), TLP_STATUS_UR);
    cr_expect_not(config_device_id(&device, 1, &id));

    write(&device, 0x0500, sr_iov + SR_IOV_NUM_VFS, 0x3, 2);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, SR_IOV_CONTROL_ARI);
    write(&device, 0x0500, sr_iov + SR_IOV_BAR + 4, 0xf, 0x10);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0502, &value), TLP_STATUS_SC);
    cr_expect_eq(value, UINT32_MAX, "as VFs say");
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0503, &value), TLP_STATUS_UR, "NumVFs is 2");
    cr_expect(config_device_id(&device, 2, &id) && id == 0x0502);

    uint64_t address;
    cr_expect_eq(config_device_bar(&device, 2, &address), 0, "no VF MSE");
    write(
        &device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3,
        SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE | SR_IOV_CONTROL_MEMORY);
    cr_expect_eq(config_device_bar(&device, 2, &address), MEBIBYTE);
    cr_expect_eq(address, (UINT64_C(0x10) << 32) + MEBIBYTE);
    done(&device);
}

Test(config_device, vfs_on_other_buses_answer_type_1_only)
{
    struct config_device device = make(3, false);
    uint32_t value;
    uint16_t sr_iov = capability_find_extended(device.functions[0].layout, EXTENDED_SR_IOV);
    write(&device, 0x0500, sr_iov + SR_IOV_NUM_VFS, 0x3, 2);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, SR_IOV_CONTROL_VF_ENABLE);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD1, 0x0601, &value), TLP_STATUS_SC);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD1, 0x0500, &value), TLP_STATUS_UR);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD1, 0x0602, &value), TLP_STATUS_UR);
    done(&device);
}

Test(config_device, enabling_vfs_resets_them)
{
    struct config_device device = make(2, false);
    uint16_t sr_iov = capability_find_extended(device.functions[0].layout, EXTENDED_SR_IOV);
    const uint32_t on = SR_IOV_CONTROL_ARI | SR_IOV_CONTROL_VF_ENABLE;
    write(&device, 0x0500, sr_iov + SR_IOV_NUM_VFS, 0x3, 1);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, SR_IOV_CONTROL_ARI);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, on);
    write(&device, 0x0501, CONFIG_COMMAND, 0x3, COMMAND_BUS_MASTER);
    cr_expect_eq(config_space_get(&device.functions[1], CONFIG_COMMAND, 2), COMMAND_BUS_MASTER);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, on);
    cr_expect_eq(config_space_get(&device.functions[1], CONFIG_COMMAND, 2), COMMAND_BUS_MASTER, "they were enabled");
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, SR_IOV_CONTROL_ARI);
    write(&device, 0x0500, sr_iov + SR_IOV_CONTROL, 0x3, on);
    cr_expect_eq(config_space_get(&device.functions[1], CONFIG_COMMAND, 2), 0);
    done(&device);
}

Test(config_device, split_every_place_is_a_function)
{
    struct config_device device = make(CONFIG_DEVICE_FUNCTIONS, true);
    uint32_t value;
    uint64_t address;
    uint16_t ari = capability_find_extended(device.functions[0].layout, EXTENDED_ARI), id;
    for (uint32_t place = 0; place < device.count; place++) {
        cr_expect_eq(read_vendor(&device, TLP_CFGRD0, (uint16_t)(0x0700 | place), &value), TLP_STATUS_SC);
        cr_expect(config_device_id(&device, place, &id) && id == (0x0700 | place));
        cr_expect_eq(
            config_space_get(&device.functions[place], ari + ARI_CAPABILITIES, 2) >> 8, (place + 1) % device.count);
    }
    cr_expect_eq(config_device_bar(&device, 3, &address), 0, "memory is off");
    write(&device, 0x0703, CONFIG_BAR, 0xf, 0xe0000000);
    write(&device, 0x0703, CONFIG_COMMAND, 0x3, COMMAND_MEMORY);
    cr_expect_eq(config_device_bar(&device, 3, &address), MEBIBYTE);
    cr_expect_eq(address, 0xe0000000);
    uint32_t header = config_space_get(&device.functions[0], CONFIG_HEADER_TYPE, 1);
    cr_expect_eq(header, HEADER_TYPE_MULTI_FUNCTION);
    done(&device);
}

Test(config_device, split_a_stand_in_has_place_0_while_only_others_are_there)
{
    struct config_device device = make(3, true);
    uint32_t value;
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0700, &value), TLP_STATUS_SC);
    write(&device, 0x0700, CONFIG_BAR, 0xf, 0xe0000000);
    config_device_remove(&device, 0);
    cr_expect(device.stood_in);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0700, &value), TLP_STATUS_SC);
    cr_expect_eq(value >> 16, 2);
    cr_expect_eq(config_space_get(&device.functions[0], CONFIG_BAR, 4), 0, "nothing is left of who was there");
    cr_expect_eq(config_space_get(&device.functions[0], CONFIG_HEADER_TYPE, 1), HEADER_TYPE_MULTI_FUNCTION);
    uint16_t ari = capability_find_extended(device.functions[0].layout, EXTENDED_ARI);
    cr_expect_eq(config_space_get(&device.functions[0], ari + ARI_CAPABILITIES, 2) >> 8, 1, "and who comes next");

    config_device_remove(&device, 1);
    config_device_add(&device, 1);
    config_device_remove(&device, 2);
    cr_expect(device.stood_in && config_device_has(&device, 0));
    config_device_remove(&device, 1);
    cr_expect_not(device.stood_in);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0700, &value), TLP_STATUS_UR, "nobody to stand in for");
    config_device_add(&device, 0);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0700, &value), TLP_STATUS_SC);
    cr_expect_eq(value >> 16, 1);
    config_device_remove(&device, 0);
    cr_expect_eq(read_vendor(&device, TLP_CFGRD0, 0x0700, &value), TLP_STATUS_UR, "it was alone");
    done(&device);
}
