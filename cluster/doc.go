// Package cluster lets other machines work: orders of dreams and looks at pictures go over NATS JetStream to
// whoever is idle. It knows what an order and a verdict are on the wire, and nothing of networks, people or the
// database: what is lost here costs work done twice, and nothing else. Package broker has the server.
//
// What is where on the broker:
//
//	slugpuppy-orders    work queue of tickets, by the processor family that they want
//	slugpuppy-results   what came of orders, by their ids; an hour
//	slugpuppy-pixels    sealed orders and pieces, by their ids; an hour
//	slugpuppy-networks  networks that a worker may lack, by the hash of their bundle
//	slugpuppy-verdicts  what was seen of files, by what decides it; days
//	slugpuppy-claims    who looks at a file just now; seconds
//
// Everything else are messages that nobody keeps: progress, previews, cancellations, questions whether somebody
// still waits, and what nodes say of themselves.
package cluster
