package dream

import (
	"math"
	"sync"
	"time"
)

// pace is how long work takes on this machine against the usual pace, learned from what was done here of late. It is safe
// for concurrent use.
type pace struct {
	mu    sync.Mutex
	begun [toils]bool // the first of its kind unpacks weights, and is no measure
	times load        // how often work of each kind was measured,
	spent load        // what it took,
	usual load        // and what it would have taken at the usual pace
}

const (
	// remembered is how long what was measured counts, in seconds of work: pieces of some minutes.
	remembered = 300
	// vague is how often work of a kind must have been measured for that kind's own pace to count as much as that of all.
	vague = 1
)

// note learns what a load took, shared out among kinds as they are expected to take. It says whether that was a measure.
func (p *pace) note(l load, took float64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	measure := true
	for k, usual := range l {
		if usual > 0 && !p.begun[k] {
			p.begun[k], measure = true, false
		}
	}
	factors, _ := p.factors()
	expected := factors.dot(l)
	if !measure || expected == 0 {
		return false
	}
	for k, usual := range l {
		if usual > 0 {
			p.times[k]++
		}
		p.spent[k] = p.spent[k]*math.Exp(-took/remembered) + took*factors[k]*usual/expected
		p.usual[k] = p.usual[k]*math.Exp(-took/remembered) + usual
	}
	return true
}

// seconds is how long a load will take; at the usual pace, and not known, before anything was measured.
func (p *pace) seconds(l load) (sum float64, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	factors, known := p.factors()
	return factors.dot(l), known
}

// factors are how much longer work of each kind takes here than at the usual pace.
func (p *pace) factors() (f load, known bool) {
	spent, usual := floor, floor
	for k := range p.spent {
		spent += p.spent[k]
		usual += p.usual[k]
	}
	for k := range f {
		f[k] = (vague*spent/usual + p.times[k]*p.spent[k]/max(p.usual[k], floor/1e3)) / (vague + p.times[k])
	}
	return f, usual > floor
}

// floor is the seconds of work at the usual pace that are believed in before there were any: a clock may see none go by.
const floor = 1e-3

// expect is how long a load will take, 0 where nobody can say.
func (p *pace) expect(l load) time.Duration {
	s, known := p.seconds(l)
	if !known {
		return 0
	}
	return seconds(s)
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
