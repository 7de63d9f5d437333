/* Expand: ranges and counts of a scenario written out, entry by entry.
 *
 * In every list of entries (chassis, trunks, hosts, adapters, assign, qos, teams, workloads, timeline, expect) an entry
 * becomes as many as its strings stand for. All strings of the entry are zipped, those in nested maps and lists too;
 * a single value meets all, other lengths are a fault:
 *
 *     {name: "h[0-1]", chassis: "tor[0-1]"}       h0 at tor0, h1 at tor1
 *     {function: nic*@h[0-3], name: writes}       four workloads named writes: of nic*@h0, of nic*@h1, ...
 *     {function: "nic*", to: "h[0-15]"}           sixteen assigns of the set nic*; they share their `origin`, by which
 *                                                 dealing goes on from one to the next
 *
 * `*` and lists are left as they are: they are sets, the business of whoever resolves references. Entries nested in an
 * entry (`guests` of a host, `bindings` of an apply) expand first, inside their parent. `count: N` on a chassis, trunk,
 * host, adapter, team or guest appends 0 to N-1 to its name and is gone afterwards (a workload's or a VF's `count` is
 * not of that kind). Keys of maps, and the file names under `file` and `trace`, are never ranges.
 *
 * Expanding twice changes nothing, so a value that a `--set` put in may be expanded afterwards.
 *
 * `origin` numbers the entries of the text from 1; the copies of one keep its number, and stand side by side. Entries
 * nested in copies of one entry have equal numbers in different lists. */
#ifndef HOSTSIM_RACK_EXPAND_H
#define HOSTSIM_RACK_EXPAND_H

#include "hostsim/rack/document.h"

/* Expands the document's root in place. Where lengths differ the fault is added and an entry goes by its name's, so
 * that what refers to it is found; a string that is no range after all stays as it was, `refused`. */
void expand_document(struct document *document, struct faults *faults);

/* Whether entries of the list KEY (of the root, or nested: `guests`) may have a `count` that multiplies them. */
bool expand_is_counted(const char *key);

#endif
