package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// ViewerOptions are what a Viewer is made of. Link and Model are required.
type ViewerOptions struct {
	Link     *Link
	Model    string // as that of the Eyes
	Fallback bool   // files are looked at here while nobody else does; else they are errors
	Requests int    // on their way at the same time [16]
}

// Viewer has pictures looked at once in the whole cluster, by whoever is free. It is safe for concurrent use.
type Viewer struct {
	ViewerOptions

	asked, known, remote, here atomic.Int64

	mu      sync.Mutex
	waiting []*view
	busy    int // requests on their way
}

// NewViewer returns a Viewer.
func NewViewer(o ViewerOptions) *Viewer {
	o.Requests = cmp.Or(o.Requests, 16)
	return &Viewer{ViewerOptions: o}
}

// Views are how many files were asked about, and how many of them somebody had seen already, others looked at and
// were looked at here.
type Views struct{ Asked, Known, Remote, Here int }

// Views counts since the beginning.
func (v *Viewer) Views() Views {
	return Views{int(v.asked.Load()), int(v.known.Load()), int(v.remote.Load()), int(v.here.Load())}
}

// View returns what is seen in a file: what was seen already, else what somebody else sees who is at it, else what
// a worker or, where none can, here sees. An error of here is returned as it is.
func (v *Viewer) View(ctx context.Context, file []byte, here func(context.Context) (Seen, error)) (Seen, error) {
	v.asked.Add(1)
	k, err := v.Link.reach(ctx)
	if err != nil {
		return v.alone(ctx, here, err)
	}
	key := verdictKey(v.Model, file)
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, 200*time.Millisecond) {
		if seen, ok := v.find(ctx, k, key); ok {
			v.known.Add(1)
			return seen, nil
		}
		err := v.claim(ctx, k, key)
		if errors.Is(err, jetstream.ErrKeyExists) { // who has it may die: then the claim ends
			if !sleep(ctx, pause) {
				return Seen{}, context.Cause(ctx)
			}
			continue
		}
		if err != nil {
			v.Link.forget()
			return v.alone(ctx, here, fmt.Errorf("claim a file: %w", err))
		}
		break
	}
	defer v.release(ctx, k, key)
	if seen, ok := v.find(ctx, k, key); ok { // whoever had the claim was done between the two questions
		v.known.Add(1)
		return seen, nil
	}
	seen, err := v.look(ctx, file, here)
	if err == nil {
		v.keep(ctx, k, key, seen)
	}
	return seen, err
}

// release ends a claim; else it ends by itself.
func (v *Viewer) release(ctx context.Context, k *kept, key string) {
	ctx, cancel := v.Link.brief(context.WithoutCancel(ctx))
	defer cancel()
	k.claims.Delete(ctx, key)
}

func (v *Viewer) claim(ctx context.Context, k *kept, key string) error {
	ctx, cancel := v.Link.brief(ctx)
	defer cancel()
	_, err := k.claims.Create(ctx, key, []byte(v.Link.id))
	return err
}

// find finds what is known of a file.
func (v *Viewer) find(ctx context.Context, k *kept, key string) (Seen, bool) {
	ctx, cancel := v.Link.brief(ctx)
	defer cancel()
	e, err := k.verdicts.Get(ctx, key)
	if err != nil {
		return Seen{}, false
	}
	seen, err := readVerdict(e.Value())
	return seen, err == nil
}

func (v *Viewer) keep(ctx context.Context, k *kept, key string, seen Seen) {
	ctx, cancel := v.Link.brief(ctx)
	defer cancel()
	data, err := json.Marshal(verdict{wireVersion, seen})
	if err == nil && len(data) <= mostVerdict {
		_, err = k.verdicts.Put(ctx, key, data)
	}
	if err != nil {
		v.Link.opt.Log.Warn("what was seen cannot be kept for others", "error", err)
	}
}

