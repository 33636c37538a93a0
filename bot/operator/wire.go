package operator

import (
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/rules"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// The types of this file are what daemon and client say to each other. They are neither the
// database's records, which change with its schema, nor what commands print with --json, whose names
// are promised to scripts: a change of either is a change of one function here.

// State is where a job is on its way; States lists them.
type State string

// States are those a job can be in, in the order of its way.
func States() []State {
	all := append(store.Unfinished(), store.Posted, store.Skipped, store.Cancelled, store.Dead)
	return stateNames(all)
}

// Unfinished are the states in which something still happens to a job by itself.
func Unfinished() []State { return stateNames(store.Unfinished()) }

// Dead is the state of a job that failed for good and can be queued again.
const Dead = State(store.Dead)

func stateNames(states []store.State) []State {
	out := make([]State, len(states))
	for i, s := range states {
		out[i] = State(s)
	}
	return out
}

// Job is a job as operators see it: no text, no picture addresses.
type Job struct {
	ID        string    `json:"id"`
	Network   string    `json:"network"`
	Source    string    `json:"source"`
	Requester string    `json:"requester"` // handle
	State     State     `json:"state"`
	Attempts  int       `json:"attempts"`
	Created   time.Time `json:"created"`
	Updated   time.Time `json:"updated"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Post      string    `json:"post,omitempty"` // the reply
	Reason    string    `json:"reason,omitempty"`
	Held      bool      `json:"held,omitempty"` // by an operator
}

func jobOf(j store.Job) Job {
	return Job{ID: j.ID, Network: j.Network, Source: j.Source, Requester: j.Handle, State: State(j.State),
		Attempts: j.Attempts, Created: j.Created, Updated: j.Updated, NotBefore: j.NotBefore,
		Post: j.PostID, Reason: j.Reason, Held: j.Held}
}

// Rule is a line of the allow and deny lists.
type Rule struct {
	ID     string `json:"id,omitempty"`
	Kind   string `json:"kind"`   // see rules.Kind
	Value  string `json:"value"`  // in its normal form
	Effect string `json:"effect"` // allow or deny
	Scope  string `json:"scope"`  // mention, filter or both
	// User is whose it is, "" for everybody. Operators name a subscriber by handle or identity; they are
	// shown the handle, or the identity of somebody who is no subscriber any more.
	User    string    `json:"user,omitempty"`
	Pin     bool      `json:"pin,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	Reason  string    `json:"reason,omitempty"`
	Created time.Time `json:"created,omitzero"`
	By      string    `json:"by,omitempty"`
}

func ruleOf(r store.Rule, user string) Rule {
	return Rule{ID: r.ID, Kind: r.Kind, Value: r.Value, Effect: r.Effect, Scope: r.Scope, User: user, Pin: r.Pin,
		Until: r.Until, Reason: r.Reason, Created: r.Created, By: r.By.String()}
}

// record is the rule as the store takes it, without an owner.
func (r Rule) record() store.Rule {
	return store.Rule{Kind: r.Kind, Value: r.Value, Effect: r.Effect, Scope: r.Scope, Pin: r.Pin, Until: r.Until, Reason: r.Reason}
}

// Trial is an event to try the rules on; fields that are empty match nothing.
type Trial struct {
	Scope  string `json:"scope"`
	Author string `json:"author,omitempty"` // name@domain
	Post   string `json:"post,omitempty"`   // id
	URL    string `json:"url,omitempty"`    // of the post
	Text   string `json:"text,omitempty"`
	// Picture is the hash of one in the post.
	Picture string `json:"picture,omitempty"`
	User    string `json:"user,omitempty"` // the subscriber on whose behalf, by handle or identity
}

func (t Trial) event(user identity.Identity) rules.Event {
	e := rules.Event{Scope: rules.Scope(t.Scope), User: user, Author: t.Author, Post: t.Post, URL: t.URL, Text: t.Text}
	if t.Picture != "" {
		e.Pictures = []string{t.Picture}
	}
	return e
}

// Decision is which rule wins, if one does, and why.
type Decision struct {
	Rule *Rule  `json:"rule,omitempty"`
	Why  string `json:"why"`
}

// Change is what was changed and how to take it back.
type Change struct {
	What string `json:"what"`
	Rule *Rule  `json:"rule,omitempty"`
	Undo string `json:"undo,omitempty"`
}

// Entry is a line of the audit trail.
type Entry struct {
	At      time.Time         `json:"at"`
	Actor   string            `json:"actor"`             // as shown: a handle, or who it was on this machine
	By      identity.Identity `json:"by,omitzero"`       // the account, if it was one
	Action  string            `json:"action"`            // such as add rule
	Subject string            `json:"subject,omitempty"` // what it was done to
	Before  string            `json:"before,omitempty"`
	After   string            `json:"after,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	Undo    string            `json:"undo,omitempty"` // the token that takes it back
}

// Says is the entry in words.
func (e Entry) Says() string {
	return words.Logged(store.Entry{Action: store.Action(e.Action), Subject: e.Subject, Before: e.Before, After: e.After, Reason: e.Reason})
}

func entryOf(e store.Entry) Entry {
	return Entry{At: e.At, Actor: e.Actor.String(), By: e.Actor.Identity, Action: string(e.Action), Subject: e.Subject,
		Before: e.Before, After: e.After, Reason: e.Reason, Undo: e.Undo}
}

// User is a subscriber of the filter with what they chose.
type User struct {
	Identity    identity.Identity `json:"identity"`
	Network     string            `json:"network"`
	Account     string            `json:"account"` // name@host
	Server      string            `json:"server"`  // its address
	Mode        string            `json:"mode"`
	How         string            `json:"how"`
	Budget      float64           `json:"budget"`
	Allowed     float64           `json:"allowed"` // the budget that is kept: smaller where their corrections said that it was broken
	BoostsOnly  bool              `json:"boosts_only,omitempty"`
	ShadowUntil time.Time         `json:"shadow_until,omitzero"`
	PausedUntil time.Time         `json:"paused_until,omitzero"`
	Digest      string            `json:"digest"`
	Mute        MuteRule          `json:"mute,omitzero"`
	Joined      time.Time         `json:"joined"`
	Trouble     string            `json:"trouble,omitempty"`
	Leaving     bool              `json:"leaving,omitempty"`
	About       string            `json:"about"` // what the filter does for them now, in words
}

// MuteRule is when accounts are muted for a while; off unless After is positive. About says it in words.
type MuteRule struct {
	After  int           `json:"after,omitempty"` // posts hidden
	Within time.Duration `json:"within,omitempty"`
	For    time.Duration `json:"for,omitempty"`
	About  string        `json:"about,omitempty"`
}

func userOf(s store.Subscriber, now time.Time) User {
	return User{Identity: s.Identity, Network: s.Network, Account: s.Handle, Server: s.Server, Mode: string(s.Mode), How: s.How,
		Budget: s.Budget, Allowed: s.Allowed(), BoostsOnly: s.BoostsOnly, ShadowUntil: s.ShadowUntil, PausedUntil: s.PausedUntil, Digest: s.Digest,
		Mute:   MuteRule{After: s.Mute.After, Within: s.Mute.Within, For: s.Mute.For, About: words.MuteRule(s.Mute)},
		Joined: s.Joined, Trouble: s.Trouble, Leaving: s.Leaving, About: words.Filter(s, now)}
}

// Subscription is an account that joins the filter, with the secrets of its connection.
type Subscription struct {
	Identity    identity.Identity `json:"identity"`
	Network     string            `json:"network"`
	Account     string            `json:"account"` // name@host, verified
	Server      string            `json:"server"`  // its address
	Mode        string            `json:"mode"`
	How         string            `json:"how"`
	Budget      float64           `json:"budget"`
	Digest      string            `json:"digest"`
	ShadowUntil time.Time         `json:"shadow_until,omitzero"`
	Scopes      []string          `json:"scopes,omitempty"` // what was granted, as the network calls it
	Lacks       []string          `json:"lacks,omitempty"`  // optional steps that this does not allow
	Secrets     map[string]string `json:"secrets"`          // sealed at once
	Spent       []Spending        `json:"spent,omitempty"`  // what connecting has cost
}

// Join is the subscription of somebody new.
func Join(s store.Subscriber, secrets map[string]string, spent ...Spending) Subscription {
	return Subscription{Identity: s.Identity, Network: s.Network, Account: s.Handle, Server: s.Server, Mode: string(s.Mode), How: s.How,
		Budget: s.Budget, Digest: s.Digest, ShadowUntil: s.ShadowUntil, Scopes: s.Scopes, Lacks: s.Lacks, Secrets: secrets, Spent: spent}
}

func (s Subscription) record() store.Subscriber {
	return store.Subscriber{Identity: s.Identity, Network: s.Network, Handle: s.Account, Server: s.Server, Mode: store.Mode(s.Mode),
		How: s.How, Budget: s.Budget, Digest: s.Digest, ShadowUntil: s.ShadowUntil, Scopes: s.Scopes, Lacks: s.Lacks}
}

// Post is a post as the filter saw it for one subscriber.
type Post struct {
	ID       string    `json:"id"`
	URL      string    `json:"url,omitempty"`
	Author   string    `json:"author"`            // name@host
	Booster  string    `json:"booster,omitempty"` // who boosted or quoted it into the timeline
	Fate     string    `json:"fate"`
	Why      string    `json:"why"`
	Kind     string    `json:"kind,omitempty"` // why it is hidden, in short
	Rule     string    `json:"rule,omitempty"`
	Score    float64   `json:"score"` // of its dreamiest picture
	Band     string    `json:"band,omitempty"`
	Limit    float64   `json:"limit"` // the score from which it is hidden
	Model    string    `json:"model,omitempty"`
	Pictures []string  `json:"pictures,omitempty"` // hashes
	Posted   time.Time `json:"posted,omitzero"`
	Seen     time.Time `json:"seen"`
	Hidden   time.Time `json:"hidden,omitzero"`
	Changed  time.Time `json:"changed"`
}

func postOf(j store.Judged) Post {
	return Post{ID: j.Post, URL: j.URL, Author: j.Author, Booster: j.Booster, Fate: string(j.Fate), Why: words.Why(j), Kind: j.Kind, Rule: j.Rule,
		Score: j.Score, Band: j.Band, Limit: j.Limit, Model: j.Model, Pictures: j.Pictures,
		Posted: j.Posted, Seen: j.Seen, Hidden: j.FiledAt, Changed: j.Changed}
}

// Mute is an account that is muted for a subscriber because of their rule.
type Mute struct {
	Account string    `json:"account"` // name@host
	Until   time.Time `json:"until"`
}

// Report is what happened in a subscriber's timeline since a time.
type Report struct {
	Account  string        `json:"account"`
	Since    time.Time     `json:"since"`
	Judged   int           `json:"judged"`
	Hidden   int           `json:"hidden"`
	Noted    int           `json:"would_hide"`
	Mistakes int           `json:"mistakes"`
	Artists  []Tally       `json:"artists,omitempty"`
	Median   time.Duration `json:"median,omitempty"` // from a post's time to its being hidden
	Slow     time.Duration `json:"p95,omitempty"`
}

// Tally counts an account's dreams.
type Tally struct {
	Account string `json:"account"`
	Dreams  int    `json:"dreams"`
}

func reportOf(r timeline.Report) *Report {
	out := &Report{Account: r.Account, Since: r.Since, Judged: r.Judged, Hidden: r.Hidden, Noted: r.Noted, Mistakes: r.Mistakes,
		Median: r.Median, Slow: r.Slow}
	for _, a := range r.Artists {
		out.Artists = append(out.Artists, Tally{Account: a.Handle, Dreams: a.Dreams})
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
	Links   []string  `json:"links,omitempty"` // of the dreams
}

// Limit is a person's own number of requests an hour; below zero, as everybody.
type Limit struct {
	Account string `json:"account"` // name@host
	PerHour int    `json:"per_hour"`
}

// Spending is what an account used of something that costs money, in one month.
type Spending struct {
	Identity identity.Identity `json:"identity"`
	Account  string            `json:"account,omitempty"` // its handle at the last time; none of who left
	Month    string            `json:"month"`             // such as 2026-08
	Item     string            `json:"item"`
	N        int               `json:"n"`
	Cost     int64             `json:"cost"` // in millionths of a US dollar, at the prices of the time
}

func spendingOf(s store.Spending) Spending {
	return Spending{Identity: s.Identity, Account: s.Handle, Month: s.Month, Item: s.Item, N: s.N, Cost: s.Cost}
}

func (s Spending) record() store.Spending {
	return store.Spending{Identity: s.Identity, Handle: s.Account, Month: s.Month, Item: s.Item, N: s.N, Cost: s.Cost}
}
