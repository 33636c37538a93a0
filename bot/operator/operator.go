// Package operator is what an operator may ask of slugpuppy: jobs, rules, status. The daemon answers on
// a unix socket; with no daemon running the same Service works on the file itself. It never
// shows what people wrote, only what became of it.
package operator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"slugpuppy/bot/lists"
	"slugpuppy/bot/move"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// Errors a caller decides on.
var (
	ErrNotFound = errors.New("not found")
	ErrRefused  = errors.New("refused")
	ErrUnread   = errors.New("wrong use") // what was asked cannot be read
	ErrDown     = errors.New("the daemon is not answering")
)

// Status is the daemon at a glance.
type Status struct {
	Running bool              `json:"running"`
	PID     int               `json:"pid,omitempty"`
	Since   time.Time         `json:"since,omitzero"`
	Account string            `json:"account,omitempty"` // of the bot, once the server has said who we are
	Trouble string            `json:"trouble,omitempty"` // why the daemon cannot work
	Jobs    map[State]int     `json:"jobs"`
	Users   int               `json:"users"`             // subscribers of the filter
	Waiting map[string]string `json:"waiting,omitempty"` // subscribers in trouble, and why
	Admins  []Admin           `json:"admins,omitempty"`  // of the page

	Pictures Pictures `json:"pictures,omitzero"`
	Cluster  *Cluster `json:"cluster,omitempty"` // nil without one
}

// Pictures is how strangers' pictures were decoded since the daemon began.
type Pictures struct {
	Apart int `json:"apart,omitempty"` // in processes of their own
	Here  int `json:"here,omitempty"`  // in the daemon, because no process could be started: without protection
	Lost  int `json:"lost,omitempty"`  // processes that ended with their picture
}

// Admin is somebody who is configured to see the page's part for operators.
type Admin struct {
	Handle string `json:"handle"`
	// Account is who that is, such as example.social/109348; "" while nobody knows.
	Account string `json:"account,omitempty"`
}

// Service is the operator's side of slugpuppy.
type Service interface {
	// Jobs lists jobs, newest first; with states, only those.
	Jobs(ctx context.Context, limit int, states ...State) ([]Job, error)
	// Job shows one job, or ErrNotFound.
	Job(ctx context.Context, id string) (Job, error)
	// Cancel ends an unfinished job, or ErrRefused when it is too late.
	Cancel(ctx context.Context, id string) (Job, error)
	// Retry queues a dead job again, or ErrRefused when it is not dead.
	Retry(ctx context.Context, id string) (Job, error)
	// Hold keeps an unfinished job from going on; Resume lets it. ErrRefused while somebody works on it.
	Hold(ctx context.Context, id string) (Job, error)
	Resume(ctx context.Context, id string) (Job, error)
	// Backup writes a consistent copy of the database.
	Backup(ctx context.Context, w io.Writer) error
	// Status counts jobs by state.
	Status(ctx context.Context) (Status, error)
	// Rules lists the allow and deny lists, oldest first.
	Rules(ctx context.Context) ([]Rule, error)
	// AddRule adds a rule, in place of one about the same subject for the same user.
	AddRule(ctx context.Context, r Rule) (Change, error)
	// RemoveRule removes a rule, or ErrNotFound.
	RemoveRule(ctx context.Context, id string) (Change, error)
	// TestRules says which rule wins for an event, and why, by what the daemon decides with. Of a post that is known
	// its author and pictures are looked up.
	TestRules(ctx context.Context, t Trial) (Decision, error)
	// Undo takes back what was done under a token, or ErrNotFound.
	Undo(ctx context.Context, token string) (Change, error)
	// Audit lists what operators and people changed, newest first.
	Audit(ctx context.Context, limit int) ([]Entry, error)
	FilterService
	ListService
	MoveService
	SpendService
}

