package store

import "fmt"

// Operator is what those who run the program see and may do, across all accounts.
type Operator struct{ s *Store }

// Operator is the operators' view. It is nothing for code that works for one account.
func (s *Store) Operator() *Operator { return &Operator{s} }

// Jobs lists the jobs of all bots, newest first.
func (o *Operator) Jobs(f Filter) (jobs []Job, err error) {
	err = o.s.view(func(tx *tx) error {
		if f.unfinished() {
			for _, phase := range f.phases() {
				if err := eachDue(tx, prefix(phase), f.into(&jobs)); err != nil {
					return err
				}
			}
			jobs = f.cut(jobs)
			return nil
		}
		c := tx.Bucket(jobBucket).Cursor()
		for id, data := c.Last(); id != nil; id, data = c.Prev() {
			j, err := decodeJob(id, data)
			if err != nil || f.over(j, jobs) {
				return err
			}
			if f.picks(j) {
				jobs = append(jobs, j)
			}
		}
		return nil
	})
	return jobs, err
}

// Job reads one job, or ErrNotFound.
func (o *Operator) Job(id string) (j Job, err error) {
	err = o.s.view(func(tx *tx) error { j, err = load(tx, []byte(id)); return err })
	return j, err
}

// JobOf finds the newest job that a post became, on whatever server, or ErrNotFound. It reads them all.
func (o *Operator) JobOf(post string) (found Job, err error) {
	err = o.s.view(func(tx *tx) error {
		c := tx.Bucket(jobBucket).Cursor()
		for id, data := c.Last(); id != nil; id, data = c.Prev() {
			j, err := decodeJob(id, data)
			if err != nil {
				return err
			}
			if j.Source == post {
				found = j
				return nil
			}
		}
		return fmt.Errorf("%w for post %s", ErrNotFound, post)
	})
	return found, err
}

// Cancel ends a job that has not been sent yet; ErrState says that it is too late.
func (o *Operator) Cancel(by Actor, id, reason string) (Job, error) {
	j, err := o.Job(id)
	if err != nil {
		return Job{}, err
	}
	return o.s.For(j.Bot).Jobs().cancel(by, id, reason)
}

// Revive queues a dead job again, as if it were new; ErrState when it is not dead.
func (o *Operator) Revive(by Actor, id string) (Job, error) {
	j, err := o.Job(id)
	if err != nil {
		return Job{}, err
	}
	return o.s.For(j.Bot).Jobs().revive(by, id)
}

// Hold keeps an unfinished job from going on, or lets it; ErrState when it cannot be kept.
func (o *Operator) Hold(by Actor, id string, yes bool) (Job, error) {
	j, err := o.Job(id)
	if err != nil {
		return Job{}, err
	}
	return o.s.For(j.Bot).Jobs().hold(by, id, yes)
}

// Counts is how many jobs of all bots there are in each state.
func (o *Operator) Counts() (counts map[State]int, err error) {
	err = o.s.view(func(tx *tx) error { counts = readCounts(tx, nil); return nil })
	return counts, err
}

// Subscribers lists all.
func (o *Operator) Subscribers() (subs []Subscriber, err error) {
	err = o.s.view(func(tx *tx) error {
		return eachRecord(tx, subscriberBucket, nil, func(_ []byte, sub Subscriber) error {
			subs = append(subs, sub)
			return nil
		})
	})
	return subs, err
}

// Spendings lists what was spent on a server, by account, month and item; in one month only unless
// it is empty.
func (o *Operator) Spendings(server, month string) (list []Spending, err error) {
	err = o.s.view(func(tx *tx) error {
		return eachRecord(tx, spendBucket, prefix(server), func(_ []byte, v Spending) error {
			if month == "" || v.Month == month {
				list = append(list, v)
			}
			return nil
		})
	})
	return list, err
}
