package dream

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maker makes pieces: a Maker, or what stands before one.
type maker interface {
	Make(ctx context.Context, o Order, report func(Progress)) (Piece, error)
}

// reckoner is a maker that can say how long an order will take, 0 where it cannot.
type reckoner interface {
	Expect(o Order) (time.Duration, error)
}

// Queue is where all who want pieces wait for a maker, first come, first served. It is safe for
// concurrent use.
type Queue struct {
	next maker

	mu    sync.Mutex
	free  int       // places at the maker
	doing []*errand // that have one
	line  []*errand // nobody waits while there is a free place
}

// errand is an order that somebody brought.
type errand struct {
	turn  chan struct{} // closed when it is theirs
	moved chan struct{} // holds one signal that the line got shorter
	left  time.Duration // of work, as it was known last; 0 where nobody can say
	at    time.Time     // when that was, once the work has begun
}

// NewQueue makes no more than n pieces at a time: memory is planned for that many.
func NewQueue(m maker, n int) *Queue { return &Queue{next: m, free: max(n, 1)} }

// Make waits for a place and makes a piece. While it waits it reports how many are ahead, and how long it will take until the
// piece is made. It returns the cause of ctx when that ends the wait.
func (q *Queue) Make(ctx context.Context, o Order, report func(Progress)) (Piece, error) {
	w := &errand{turn: make(chan struct{}), moved: make(chan struct{}, 1), left: q.Expect(o)}
	if err := q.enter(ctx, w, report); err != nil {
		return Piece{}, err
	}
	defer q.leave(w)
	return q.next.Make(ctx, o, func(p Progress) {
		q.mu.Lock()
		w.left, w.at = p.Left, time.Now()
		q.mu.Unlock()
		if report != nil {
			report(p)
		}
	})
}

// Expect is how long an order will take once it has a place, 0 where nobody can say.
func (q *Queue) Expect(o Order) time.Duration {
	r, ok := q.next.(reckoner)
	if !ok {
		return 0
	}
	d, err := r.Expect(o)
	if err != nil {
		return 0 // whoever makes it says what is wrong with it
	}
	return d
}

// retell is the time between two reports to somebody who waits while nobody leaves.
const retell = 2 * time.Second

// enter waits for a place.
func (q *Queue) enter(ctx context.Context, w *errand, report func(Progress)) error {
	if q.join(w) {
		return nil
	}
	again := time.NewTicker(retell)
	defer again.Stop()
	for last := (Progress{}); ; {
		ahead, until := q.standing(w)
		now := Progress{Ahead: ahead, Left: until}
		if ahead > 0 && report != nil && (now.Ahead != last.Ahead || now.Left != last.Left) {
			last = now
			report(now)
		}
		select {
		case <-w.turn:
			return nil
		case <-w.moved:
		case <-again.C:
		case <-ctx.Done():
			q.giveUp(w)
			return context.Cause(ctx)
		}
	}
}

// join takes a free place, or stands in line where there is none.
func (q *Queue) join(w *errand) (free bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free == 0 {
		q.line = append(q.line, w)
		return false
	}
	q.free--
	q.begin(w)
	return true
}

// begin notes that the work on w begins.
func (q *Queue) begin(w *errand) {
	w.at = time.Now()
	q.doing = append(q.doing, w)
}

// standing is how many wait before w, itself included, 0 when it is its turn; and how long it will take until w is done, 0 where
// nobody can say.
func (q *Queue) standing(w *errand) (ahead int, until time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	ahead = slices.Index(q.line, w) + 1
	_, until = q.ends(q.line[:ahead])
	return ahead, until
}

// Backlog is when each place will be free, if nobody comes any more; none where nobody can say.
func (q *Queue) Backlog() []time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	all, _ := q.ends(q.line)
	return all
}

// ends is when each place will be free after what is done now and a line, and when the last of the line is done; none and 0
// where nobody can say.
func (q *Queue) ends(line []*errand) (all []time.Duration, last time.Duration) {
	all = make([]time.Duration, q.free)
	for _, d := range q.doing {
		if d.left == 0 {
			return nil, 0
		}
		all = append(all, max(0, d.left-time.Since(d.at)))
	}
	for _, w := range line {
		if w.left == 0 {
			return nil, 0
		}
		i := slices.Index(all, slices.Min(all)) // whoever is done first takes it
		all[i] += w.left
		last = all[i]
	}
	return all, last
}

// leave hands the place of w to the first in line.
func (q *Queue) leave(w *errand) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.handOn(w)
}

// giveUp leaves the line; a place that was handed over at the same moment goes to the next.
func (q *Queue) giveUp(w *errand) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.line, w)
	if i < 0 {
		q.handOn(w)
		return
	}
	q.line = slices.Delete(q.line, i, i+1)
	tell(q.line[i:])
}

func (q *Queue) handOn(w *errand) {
	q.doing = slices.DeleteFunc(q.doing, func(d *errand) bool { return d == w })
	if len(q.line) == 0 {
		q.free++
		return
	}
	close(q.line[0].turn)
	q.begin(q.line[0])
	q.line = slices.Delete(q.line, 0, 1)
	tell(q.line)
}

// tell says that the line got shorter.
func tell(line []*errand) {
	for _, w := range line {
		select {
		case w.moved <- struct{}{}:
		default: // they have not looked since the last time
		}
	}
}
