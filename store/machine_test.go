package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"slugpuppy/store"
)

// machine drives the store at random beside a model of it and a server that may or may not
// have got a post.
type machine struct {
	path     string
	s        *store.Store
	model    map[string]store.State // id -> state
	sources  []string
	inFlight map[string]bool // requests of the living process
	server   map[string]int  // id -> posts that exist
}

func (m *machine) open(t *rapid.T) {
	s, err := store.Open(m.path, store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
}

// in picks a job in one of the states, or skips the action.
func (m *machine) in(t *rapid.T, states ...store.State) string {
	var ids []string
	for id, s := range m.model {
		if slices.Contains(states, s) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Skip("no such job")
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, "job")
}

// flying picks a job whose request is on its way, applied or not.
func (m *machine) flying(t *rapid.T, applied bool) string {
	var ids []string
	for id := range m.inFlight {
		if (m.server[id] > 0) == applied {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		t.Skip("nothing in flight")
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, "job")
}

func (m *machine) moved(t *rapid.T, id string, to store.State, err error) {
	if err != nil {
		t.Fatalf("%s from %s to %s: %v", id, m.model[id], to, err)
	}
	m.model[id] = to
}

func (m *machine) Record(t *rapid.T) {
	source := rapid.StringMatching(`p[0-9]`).Draw(t, "source")
	known := slices.Contains(m.sources, source)
	n, err := ours(m.s).Record(source, queued(source))
	if err != nil || (n == 0) != known {
		t.Fatalf("recorded %s (known %v): %d, %v", source, known, n, err)
	}
	if !known {
		m.sources = append(m.sources, source)
		j, err := ours(m.s).BySource(source)
		if err != nil {
			t.Fatal(err)
		}
		m.model[j.ID] = store.Queued
	}
}

func (m *machine) Lease(t *rapid.T) {
	j, _, ok, err := ours(m.s).Lease("words", "me", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		if slices.Contains(states(m.model), store.Queued) {
			t.Fatal("nothing to lease though jobs are queued")
		}
		t.Skip("nothing queued")
	}
	if m.model[j.ID] != store.Queued {
		t.Fatalf("leased a job that is %s", m.model[j.ID])
	}
	if j.Attempts > store.MaxAttempts {
		m.moved(t, j.ID, store.Dead, ours(m.s).Bury(j.ID, "poison"))
		return
	}
	m.model[j.ID] = store.Leased
}

func states(model map[string]store.State) (all []store.State) {
	for _, s := range model {
		all = append(all, s)
	}
	return all
}

func (m *machine) Render(t *rapid.T) {
	id := m.in(t, store.Leased)
	if rapid.Bool().Draw(t, "with a picture") {
		m.moved(t, id, store.Rendered, ours(m.s).Render(id, "me", []byte(`{}`), map[string][]byte{"a": {1}}))
		return
	}
	m.moved(t, id, store.Uploaded, ours(m.s).Render(id, "me", []byte(`{}`), nil))
}

func (m *machine) Fail(t *rapid.T) {
	id := m.in(t, store.Leased)
	m.moved(t, id, store.Queued, ours(m.s).Fail(id, "me", "x", time.Time{}))
}

func (m *machine) Wait(t *rapid.T) {
	id := m.in(t, store.Leased)
	m.moved(t, id, store.Waiting, ours(m.s).Wait(id, "me", "cat", time.Now().Add(time.Hour), nil))
}

func (m *machine) Answer(t *rapid.T) {
	if _, err := ours(m.s).Answer("cat"); err != nil {
		t.Fatal(err)
	}
	for id, s := range m.model {
		if s == store.Waiting {
			m.model[id] = store.Queued
		}
	}
}

func (m *machine) Upload(t *rapid.T) {
	id := m.in(t, store.Rendered)
	m.moved(t, id, store.Uploaded, ours(m.s).Uploaded(id, []string{"m"}))
}

func (m *machine) StartPost(t *rapid.T) {
	id := m.in(t, store.Uploaded)
	m.moved(t, id, store.Posting, ours(m.s).StartPost(id, "key"))
	m.inFlight[id] = true
}

func (m *machine) ServerApplies(t *rapid.T) { m.server[m.flying(t, false)]++ }

func (m *machine) AnswerArrives(t *rapid.T) {
	id := m.flying(t, true)
	delete(m.inFlight, id)
	m.moved(t, id, store.Posted, ours(m.s).Posted(id, "r"+id, nil))
}

func (m *machine) AnswerIsLost(t *rapid.T) {
	id := m.flying(t, rapid.Bool().Draw(t, "applied"))
	delete(m.inFlight, id)
	m.moved(t, id, store.Uncertain, ours(m.s).Uncertain(id, time.Time{}))
}

func (m *machine) ServerRefuses(t *rapid.T) {
	id := m.flying(t, false)
	delete(m.inFlight, id)
	m.moved(t, id, store.Uploaded, ours(m.s).Unpost(id, time.Time{}))
}

func (m *machine) LookUp(t *rapid.T) {
	id := m.in(t, store.Uncertain)
	if m.server[id] > 0 {
		m.moved(t, id, store.Posted, ours(m.s).Posted(id, "r"+id, nil))
		return
	}
	m.moved(t, id, store.Uploaded, ours(m.s).Unpost(id, time.Time{}))
}

func (m *machine) FindPostingAfterACrash(t *rapid.T) {
	id := m.in(t, store.Posting)
	if m.inFlight[id] {
		t.Skip("still on its way")
	}
	m.moved(t, id, store.Uncertain, ours(m.s).Uncertain(id, time.Time{}))
}

// Crash forgets what only the process knew.
func (m *machine) Crash(t *rapid.T) {
	if err := m.s.Close(); err != nil {
		t.Fatal(err)
	}
	m.open(t)
	m.inFlight = map[string]bool{}
	if _, err := ours(m.s).Reclaim(); err != nil {
		t.Fatal(err)
	}
	for id, s := range m.model {
		if s == store.Leased {
			m.model[id] = store.Queued
		}
	}
}

func (m *machine) Cancel(t *rapid.T) {
	id := m.in(t, store.Queued, store.Waiting, store.Leased, store.Rendered, store.Uploaded)
	_, err := ours(m.s).Cancel(ada, id, "x")
	m.moved(t, id, store.Cancelled, err)
}

func (m *machine) Revive(t *rapid.T) {
	id := m.in(t, store.Dead)
	_, err := m.s.Operator().Revive(boss, id)
	m.moved(t, id, store.Queued, err)
}

// legal is the picture in the package's comment, written down a second time on purpose.
var legal = map[string][]store.State{
	"upload":    {store.Rendered},
	"reword":    {store.Rendered},
	"reupload":  {store.Uploaded, store.Posting},
	"start":     {store.Uploaded},
	"posted":    {store.Posting, store.Uncertain},
	"uncertain": {store.Posting},
	"unpost":    {store.Posting, store.Uncertain},
	"cancel":    {store.Queued, store.Waiting, store.Leased, store.Rendered, store.Uploaded},
	"revive":    {store.Dead},
	"render":    {store.Leased},
	"fail":      {store.Leased},
}

// Illegal tries an edge that is not there.
func (m *machine) Illegal(t *rapid.T) {
	id := m.in(t, store.Unfinished()[0], store.Waiting, store.Leased, store.Rendered, store.Uploaded,
		store.Posting, store.Uncertain, store.Posted, store.Skipped, store.Cancelled, store.Dead)
	op := rapid.SampledFrom(slices.Sorted(keys(legal))).Draw(t, "operation")
	if slices.Contains(legal[op], m.model[id]) {
		t.Skip("legal")
	}
	err := m.try(op, id)
	if !errors.Is(err, store.ErrState) && !errors.Is(err, store.ErrLease) {
		t.Fatalf("%s of a job that is %s: %v", op, m.model[id], err)
	}
}

func (m *machine) try(op, id string) (err error) {
	switch op {
	case "upload":
		return ours(m.s).Uploaded(id, nil)
	case "reword":
		return ours(m.s).Reword(id, nil)
	case "reupload":
		return ours(m.s).Reupload(id)
	case "start":
		return ours(m.s).StartPost(id, "k")
	case "posted":
		return ours(m.s).Posted(id, "x", nil)
	case "uncertain":
		return ours(m.s).Uncertain(id, time.Time{})
	case "unpost":
		return ours(m.s).Unpost(id, time.Time{})
	case "cancel":
		_, err = m.s.Operator().Cancel(boss, id, "")
	case "revive":
		_, err = m.s.Operator().Revive(boss, id)
	case "render":
		return ours(m.s).Render(id, "me", nil, nil)
	case "fail":
		return ours(m.s).Fail(id, "me", "", time.Time{})
	default:
		return fmt.Errorf("no operation %q", op)
	}
	return err
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// check compares the store with the model, and the server with both.
func (m *machine) check(t *rapid.T) {
	counts, err := m.s.Operator().Counts()
	if err != nil {
		t.Fatal(err)
	}
	want := map[store.State]int{}
	for id, state := range m.model {
		want[state]++
		j, err := ours(m.s).Job(id)
		if err != nil || j.State != state {
			t.Fatalf("%s is %s, want %s (%v)", id, j.State, state, err)
		}
		switch n := m.server[id]; {
		case n > 1:
			t.Fatalf("%s was answered %d times", id, n)
		case n == 1 && state != store.Posting && state != store.Uncertain && state != store.Posted:
			t.Fatalf("%s was answered, and is %s", id, state)
		case n == 0 && state == store.Posted:
			t.Fatalf("%s is posted, and nobody has it", id)
		}
	}
	for state, n := range counts {
		if want[state] != n {
			t.Fatalf("%d jobs counted as %s, want %d", n, state, want[state])
		}
	}
}

func TestNoWayThroughTheMachineLosesOrRepeatsAnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "machine")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := &machine{path: filepath.Join(dir, "db"), model: map[string]store.State{}, inFlight: map[string]bool{},
			server: map[string]int{}}
		m.open(t)
		defer func() { m.s.Close() }()
		actions := rapid.StateMachineActions(&stateMachine{m})
		t.Repeat(actions)
		m.drain(t)
		if err := m.s.Close(); err != nil {
			t.Fatal(err)
		}
		if err := store.Check(m.path); err != nil {
			t.Fatal(err)
		}
		m.open(t)
	})
}

