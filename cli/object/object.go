// Package object is what commands print with --json: one object a line, names in snake_case, times as
// RFC 3339, spans in seconds. The names are promised to scripts (docs/json.md): they change with neither
// the database nor the daemon's wire, and a golden test of every command holds them.
package object

import (
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
)

// Identity is an account: the server that vouches for it, and its id there.
type Identity struct {
	Server string `json:"server"`
	ID     string `json:"id"`
}

func identityOf(i identity.Identity) Identity { return Identity{Server: i.Server, ID: i.ID} }

// Job is a request on its way to an answer.
type Job struct {
	ID        string    `json:"id"`
	Network   string    `json:"network"`
	Source    string    `json:"source"`
	Requester string    `json:"requester"`
	State     string    `json:"state"`
	Attempts  int       `json:"attempts"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Post      string    `json:"post,omitempty"`
	Reason    string    `json:"reason,omitempty"`
}

// OfJob is a job as printed.
func OfJob(j operator.Job) Job {
	return Job{ID: j.ID, Network: j.Network, Source: j.Source, Requester: j.Requester, State: string(j.State),
		Attempts: j.Attempts,
		Created:  j.Created, Updated: j.Updated, NotBefore: j.NotBefore, Post: j.Post, Reason: j.Reason}
}

// Status is the daemon at a glance.
type Status struct {
	Running bool              `json:"running"`
	PID     int               `json:"pid,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Account string            `json:"account,omitempty"`
	Trouble string            `json:"trouble,omitempty"`
	Jobs    map[string]int    `json:"jobs"`
	Users   int               `json:"users"`
	Waiting map[string]string `json:"waiting,omitempty"` // account: why nothing happens there

	Pictures Pictures `json:"pictures,omitzero"`
	Cluster  *Cluster `json:"cluster,omitempty"`
}

// Cluster is how the machines are that work together with the daemon.
type Cluster struct {
	Node      string    `json:"node"`
	Broker    string    `json:"broker"`
	Connected bool      `json:"connected"`
	Gone      time.Time `json:"gone,omitzero"` // since when it is not
	Slots     int       `json:"slots"`         // orders that all workers together take at the same time
	Busy      int       `json:"busy"`
	Waiting   int       `json:"waiting"` // orders, those being worked at included
	Most      int       `json:"most"`
	Oldest    time.Time `json:"oldest,omitzero"`
	Again     int       `json:"again"`    // orders that went to a second worker
	Verdicts  int       `json:"verdicts"` // that are kept
	Asked     int       `json:"asked"`    // files asked about
	Known     int       `json:"known"`    // of them
	Trouble   string    `json:"trouble,omitempty"`
	Shared    bool      `json:"shared,omitempty"` // readers are shared with other daemons
	Lease     time.Time `json:"lease,omitzero"`   // until when those of this one are its own
	Nodes     []Node    `json:"nodes,omitempty"`
}

// Node is one process of the cluster.
type Node struct {
	Name     string    `json:"name"`
	Kind     string    `json:"kind"` // worker or daemon
	Version  string    `json:"version"`
	Cores    int       `json:"cores,omitempty"`
	Slots    int       `json:"slots,omitempty"`
	Busy     int       `json:"busy,omitempty"`
	Done     int       `json:"done,omitempty"`
	Again    int       `json:"again,omitempty"`
	Looks    int       `json:"looks,omitempty"`
	Draining bool      `json:"draining,omitempty"`
	Since    time.Time `json:"since"`
}

func clusterOf(c *operator.Cluster) *Cluster {
	if c == nil {
		return nil
	}
	out := &Cluster{Node: c.Node, Broker: c.Broker, Connected: c.Connected, Gone: c.Gone, Slots: c.Slots, Busy: c.Busy, Waiting: c.Waiting,
		Most: c.Most, Oldest: c.Oldest, Again: c.Again, Verdicts: c.Verdicts, Asked: c.Asked, Known: c.Known, Trouble: c.Trouble,
		Shared: c.Shared, Lease: c.Lease}
	for _, n := range c.Nodes {
		out.Nodes = append(out.Nodes, Node(n))
	}
	return out
}

// Pictures is how strangers' pictures were decoded since the daemon began.
type Pictures struct {
	Apart int `json:"apart"` // in processes of their own
	Here  int `json:"here"`  // in the daemon, without protection
	Lost  int `json:"lost"`  // processes that ended with their picture
}

// OfStatus is the daemon's state as printed.
func OfStatus(s operator.Status) Status {
	jobs := map[string]int{}
	for state, n := range s.Jobs {
		jobs[string(state)] = n
	}
	return Status{Running: s.Running, PID: s.PID, Since: s.Since, Account: s.Account, Trouble: s.Trouble, Jobs: jobs,
		Users: s.Users, Waiting: s.Waiting, Pictures: Pictures(s.Pictures), Cluster: clusterOf(s.Cluster)}
}

