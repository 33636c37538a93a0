package demo

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/mattn/go-mastodon"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/plain"
)

// mostPosts is how many posts of the timeline the page shows.
const mostPosts = 30

// Home is a home timeline as stock clients show it, with what people can do to its posts there.
type Home interface {
	// Posts are the newest ones, newest first, with what the server says of filters.
	Posts(ctx context.Context) ([]Post, error)
	// File puts a post into a filter, as "filter this post" does in a client.
	File(ctx context.Context, post string) error
	// Unfile takes a post out of all filters.
	Unfile(ctx context.Context, post string) error
}

// Post is a post in a client.
type Post struct {
	ID       string // of the original
	Author   string
	Booster  string // who shared it, "" for nobody
	Text     string
	Pictures []Picture
	// Filters are the titles of the filters that the post is in; Action is the strictest of theirs: warn, blur
	// or hide.
	Filters []string
	Action  string
}

// Warned says whether a client shows a warning in the post's place.
func (p Post) Warned() bool { return p.Action == "warn" }

// Blurred says whether a client shows the words, and covers the pictures.
func (p Post) Blurred() bool { return p.Action == "blur" }

// Gone says whether a client shows nothing of it.
func (p Post) Gone() bool { return p.Action == "hide" }

// tootHome is the home timeline of a Mastodon server's user: read over its API, as clients do.
type tootHome struct {
	user   *mastodon.Client
	person *mastodontest.User
}

// HomeOnMastodon is what a client of the person's shows.
func HomeOnMastodon(user *mastodon.Client, person *mastodontest.User) Home {
	return tootHome{user, person}
}

// Posts implements Home.
func (t tootHome) Posts(ctx context.Context) ([]Post, error) {
	page, err := t.user.GetTimelineHome(ctx, &mastodon.Pagination{Limit: mostPosts})
	if err != nil {
		return nil, fmt.Errorf("read the timeline: %w", err)
	}
	var all []Post
	for _, s := range page {
		if string(s.Account.ID) != t.person.ID() { // one's own are in the conversation
			all = append(all, postOf(s))
		}
	}
	return all, nil
}

// strictness are the actions of filters, the mildest first.
var strictness = []string{"", "blur", "warn", "hide"}

func postOf(s *mastodon.Status) Post {
	p := Post{}
	filtered := s.Filtered
	if s.Reblog != nil {
		p.Booster = s.Account.Acct
		filtered = append(slices.Clone(filtered), s.Reblog.Filtered...)
		s = s.Reblog
	}
	p.ID, p.Author, p.Text, p.Pictures = string(s.ID), s.Account.Acct, plain.Text(s.Content), pictures(s)
	for _, f := range filtered {
		if !slices.Contains(p.Filters, f.Filter.Title) {
			p.Filters = append(p.Filters, f.Filter.Title)
		}
		if slices.Index(strictness, f.Filter.FilterAction) > slices.Index(strictness, p.Action) {
			p.Action = f.Filter.FilterAction
		}
	}
	return p
}

// File implements Home. Without a filter there is nothing to put it into, which clients say.
func (t tootHome) File(_ context.Context, post string) error {
	filters := t.person.Filters()
	if len(filters) == 0 {
		return &mastodon.APIError{StatusCode: http.StatusUnprocessableEntity, Message: "there is no filter yet"}
	}
	t.person.File(filters[0].ID, post)
	return nil
}

// Unfile implements Home.
func (t tootHome) Unfile(_ context.Context, post string) error {
	for _, f := range t.person.Filters() {
		t.person.Unfile(f.ID, post)
	}
	return nil
}