// alone looks here, where that is allowed.
func (v *Viewer) alone(ctx context.Context, here func(context.Context) (Seen, error), why error) (Seen, error) {
	if !v.Fallback {
		return Seen{}, fmt.Errorf("nobody can look at the picture now: %w", why)
	}
	v.here.Add(1)
	return here(ctx)
}

// look has a worker look, or looks here.
func (v *Viewer) look(ctx context.Context, file []byte, here func(context.Context) (Seen, error)) (Seen, error) {
	if int64(len(file)) > v.Link.conn.MaxPayload()-mostFiles*8 {
		return v.alone(ctx, here, fmt.Errorf("a file of %d bytes is more than the broker takes", len(file)))
	}
	w := &view{file: file, done: make(chan struct{})}
	v.join(ctx, w)
	select {
	case <-w.done:
	case <-ctx.Done():
		return Seen{}, context.Cause(ctx)
	}
	if w.err != nil {
		return v.alone(ctx, here, w.err)
	}
	v.remote.Add(1)
	return w.seen, nil
}

// view is a file that waits to be looked at by a worker.
type view struct {
	file []byte
	done chan struct{} // closed when seen or err is there
	seen Seen
	err  error
}

// join puts a file in line. While fewer requests than that are on their way each is one file; then what comes
// meanwhile goes together, so that a burst costs no more requests than workers can answer.
func (v *Viewer) join(ctx context.Context, w *view) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.waiting = append(v.waiting, w)
	if v.busy < v.Requests {
		v.busy++
		go v.carry(context.WithoutCancel(ctx)) // others' files too: it ends when nobody waits
	}
}

// carry sends requests as long as somebody waits.
func (v *Viewer) carry(ctx context.Context) {
	for {
		batch := v.next()
		if len(batch) == 0 {
			return
		}
		err := v.ask(ctx, batch)
		for _, w := range batch {
			if err != nil {
				w.err = err
			}
			close(w.done)
		}
	}
}

// mostBatch is how many files go together.
const mostBatch = 8

// next takes what fits into a request; nothing when nobody waits.
func (v *Viewer) next() []*view {
	v.mu.Lock()
	defer v.mu.Unlock()
	n, room := 0, v.Link.conn.MaxPayload()-mostFiles*8
	for n < len(v.waiting) && n < mostBatch && int64(len(v.waiting[n].file)) <= room {
		room -= int64(len(v.waiting[n].file))
		n++
	}
	if n == 0 {
		v.busy--
		return nil
	}
	batch := v.waiting[:n:n]
	v.waiting = v.waiting[n:]
	return batch
}

// Times and tries of a request. A worker that is full says so at once.
const (
	lookTime  = 20 * time.Second
	busyTries = 8
)

var errBusy = errors.New("all workers are busy looking")

// ask has a batch looked at. The error is about all of it.
func (v *Viewer) ask(ctx context.Context, batch []*view) error {
	files := make([][]byte, len(batch))
	for i, w := range batch {
		files[i] = w.file
	}
	request := writeLook(files)
	pause := 10 * time.Millisecond
	for range busyTries {
		a, err := v.request(ctx, request, len(files))
		if err != nil {
			return err
		}
		if !a.Busy {
			for i, s := range a.Seen {
				if batch[i].seen = s.Seen; s.Why != "" {
					batch[i].err = fmt.Errorf("worker %s: %s", a.Node, s.Why)
				}
			}
			return nil
		}
		sleep(ctx, pause)
		pause *= 2
	}
	return errBusy
}

func (v *Viewer) request(ctx context.Context, request []byte, files int) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	m, err := v.Link.conn.RequestWithContext(ctx, lookSubject(v.Model), request)
	if errors.Is(err, nats.ErrNoResponders) {
		return answer{}, errors.New("no worker looks at pictures as this daemon does")
	}
	if err != nil {
		return answer{}, fmt.Errorf("ask a worker to look: %w", err)
	}
	return readAnswer(m.Data, files)
}
