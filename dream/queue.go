package dream

import (
	"context"
	"slices"
	"sync"
)

// maker makes pieces: a Maker, or what stands before one.
type maker interface {
	Make(ctx context.Context, o Order, report func(Progress)) (Piece, error)
}

// Queue is where all who want pieces wait for a maker, first come, first served. It is safe for
// concurrent use.
type Queue struct {
	next maker

	mu   sync.Mutex
	free int       // places at the maker
	line []*waiter // nobody waits while there is a free place
}

// waiter is somebody in line.
type waiter struct {
	turn  chan struct{} // closed when it is theirs
	moved chan struct{} // holds one signal that the line got shorter
}

// NewQueue makes no more than n pieces at a time: memory is planned for that many.
func NewQueue(m maker, n int) *Queue { return &Queue{next: m, free: max(n, 1)} }

// Make waits for a place and makes a piece. While it waits it reports how many are ahead. It
// returns the cause of ctx when that ends the wait.
func (q *Queue) Make(ctx context.Context, o Order, report func(Progress)) (Piece, error) {
	if err := q.enter(ctx, report); err != nil {
		return Piece{}, err
	}
	defer q.leave()
	return q.next.Make(ctx, o, report)
}

// enter waits for a place.
func (q *Queue) enter(ctx context.Context, report func(Progress)) error {
	w := q.join()
	if w == nil {
		return nil
	}
	for ahead := 0; ; {
		if now := q.ahead(w); now > 0 && now != ahead && report != nil {
			ahead = now
			report(Progress{Ahead: ahead})
		}
		select {
		case <-w.turn:
			return nil
		case <-w.moved:
		case <-ctx.Done():
			q.giveUp(w)
			return context.Cause(ctx)
		}
	}
}

// join takes a free place, or stands in line where there is none.
func (q *Queue) join() *waiter {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free > 0 {
		q.free--
		return nil
	}
	w := &waiter{turn: make(chan struct{}), moved: make(chan struct{}, 1)}
	q.line = append(q.line, w)
	return w
}

// ahead is how many wait before w, itself included; 0 when it is its turn.
func (q *Queue) ahead(w *waiter) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Index(q.line, w) + 1
}

// leave hands the place to the first in line.
func (q *Queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handOn()
}

// giveUp leaves the line; a place that was handed over at the same moment goes to the next.
func (q *Queue) giveUp(w *waiter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.line, w)
	if i < 0 {
		q.handOn()
		return
	}
	q.line = slices.Delete(q.line, i, i+1)
	tell(q.line[i:])
}

func (q *Queue) handOn() {
	if len(q.line) == 0 {
		q.free++
		return
	}
	close(q.line[0].turn)
	q.line = slices.Delete(q.line, 0, 1)
	tell(q.line)
}

// tell says that the line got shorter.
func tell(line []*waiter) {
	for _, w := range line {
		select {
		case w.moved <- struct{}{}:
		default: // they have not looked since the last time
		}
	}
}
