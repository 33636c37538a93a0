package x_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/conformance"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/network/x/hidelist"
)

// drawer is notes in memory, which outlive a reader. What is lost may be kept all the same.
type drawer struct {
	all  map[string][]byte
	lose bool
	how  conformance.Loss
}

func (d *drawer) All() (map[string][]byte, error) { return maps.Clone(d.all), nil }

func (d *drawer) Put(name string, data []byte) error {
	lost := d.lose
	d.lose = false
	if !lost || d.how == conformance.OnTheWayBack {
		d.all[name] = data
	}
	if lost {
		return errors.New("the disk is full")
	}
	return nil
}

func (d *drawer) Drop(name string) error { delete(d.all, name); return nil }

// lists are what is in the drawer.
func (d *drawer) lists(t *testing.T) (lists []hidelist.List) {
	for _, data := range d.all {
		var l hidelist.List
		if err := json.Unmarshal(data, &l); err != nil {
			t.Fatal(err)
		}
		lists = append(lists, l)
	}
	return lists
}

func authorOf(u *xtest.User) conformance.Author {
	return conformance.Author{Person: person{u}, ID: u.ID(), Handle: u.Name(), Boost: func(id string) error {
		_, err := u.Repost(id)
		return err
	}}
}

// listStage is a reader on a fake server whose hidden posts are in lists.
func listStage(t *testing.T, version string, o xtest.Options) conformance.Stage {
	var ahead atomic.Int64 // of the real clock
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	s := newTown(t, o)
	artist, booster := s.AddUser("artist", xtest.UserOptions{}), s.AddUser("booster", xtest.UserOptions{})
	s.alice.Follow(artist)
	s.alice.Follow(booster)
	kept := &drawer{all: map[string][]byte{}}
	return conformance.Stage{
		Open: func() network.Reader {
			c, err := x.Open(version, options(s.Server, s.alice))
			if err != nil {
				t.Fatal(err)
			}
			return x.Reader{Network: c, Hider: &hidelist.Hider{Notes: kept, Now: now}}
		},
		Artist: authorOf(artist), Booster: authorOf(booster), Wait: 10 * time.Second,
		Advance: func(d time.Duration) { ahead.Add(int64(d)) },
		Looks: func(post string) network.Style {
			page := string(x.Site.UBlock("alice", kept.lists(t), now()))
			script, err := x.Site.Script("alice", "", kept.lists(t), now())
			if err != nil {
				t.Fatal(err)
			}
			for _, style := range []network.Style{network.Warn, network.Blur, network.Hide} {
				entry := `"` + post + "\": [\n  \"" + string(style) + `"`
				if strings.Contains(string(script), entry) && strings.Contains(page, x.Site.Link+post+`"`) {
					return style
				}
			}
			return ""
		},
		Mutes:     func() bool { return s.alice.Mutes(artist) },
		Places:    func() (ours, theirs int) { return len(kept.all), 0 },
		Lose:      func(l conformance.Loss) { kept.lose, kept.how = true, l },
		Unchecked: true,
	}
}

func TestReadersAndListsConformOnTheFakeServer(t *testing.T) {
	versions := map[string]xtest.Options{"v1.1": {V1: true}}
	for name, spelling := range spellings {
		versions["v2, "+name] = xtest.Options{Spelling: spelling}
	}
	for name, o := range versions {
		version, _, _ := strings.Cut(name, ",")
		t.Run(name, func(t *testing.T) {
			conformance.RunReader(t, func(t *testing.T) conformance.Stage { return listStage(t, version, o) })
		})
	}
}
