/* The keys of what a rack is made of: chassis, trunks, hosts and their guests, adapters. */
#include "hostsim/host/iommu.h"
#include "hostsim/rack/reader.h"
#include "hostsim/rack/schema_types.h"

/* --- chassis --- */

#define AT(field) offsetof(struct draft_chassis, field)

static const struct schema_word forwardings[] = {
    {"cut-through", FORWARDING_CUT_THROUGH, false, "A TLP leaves while it still arrives"},
    {"store-and-forward", FORWARDING_STORE_AND_FORWARD, false, "A TLP leaves when its last byte is in"},
    {.name = NULL},
};
static const struct schema_word queueings[] = {
    {"voq", QUEUEING_VOQ, false, "A queue an input, output and type"},
    {"fifo", QUEUEING_FIFO, false, "A queue an input and TLP type; its head leaves when its last byte has"},
    {.name = NULL},
};
const struct schema_word schema_arbitrations[] = {
    {"round-robin", ARBITRATION_ROUND_ROBIN, false, "Inputs take turns"},
    {"weighted", ARBITRATION_WEIGHTED, false, "Turns by weight, counted in TLPs"},
    {"deficit", ARBITRATION_DEFICIT, false, "Turns by weight, counted in wire bytes"},
    {"strict", ARBITRATION_STRICT, false, "The higher traffic class first"},
    {"age", ARBITRATION_AGE, false, "The oldest TLP first"},
    {"random", ARBITRATION_RANDOM, false, "Any input"},
    {.name = NULL},
};
static const struct schema_word chassis_credits[] = {
    {"per-vh", true, false, "`buffer` is each hierarchy's own"},
    {"shared", false, false, "One pool a port for all hierarchies"},
    {.name = NULL},
};
static const struct schema_type forwarding = {.scalar = SCHEMA_WORD, .words = forwardings};
static const struct schema_type queueing = {.scalar = SCHEMA_WORD, .words = queueings};
static const struct schema_type arbitration = {.scalar = SCHEMA_WORD, .words = schema_arbitrations};
static const struct schema_type sharing_of_credits = {.scalar = SCHEMA_WORD, .words = chassis_credits};

static const struct schema_key chassis_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name"},
    {"latency", &schema_type_latency, AT(latency), "105ns", 0, 0,
     "Idle latency: cut-through from first byte in to first byte out, store-and-forward from last byte in to first "
     "out"},
    {"forwarding", &forwarding, AT(forwarding), "cut-through", 0, 0, "When a TLP may leave"},
    {"queueing", &queueing, AT(queueing), "voq", 0, 0, "How inputs queue"},
    {"arbitration", &arbitration, AT(arbitration), "round-robin", 0, 0, "Who is served next"},
    {"speedup", &schema_type_count, AT(speedup), "16", 0, 0,
     "TLPs an input may send at once, to different outputs (fifo: 1)"},
    {"credits", &sharing_of_credits, AT(credits), "per-vh", 0, 0, "Whose the buffer is"},
    {"buffer", &schema_type_credits, AT(buffer), "", 0, 0, "What a port's receiver advertises"},
    {.name = NULL},
};
const struct schema_map schema_chassis = {
    .name = "a chassis", .size = sizeof(struct draft_chassis), .keys = chassis_keys};
#undef AT

/* --- trunks --- */

#define AT(field) offsetof(struct draft_trunk, field)

static const struct schema_type between = {.list = SCHEMA_REFERENCES, .what = "a list of two chassis"};

static const struct schema_key trunk_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name"},
    {"between", &between, AT(between), NULL, SCHEMA_REQUIRED, 0, "The two chassis it joins"},
    {"link", &schema_link_type, AT(link), "gen: 5, width: 16, cable: 3m", 0, 0, "Its link, an MR link"},
    {.name = NULL},
};
const struct schema_map schema_trunk = {.name = "a trunk", .size = sizeof(struct draft_trunk), .keys = trunk_keys};
#undef AT

