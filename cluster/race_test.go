//go:build race

package cluster_test

// slower is by how much everything is, give or take, under the race detector.
const slower = 6
