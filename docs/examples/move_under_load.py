"""Moves a function that is in use, and shows what its workload got meanwhile. Usage: move_under_load.py ADDRESS"""

import sys

import mriov_client
import mriov_pb2 as api

STEP_NS = 10000
FUNCTION, TO = "ssd0.pf0.vf0", "h2"

client = mriov_client.Client(sys.argv[1])


def step():
    """Bytes that each owner of the function got in one step of simulated time."""
    before = {flow.host: flow.bytes for flow in client.call("GetStatistics").flows if flow.function == FUNCTION}
    client.call("Advance", duration_ns=STEP_NS)
    after = {flow.host: flow.bytes for flow in client.call("GetStatistics").flows if flow.function == FUNCTION}
    return {host: got - before.get(host, 0) for host, got in after.items()}


def show(what):
    rates = ", ".join("%s %.1f Gb/s" % (host, got * 8 / STEP_NS) for host, got in sorted(step().items()))
    print("%-10s %s" % (what, rates))


for _ in range(3):
    show("before")
# MANAGED: its owner is asked to let go, and finishes what it has begun.
operation = client.call("Move", function=FUNCTION, to=TO, policy=api.Policy.MANAGED).operation
while operation.state < api.Operation.SUCCEEDED:
    show("%3d %%" % operation.progress)
    operation = client.call("GetOperation", id=operation.id).operation
for _ in range(3):
    show("after")
assert operation.state == api.Operation.SUCCEEDED, operation.status.message
print("moved in %d ns; nothing crossed hierarchies: %s" % (
    operation.ended_ns - operation.started_ns, client.call("GetStatistics").totals.cross_vh_deliveries == 0))