// Local is the Service over an open store.
type Local struct {
	Store *store.Store
	// Daemon describes the running daemon; nil when the file was opened without one.
	Daemon func() Status
	// Filter is the timeline filter that runs, or one over the file; nil when it is disabled.
	Filter func() (*timeline.Filter, error)
	// ListDesk is where antidote lists of others are followed; nil when the filter is disabled.
	ListDesk func() (*lists.Desk, error)
	// Secrets keeps the connections of subscribers; nil when there is no key.
	Secrets Secrets
	// Mover hands subscribers over to other installations; nil when there is no key.
	Mover *move.Mover
	// Cluster says how other machines are; nil where there are none.
	Cluster func(context.Context) *Cluster
	// Homes is who of several daemons looks after whom; nil where there is one daemon.
	Homes Homes
	// Admins are the handles of those who are configured as admins of the page.
	Admins []string
	// Lists says where a subscriber's browser finds the lists of hidden posts; nil for nowhere.
	Lists func(store.Subscriber) []string
}

var _ Service = (*Local)(nil)

// Jobs implements Service.
func (l *Local) Jobs(_ context.Context, limit int, states ...State) ([]Job, error) {
	filter := store.Filter{Limit: limit}
	for _, s := range states {
		filter.States = append(filter.States, store.State(s))
	}
	jobs, err := l.Store.Operator().Jobs(filter)
	if err != nil {
		return nil, fmt.Errorf("list jobs: %w", err)
	}
	out := make([]Job, 0, len(jobs))
	for _, j := range jobs {
		out = append(out, jobOf(j))
	}
	return out, nil
}

// Job implements Service.
func (l *Local) Job(_ context.Context, id string) (Job, error) {
	j, err := l.Store.Operator().Job(id)
	return l.answer(j, err)
}

// Cancel implements Service.
func (l *Local) Cancel(ctx context.Context, id string) (Job, error) {
	j, err := l.Store.Operator().Cancel(actor(ctx), id, "cancelled by the operator")
	return l.answer(j, err)
}

// Retry implements Service.
func (l *Local) Retry(ctx context.Context, id string) (Job, error) {
	j, err := l.Store.Operator().Revive(actor(ctx), id)
	return l.answer(j, err)
}

// Hold implements Service.
func (l *Local) Hold(ctx context.Context, id string) (Job, error) {
	j, err := l.Store.Operator().Hold(actor(ctx), id, true)
	return l.answer(j, err)
}

// Resume implements Service.
func (l *Local) Resume(ctx context.Context, id string) (Job, error) {
	j, err := l.Store.Operator().Hold(actor(ctx), id, false)
	return l.answer(j, err)
}

// Backup implements Service.
func (l *Local) Backup(_ context.Context, w io.Writer) error {
	if err := l.Store.Backup(w); err != nil {
		return fmt.Errorf("back up the database: %w", err)
	}
	return nil
}

// Status implements Service.
func (l *Local) Status(ctx context.Context) (Status, error) {
	var s Status
	if l.Daemon != nil {
		s = l.Daemon()
	}
	if l.Cluster != nil {
		s.Cluster = l.Cluster(ctx)
	}
	counts, err := l.Store.Operator().Counts()
	if err != nil {
		return s, fmt.Errorf("count jobs: %w", err)
	}
	s.Jobs = map[State]int{}
	for state, n := range counts {
		s.Jobs[State(state)] = n
	}
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return s, fmt.Errorf("count subscribers: %w", err)
	}
	if s.Admins, err = l.admins(); err != nil {
		return s, err
	}
	s.Users, s.Waiting = len(subs), map[string]string{}
	for _, u := range subs {
		if u.Trouble != "" {
			s.Waiting[u.Handle] = u.Trouble
		}
	}
	return s, nil
}

// admins are those who are configured, with who they are as far as that is known.
func (l *Local) admins() (all []Admin, err error) {
	known, err := l.Store.Operator().Admins()
	if err != nil {
		return nil, fmt.Errorf("read who the admins are: %w", err)
	}
	for _, handle := range l.Admins {
		a := Admin{Handle: handle}
		for _, k := range known {
			if k.Handle == handle {
				a.Account = k.Identity.String()
			}
		}
		all = append(all, a)
	}
	return all, nil
}

// answer makes the store's errors the ones callers know.
func (l *Local) answer(j store.Job, err error) (Job, error) {
	switch {
	case errors.Is(err, store.ErrNotFound):
		return Job{}, fmt.Errorf("%w: no such job", ErrNotFound)
	case errors.Is(err, store.ErrState):
		return Job{}, fmt.Errorf("%w: %w", ErrRefused, err)
	case err != nil:
		return Job{}, err
	}
	return jobOf(j), nil
}
