package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"slugpuppy/antidote"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/lists"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// List is somebody else's antidote list that is followed.
type List struct {
	URL        string    `json:"url"`
	Maker      string    `json:"maker,omitempty"`
	Key        string    `json:"key"`
	Serial     uint64    `json:"serial"`
	Records    int       `json:"records"`
	Fetched    time.Time `json:"fetched"`
	Trouble    string    `json:"trouble,omitempty"`
	Quarantine string    `json:"quarantine,omitempty"` // why it only reports, "" while it may hide
	Pictures   int       `json:"pictures,omitempty"`   // posts with pictures that were looked at since
	Hits       int       `json:"hits,omitempty"`       // of those, that it knew
	Against    int       `json:"against,omitempty"`    // of these, no dreams
	For        []ListFor `json:"for,omitempty"`
}

// ListFor is for whom a list counts, and how.
type ListFor struct {
	Account string `json:"account,omitempty"` // "" for all subscribers
	How     string `json:"how"`
	Alone   bool   `json:"alone,omitempty"`
}

// ListWish is a list to follow, or not to any more.
type ListWish struct {
	URL     string `json:"url"`
	Account string `json:"account,omitempty"` // handle or identity; "" for all subscribers
	How     string `json:"how,omitempty"`
	Alone   bool   `json:"alone,omitempty"`
	Key     string `json:"key,omitempty"`
	Whole   []byte `json:"whole,omitempty"`  // a list from a file, whose signature the sender verified
	Anyway  bool   `json:"anyway,omitempty"` // even if there is a doubt about it
	Dry     bool   `json:"dry,omitempty"`    // only say what it would mean
}

// ListProspect is a list with what following it means.
type ListProspect struct {
	List     List   `json:"list"`
	Pinned   bool   `json:"pinned,omitempty"` // the key was known before, or named
	Looked   int    `json:"looked"`           // posts of the last weeks that were compared
	Known    int    `json:"known"`            // of those, that the list knows
	Hidden   int    `json:"hidden"`           // of those, that would have been hidden and were not
	People   int    `json:"people"`           // whose posts those are
	Followed int    `json:"followed"`         // of those, whom a subscriber follows
	Clear    int    `json:"clear"`            // of the known, which the eye clearly takes for no dream
	Said     int    `json:"said"`             // of the known, which somebody said is no dream
	Doubt    string `json:"doubt,omitempty"`  // what speaks against it
}

// ListService is the part of a Service about antidote lists of others.
type ListService interface {
	// AntidoteLists are those that are followed.
	AntidoteLists(ctx context.Context) ([]List, error)
	// FollowList follows a list, or says what it would mean.
	FollowList(ctx context.Context, w ListWish) (ListProspect, error)
	// UnfollowList ends that, or says ErrNotFound.
	UnfollowList(ctx context.Context, w ListWish) (List, error)
}

var errNoLists = errors.New("lists are followed with the filter enabled; see filter.enabled")

func listOf(l store.List) List {
	return List{URL: l.URL, Maker: l.Maker, Key: l.Key, Serial: l.Serial, Records: l.Records, Fetched: l.Fetched, Trouble: l.Trouble,
		Quarantine: l.Quarantine, Pictures: l.Pictures, Hits: l.Hits, Against: l.Against}
}

// AntidoteLists implements Service.
func (l *Local) AntidoteLists(context.Context) ([]List, error) {
	all, err := l.Store.Lists().All()
	if err != nil {
		return nil, fmt.Errorf("list antidote lists: %w", err)
	}
	follows, err := l.Store.Lists().Followings()
	if err != nil {
		return nil, fmt.Errorf("read who follows antidote lists: %w", err)
	}
	subs, err := l.Store.Operator().Subscribers()
	if err != nil {
		return nil, fmt.Errorf("list subscribers: %w", err)
	}
	out := make([]List, len(all))
	for i, v := range all {
		out[i] = listOf(v)
		for _, f := range follows {
			if f.URL == v.URL {
				out[i].For = append(out[i].For, ListFor{Account: called(subs, f.Owner), How: f.How, Alone: f.Alone})
			}
		}
	}
	return out, nil
}

// called is what a subscriber is called, "" for all.
func called(subs []store.Subscriber, who identity.Identity) string {
	for _, s := range subs {
		if s.Identity == who {
			return s.Handle
		}
	}
	if who.IsZero() {
		return ""
	}
	return who.String()
}

