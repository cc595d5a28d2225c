// Package pipeline is the nightly run, whole: pull, land, seal, derive, build,
// verify, guard, publish.
//
//	provider -> Pull -> Land -> Seal        per source, several at once
//	raw objects -> Translate -> Derive      per account, all cores
//	rows -> Load -> Build -> Verify -> Publish
//
// Every step leaves the warehouse in a state from which the next run goes on.
// Objects are durable before the cursor that covers them; a source is sealed
// only when everything that the provider listed has landed; readers see a load
// only after its one publishing insert. A run that is killed anywhere has
// therefore changed nothing that anyone reads.
//
// A source that fails keeps its old seal: its accounts go on from the evidence
// sealed before, its newest days are provisional, and the others publish.
package pipeline
