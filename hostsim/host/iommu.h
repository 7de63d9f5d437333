/* IOMMU: what translates the addresses of a host's adapters: a TLB, and walkers that read the page tables on a miss.
 *
 * One a host. A translation belongs to (hierarchy, requester, page): two functions share none, as each may be another
 * guest's. The TLB is fully associative and forgets what was used longest ago. A request for a page that is not there
 * needs a walk: at most `walkers` go on at once, others wait in the order of their requests, and a request for a page
 * that is being walked for, or waits to be, joins. A walk that ends puts its page into the TLB.
 *
 * It has no events: iommu_translate() says when the address will be known, and the caller does the waiting. What is
 * asked at one time sees every walk that has ended by then.
 *
 * The defaults of scenarios (64 entries, 330 ns, 6 walkers) are what pcie-bench found of a Xeon of 2016 (Neugebauer et
 * al., "Understanding PCIe performance for end host networking", SIGCOMM 2018, section 6.5): the bandwidth falls when
 * the window is larger than 64 pages of 4 KiB, a read that misses takes 330 ns more, and those of 64 bytes then are
 * as many as six walks at a time allow. */
#ifndef HOSTSIM_HOST_IOMMU_H
#define HOSTSIM_HOST_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric/engine/window.h"

#define IOMMU_ENTRIES_MAX 65536
#define IOMMU_WALKERS_MAX 1024

struct iommu_config {
    uint32_t entries;    /* of the TLB, 1 to IOMMU_ENTRIES_MAX */
    uint64_t page_bytes; /* a power of two */
    uint64_t walk_ps;
    uint32_t walkers; /* 1 to IOMMU_WALKERS_MAX */
};

/* Of requests in the window, by when they came. */
struct iommu_counters {
    uint64_t hits;
    uint64_t misses;            /* of them those that joined a walk began none */
    uint64_t walks;             /* begun, or queued */
    unsigned __int128 waits_ps; /* of all misses, from the request until its address is known */
    uint64_t wait_max_ps;
};

/* A translation: in the TLB, or being walked for. All links are indices of nodes, IOMMU_NOBODY where there is none. */
#define IOMMU_NOBODY UINT32_MAX
struct iommu_node {
    uint64_t page;
    uint64_t known_ps; /* when its walk ends, or did */
    uint32_t space;    /* hierarchy 31:16, requester 15:0 */
    uint32_t chained;  /* the next of its hash bucket, or of the free ones */
    uint32_t before, after;
};

/* A doubly linked list of nodes, the earliest first. */
struct iommu_list {
    uint32_t first, last, count;
};

struct iommu {
    struct iommu_config config;
    struct window window;
    unsigned page_shift;
    struct iommu_node *nodes; /* owned; as many as the TLB has entries, and one for each walk that is under way */
    uint32_t node_count, free;
    uint32_t *buckets; /* the hash's; owned; a power of two */
    uint32_t bucket_mask;
    struct iommu_list present; /* the TLB, the least recently used first */
    struct iommu_list walking; /* walks under way or waiting, by when they end */
    uint64_t *walker_free_ps;  /* a ring: when each walker has done what it was given; owned */
    uint32_t walker;           /* of the ring: who is free first, as all walks take the same time */
    struct iommu_counters counters;
};

/* WINDOW: what its counters count. More walks under way at once than some thousand make it allocate. */
void iommu_init(struct iommu *iommu, const struct iommu_config *config, struct window window);
void iommu_free(struct iommu *iommu);

/* When the page of ADDRESS is known to it for REQUESTER (a routing ID) of hierarchy VH: NOW_PS in the TLB, otherwise
 * the end of a walk. A request does not cross pages. NOW_PS never decreases from call to call. */
uint64_t iommu_translate(struct iommu *iommu, uint16_t vh, uint16_t requester, uint64_t address, uint64_t now_ps);

/* What it knows of REQUESTER of hierarchy VH, and walks for, is forgotten: the device has gone. */
void iommu_forget(struct iommu *iommu, uint16_t vh, uint16_t requester);

/* True when there is anything of that. Looks at everything. */
bool iommu_knows(const struct iommu *iommu, uint16_t vh, uint16_t requester);

bool iommu_is_valid(const struct iommu *iommu);

#endif
