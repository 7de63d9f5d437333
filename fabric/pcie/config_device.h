/* Config device: the functions of one adapter as one hierarchy sees them: their configuration spaces, by place, and who
 * answers a configuration request.
 *
 *     native    place 0 is a PF, place n its VF n, which is there while the PF's SR-IOV capability has it so; VFs have
 *               the routing IDs that it says (base specification 9.2.1.2), also on buses behind the captured one. VFs
 *               that are not there from the beginning come and go one by one
 *     split     every place is a function of its own (type 0 headers, BARs): what a switch makes of single VFs of an
 *               SR-IOV adapter. They are functions 0, 1, ... of one bus; those from 8 on are found by ARI only. A
 * device has a function 0, or software looks no further (PCI Local Bus 3.0, 3.2.2.3.4): when who was there goes and
 * others stay, a stand-in that can do nothing has the place until they have gone too
 *
 * A device learns its bus number from type 0 requests (2.2.9). Owned by who presents it to the hierarchy. */
#ifndef FABRIC_PCIE_CONFIG_DEVICE_H
#define FABRIC_PCIE_CONFIG_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/pcie/config_shelf.h"
#include "fabric/pcie/config_space.h"
#include "fabric/pcie/tlp.h"

/* One bus has this many functions. */
#define CONFIG_DEVICE_FUNCTIONS 256

struct config_device {
    struct config_space *functions; /* [count], owned */
    uint32_t count;
    bool split;
    bool stood_in;                             /* a stand-in is in place 0 */
    uint8_t bus;                               /* as captured; 0: none yet */
    uint16_t sr_iov;                           /* offset of the PF's capability; 0: none */
    const struct config_device_config *config; /* what it was made of, where others may come; owned */
    struct config_shelf *shelf;                /* not owned */

    /* What its owner does and knows; each may be NULL. OWNER: as below. */
    void (*written)(void *owner, uint32_t place); /* software wrote to that function, or (0) gave all of them numbers */
    void (*reset)(void *owner, uint32_t place);   /* software began a function-level reset; the registers are reset */
    bool (*retries)(void *owner, uint32_t place); /* it is not ready: configuration requests are to come again */
    bool (*pending)(void *owner, uint32_t place); /* it waits for completions (Transactions Pending) */
    void *owner;
};

struct config_device_config {
    struct config_kind function; /* the PF, or each function of a split device */
    struct config_kind vf;       /* the VFs, where COUNT is more than 1 and it is not split */
    struct config_kind stand_in; /* of a split device */
    uint32_t count;              /* functions in all; split: at most CONFIG_DEVICE_FUNCTIONS */
    uint32_t later;              /* native: the last of them, VFs that come later, if ever */
    bool split;
    uint64_t serial_number;
    uint8_t generation, width; /* of its link, which is up */
};

/* An empty device ({0}) stays valid: nobody is there. */
void config_device_init(
    struct config_device *device, struct config_shelf *shelf, const struct config_device_config *config);
void config_device_free(struct config_device *device);

/* Whether somebody, be it a stand-in, is in PLACE of the device. A split one has room for CONFIG_DEVICE_FUNCTIONS. */
static inline bool config_device_has(const struct config_device *device, uint32_t place)
{
    return place < device->count && device->functions[place].values != NULL;
}

/* A function comes to PLACE of a split device, or a VF to PLACE of a native one, where nobody is, with its registers
 * reset; or goes. The others keep their places and registers. */
void config_device_add(struct config_device *device, uint32_t place);
void config_device_remove(struct config_device *device, uint32_t place);

/* All functions, which must be there, are as after CONFIG_RESET_CONVENTIONAL: of a PF, its VFs are gone. The owner is
 * told as of a write. */
void config_device_reset(struct config_device *device);

/* A function-level reset of the registers of the function in PLACE. The owner is told as of a write. */
void config_device_reset_function(struct config_device *device, uint32_t place);

/* The registers that are the function's in PLACE, and those of the PF that it follows: its own, unless it is a VF. */
const struct config_space *config_device_pf(const struct config_device *device, uint32_t place);

/* True when the function in PLACE exists, may issue requests (Bus Master) and is in D0. */
bool config_device_is_master(const struct config_device *device, uint32_t place);

/* The routing ID that the function in PLACE has now; false when the registers let it have none. */
bool config_device_id(const struct config_device *device, uint32_t place, uint16_t *id);

/* The last VF of a native device that exists now, from 1; 0: none does. */
uint32_t config_device_last_vf(const struct config_device *device);

/* The function with routing ID now; NULL when there is none. */
struct config_space *config_device_find(const struct config_device *device, uint16_t id);

/* Address and size of BAR 0 of the function in PLACE, a VF's from its PF; 0 bytes while it answers to no address. */
uint64_t config_device_bar(const struct config_device *device, uint32_t place, uint64_t *address);

/* Answers REQUEST, a configuration request that reached the device: the DW that was read is in *VALUE. */
enum tlp_status config_device_answer(struct config_device *device, const struct tlp *request, uint32_t *value);

/* True when all its spaces are. */
bool config_device_is_valid(const struct config_device *device);

#endif
