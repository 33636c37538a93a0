package operator

import "time"

// Cluster is how the machines are that work together with this daemon.
type Cluster struct {
	Node      string    `json:"node"`          // what this daemon is called there
	Broker    string    `json:"broker"`        // where it is
	Connected bool      `json:"connected"`     // with it
	Gone      time.Time `json:"gone,omitzero"` // since when it is not
	Nodes     []Node    `json:"nodes,omitempty"`
	Slots     int       `json:"slots"`             // orders that all workers together take at the same time
	Busy      int       `json:"busy"`              // of them
	Waiting   int       `json:"waiting"`           // orders in the queue, those being worked at included
	Most      int       `json:"most"`              // that may wait
	Oldest    time.Time `json:"oldest,omitzero"`   // when the first of them came
	Again     int       `json:"again,omitempty"`   // orders that went to a worker after another one had them
	Verdicts  int       `json:"verdicts"`          // of files, that are kept
	Asked     int       `json:"asked"`             // files that this daemon asked about since it began
	Known     int       `json:"known"`             // and of them those that somebody had seen before
	Trouble   string    `json:"trouble,omitempty"` // why something of this could not be read
	// Shared says that readers are shared with other daemons, and Lease until when those of this one are its own:
	// while that is past it rests.
	Shared bool      `json:"shared,omitempty"`
	Lease  time.Time `json:"lease,omitzero"`
}

// Node is one process of the cluster.
type Node struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"` // worker or daemon
	Version  string    `json:"version"`
	Cores    int       `json:"cores,omitempty"`
	Slots    int       `json:"slots,omitempty"`
	Busy     int       `json:"busy,omitempty"`
	Done     int       `json:"done,omitempty"`  // orders since it began
	Again    int       `json:"again,omitempty"` // of them that somebody else had before
	Looks    int       `json:"looks,omitempty"` // pictures looked at
	Draining bool      `json:"draining,omitempty"`
	Since    time.Time `json:"since"`
}