// Rule is a line of the allow and deny lists.
type Rule struct {
	ID      string    `json:"id,omitempty"`
	Kind    string    `json:"kind"`
	Value   string    `json:"value"`
	Effect  string    `json:"effect"`
	Scope   string    `json:"scope"`
	User    string    `json:"user,omitempty"`
	Pin     bool      `json:"pin,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created,omitzero"`
	By      string    `json:"by,omitempty"`
}

// OfRule is a rule as printed.
func OfRule(r operator.Rule) Rule {
	return Rule{ID: r.ID, Kind: r.Kind, Value: r.Value, Effect: r.Effect, Scope: r.Scope, User: r.User, Pin: r.Pin,
		Until:  r.Until,
		Reason: r.Reason, Created: r.Created, By: r.By}
}

func ruleIn(r *operator.Rule) *Rule {
	if r == nil {
		return nil
	}
	v := OfRule(*r)
	return &v
}

// Decision is which rule wins, if one does, and why.
type Decision struct {
	Rule *Rule  `json:"rule,omitempty"`
	Why  string `json:"why"`
}

// OfDecision is a decision as printed.
func OfDecision(d operator.Decision) Decision { return Decision{Rule: ruleIn(d.Rule), Why: d.Why} }

// Change is what was changed, and the token that takes it back.
type Change struct {
	What string `json:"what"`
	Rule *Rule  `json:"rule,omitempty"`
	Undo string `json:"undo,omitempty"`
}

// OfChange is a change as printed.
func OfChange(c operator.Change) Change {
	return Change{What: c.What, Rule: ruleIn(c.Rule), Undo: c.Undo}
}

