package kernel

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Pool shares the processor among callers: never more goroutines compute than it has
// workers. A caller alone gets all of them; when several want to compute at a time, each
// gets one, which wastes nothing on waiting for another.
type Pool struct {
	mu      sync.Mutex
	idle    []*workspace
	queue   []chan *workspace // callers waiting for their first worker, oldest first
	waiting atomic.Int32      // len(queue), read without the lock

	work atomic.Int64 // operations that callers reported
	busy atomic.Int64 // nanoseconds they took
	runs atomic.Int64 // how often they did
}

// Report adds what a caller computed and how long that took.
func (p *Pool) Report(operations float64, took time.Duration) {
	p.work.Add(int64(operations))
	p.busy.Add(int64(took))
	p.runs.Add(1)
}

// Reports is how often something was reported.
func (p *Pool) Reports() int64 { return p.runs.Load() }

// Reported is the sum of what was reported: floating-point operations, and the time they took, of
// callers beside each other counted for each.
func (p *Pool) Reported() (operations float64, took time.Duration) {
	return float64(p.work.Load()), time.Duration(p.busy.Load())
}

// NewPool returns a pool of n workers, at least one.
func NewPool(n int) *Pool {
	p := &Pool{}
	for range max(1, n) {
		p.idle = append(p.idle, &workspace{})
	}
	return p
}

// Processor is the one pool of this process, as wide as GOMAXPROCS was at its first use.
var Processor = sync.OnceValue(func() *Pool { return NewPool(runtime.GOMAXPROCS(0)) })

// workspace is what one worker may scribble on.
type workspace struct {
	seg     segments
	stripe  stripe
	ring    ring
	weights [3]float32
	idx     [maxTile]int32
	lines   [2 * reach * 5 * 16]float32 // of lift
	corner  [maxRows * maxTile]float32  // a block of C that sticks out of the matrix
	tile    []float32                   // packed B
	masked  []float32                   // a plane of which something does not count
	bytes   []byte
}

// packed returns n values for a packed tile.
func (w *workspace) packed(n int) []float32 {
	if len(w.tile) < n {
		w.tile = Floats(n)
	}
	return w.tile[:n]
}

// plane returns room for a plane.
func (w *workspace) plane(n int) []float32 {
	if len(w.masked) < n {
		w.masked = framed(n)
	}
	return w.masked[:n]
}

// small returns n bytes, and Slack more that may be read.
func (w *workspace) small(n int) []byte {
	if len(w.bytes) < n+Slack {
		w.bytes = make([]byte, n+Slack)
	}
	return w.bytes[:n+Slack]
}

// Team is a caller's share of a pool. It belongs to one goroutine.
type Team struct {
	pool    *Pool
	own     *workspace
	helpers []*helper
	job     func(i int, ws *workspace)
	n       int64
	next    atomic.Int64
	failed  atomic.Pointer[panicked]
}

type panicked struct{ value any }

// Join waits for a worker and returns a team of it and, if nobody else waits, all others
// that are idle. Leave must be called.
func (p *Pool) Join(ctx context.Context) (*Team, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		t := &Team{pool: p, own: p.idle[n-1]}
		others := p.idle[:n-1]
		p.idle = nil
		p.mu.Unlock()
		for _, ws := range others {
			t.helpers = append(t.helpers, t.hire(ws))
		}
		return t, nil
	}
	turn := make(chan *workspace, 1)
	p.queue = append(p.queue, turn)
	p.waiting.Add(1)
	p.mu.Unlock()
	select {
	case ws := <-turn:
		return &Team{pool: p, own: ws}, nil
	case <-ctx.Done():
		p.abandon(turn)
		return nil, context.Cause(ctx)
	}
}

// abandon takes a caller out of the queue, or passes on the worker it was just given.
func (p *Pool) abandon(turn chan *workspace) {
	p.mu.Lock()
	for i, c := range p.queue {
		if c == turn {
			p.queue = append(p.queue[:i], p.queue[i+1:]...)
			p.waiting.Add(-1)
			p.mu.Unlock()
			return
		}
	}
	p.mu.Unlock()
	p.release(<-turn)
}

// release gives a worker to the oldest caller in the queue, else makes it idle.
func (p *Pool) release(ws *workspace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) > 0 {
		p.queue[0] <- ws
		p.queue = p.queue[1:]
		p.waiting.Add(-1)
		return
	}
	p.idle = append(p.idle, ws)
}

// Leave hands all workers back.
func (t *Team) Leave() {
	t.dismiss()
	t.pool.release(t.own)
	t.own = nil
}

// Size is the number of workers, the caller included.
func (t *Team) Size() int { return 1 + len(t.helpers) }

func (t *Team) dismiss() {
	for _, h := range t.helpers {
		t.pool.release(h.fire())
	}
	t.helpers = t.helpers[:0]
}

// Do calls f for every i in [0,n), each exactly once, and returns when all calls have. Work
// that others wait for is given up between calls of Do.
func (t *Team) Do(n int, f func(i int, ws *workspace)) {
	if len(t.helpers) > 0 && t.pool.waiting.Load() > 0 {
		t.dismiss()
	}
	if n <= 1 || len(t.helpers) == 0 {
		for i := range n {
			f(i, t.own)
		}
		return
	}
	t.job, t.n = f, int64(n)
	t.next.Store(0)
	for _, h := range t.helpers {
		h.post()
	}
	func() {
		defer func() { // helpers must have stopped before a panic leaves the team
			for _, h := range t.helpers {
				h.join()
			}
		}()
		t.work(t.own)
	}()
	t.job = nil
	if p := t.failed.Swap(nil); p != nil {
		panic(fmt.Sprintf("kernel worker: %v", p.value))
	}
}

func (t *Team) work(ws *workspace) {
	for {
		i := t.next.Add(1) - 1
		if i >= t.n {
			return
		}
		t.job(int(i), ws)
	}
}
