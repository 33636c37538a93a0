//go:build !race

package cluster_test

const slower = 1