/* --- hosts --- */

#define AT(field) offsetof(struct draft_guest, field)
static const struct schema_key guest_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name, unique within its host"},
    {"memory", &schema_type_size, AT(memory_bytes), "2GiB", 0, 0, "Its memory, which a migration copies"},
    {"dirty-rate", &schema_type_bandwidth, AT(dirty_bps), "100MB/s", 0, 0, "How fast it writes to its memory"},
    {.name = NULL},
};
static const struct schema_map guest = {.name = "a guest", .size = sizeof(struct draft_guest), .keys = guest_keys};
static const struct schema_type guests = {.list = SCHEMA_ENTRIES, .map = &guest};
#undef AT

#define AT(field) offsetof(struct scenario_memory, field)
static const struct schema_key memory_keys[] = {
    {"read-latency", &schema_type_latency, AT(read_latency), "300ns", 0, 0, "From request to the first byte of data"},
    {"write-latency", &schema_type_latency, AT(write_latency), "100ns", 0, 0, "From last byte in to accepted"},
    {"bandwidth", &schema_type_bandwidth, AT(bandwidth_bps), "100GB/s", 0, 0, "Of reads and writes together"},
    {.name = NULL},
};
static const struct schema_map memory_map = {
    .name = "a memory", .size = sizeof(struct scenario_memory), .keys = memory_keys};
static const struct schema_type memory = {.map = &memory_map};
#undef AT

#define AT(field) offsetof(struct draft_iommu, field)
static const struct schema_type page = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_SIZE,
    .least = 4096,
    .most = UINT64_C(1) << 30,
    .power_of_two = true,
    .what = "a power of two from 4KiB to 1GiB"};
static const struct schema_type tlb_entries = {
    .scalar = SCHEMA_INTEGER,
    .narrow = true,
    .least = 1,
    .most = IOMMU_ENTRIES_MAX,
    .what = "a whole number from 1 to 65536"};
static const struct schema_type walkers = {
    .scalar = SCHEMA_INTEGER,
    .narrow = true,
    .least = 1,
    .most = IOMMU_WALKERS_MAX,
    .what = "a whole number from 1 to 1024"};
static const struct schema_key iommu_keys[] = {
    {"entries", &tlb_entries, AT(entries), "64", 0, 0, "Entries of its TLB"},
    {"page", &page, AT(page_bytes), "4KiB", 0, 0, "Size of a page"},
    {"walk", &schema_type_time, AT(walk_ps), "330ns", 0, 0, "Time of a page walk"},
    {"walkers", &walkers, AT(walkers), "6", 0, 0, "Walks at once"},
    {.name = NULL},
};
static const struct schema_map iommu_map = {.name = "an IOMMU", .size = sizeof(struct draft_iommu), .keys = iommu_keys};
static const struct schema_type iommu = {.map = &iommu_map};
#undef AT

static const struct schema_word completions_words[] = {
    {"mps", COMPLETIONS_MPS, false, "As large as MPS allows"},
    {"rcb", COMPLETIONS_RCB, false, "At every read completion boundary"},
    {.name = NULL},
};
static const struct schema_word hotplugs[] = {
    {"managed", HOTPLUG_MANAGED, false, "Attention first, then power"},
    {"surprise", HOTPLUG_SURPRISE, false, "A function may be gone at once"},
    {"none", HOTPLUG_NONE, false, "Enumerates at boot only"},
    {.name = NULL},
};
static const struct schema_word capabilities_words[] = {
    {"sr-iov", CAPABILITY_SR_IOV, false, "Enables VFs"},
    {"ari", CAPABILITY_ARI, false, "More than 8 functions a device"},
    {"acs", CAPABILITY_ACS, false, "With guests or an IOMMU: its ports check whose requests they pass on"},
    {"hotplug", CAPABILITY_HOTPLUG, false, "Sees functions come and go"},
    {"vf-migration", CAPABILITY_VF_MIGRATION, false, "The handshake by which VFs come and go"},
    {.name = NULL},
};
static const struct schema_type places = {
    .scalar = SCHEMA_REFERENCE, .list = SCHEMA_REFERENCES, .what = "a chassis, or a list of them: one for each uplink"};
