"""What a host of rack.yaml sees, by several witnesses that must agree: the dump of `mriov show --lspci`, the real lspci
and setpci reading it, and `mriov show --tree` and `--functions`. Prints how many functions, bridges and assigned
functions there are.

Usage: lspci_agree.py MRIOV HOST"""
import json
import re
import subprocess
import sys

mriov, host = sys.argv[1:]
BAR_BYTES = 1 << 20


def run(*command):
    """What COMMAND says; it must succeed without a word of complaint (lspci misses the kernel's modules)."""
    done = subprocess.run(command, capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if "libkmod" not in line]
    assert done.returncode == 0 and not complaints, (command, done.returncode, complaints)
    return done.stdout


def show(*options):
    return run(mriov, "show", "rack.yaml", *options)


def read(addresses, *registers):
    """Registers of each address by setpci, which follows the chains of capabilities by itself, in one call."""
    wanted = [word for address in addresses for word in ("-s", address, *registers)]
    words = [int(word, 16) for word in run("setpci", "-A", "dump", "-O", "dump.name=dump", *wanted).split()]
    assert len(words) == len(addresses) * len(registers)
    return {a: words[i * len(registers):(i + 1) * len(registers)] for i, a in enumerate(addresses)}


def check_dump():
    """Functions in bus order, 4096 bytes each, which lspci reads as they are and decodes without a complaint."""
    with open("dump", "w") as file:
        file.write(show("--lspci", host))
    dump = open("dump").read()
    addresses = re.findall(r"^(....:..:..\..) ", dump, re.M)
    rows = re.findall(r"^[0-9a-f]+: .*", dump, re.M)
    assert addresses and addresses == sorted(set(addresses)) and len(rows) == 256 * len(addresses)
    theirs = run("lspci", "-F", "dump", "-D", "-xxxx")
    assert re.findall(r"^(....:..:..\..) ", theirs, re.M) == addresses
    assert re.findall(r"^[0-9a-f]+: .*", theirs, re.M) == rows
    said = run("lspci", "-F", "dump", "-D", "-vvv", "-nn")
    wrong = re.findall(r"^.*(?:unknown|broken|chain|!!!|bogus|invalid).*$", said, re.M | re.I)
    assert not wrong, wrong[:5]
    return addresses


def check_lspci_tree(addresses):
    """lspci -t finds everything below the root ports: bridges by their buses, functions by name."""
    drawn = run("lspci", "-F", "dump", "-tvnn")
    functions = [a for a, header in read(addresses, "HEADER_TYPE").items() if header[0] & 0x7F == 0]
    assert drawn.count("[6d72:") == len(functions), (drawn.count("[6d72:"), len(functions))


def trees():
    """The host's lines of --tree: addresses in the order printed, and the buses of bridges."""
    lines = show("--tree").split("\nADDRESS")[1].splitlines()
    column = len("ADDRESS") + lines[0].index("BUSES")
    domain, order, buses = None, [], {}
    for line in lines[1:]:
        title = re.match(r"host ([a-z0-9-]+),", line)
        if title:
            named = re.search(r"PCI domain (....)", line)
            domain = (named.group(1) if named else "0000") if title.group(1) == host else None
        elif not line.startswith(" "):
            domain = None  # MR-PCIM's own
        elif domain is not None:
            address = domain + ":" + re.search(r"..:..\..", line).group(0)
            order.append(address)
            if line[column:column + 5].strip():
                buses[address] = [int(bus, 16) for bus in line[column:column + 5].split("-")]
    return order, buses


def check_functions(addresses):
    """The functions that the host has are where --functions says, and so are their BARs. How many."""
    listed = [f for f in json.loads(show("--functions", "--json")) if f["owner"] and f["routing_id"]]
    listed = [f for f in listed if re.split("[:/]", f["owner"])[0] == host]
    places = {a[5:]: a for a in addresses}
    assert all(f["routing_id"] in places for f in listed)
    if len({f["vh"] for f in listed}) > 1:
        return len(listed)  # which of them has which domain is --tree's to say
    registers, pfs = read([places[f["routing_id"]] for f in listed], "0.w", "10.l", "14.l"), {}
    for f in listed:
        place, bar = places[f["routing_id"]], int(f["bar"], 16)
        vendor, low, high = registers[place]
        pf, vf = re.fullmatch(r"(.*?)(?:\.vf(\d+))?", f["name"]).groups()
        if vendor != 0xFFFF and (low or high):
            assert high << 32 | low & ~15 == bar, f
            pfs[f["name"]] = place
        else:
            if isinstance(pfs[pf], str):
                pfs[pf] = read([pfs[pf]], "ECAP_SRIOV+10.w", "ECAP_SRIOV+24.l", "ECAP_SRIOV+28.l")[pfs[pf]]
            count, low, high = pfs[pf]
            assert int(vf) < count and (high << 32 | low & ~15) + int(vf) * BAR_BYTES == bar, (f, count)
    return len(listed)


everything = check_dump()
check_lspci_tree(everything)
order, bridges = trees()
assert sorted(order) == everything, (len(order), len(everything))
assert read(list(bridges), "SECONDARY_BUS", "SUBORDINATE_BUS") == bridges
print(len(everything), len(bridges), check_functions(everything))
