"""Asks what a move would do to everybody, without doing it. Usage: what_if.py ADDRESS"""

import sys

import mriov_client
import mriov_pb2 as api

client = mriov_client.Client(sys.argv[1])
client.call("Advance", duration_ns=50000)

move = api.MoveRequest(function="ssd0.vf0", to="h3")
answer = client.call("WhatIf", changes=[api.WhatIfRequest.Change(move=move)], horizon_ns=200000)
for operation in answer.operations:
    print("%s %s: %s" % (operation.method, operation.target, api.Operation.State.Name(operation.state)))
total = 0.0
for flow in answer.flows:
    without, changed = flow.without_changes, flow.with_changes
    total += changed.goodput_gbps - without.goodput_gbps
    print("%-8s %-3s %-14s %6.1f -> %6.1f Gb/s, p99 %d -> %d ns" % (
        flow.name, flow.host, flow.function, without.goodput_gbps, changed.goodput_gbps, without.latency_p99_ns,
        changed.latency_p99_ns))
print("in all %+.1f Gb/s" % total)
assert client.call("GetClock").now_ns == 50000 and not client.call("ListOperations").operations