static const struct schema_type uplinks = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 64, .what = "a whole number from 1 to 64"};
static const struct schema_type payload = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_SIZE,
    .narrow = true,
    .least = 128,
    .most = 4096,
    .power_of_two = true,
    .what = "128B, 256B, 512B, 1024B, 2048B or 4096B"};
static const struct schema_type boundary = {
    .scalar = SCHEMA_QUANTITY,
    .quantity = QUANTITY_SIZE,
    .narrow = true,
    .least = 64,
    .most = 128,
    .power_of_two = true,
    .what = "64B or 128B"};
static const struct schema_type completions = {.scalar = SCHEMA_WORD, .words = completions_words};
static const struct schema_type hotplug = {.scalar = SCHEMA_WORD, .words = hotplugs};
static const struct schema_type capabilities = {.list = SCHEMA_BITS, .words = capabilities_words};

#define AT(field) offsetof(struct draft_host, field)
static const struct schema_key host_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name"},
    {"chassis", &places, AT(chassis), NULL, 0, 0,
     "Where its bus-extender cable ends; a list has one uplink each; absent: none"},
    {"uplinks", &uplinks, AT(uplinks), "1", 0, 0, "Root ports NAME:0, NAME:1, ...; each is a hierarchy of its own"},
    {"link", &schema_link_type, AT(link), "gen: 4, width: 8, cable: 2m", 0, 0, "The link of each uplink"},
    {"mps", &payload, AT(mps), "256B", 0, 0, "Largest payload it programs"},
    {"mrrs", &payload, AT(mrrs), "512B", 0, 0, "Largest read request it programs"},
    {"rcb", &boundary, AT(rcb), "64B", 0, 0, "Read completion boundary"},
    {"completions", &completions, AT(completions), "mps", 0, 0, "How it splits read data"},
    {"memory", &memory, AT(memory), "", 0, 0, "Its memory"},
    {"root-latency", &schema_type_latency, AT(root_latency), "0ns", 0, 0, "Core to root port, each way"},
    {"outstanding", &schema_type_tags, AT(outstanding), "32", 0, 0, "MMIO reads its cores may have in flight together"},
    {"completion-timeout", &schema_type_time, AT(completion_timeout_ps), "10ms", 0, 0,
     "How long it waits for the answer to a read or a configuration request; 0: for ever"},
    {"iommu", &iommu, AT(iommu), NULL, 0, 0, "Its IOMMU; absent: none"},
    {"hotplug", &hotplug, AT(hotplug), "managed", 0, 0, "How functions come and go"},
    {"hotplug-delay", &schema_type_time, AT(hotplug_delay_ps), "0s", 0, 0,
     "From attention to power off; 5 s on real hosts"},
    {"vf-enable-delay", &schema_type_time, AT(vf_enable_delay_ps), "0s", 0, 0,
     "From VF Enable to the first access; 100 ms on real hosts"},
    {"capabilities", &capabilities, AT(capabilities), "sr-iov, ari, acs, hotplug, vf-migration", 0, 0,
     "What its hypervisor supports"},
    {"weight", &schema_type_weight, AT(weight), "1", 0, 0,
     "Its hierarchy's share where arbitration is weighted or deficit"},
    {"guests", &guests, AT(guests), NULL, 0, 0, "Its virtual machines"},
    {.name = NULL},
};
const struct schema_map schema_host = {.name = "a host", .size = sizeof(struct draft_host), .keys = host_keys};
#undef AT

/* --- adapters --- */

