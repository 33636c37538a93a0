package store

import "time"

// Now is the clock by which everything is written down and due.
func (s *Store) Now() time.Time { return s.now() }

// Shift moves the times of unfinished jobs by as much as the clock was set, so that what is leased stays so,
// and what is due is due as soon as before. Jobs that changed after a time go by the new clock already.
// Deadlines for people stay what they were told.
func (a *Jobs) Shift(by time.Duration, changed time.Time) (n int, err error) {
	err = a.s.update(func(tx *tx) error {
		n = 0
		var jobs []Job
		for _, phase := range []string{workPhase, outPhase} {
			if err := eachDue(tx, prefix(phase, a.who.Server, a.who.ID), func(j Job) { jobs = append(jobs, j) }); err != nil {
				return err
			}
		}
		for _, j := range jobs {
			if j.Updated.After(changed) {
				continue
			}
			old := j
			times := []*time.Time{&j.Created, &j.NotBefore, &j.LeaseUntil}
			if by < 0 { // replies are looked for since then, by the server's clock: rather too early than too late
				times = append(times, &j.PostStart)
			}
			for _, at := range times {
				if !at.IsZero() {
					*at = at.Add(by)
				}
			}
			if err := put(tx, &old, j); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}
