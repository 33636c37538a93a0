package cluster

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"slugpuppy/bot/pulse"
)

// EyesOptions are what Eyes are made of. Model and Look are required.
type EyesOptions struct {
	Model string // names what decides a verdict; other models are other verdicts
	// Look decodes and judges a file. An error is for what is not the file's fault.
	Look func(ctx context.Context, file []byte) (Seen, error)
	At   int // files at the same time [the cores]
}

// Eyes look at pictures for others.
type Eyes struct {
	EyesOptions

	places chan struct{} // one for each file that is looked at
	held   atomic.Int64  // files that were taken and are not answered yet
	looks  atomic.Int64
}

// NewEyes returns Eyes.
func NewEyes(o EyesOptions) *Eyes {
	o.At = cmp.Or(o.At, runtime.GOMAXPROCS(0))
	return &Eyes{EyesOptions: o, places: make(chan struct{}, o.At)}
}

// line is how many files wait for each that is looked at; more are refused, for somebody else may be free.
const line = 8

// Looks is how many files were looked at.
func (e *Eyes) Looks() int { return int(e.looks.Load()) }

// serve answers requests until ctx ends, and finishes what it has while work lasts.
func (e *Eyes) serve(ctx, work context.Context, l *Link) error {
	var busy sync.WaitGroup
	defer busy.Wait()
	sub, err := l.conn.QueueSubscribe(lookSubject(e.Model), "eyes", func(m *nats.Msg) {
		files, err := readLook(m.Data)
		if err != nil {
			l.opt.Log.Warn("somebody asks for something odd", "error", err)
			return
		}
		if n := int64(len(files)); e.held.Add(n) > int64(e.At*line) {
			e.held.Add(-n)
			e.respond(l, m, answer{V: wireVersion, Busy: true, Node: l.opt.Name})
			return
		}
		busy.Add(1)
		go func() {
			defer busy.Done()
			defer e.held.Add(-int64(len(files)))
			e.respond(l, m, answer{V: wireVersion, Node: l.opt.Name, Seen: e.all(work, files)})
		}()
	})
	if err != nil {
		return fmt.Errorf("listen for requests to look: %w", err)
	}
	<-ctx.Done()
	sub.Unsubscribe()
	return nil
}

// all looks at files, as many at a time as there are places.
func (e *Eyes) all(work context.Context, files [][]byte) []look {
	seen := make([]look, len(files))
	var group sync.WaitGroup
	for i, file := range files {
		select {
		case e.places <- struct{}{}:
		case <-work.Done():
			seen[i].Why = context.Cause(work).Error()
			continue
		}
		group.Go(func() {
			defer func() { <-e.places }()
			err := pulse.Safely(func() (err error) {
				seen[i].Seen, err = e.Look(work, file)
				return err
			})
			if err != nil {
				seen[i] = look{Why: err.Error()}
			}
			e.looks.Add(1)
		})
	}
	group.Wait()
	return seen
}

func (e *Eyes) respond(l *Link, m *nats.Msg, a answer) {
	data, err := writeAnswer(a)
	if err == nil {
		err = m.Respond(data)
	}
	if err != nil {
		l.opt.Log.Warn("what was seen cannot be told", "error", err)
	}
}