const struct schema_word schema_kinds[] = {
    {"dma", ADAPTER_DMA, false, "A plain DMA engine"},
    {"nic", ADAPTER_NIC, true, "A network adapter"},
    {"nvme", ADAPTER_NVME, true, "An NVMe drive"},
    {"raid", ADAPTER_RAID, true, "A RAID controller"},
    {"hba", ADAPTER_HBA, true, "A storage host bus adapter"},
    {"gpu", ADAPTER_GPU, true, "A graphics adapter"},
    {.name = NULL},
};
const struct schema_word schema_sharings[] = {
    {"mr-iov", SHARING_MR_IOV, false, "One PF a hierarchy"},
    {"sr-iov", SHARING_SR_IOV, false, "One PF, which MR-PCIM owns; VFs to hosts"},
    {"exclusive", SHARING_EXCLUSIVE, false, "One host at a time"},
    {.name = NULL},
};
static const struct schema_word interfaces[] = {
    {"simple", 0, false, "A descriptor and an interrupt a packet"},
    {"kernel", 1, false, "As a kernel's driver batches"},
    {"dpdk", 2, false, "Polled"},
    {.name = NULL},
};
static const struct schema_word levels[] = {
    {"0", 0, false, "Striped"},
    {"1", 1, false, "Mirrored"},
    {"5", 5, false, "One parity disk"},
    {"6", 6, false, "Two parity disks"},
    {"10", 10, false, "Striped over mirrors"},
    {.name = NULL},
};
static const struct schema_type kind = {.scalar = SCHEMA_WORD, .words = schema_kinds};
static const struct schema_type sharing = {.scalar = SCHEMA_WORD, .words = schema_sharings};
static const struct schema_type interface = {.scalar = SCHEMA_WORD, .words = interfaces};
static const struct schema_type level = {.scalar = SCHEMA_WORD, .words = levels};
static const struct schema_type place = {.scalar = SCHEMA_REFERENCE, .what = "a chassis or a host"};
static const struct schema_type pfs = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .least = 1, .most = 255, .what = "a whole number from 1 to 255"};
static const struct schema_type vfs = {
    .scalar = SCHEMA_INTEGER, .narrow = true, .most = 65535, .what = "a whole number from 0 to 65535"};
static const struct schema_type operations = {
    .scalar = SCHEMA_QUANTITY, .quantity = QUANTITY_OPERATIONS, .least = 1, .what = "a rate, such as 600kops/s"};

static const struct schema_key port_keys[] = {
    {"rate", &schema_type_bandwidth, offsetof(struct draft_port, rate_bps), NULL, SCHEMA_REQUIRED, 0, "Its line rate"},
    {.name = NULL},
};
static const struct schema_map port = {.name = "a port", .size = sizeof(struct draft_port), .keys = port_keys};
static const struct schema_type ports = {.list = SCHEMA_ENTRIES, .map = &port};

#define NIC (1u << ADAPTER_NIC)
#define NVME (1u << ADAPTER_NVME)
#define RAID (1u << ADAPTER_RAID)
#define HBA (1u << ADAPTER_HBA)
#define GPU (1u << ADAPTER_GPU)
#define AT(field) offsetof(struct draft_adapter, field)
#define DEVICE(field) offsetof(struct draft_adapter, device.field)

