package scale

import (
	"container/heap"
	"math/rand/v2"
	"time"
)

// loop is virtual time: what is to happen, in order.
type loop struct {
	now  time.Duration
	next events
	n    uint64
}

type event struct {
	at time.Duration
	n  uint64 // of two at the same time the earlier one goes first
	do func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].n < e[j].n
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(v any)   { *e = append(*e, v.(event)) }
func (e *events) Pop() any {
	last := len(*e) - 1
	v := (*e)[last]
	(*e)[last] = event{}
	*e = (*e)[:last]
	return v
}

// after has something happen later.
func (l *loop) after(d time.Duration, do func()) {
	l.n++
	heap.Push(&l.next, event{l.now + d, l.n, do})
}

// run goes on until nothing is left to happen.
func (l *loop) run() {
	for len(l.next) > 0 {
		e := heap.Pop(&l.next).(event)
		l.now = e.at
		e.do()
	}
}

// station does so many things at a time, first come first served.
type station struct {
	*loop
	places, taken int
	line          []func()
	worked        time.Duration // all places together
	longest       int           // line
}

// enter begins something when there is a place; leave must be called when it is done.
func (s *station) enter(begin func()) {
	if s.taken < s.places {
		s.taken++
		begin()
		return
	}
	s.line = append(s.line, begin)
	s.longest = max(s.longest, len(s.line))
}

func (s *station) leave() {
	if len(s.line) == 0 {
		s.taken--
		return
	}
	begin := s.line[0]
	s.line[0] = nil
	s.line = s.line[1:]
	begin()
}

// serve is something that takes a time.
func (s *station) serve(d time.Duration, done func()) {
	s.enter(func() {
		s.worked += d
		s.after(d, func() { s.leave(); done() })
	})
}

// MeanWait is how long, in seconds, things wait on average at a station of one place that they use for a share of the
// time, arriving at random: what theory knows the answer to.
func MeanWait(use float64, each time.Duration, things int, seed uint64) float64 {
	l := &loop{}
	s := &station{loop: l, places: 1}
	dice := rand.New(rand.NewPCG(seed, 2))
	var waited, at time.Duration
	for range things {
		at += time.Duration(dice.ExpFloat64() / use * float64(each))
		l.after(at, func() {
			came := l.now
			s.enter(func() {
				waited += l.now - came
				l.after(each, s.leave)
			})
		})
	}
	l.run()
	return waited.Seconds() / float64(things)
}
