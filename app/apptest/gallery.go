// Package apptest is what tests of the whole program share: pictures to find on a timeline, and
// somebody with a browser.
package apptest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/classifier"
	"slugpuppy/dream"
	"slugpuppy/picture"
)

// Exhibits are a scene and a dream of it, as PNG. They are made once. No label has a part in the dream, so that it is the
// same whatever a network's last layer has learned.
func Exhibits(t testing.TB) (scene, dreamed []byte) {
	t.Helper()
	e, err := exhibits()
	if err != nil {
		t.Fatal(err)
	}
	return e.scene, e.dreamed
}

var exhibits = sync.OnceValues(func() (e struct{ scene, dreamed []byte }, err error) {
	img := picture.Landscape(320, 240, 3)
	if e.scene, err = picture.EncodePNG(img, ""); err != nil {
		return e, err
	}
	net, err := classifier.Default()
	if err != nil {
		return e, err
	}
	made, err := dream.New(net, dream.Options{}).Make(context.Background(), dream.Order{Source: img,
		Recipe: dream.Recipe{Verb: dream.Dream, Preset: "eyes", Strength: 8, Octaves: 4, Steps: 14, Seed: 1}}, nil)
	if err != nil {
		return e, err
	}
	e.dreamed, err = picture.EncodePNG(made.Image, "")
	return e, err
})

// Gallery has a reader follow an artist who posts a dream and a photograph, so to speak.
func Gallery(t testing.TB, s *mastodontest.Server) (reader *mastodontest.User, dream, photo string) {
	t.Helper()
	reader, artist := s.AddUser("reader", mastodontest.UserOptions{}), s.AddUser("artist", mastodontest.UserOptions{})
	reader.Follow(artist)
	scene, dreamed := Exhibits(t)
	post := func(data []byte) string {
		st, err := artist.Post(mastodontest.PostOptions{Text: "look", Media: []mastodontest.Picture{{Data: data}}})
		if err != nil {
			t.Fatal(err)
		}
		return st.ID
	}
	return reader, post(dreamed), post(scene)
}

// FiledBy lists the posts in somebody's filters.
func FiledBy(u *mastodontest.User) (ids []string) {
	for _, f := range u.Filters() {
		for _, s := range f.Statuses {
			ids = append(ids, s.Status)
		}
	}
	slices.Sort(ids)
	return ids
}