static const struct schema_key adapter_keys[] = {
    {"name", &schema_type_name, AT(name), NULL, SCHEMA_REQUIRED, 0, "Its name"},
    {"at", &place, AT(at), NULL, SCHEMA_REQUIRED, 0, "A chassis, or a host for an adapter in the server itself"},
    {"kind", &kind, AT(kind), "dma", 0, 0, "What it is"},
    {"sharing", &sharing, AT(sharing), "mr-iov", 0, 0, "How hosts share it"},
    {"link", &schema_link_type, AT(link), "gen: 4, width: 16", 0, 0, "Its link: an MR link when it is mr-iov"},
    {"pfs", &pfs, AT(pfs), "16", 0, 0, "mr-iov: PFs it can offer, at most one to each hierarchy"},
    {"vfs", &vfs, AT(vfs), "64", 0, 0, "VFs in all (mr-iov: spread by MR-PCIM), or of its one PF (sr-iov)"},
    {"outstanding", &schema_type_tags, AT(outstanding), "64", 0, 0, "Reads in flight, the whole adapter"},
    {"function-outstanding", &schema_type_tags, AT(function_outstanding), NULL, 0, 0,
     "Reads in flight of one function; absent: only the adapter's bound"},
    {"completion-timeout", &schema_type_time, AT(completion_timeout_ps), "10ms", 0, 0,
     "How long it waits for the data of a read; 0: for ever"},
    {"issue-interval", &schema_type_time, AT(issue_interval_ps), "0ns", 0, 0,
     "Least time between two TLPs it starts (a device's limit)"},
    {"bar-latency", &schema_type_latency, AT(bar_latency), "0ns", 0, 0, "Register access inside the adapter"},
    {"flr-delay", &schema_type_time, AT(flr_delay_ps), "0s", 0, 0, "Function-level reset; 100 ms on real adapters"},
    {"ports", &ports, DEVICE(ports), NULL, 0, NIC | HBA,
     "Its ports, one of 100Gbps (nic) or 32Gbps (hba) by default; function i uses port i mod ports"},
    {"veb", &schema_type_switch, DEVICE(veb), "on", 0, NIC, "An embedded bridge between its functions"},
    {"descriptor", &schema_type_size, DEVICE(descriptor_bytes), "16B", 0, NIC, "Size of a descriptor"},
    {"interface", &interface, DEVICE(interface), "simple", 0, NIC, "How drivers work it"},
    {"read-latency", &schema_type_latency, DEVICE(read_latency), "80us", 0, NVME | RAID,
     "Of a block read (one disk's)"},
    {"write-latency", &schema_type_latency, DEVICE(write_latency), "20us", 0, NVME | RAID,
     "Of a block write (one disk's)"},
    {"parallelism", &schema_type_count, DEVICE(parallelism), "16", 0, NVME | RAID, "Commands served at once"},
    {"iops", &operations, DEVICE(iops_milli), "600kops/s", 0, NVME | RAID, "Most operations a second"},
    {"capacity", &schema_type_size, DEVICE(capacity_bytes), "1GiB", 0, NVME | RAID, "Room for blocks"},
    {"namespaces", &schema_type_count, DEVICE(namespaces), "16", 0, NVME | RAID, "Namespaces"},
    {"level", &level, DEVICE(level), "0", 0, RAID, "RAID level"},
    {"disks", &schema_type_count, DEVICE(disks), "8", 0, RAID, "Disks behind it"},
    {"luns", &schema_type_count, DEVICE(luns), "16", 0, RAID, "Logical units"},
    {"cache", &schema_type_size, DEVICE(cache_bytes), "1GiB", 0, RAID, "Its write cache"},
    {"target-latency", &schema_type_latency, DEVICE(target_latency), "200us", 0, HBA, "Of the storage behind it"},
    {"copy-engines", &schema_type_count, DEVICE(copy_engines), "2", 0, GPU, "Copies at once"},
    {"bandwidth", &schema_type_bandwidth, DEVICE(bandwidth_bps), "25GB/s", 0, GPU, "Of a copy engine"},
    {.name = NULL},
};

/* A key of another kind would be ignored: say so. */
static void check_kind(struct reader *reader, const struct node *node, void *out)
{
    const struct draft_adapter *adapter = out;
    for (size_t i = 0; node && i < node->count; i++) {
        const struct schema_key *key = schema_find(&schema_adapter, node->items[i].key);
        if (key && key->kinds && !(key->kinds & 1u << adapter->kind))
            faults_add(
                reader_faults(reader), node->items[i].key_place, "`%s` is no key of an adapter of kind %s", key->name,
                schema_word_name(schema_kinds, adapter->kind));
    }
}

const struct schema_map schema_adapter = {
    .name = "an adapter", .size = sizeof(struct draft_adapter), .keys = adapter_keys, .finish = check_kind};
