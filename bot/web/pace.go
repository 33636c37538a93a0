package web

import (
	"slices"
	"time"

	"slugpuppy/bot/operator"
	"slugpuppy/store"
)

// pace is what happened in a span of time until now.
type pace struct {
	Span                              string
	Asked, Answered, Skipped, GivenUp int           // requests that arrived, and what became of them
	Typical                           time.Duration // the median from arrival to answer
	Judged, Hidden                    int           // posts of timelines
}

// paces counts the last hour and the last day.
func (s *Site) paces(users []operator.User) ([]pace, error) {
	var all []pace
	for _, span := range []struct {
		name string
		long time.Duration
	}{{"hour", time.Hour}, {"day", 24 * time.Hour}} {
		since := time.Now().Add(-span.long)
		jobs, err := s.Store.Operator().Jobs(store.Filter{Since: since})
		if err != nil {
			return nil, err
		}
		r := paceOf(jobs)
		r.Span = span.name
		for _, u := range users {
			rows, err := s.Store.For(u.Identity).Timeline().Since(since)
			if err != nil {
				return nil, err
			}
			r.Judged += len(rows)
			for _, j := range rows {
				if j.Fate == store.Filed {
					r.Hidden++
				}
			}
		}
		all = append(all, r)
	}
	return all, nil
}

func paceOf(jobs []store.Job) pace {
	r := pace{Asked: len(jobs)}
	var took []time.Duration
	for _, j := range jobs {
		switch j.State {
		case store.Posted:
			r.Answered++
			took = append(took, j.Updated.Sub(j.Created))
		case store.Skipped:
			r.Skipped++
		case store.Dead:
			r.GivenUp++
		}
	}
	if len(took) > 0 {
		slices.Sort(took)
		r.Typical = took[len(took)/2].Round(time.Second)
	}
	return r
}
