// Package rawjson reads what billing APIs send, for the connectors of providers
// that speak JSON.
//
// Pages are cut into objects without decoding them: Members, Elements and Member
// find the few values that matter while pulling. What is decoded goes into small
// private types of each connector, made of exact numbers (Number) and instants
// (Stamp), with pointers where absent and 0 differ. Before an object lands,
// Scrub takes the personal fields out of it, by the connector's own rule.
package rawjson
