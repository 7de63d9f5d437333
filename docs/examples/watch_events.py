"""Follows events by one connection while another changes the rack, then goes on where it stopped by a third.
Usage: watch_events.py ADDRESS"""

import sys

import mriov_client
import mriov_pb2 as api


def show(event):
    if event.kind == api.Event.GAP:
        print("events %d to %d are lost" % (event.gap_from, event.gap_to))
    else:
        print("%d at %d ns: %s %s %s" % (
            event.sequence, event.at_ns, api.Event.Kind.Name(event.kind), event.target, event.detail))


def run(client, method, **fields):
    operation = getattr(client.call(method, **fields), "operation")
    while operation.state < api.Operation.SUCCEEDED:
        client.call("Advance", duration_ns=10000)
        operation = client.call("GetOperation", id=operation.id).operation
    return operation


address = sys.argv[1]
changer = mriov_client.Client(address)
# Nothing is missed between the look at the rack and the events: they go on after the sequence number it holds at.
sequence = changer.call("GetFabric").sequence

watcher = mriov_client.Client(address)
events = watcher.answers("Watch", watcher.send("Watch", from_sequence=sequence + 1))
run(changer, "Assign", function="ssd0.vf3", to="h1")
for answer in events:
    show(answer.event)
    assert answer.event.sequence == sequence + 1, "events come without a gap"
    sequence = answer.event.sequence
    if answer.event.kind == api.Event.ASSIGNED:
        break
watcher.socket.close()

run(changer, "Release", function="ssd0.vf3")
watcher = mriov_client.Client(address)
request = watcher.send("Watch", from_sequence=sequence + 1, kinds=[api.Event.RELEASED])
for answer in watcher.answers("Watch", request):
    show(answer.event)
    break
watcher.send("Cancel", id=request)  # a stream ends by Cancel, or with its connection
