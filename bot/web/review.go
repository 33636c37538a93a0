package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/store"
)

// reviewed is the page of what was hidden.
type reviewed struct {
	Rows       []store.Judged
	One        bool // the rows are the one that was asked for
	History    []store.Entry
	Page, Next int
}

const (
	perPage  = 20
	mostBulk = 100 // posts that one word may be about
	changes  = 15  // that the history lists
)

func (s *Site) review(v *visit) error {
	var out reviewed
	var err error
	if out.History, err = s.own(v).History(changes); err != nil {
		return err
	}
	if post := v.r.URL.Query().Get("post"); post != "" {
		out.One = true
		row, err := s.own(v).Timeline().Judged(post)
		switch {
		case errors.Is(err, store.ErrNoPost):
			return refuse(http.StatusNotFound, words.NotSeen)
		case err != nil:
			return err
		}
		out.Rows = []store.Judged{row}
		return s.show(v, "review", "Why a post is hidden, or not", out)
	}
	rows, err := s.own(v).Timeline().Since(time.Time{}, store.Filed, store.Wanted, store.Noted, store.Unwanted,
		store.Returned, store.TakenOut)
	if err != nil {
		return err
	}
	slices.SortStableFunc(rows, func(a, b store.Judged) int {
		return cmp.Or(b.Seen.Compare(a.Seen), b.Posted.Compare(a.Posted))
	})
	page, _ := strconv.Atoi(v.r.URL.Query().Get("page"))
	out.Page = max(0, min(page, (len(rows)-1)/perPage))
	if from := out.Page * perPage; from < len(rows) {
		out.Rows = rows[from:min(from+perPage, len(rows))]
		if from+perPage < len(rows) {
			out.Next = out.Page + 1
		}
	}
	return s.show(v, "review", "What was hidden", out)
}

// correct takes the person's word on posts.
func (s *Site) correct(v *visit) error {
	if err := v.r.ParseForm(); err != nil {
		return refuse(http.StatusBadRequest, words.ChoosePosts)
	}
	posts := v.r.PostForm["post"]
	if len(posts) == 0 || len(posts) > mostBulk {
		return refuse(http.StatusUnprocessableEntity, words.ChoosePosts)
	}
	did, err := s.Filter.Desk().Say(v.sub.Actor(), *v.sub, v.r.PostFormValue("say") == "dream", posts...)
	if err != nil {
		return err
	}
	return s.changed(v, did.Undo)
}

// undo returns posts (one, an artist's, since a time, all) or takes a change back: also one that took
// something back.
func (s *Site) undo(v *visit) error {
	token := v.r.PostFormValue("token")
	if token == "" {
		did, err := s.Filter.Desk().Return(v.sub.Actor(), *v.sub, v.r.PostFormValue("which"))
		if err != nil && !errors.Is(err, timeline.ErrNothing) {
			return refuse(http.StatusUnprocessableEntity, cmp.Or(words.Of(err), err.Error()))
		}
		return s.changed(v, did.Undo)
	}
	_, undo, err := s.Filter.Desk().Undo(v.sub.Actor(), *v.sub, token)
	switch {
	case errors.Is(err, store.ErrNoUndo):
		return refuse(http.StatusNotFound, words.NoSuchChange)
	case errors.Is(err, store.ErrUndone):
		return refuse(http.StatusConflict, words.TakenBack)
	case err != nil:
		return err
	}
	return s.changed(v, undo)
}

// nothing stands where the token of a change would be.
const nothing = "nothing"

// changed goes back to the page that a change was asked for on, which says what happened.
func (s *Site) changed(v *visit, undo string) error {
	to := "/review"
	if v.r.PostFormValue("from") == "filter" {
		to = "/filter"
	}
	q := url.Values{"did": {cmp.Or(undo, nothing)}}
	if n := pageOf(v.r); n > 0 {
		q.Set("page", strconv.Itoa(n))
	}
	if post := v.r.PostFormValue("one"); post != "" {
		q.Set("post", post)
	}
	return v.redirect(to + "?" + q.Encode())
}

func pageOf(r *http.Request) int {
	n, _ := strconv.Atoi(r.PostFormValue("page"))
	return max(0, n)
}

// outcome is what a change came to, and how and where it is taken back.
type outcome struct{ Text, Undo, At string }

// outcome finds the change that the person was just led away from; nil for none.
func (s *Site) outcome(v *visit) (*outcome, error) {
	token := v.r.URL.Query().Get("did")
	switch {
	case v.sub == nil || token == "":
		return nil, nil
	case token == nothing:
		return &outcome{Text: words.NothingDone}, nil
	}
	list, err := s.own(v).History(changes)
	if err != nil {
		return nil, fmt.Errorf("read what was changed: %w", err)
	}
	i := slices.IndexFunc(list, func(e store.Entry) bool { return e.Undo == token })
	if i < 0 {
		return nil, nil
	}
	return &outcome{words.Happened(list[i]), token, "/undo"}, nil
}
