package timeline

import (
	"maps"
	"time"
)

// doubts are what was seen and is not believed yet: once is not enough, since servers leave out for a
// moment what is there. What is seen again by a later pass, and not at once, is believed. They are kept
// in memory: a restart costs only time.
type doubts struct {
	sure time.Duration // between the two looks
	pass int
	all  map[string]doubt
}

type doubt struct {
	since time.Time
	pass  int // in which it was seen first
	last  int // and last
}

// begin begins a pass.
func (d *doubts) begin() { d.pass++ }

// twice notes that something is seen, and says whether it was seen before, long enough ago.
func (d *doubts) twice(what string) bool {
	if d.all == nil {
		d.all = map[string]doubt{}
	}
	v, known := d.all[what]
	if !known {
		v = doubt{since: time.Now(), pass: d.pass}
	}
	v.last = d.pass
	d.all[what] = v
	return v.pass < d.pass && time.Since(v.since) >= d.sure
}

// end forgets what this pass has not seen.
func (d *doubts) end() {
	maps.DeleteFunc(d.all, func(_ string, v doubt) bool { return v.last != d.pass })
}

// forget is for what turned out well.
func (d *doubts) forget(what string) { delete(d.all, what) }

// due says whether it is time for a second look.
func (d *doubts) due() bool {
	for _, v := range d.all {
		if time.Since(v.since) >= d.sure {
			return true
		}
	}
	return false
}
