package kernel

import (
	"runtime"
	"sync/atomic"
)

// States of a helper.
const (
	resting int32 = iota // nothing to do
	posted               // a job waits for it
	working              // it has taken the job
	fired                // it is to return
)

// How often to look before sleeping. Jobs follow each other within microseconds, which is less
// than waking a thread costs. On a busy machine, where whoever is waited for may not even run,
// looking longer would only take the processor from it: patience is halved each time it was in
// vain and doubled when it was not.
const (
	mostLooks  = 16000 // about 100 microseconds
	leastLooks = 1000
	yield      = 100 // looks between two offers of the processor to other goroutines
)

// helper is a goroutine that works for one team.
type helper struct {
	team   *Team
	ws     *workspace
	state  atomic.Int32
	asleep atomic.Bool   // it sleeps on wake
	wake   chan struct{} // one token
	owner  atomic.Bool   // the team's goroutine sleeps on done
	done   chan struct{}
	looks  [2]int // patience of the helper, and of the team's goroutine with it
}

func (t *Team) hire(ws *workspace) *helper {
	h := &helper{team: t, ws: ws, wake: make(chan struct{}, 1), done: make(chan struct{}, 1), looks: [2]int{mostLooks, mostLooks}}
	go h.loop()
	return h
}

// await looks, then sleeps until ready says yes. The other side must make ready true and
// then call rouse.
func await(ready func() bool, asleep *atomic.Bool, token chan struct{}, looks *int) {
	for i := range *looks {
		if ready() {
			*looks = min(mostLooks, 2**looks)
			return
		}
		if i%yield == yield-1 {
			runtime.Gosched()
		}
	}
	*looks = max(leastLooks, *looks/2)
	for !ready() {
		asleep.Store(true)
		if ready() {
			if !asleep.CompareAndSwap(true, false) {
				<-token // roused meanwhile: take the token
			}
			return
		}
		<-token
	}
}

func rouse(asleep *atomic.Bool, token chan struct{}) {
	if asleep.CompareAndSwap(true, false) {
		token <- struct{}{}
	}
}

func (h *helper) loop() {
	ready := func() bool { s := h.state.Load(); return s == posted || s == fired }
	for {
		await(ready, &h.asleep, h.wake, &h.looks[0])
		if h.state.Load() == fired {
			h.state.Store(resting)
			rouse(&h.owner, h.done)
			return
		}
		if !h.state.CompareAndSwap(posted, working) {
			continue
		}
		h.run()
		h.state.Store(resting)
		rouse(&h.owner, h.done)
	}
}

func (h *helper) run() {
	defer func() {
		if r := recover(); r != nil {
			h.team.failed.CompareAndSwap(nil, &panicked{r})
		}
	}()
	h.team.work(h.ws)
}

// post offers the team's job.
func (h *helper) post() {
	h.state.Store(posted)
	rouse(&h.asleep, h.wake)
}

// join withdraws the offer, or waits until the helper has finished.
func (h *helper) join() {
	if h.state.CompareAndSwap(posted, resting) {
		return
	}
	await(h.rested, &h.owner, h.done, &h.looks[1])
}

func (h *helper) rested() bool { return h.state.Load() == resting }

// fire ends the helper's goroutine and returns its workspace.
func (h *helper) fire() *workspace {
	h.state.Store(fired)
	rouse(&h.asleep, h.wake)
	await(h.rested, &h.owner, h.done, &h.looks[1])
	return h.ws
}
