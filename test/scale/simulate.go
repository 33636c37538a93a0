package scale

import (
	"math/rand/v2"
	"slices"
	"time"
)

// Load is what is simulated: many readers' timelines, kept by several daemons that share verdicts. What is measured and
// what is assumed stands in docs/scale.md.
type Load struct {
	Readers, Nodes int
	Cores          int           // of each node; all of them look at pictures
	Fetches        int           // pictures that a node holds at a time; all come from one host, which gets half of them
	Span           time.Duration // that is simulated
	Warm           time.Duration // of it, whose posts are not counted
	Seed           uint64

	Pictures float64 // in a reader's timeline on a day
	Posts    float64 // in it, for each with a picture, itself among them
	Audience float64 // readers who see the same picture, on average
	Peak     float64 // times the day's average
	Dreams   float64 // share of pictures that are hidden

	Costs
}

// Costs are what one step takes.
type Costs struct {
	Stream   time.Duration // from a post's time to the hint, on average
	Call     time.Duration // of a server's API, on average
	Fetch    time.Duration // of a preview, on average
	Verdict  time.Duration // a question to the broker
	Look     time.Duration // fingerprint and verdict, on one core
	Write    time.Duration // a transaction of the database that is safe on the disk
	Pass     time.Duration // of one core, for a pass with one new post, without the look
	Reader   int           // bytes of memory a reader, with a stream
	ReadRest time.Duration // between reads of one timeline, after a burst
}

// Result is what came of it.
type Result struct {
	Sightings, Looks      int     // pictures in timelines, and how often the network looked
	Reads                 float64 // of timelines, a second, all nodes together
	Local, Shared, Joined float64 // shares of sightings that were known to the node, to the cluster, or being looked at just then
	P50, P95, P99         time.Duration
	Filed                 int
	StoreBusy, CoresBusy  float64 // shares of the time, of the busiest node
	Longest               int     // line for a picture's turn
	MemoryNode            int     // bytes for readers, of each node
}

// node is one daemon.
type node struct {
	store, cores, turns *station
	known               map[int]bool     // pictures that it has a sight of
	flight              map[int][]func() // those it is getting, and who waits
}

// world is a simulation under way.
type world struct {
	loop
	Load
	dice   *rand.Rand
	nodes  []*node
	rest   []time.Duration // until when a reader's timeline is left alone
	seen   map[int]bool    // pictures that the cluster has a verdict of
	flight map[int][]func()
	filed  []time.Duration
	r      Result
}

// Simulate lets readers read.
func Simulate(l Load) Result {
	w := &world{Load: l, dice: rand.New(rand.NewPCG(l.Seed, 1)), rest: make([]time.Duration, l.Readers), seen: map[int]bool{},
		flight: map[int][]func(){}}
	for range l.Nodes {
		w.nodes = append(w.nodes, &node{store: &station{loop: &w.loop, places: 1}, cores: &station{loop: &w.loop, places: l.Cores},
			turns: &station{loop: &w.loop, places: l.Fetches / 2}, known: map[int]bool{}, flight: map[int][]func(){}})
	}
	perSecond := float64(l.Readers) * l.Pictures * l.Peak / 86400
	w.arrive(perSecond/l.Audience, w.picture)
	w.arrive(perSecond*(l.Posts-1), w.text)
	w.run()
	return w.result()
}

// spread is a time around an average: exponential, as waiting for many independent causes is.
func (w *world) spread(average time.Duration) time.Duration {
	return time.Duration(w.dice.ExpFloat64() * float64(average))
}

// arrive has something happen so often a second, until the span is over.
func (w *world) arrive(rate float64, what func()) {
	var next func()
	next = func() {
		if w.now > w.Span {
			return
		}
		what()
		w.after(time.Duration(w.dice.ExpFloat64()/rate*float64(time.Second)), next)
	}
	w.after(0, next)
}

// picture is posted: as many readers see it as a geometric distribution says.
func (w *world) picture() {
	id := w.r.Looks + len(w.seen) + len(w.flight) + int(w.n) // nobody else's
	dream := w.dice.Float64() < w.Dreams
	for {
		reader, posted := w.dice.IntN(w.Readers), w.now
		w.hint(reader, func(n *node, done func()) { w.see(n, reader, id, posted, dream, done) })
		if w.dice.Float64() < 1/w.Audience {
			return
		}
	}
}