// FollowList implements Service.
func (l *Local) FollowList(ctx context.Context, w ListWish) (out ListProspect, err error) {
	desk, f, err := l.listDesk()
	if err != nil {
		return out, err
	}
	wish := lists.Wish{URL: w.URL, How: w.How, Alone: w.Alone, Key: w.Key, Whole: w.Whole}
	if wish.Owner, err = l.owner(w.Account); err != nil {
		return out, err
	}
	p, err := desk.Look(ctx, wish, f.Eye)
	if err != nil {
		return out, listError(err)
	}
	out = ListProspect{List: listOf(p.List), Pinned: p.Pinned, Looked: p.Looked, Known: p.Known, Hidden: p.Hidden, People: p.People,
		Followed: p.Followed, Clear: p.Clear, Said: p.Said, Doubt: p.Doubt()}
	if w.Dry {
		return out, nil
	}
	info, err := desk.Follow(actor(ctx), p, w.Anyway)
	out.List = listOf(info)
	return out, err
}

// UnfollowList implements Service.
func (l *Local) UnfollowList(ctx context.Context, w ListWish) (List, error) {
	desk, _, err := l.listDesk()
	if err != nil {
		return List{}, err
	}
	owner, err := l.owner(w.Account)
	if err != nil {
		return List{}, err
	}
	err = desk.Unfollow(actor(ctx), owner, w.URL)
	return List{URL: w.URL}, listError(err)
}

func (l *Local) listDesk() (*lists.Desk, *timeline.Filter, error) {
	if l.ListDesk == nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrRefused, errNoLists)
	}
	f, err := l.filter()
	if err != nil {
		return nil, nil, err
	}
	desk, err := l.ListDesk()
	return desk, f, err
}

// owner is the subscriber that is named, none for all.
func (l *Local) owner(account string) (identity.Identity, error) {
	if account == "" {
		return identity.Identity{}, nil
	}
	f, err := l.filter()
	if err != nil {
		return identity.Identity{}, err
	}
	sub, err := f.Desk().Find(strings.TrimPrefix(account, "@"))
	return sub.Identity, orderError(err)
}

// listError makes errors of lists the ones callers know.
func listError(err error) error {
	switch {
	case errors.Is(err, store.ErrNoList):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, antidote.ErrOtherKey):
		return fmt.Errorf("%w: %w; if you know the new key to be theirs, name it with --key", ErrRefused, err)
	case errors.Is(err, antidote.ErrKey), errors.Is(err, lists.ErrAddress), errors.Is(err, lists.ErrHow):
		return fmt.Errorf("%w: %w", ErrUnread, err)
	case errors.Is(err, antidote.ErrSignature), errors.Is(err, antidote.ErrNoList), errors.Is(err, lists.ErrOld):
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}

// mostList bounds a list that comes in a file.
const mostList = 24 << 20

func handleLists(mux *http.ServeMux, s Service) {
	mux.HandleFunc("GET /v1/lists", func(w http.ResponseWriter, r *http.Request) {
		v, err := s.AntidoteLists(r.Context())
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/lists", func(w http.ResponseWriter, r *http.Request) {
		var wish ListWish
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostList)).Decode(&wish); err != nil {
			answer(w, nil, fmt.Errorf("%w: %w", ErrUnread, err))
			return
		}
		within, cancel := context.WithTimeout(r.Context(), askTime-time.Second)
		defer cancel()
		v, err := s.FollowList(within, wish)
		answer(w, v, err)
	})
	mux.HandleFunc("POST /v1/lists/drop", func(w http.ResponseWriter, r *http.Request) { withBody(w, r, s.UnfollowList) })
}

// AntidoteLists implements Service.
func (c *Client) AntidoteLists(ctx context.Context) (all []List, err error) {
	return all, c.call(ctx, http.MethodGet, "/v1/lists", &all)
}

// FollowList implements Service.
func (c *Client) FollowList(ctx context.Context, w ListWish) (p ListProspect, err error) {
	body, err := body(w)
	if err != nil {
		return p, err
	}
	return p, c.callWith(ctx, http.MethodPost, "/v1/lists", body, &p)
}

// UnfollowList implements Service.
func (c *Client) UnfollowList(ctx context.Context, w ListWish) (l List, err error) {
	body, err := body(w)
	if err != nil {
		return l, err
	}
	return l, c.callWith(ctx, http.MethodPost, "/v1/lists/drop", body, &l)
}
