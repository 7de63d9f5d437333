/* Memory request: the next piece of an operation as a TLP. What DMA engines and cores have in common. */
#ifndef FABRIC_PCIE_MEMORY_REQUEST_H
#define FABRIC_PCIE_MEMORY_REQUEST_H

#include <stdint.h>

#include "fabric/pcie/fabric.h"
#include "fabric/pcie/operation.h"

/* Addresses of one request do not cross a multiple of this (base specification 2.2.7). */
#define MEMORY_REQUEST_PAGE_BYTES 4096

/* Who asks, and in which hierarchy. */
struct memory_requester {
    uint16_t id; /* routing ID */
    uint16_t vh;
};

/* How many of the LEFT bytes from ADDRESS on one request may be for that is for MOST at most. */
static inline uint32_t memory_request_bytes(uint64_t address, uint64_t left, uint32_t most)
{
    uint32_t in_page = MEMORY_REQUEST_PAGE_BYTES - (uint32_t)(address % MEMORY_REQUEST_PAGE_BYTES);
    uint32_t bytes = most < in_page ? most : in_page;
    return left < bytes ? (uint32_t)left : bytes;
}

/* A write or, by KIND, a read of BYTES at ADDRESS: one more part of OPERATION. A read wants its tag from the caller. */
static inline struct tlp *memory_request_create(
    struct fabric *fabric, struct memory_requester requester, struct operation *operation, enum operation_kind kind,
    uint64_t address, uint32_t bytes)
{
    operation_part_begun(operation);
    struct tlp *tlp = fabric_create_tlp(fabric);
    tlp->address = address & ~UINT64_C(3);
    tlp->length_dw = (uint16_t)tlp_span_dw(address, bytes);
    tlp->byte_enables = tlp_byte_enables(address, bytes);
    tlp->requester_id = requester.id;
    tlp->traffic_class = operation->traffic_class;
    tlp->attributes = operation->attributes;
    tlp->vh = requester.vh;
    tlp->origin_vh = requester.vh;
    tlp->type = kind == OPERATION_WRITE ? TLP_MWR : TLP_MRD;
    if (kind == OPERATION_WRITE)
        tlp->operation = operation;
    if (__builtin_expect(operation->followed, 0) && (kind == OPERATION_READ || !operation->journey_by_read)) {
        tlp->operation = operation;
        tlp->attributes |= TLP_JOURNEY;
        operation->carriers++;
    }
    return tlp;
}

#endif