// Entry is a line of the audit trail.
type Entry struct {
	At       time.Time `json:"at"`
	Actor    string    `json:"actor"`
	Identity *Identity `json:"identity,omitempty"` // of the actor, where it is an account
	Action   string    `json:"action"`
	Subject  string    `json:"subject,omitempty"`
	Before   string    `json:"before,omitempty"`
	After    string    `json:"after,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Undo     string    `json:"undo,omitempty"` // the token that takes it back
}

// OfEntry is a line of the audit trail as printed.
func OfEntry(e operator.Entry) Entry {
	out := Entry{At: e.At, Actor: e.Actor, Action: e.Action, Subject: e.Subject, Before: e.Before, After: e.After,
		Reason: e.Reason, Undo: e.Undo}
	if !e.By.IsZero() {
		by := identityOf(e.By)
		out.Identity = &by
	}
	return out
}

// User is a subscriber of the filter.
type User struct {
	Account     string    `json:"account"`
	Identity    Identity  `json:"identity"`
	Network     string    `json:"network"`
	Server      string    `json:"server"`
	Mode        string    `json:"mode"`
	How         string    `json:"how"`
	Budget      float64   `json:"budget"`
	BoostsOnly  bool      `json:"boosts_only,omitempty"`
	ShadowUntil time.Time `json:"shadow_until,omitzero"`
	PausedUntil time.Time `json:"paused_until,omitzero"`
	Digest      string    `json:"digest"`
	Mute        *MuteRule `json:"mute,omitempty"`
	Joined      time.Time `json:"joined"`
	Trouble     string    `json:"trouble,omitempty"`
	Leaving     bool      `json:"leaving,omitempty"`
	Lists       []string  `json:"lists,omitempty"` // where a browser finds the lists of hidden posts
	Muted       []Mute    `json:"muted,omitempty"` // because of the rule
}

// MuteRule is when accounts are muted for a while.
type MuteRule struct {
	After  int     `json:"after"` // posts hidden
	Within float64 `json:"within_seconds"`
	For    float64 `json:"for_seconds"`
}

// Mute is an account that is muted.
type Mute struct {
	Account string    `json:"account"`
	Until   time.Time `json:"until"`
}

// OfUser is a subscriber as printed, with what an answer says beside.
func OfUser(u operator.User, lists []string, mutes []operator.Mute) User {
	out := User{Account: u.Account, Identity: identityOf(u.Identity), Network: u.Network, Server: u.Server,
		Mode: u.Mode, How: u.How,
		Budget: u.Budget, BoostsOnly: u.BoostsOnly, ShadowUntil: u.ShadowUntil, PausedUntil: u.PausedUntil,
		Digest: u.Digest,
		Joined: u.Joined, Trouble: u.Trouble, Leaving: u.Leaving, Lists: lists}
	if u.Mute.After > 0 {
		out.Mute = &MuteRule{After: u.Mute.After, Within: u.Mute.Within.Seconds(), For: u.Mute.For.Seconds()}
	}
	for _, m := range mutes {
		out.Muted = append(out.Muted, Mute{Account: m.Account, Until: m.Until})
	}
	return out
}

// Post is a post that the filter judged.
type Post struct {
	ID       string    `json:"id"`
	URL      string    `json:"url,omitempty"`
	Author   string    `json:"author"`
	Booster  string    `json:"booster,omitempty"`
	Fate     string    `json:"fate"`
	Why      string    `json:"why"`
	Kind     string    `json:"kind,omitempty"`
	Rule     string    `json:"rule,omitempty"`
	Score    float64   `json:"score"`
	Band     string    `json:"band,omitempty"`
	Limit    float64   `json:"limit"`
	Model    string    `json:"model,omitempty"`
	Pictures []string  `json:"pictures,omitempty"`
	Posted   time.Time `json:"posted,omitzero"`
	Seen     time.Time `json:"seen"`
	Hidden   time.Time `json:"hidden,omitzero"`
	Changed  time.Time `json:"changed"`
}

// OfPost is a judged post as printed.
func OfPost(p operator.Post) Post { return Post(p) }

// Answer is what came of an order for a subscriber; only what belongs to it is set.
type Answer struct {
	Text   string  `json:"text,omitempty"`
	Undo   string  `json:"undo,omitempty"`
	User   *User   `json:"user,omitempty"`
	Report *Report `json:"report,omitempty"`
}

// OfAnswer is an answer as printed.
func OfAnswer(a operator.Answer) Answer {
	out := Answer{Text: a.Text, Undo: a.Undo}
	if a.User != nil {
		u := OfUser(*a.User, a.Lists, a.Mutes)
		out.User = &u
	}
	if a.Report != nil {
		out.Report = reportOf(*a.Report)
	}
	return out
}

// Report is what happened in a timeline since a time.
type Report struct {
	Account  string    `json:"account"`
	Since    time.Time `json:"since"`
	Judged   int       `json:"judged"`
	Hidden   int       `json:"hidden"`
	Noted    int       `json:"would_hide"`
	Mistakes int       `json:"mistakes"`
	Artists  []Tally   `json:"artists"`
	Median   float64   `json:"median_seconds,omitempty"` // from a post's time to its being hidden
	Slow     float64   `json:"p95_seconds,omitempty"`
}

// Tally counts an account's dreams.
type Tally struct {
	Account string `json:"account"`
	Dreams  int    `json:"dreams"`
}

func reportOf(r operator.Report) *Report {
	out := &Report{Account: r.Account, Since: r.Since, Judged: r.Judged, Hidden: r.Hidden, Noted: r.Noted,
		Mistakes: r.Mistakes,
		Artists:  []Tally{}, Median: r.Median.Seconds(), Slow: r.Slow.Seconds()}
	for _, a := range r.Artists {
		out.Artists = append(out.Artists, Tally(a))
	}
	return out
}

// Audit is how many of an artist's latest pictures are dreams.
type Audit struct {
	Account string    `json:"account"`
	Posts   int       `json:"posts"`
	Dreams  int       `json:"dreams"`
	Recent  int       `json:"dreams_in_30_days"`
	Latest  time.Time `json:"latest_dream,omitzero"`
	Safe    bool      `json:"safe"`
	Links   []string  `json:"links,omitempty"`
}

// OfAudit is an audit as printed.
func OfAudit(a operator.Audit) Audit { return Audit(a) }

// Cost is what an account used of one thing in a month.
type Cost struct {
	Identity Identity `json:"identity"`
	Account  string   `json:"account,omitempty"`
	Month    string   `json:"month"`
	Item     string   `json:"item"`
	N        int      `json:"n"`
	Dollars  float64  `json:"dollars"`
}

// Spent is what an account used of one thing in a month, and what that cost in millionths of a dollar.
type Spent struct {
	Identity Identity `json:"identity"`
	Handle   string   `json:"handle,omitempty"`
	Month    string   `json:"month"`
	Item     string   `json:"item"`
	N        int      `json:"n"`
	Cost     int64    `json:"cost"`
}

// OfBill are the lines of a bill as printed.
func OfBill(b network.Bill) (lines []Spent) {
	for _, l := range b.Lines {
		lines = append(lines, Spent{Identity: identityOf(b.Identity), Handle: l.Handle, Month: l.Month, Item: l.Item,
			N: l.N, Cost: int64(l.Cost)})
	}
	return lines
}

// Address is where others seal what they hand over to this installation.
type Address struct {
	Address string `json:"address"`
}

// Arrived is a subscriber whom another installation handed over.
type Arrived struct {
	User      User   `json:"user"`
	Taken     bool   `json:"taken"`
	Receipt   string `json:"receipt"`
	LockedOut bool   `json:"locked_out,omitempty"`
}

// OfArrived is one as printed.
func OfArrived(a operator.Arrived) Arrived {
	return Arrived{User: OfUser(a.User, nil, nil), Taken: a.Taken, Receipt: a.Receipt, LockedOut: a.LockedOut}
}

// TakenOver is what came of taking a lost daemon's subscribers over.
type TakenOver struct {
	Taken int `json:"taken"`
	Left  int `json:"left"`
	Later int `json:"later"`
}