// stateMachine gives rapid the invariant under the name it wants.
type stateMachine struct{ *machine }

func (s *stateMachine) Check(t *rapid.T) { s.check(t) }

// drain lets a well-behaved daemon finish: everything comes to an end.
func (m *machine) drain(t *rapid.T) {
	m.Crash(t)
	if _, err := ours(m.s).Answer("cat"); err != nil {
		t.Fatal(err)
	}
	for id := range m.model {
		if m.model[id] == store.Waiting {
			m.model[id] = store.Queued
		}
	}
	for range 10 * len(m.model) {
		m.finishOne(t)
	}
	m.check(t)
	for id, s := range m.model {
		if !s.Finished() {
			t.Fatalf("%s is still %s", id, s)
		}
	}
}

func (m *machine) finishOne(t *rapid.T) {
	if j, _, ok, err := ours(m.s).Lease("words", "me", time.Hour); err != nil {
		t.Fatal(err)
	} else if ok && j.Attempts > store.MaxAttempts {
		m.moved(t, j.ID, store.Dead, ours(m.s).Bury(j.ID, "poison"))
	} else if ok {
		m.moved(t, j.ID, store.Uploaded, ours(m.s).Render(j.ID, "me", []byte(`{}`), nil))
	}
	j, _, ok, err := ours(m.s).NextOut()
	if err != nil {
		t.Fatal(err)
	}
	if !ok {
		return
	}
	switch j.State {
	case store.Rendered:
		m.moved(t, j.ID, store.Uploaded, ours(m.s).Uploaded(j.ID, nil))
	case store.Uploaded:
		m.moved(t, j.ID, store.Posting, ours(m.s).StartPost(j.ID, "key"))
		m.server[j.ID]++
		m.moved(t, j.ID, store.Posted, ours(m.s).Posted(j.ID, "r"+j.ID, nil))
	case store.Posting:
		m.moved(t, j.ID, store.Uncertain, ours(m.s).Uncertain(j.ID, time.Time{}))
	case store.Uncertain:
		if m.server[j.ID] > 0 {
			m.moved(t, j.ID, store.Posted, ours(m.s).Posted(j.ID, "r"+j.ID, nil))
			return
		}
		m.moved(t, j.ID, store.Uploaded, ours(m.s).Unpost(j.ID, time.Time{}))
	}
}
