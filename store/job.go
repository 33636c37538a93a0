// Package store keeps the daemon's state in one bbolt file: cursors, jobs, the outbox, limits,
// consents, rules and the audit trail. Every change of a job is one transaction. It knows
// nothing of HTTP, pictures or networks.
package store

import (
	"slices"
	"time"

	"slugpuppy/bot/identity"
)

// State is where a job is on its way from a mention to a posted reply.
//
//	queued -> leased -> rendered -> uploaded -> posting -> posted
//	                                               \-> uncertain -> posted | uploaded
//	any unfinished state -> skipped | cancelled | dead
//
// A reply without pictures goes from leased straight to uploaded; a leased job may come to wait
// for somebody's consent and be queued again.
//
// A lease that runs out falls back to the last durable state, so a kill -9 costs at most the
// work since then. Only posting can be ambiguous: it becomes uncertain and is looked up on
// the server before anything is sent again.
type State string

// The states of a job.
const (
	Queued    State = "queued"    // recorded in the same transaction as the cursor
	Waiting   State = "waiting"   // for somebody's consent
	Leased    State = "leased"    // a worker has it until LeaseUntil
	Rendered  State = "rendered"  // the reply (text, pictures as blobs) is stored
	Uploaded  State = "uploaded"  // media ids are stored
	Posting   State = "posting"   // the request may be on its way
	Uncertain State = "uncertain" // no answer; look it up before any retry
	Posted    State = "posted"    // terminal: the reply's id is stored
	Skipped   State = "skipped"   // terminal: nothing to answer, reason in Reason
	Cancelled State = "cancelled" // terminal: by the requester or the operator
	Dead      State = "dead"      // terminal until retried by hand: 3 attempts failed
)

// Job is one request from a mention to its reply. (Bot, Source) is unique.
type Job struct {
	ID         string // sortable by arrival
	Network    string // what the bot's adapter is called, such as "mastodon"
	Bot        identity.Identity
	Source     string // id of the mentioning post
	Requester  string // account id, on the bot's server
	Handle     string // requester's handle
	Lane       string // which workers take it, named by the bot
	Payload    []byte // the event as JSON, owned by the bot
	State      State
	Attempts   int // counted before the work begins
	Deaths     int // of the process in a row, the latest ones, while it worked on nothing else; in Attempts, too
	Cut        int // deaths of the process in a row, the latest ones, while it worked on this and maybe on others
	LeaseOwner string
	LeaseUntil time.Time
	NotBefore  time.Time
	Held       bool // by an operator: nothing happens to it until it is let go
	Created    time.Time
	Updated    time.Time
	Deadline   time.Time // of Waiting: then it is skipped
	Awaits     string    // of Waiting: what it waits for, named by the bot
	Reply      []byte    // the rendered reply as JSON, owned by the bot
	MediaIDs   []string
	PostKey    string // idempotency key
	PostStart  time.Time
	PostID     string
	Reason     string // why skipped, cancelled or dead
}

// Person is who asked, as the bot's server knows them.
func (j Job) Person() identity.Identity {
	return identity.Identity{Server: j.Bot.Server, ID: j.Requester}
}

// MaxAttempts is how often work on a job may begin. A job leased more often than that can
// only be buried. Work that was cut off by the end of the process counts only where the job was alone in
// work; see Reclaim.
const MaxAttempts = 3

// edges are the only ways from one state to another.
var edges = map[State][]State{
	Queued:    {Leased, Skipped, Cancelled},
	Waiting:   {Queued, Skipped, Cancelled},
	Leased:    {Queued, Waiting, Rendered, Uploaded, Skipped, Cancelled, Dead},
	Rendered:  {Uploaded, Skipped, Cancelled, Dead},
	Uploaded:  {Posting, Rendered, Skipped, Cancelled, Dead},
	Posting:   {Posted, Uncertain, Uploaded, Rendered, Skipped, Dead},
	Uncertain: {Posted, Uploaded, Skipped, Dead},
	Dead:      {Queued},
}

// Allows says whether a job may go from one state straight to another.
func (s State) Allows(next State) bool { return slices.Contains(edges[s], next) }

// Finished says whether nothing more happens to a job in this state by itself.
func (s State) Finished() bool {
	return s == Posted || s == Skipped || s == Cancelled || s == Dead
}

// Unfinished are the states a job passes on its way, in order.
func Unfinished() []State {
	return []State{Queued, Waiting, Leased, Rendered, Uploaded, Posting, Uncertain}
}
