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
	account, err := f.Connect(sub)
	if err != nil {
		return Audit{}, fmt.Errorf("open the account: %w", err)
	}
	artist, err := account.Lookup(ctx, strings.TrimPrefix(strings.TrimSpace(handle), "@"))
	if network.Is(err, network.NotFound) {
		return Audit{}, ErrNobody
	}
	if err != nil {
		return Audit{}, err
	}
	list, err := account.PostsOf(ctx, artist.ID, auditPosts)
	if err != nil {
		return Audit{}, err
	}
	a := Audit{Account: artist.Handle}
	for _, p := range list {
		s := original(p)
		if s.sights, err = f.Eye.lookAt(ctx, account, p); err != nil {
			return a, err
		}
		if len(s.sights) == 0 {
			continue
		}
		a.Posts++
		j := f.Eye.decide(view{sub: store.Subscriber{Budget: sub.Budget}, now: time.Now()}, *s)
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
	a.Safe = float64(a.Dreams) <= fewDreams*float64(a.Posts)
	return a, nil
}

// Text is the audit as a person reads it.
func (a Audit) Text() string {
	name := strings.ReplaceAll(a.Account, "@", " at ")
	switch {
	case a.Posts == 0:
		return name + " has no public pictures."
	case a.Safe && a.Dreams == 0:
		return fmt.Sprintf("None of the last %d posts with pictures by %s is a dream. It is safe to follow them.", a.Posts, name)
	case a.Safe:
		return fmt.Sprintf("%d of the last %d posts with pictures by %s are dreams, the latest of %s. It is safe to follow them: I hide those.",
			a.Dreams, a.Posts, name, a.Latest.Format("2 January 2006"))
	}
	return fmt.Sprintf("%d of the last %d posts with pictures by %s are dreams, %d of them within 30 days. I can hide those if you follow them.",
		a.Dreams, a.Posts, name, a.Recent)
}

func (f *Filter) auditText(ctx context.Context, sub store.Subscriber, handle string) (string, error) {
	if handle == "" {
		return "", wrong("Whom? Write audit @artist@example.social.")
	}
	a, err := f.Audit(ctx, sub, handle)
	if errors.Is(err, ErrNobody) {
		return "", wrong("Your server knows no account %s.", handle)
	}
	return a.Text(), err
}
