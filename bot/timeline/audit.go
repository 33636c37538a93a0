package timeline

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/store"
)

// auditPosts is how many of an artist's latest posts with pictures are looked at.
const auditPosts = 40

// auditTime is how long pictures are looked at: somebody waits for the answer.
const auditTime = 2 * time.Minute

// fewDreams is the share of dreams up to which following again is no risk.
const fewDreams = 0.1

// Audit is how many of an artist's latest public pictures are dreams.
type Audit struct {
	Account string    `json:"account"`
	Posts   int       `json:"posts"`
	Dreams  int       `json:"dreams"`
	Recent  int       `json:"dreams_in_30_days"`
	Latest  time.Time `json:"latest_dream,omitzero"`
	Safe    bool      `json:"safe"`
	Links   []string  `json:"links,omitempty"` // of the dreams
}

// ErrNobody means that there is no such account.
var ErrNobody = errors.New("no such account")

// Audit counts dreams among an artist's public pictures, at the subscriber's budget.
func (f *Filter) Audit(ctx context.Context, sub store.Subscriber, handle string) (Audit, error) {
	reader, err := f.Connect(sub)
	if err != nil {
		return Audit{}, fmt.Errorf("open the account: %w", err)
	}
	artist, err := reader.Lookup(ctx, strings.TrimPrefix(strings.TrimSpace(handle), "@"))
	if network.Is(err, network.NotFound) {
		return Audit{}, ErrNobody
	}
	if err != nil {
		return Audit{}, err
	}
	list, err := reader.PostsOf(ctx, artist.ID, auditPosts)
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Account: artist.Handle}
	within, cancel := context.WithTimeout(ctx, auditTime)
	defer cancel()
	for _, p := range list {
		s := original(p)
		s.sights, err = f.Eye.lookAt(within, source{f.desks, sub.Identity, reader}, p)
		_, missed := errors.AsType[*unseen](err)
		switch {
		case within.Err() != nil && ctx.Err() == nil: // what was seen says enough
			return a.judged(), nil
		case err != nil && !missed:
			return a, err
		}
		if len(s.sights) == 0 {
			continue
		}
		a.Posts++
		j := f.Eye.decide(view{sub: store.Subscriber{Budget: sub.Allowed()}, now: time.Now()}, *s)
		if j.Kind == "" {
			continue
		}
		a.Dreams++
		a.Links = append(a.Links, p.URL)
		if p.Created.After(a.Latest) {
			a.Latest = p.Created
		}
		if time.Since(p.Created) < 30*24*time.Hour {
			a.Recent++
		}
	}
	return a.judged(), nil
}

// judged is an audit that says what it comes to.
func (a Audit) judged() Audit {
	a.Safe = float64(a.Dreams) <= fewDreams*float64(a.Posts)
	return a
}

// ordered is `audit @artist`.
func (f *Filter) ordered(ctx context.Context, sub store.Subscriber, handle string) (Answer, error) {
	if handle == "" {
		return nil, wrong(NoSubject, "audit")
	}
	a, err := f.Audit(ctx, sub, handle)
	if errors.Is(err, ErrNobody) {
		return nil, wrong(NoAccount, handle)
	}
	return a, err
}