// text is a post without a picture.
func (w *world) text() {
	w.hint(w.dice.IntN(w.Readers), func(_ *node, done func()) { done() })
}

// hint has a reader's timeline read, and then written down what was judged of it.
func (w *world) hint(reader int, judge func(n *node, done func())) {
	n := w.nodes[reader%len(w.nodes)]
	w.after(w.spread(w.Stream), func() {
		wait := max(0, w.rest[reader]-w.now)
		w.rest[reader] = w.now + wait + w.ReadRest/5 // five come at once
		w.after(wait+w.spread(w.Call), func() {
			if w.counts(w.now) {
				w.r.Reads++
			}
			n.cores.serve(w.Pass, func() {
				judge(n, func() { n.store.serve(w.Write, func() {}) })
			})
		})
	})
}

// see finds out what a picture is, and files it.
func (w *world) see(n *node, reader, id int, posted time.Duration, dream bool, done func()) {
	count := w.counts(posted)
	if count {
		w.r.Sightings++
	}
	decided := func() {
		done()
		if dream {
			w.file(n, posted, count)
		}
	}
	if n.known[id] {
		w.share(&w.r.Local, count)
		decided()
		return
	}
	n.turns.enter(func() {
		leave := func() { n.turns.leave(); decided() }
		waiting, flying := n.flight[id]
		switch {
		case n.known[id]:
			w.share(&w.r.Local, count)
			leave()
		case flying:
			w.share(&w.r.Local, count)
			n.flight[id] = append(waiting, leave)
		default:
			n.flight[id] = []func(){leave}
			w.after(w.spread(w.Fetch)+w.Verdict, func() { w.ask(n, id, count, func() { w.got(n, id) }) })
		}
	})
}

// got writes down what was seen of a picture, for all who wait for it.
func (w *world) got(n *node, id int) {
	n.store.serve(w.Write, func() {
		all := n.flight[id]
		delete(n.flight, id)
		n.known[id] = true
		for _, f := range all {
			f()
		}
	})
}

// ask looks, unless somebody did or does.
func (w *world) ask(n *node, id int, count bool, done func()) {
	waiting, flying := w.flight[id]
	switch {
	case w.seen[id]:
		w.share(&w.r.Shared, count)
		done()
	case flying:
		w.share(&w.r.Joined, count)
		w.flight[id] = append(waiting, done)
	default:
		w.flight[id] = []func(){done}
		if count {
			w.r.Looks++
		}
		n.cores.serve(w.Look, func() {
			all := w.flight[id]
			delete(w.flight, id)
			w.seen[id] = true
			for _, f := range all {
				w.after(w.Verdict, f)
			}
		})
	}
}

// file reads what is hidden, hides, and reads it back: four calls and two transactions.
func (w *world) file(n *node, posted time.Duration, count bool) {
	calls := w.spread(w.Call) + w.spread(w.Call)
	w.after(calls, func() {
		n.store.serve(w.Write, func() {
			if count {
				w.filed = append(w.filed, w.now-posted)
			}
			w.after(w.spread(w.Call), func() { n.store.serve(w.Write, func() {}) })
		})
	})
}

// counts says whether something that began at a time is measured.
func (w *world) counts(began time.Duration) bool { return began >= w.Warm && began <= w.Span }

func (w *world) share(of *float64, count bool) {
	if count {
		*of++
	}
}

func (w *world) result() Result {
	r := w.r
	all := float64(max(1, r.Sightings))
	r.Local, r.Shared, r.Joined = r.Local/all, r.Shared/all, r.Joined/all
	r.Reads /= (w.Span - w.Warm).Seconds()
	slices.Sort(w.filed)
	if r.Filed = len(w.filed); r.Filed > 0 {
		at := func(q float64) time.Duration { return w.filed[int(q*float64(r.Filed-1))] }
		r.P50, r.P95, r.P99 = at(0.5), at(0.95), at(0.99)
	}
	for _, n := range w.nodes {
		r.StoreBusy = max(r.StoreBusy, float64(n.store.worked)/float64(w.now))
		r.CoresBusy = max(r.CoresBusy, float64(n.cores.worked)/float64(w.now)/float64(w.Cores))
		r.Longest = max(r.Longest, n.turns.longest)
	}
	r.MemoryNode = w.Reader * w.Readers / w.Nodes
	return r
}
