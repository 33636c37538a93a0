package x_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
)

// book is a ledger that a test can read.
type book struct {
	mu    sync.Mutex
	items map[string]int
	cost  network.Money
	fails bool
}

func (b *book) Spend(s network.Spending) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails {
		return errors.New("the disk is full")
	}
	b.items[s.Item] += s.N
	b.cost += s.Cost
	return nil
}

func (b *book) Spent(identity.Identity, string) (network.Money, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cost, nil
}

// prices are those of August 2026.
var prices = x.Prices{
	x.PostRead: 5_000, x.OwnedRead: 1_000, x.UserRead: 10_000, x.ExtraPost: 5_000, x.ExtraUser: 10_000, x.Summoned: 10_000,
	x.Described: 5_000, x.MuteMade: 10_000, x.MuteEnded: 5_000, x.MuteRead: 1_000, x.Deleted: 5_000,
}

func withBook(b *book, limit network.Money) func(*x.Options) {
	b.items = map[string]int{}
	return func(o *x.Options) { o.Budget = &x.Budget{Cap: limit, Ledger: b, Owned: true, Prices: prices} }
}

func TestWhatIsUsedIsWrittenDownAsXCountsIt(t *testing.T) {
	for name, spelling := range spellings {
		t.Run(name, func(t *testing.T) {
			var b book
			s := newTown(t, xtest.Options{Spelling: spelling, Owner: "dreambot"}, withBook(&b, 0))
			s.robot.Follow(s.alice)
			m := s.mention(t, "hello", xtest.Picture{Data: drawing(t)})
			far := s.AddUser("far", xtest.UserOptions{})
			other, err := far.Post(xtest.PostOptions{Text: "x", Media: []xtest.Picture{{Data: drawing(t)}}})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.alice.Repost(other.ID); err != nil {
				t.Fatal(err)
			}
			calls := []func() error{
				func() error { _, err := s.bot.Mentions(t.Context(), "", 10); return err },
				func() error { _, err := s.bot.Recent(t.Context(), 10); return err },
				func() error { _, err := s.bot.Account(t.Context(), s.alice.ID()); return err },
				func() error { _, err := s.bot.Ancestors(t.Context(), m.ID); return err },
				func() error {
					id, err := s.bot.Upload(t.Context(), network.Upload{Data: drawing(t), Type: "image/png", Alt: "a hill"})
					if err != nil {
						return err
					}
					p, err := s.bot.Reply(t.Context(), network.Outgoing{Text: "@alice hi", To: m, MediaIDs: []string{id}, Visibility: network.Unlisted})
					if err != nil {
						return err
					}
					if _, err := s.bot.Replies(t.Context(), m.ID, time.Now().Add(-time.Hour)); err != nil {
						return err
					}
					return s.bot.Delete(t.Context(), p.ID)
				},
				func() error { return s.bot.Mute(t.Context(), s.alice.ID(), 0) },
				func() error { _, err := s.bot.Muted(t.Context()); return err },
				func() error { return s.bot.Unmute(t.Context(), s.alice.ID()) },
			}
			for i, call := range calls {
				if err := call(); err != nil {
					t.Fatalf("call %d: %v", i, err)
				}
			}
			usage := s.Usage()
			maps.DeleteFunc(usage, func(_ string, n int) bool { return n == 0 })
			if fmt.Sprint(b.items) != fmt.Sprint(usage) {
				t.Errorf("we wrote down %v\nX counted       %v", b.items, usage)
			}
			var cost network.Money
			for item, n := range usage {
				cost += prices[x.Item(item)] * network.Money(n)
			}
			if cost != b.cost || cost == 0 {
				t.Errorf("%s, want %s", b.cost, cost)
			}
		})
	}
}

func TestTheHomeTimelineStopsAtTheCapAndGoesOnWhereItStopped(t *testing.T) {
	var b book
	s := newTown(t, xtest.Options{}, withBook(&b, network.Dollar/2))
	s.robot.Follow(s.alice)
	start, err := s.alice.Post(xtest.PostOptions{Text: "start"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		if _, err := s.alice.Post(xtest.PostOptions{Text: fmt.Sprint("number ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.bot.Home(t.Context(), start.ID, 40) // the first pages fit, the last one does not
	var capped *x.CapError
	at, ok := network.RetryAt(err)
	if !ok || !errors.As(err, &capped) || !strings.Contains(network.NoticeOf(err), "is allowed") || at.Before(time.Now()) || at.UTC().Day() != 1 {
		t.Fatalf("%v, %v, %+v", err, at, capped)
	}
	if b.cost > network.Dollar/2 {
		t.Errorf("%s were spent", b.cost)
	}
	requests := len(s.Requests())
	if _, err := s.bot.Home(t.Context(), start.ID, 40); !errors.As(err, &capped) || len(s.Requests()) != requests {
		t.Errorf("it asks on: %v", err)
	}
	b.mu.Lock()
	b.cost = 0 // a new month
	b.mu.Unlock()
	cursor, n := start.ID, 0
	for range 10 {
		page, err := s.bot.Home(t.Context(), cursor, 40)
		if err != nil {
			t.Fatal(err)
		}
		if page.Next == cursor {
			break
		}
		n, cursor = n+len(page.Posts), page.Next
	}
	if u := s.Usage(); n != 100 || u[xtest.PostRead] != 100 {
		t.Errorf("%d posts, %d paid for", n, u[xtest.PostRead])
	}
}

func TestAtTheCapOnlyWhatEndsThingsGoesOn(t *testing.T) {
	var b book
	s := newTown(t, xtest.Options{}, withBook(&b, network.Dollar))
	m := s.mention(t, "hello")
	p, err := s.reply(t, m, "hi")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.bot.Mute(t.Context(), s.alice.ID(), 0); err != nil {
		t.Fatal(err)
	}
	b.mu.Lock()
	b.cost = 2 * network.Dollar
	b.mu.Unlock()
	var capped *x.CapError
	for name, call := range map[string]func() error{
		"mentions": func() error { _, err := s.bot.Mentions(t.Context(), "1", 10); return err },
		"post":     func() error { _, err := s.bot.Post(t.Context(), m.ID); return err },
		"account":  func() error { _, err := s.bot.Account(t.Context(), s.alice.ID()); return err },
		"reply":    func() error { _, err := s.reply(t, m, "more"); return err },
		"upload": func() error {
			_, err := s.bot.Upload(t.Context(), network.Upload{Data: drawing(t), Type: "image/png"})
			return err
		},
		"mute": func() error { return s.bot.Mute(t.Context(), s.alice.ID(), 0) },
	} {
		if err := call(); !errors.As(err, &capped) || kindOf(t, err) != network.RateLimited {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, call := range map[string]func() error{
		"our replies": func() error { _, err := s.bot.Replies(t.Context(), m.ID, time.Now().Add(-time.Hour)); return err },
		"unmute":      func() error { return s.bot.Unmute(t.Context(), s.alice.ID()) },
		"delete":      func() error { return s.bot.Delete(t.Context(), p.ID) },
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALedgerThatFailsHidesNoReply(t *testing.T) {
	var b book
	s := newTown(t, xtest.Options{}, withBook(&b, 0))
	m := s.mention(t, "hello")
	b.fails = true
	if p, err := s.reply(t, m, "hi"); err != nil || p.ID == "" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestMoneyIsReadable(t *testing.T) {
	for m, want := range map[network.Money]string{0: "$0.00", 5_000: "$0.005", network.Dollar: "$1.00", 1_234_500: "$1.2345", 20 * network.Dollar: "$20.00", 10_000: "$0.01"} {
		if m.String() != want {
			t.Errorf("%d is %s, want %s", m, m, want)
		}
	}
}

func TestMoneyForAnswersIsPutByBeforeMentionsAreRead(t *testing.T) {
	var b book
	s := newTown(t, xtest.Options{Owner: "dreambot"}, withBook(&b, network.Dollar))
	m := s.mention(t, "hello")
	b.cost = network.Dollar - 60_000 // enough for an answer, too little for five mentions with theirs
	_, err := s.bot.Mentions(t.Context(), "", 10)
	var capped *x.CapError
	if !errors.As(err, &capped) {
		t.Errorf("mentions are read: %v", err)
	}
	if _, err := s.bot.Reply(t.Context(), network.Outgoing{Text: "@alice hi", To: m, Visibility: network.Public}); err != nil {
		t.Errorf("an answer has to wait: %v", err)
	}
}

func TestMetersSayHowManyCallsAreLeft(t *testing.T) {
	for name, o := range map[string]xtest.Options{"as X says": {RateLimits: true}, "by our own count": {}} {
		t.Run(name, func(t *testing.T) {
			var m x.Meters
			s := newTown(t, o, func(o *x.Options) { o.CountCalls, o.Meters = true, &m })
			if left := m.Left(s.robot.ID()); left != nil {
				t.Errorf("before any call: %v", left)
			}
			for range 3 {
				if _, err := s.bot.Muted(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.bot.Newest(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := m.Left(s.robot.ID())
			want := []network.Calls{{What: "read the mutes", Left: 12, Of: 15}, {What: "ask who we are", Left: 74, Of: 75}, {What: "read mentions", Left: 299, Of: 300}}
			if !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
		})
	}
	var none *x.Meters
	if left := none.Left("1"); left != nil {
		t.Error(left)
	}
}

func TestBillsAreByAccountAndMonth(t *testing.T) {
	bills := x.Bills([]network.Spending{
		{Identity: x.On("1"), Handle: "alice", Month: "2026-08", Item: "mute", N: 1, Cost: 10_000},
		{Identity: x.On("1"), Month: "2026-08", Item: "unmute", N: 1, Cost: 5_000},
		{Identity: x.On("1"), Month: "2026-09", Item: "mute", N: 2, Cost: 20_000},
		{Identity: x.On("12"), Month: "2026-09", Item: "mute", N: 1, Cost: 10_000},
	})
	if len(bills) != 3 || bills[0].Sum != 15_000 || bills[0].Handle != "alice" || len(bills[0].Lines) != 2 || bills[1].Month != "2026-09" || bills[2].Identity.ID != "12" {
		t.Errorf("%+v", bills)
	}
	if x.Bills(nil) != nil {
		t.Error("a bill for nothing")
	}
}

func TestLeastIsWhereReadingStops(t *testing.T) {
	var b book
	s := newTown(t, xtest.Options{}, withBook(&b, network.Dollar))
	if _, err := s.bot.Self(t.Context()); err != nil { // costs something, once
		t.Fatal(err)
	}
	least := func(mentions bool) network.Money { return (&x.Budget{Owned: true, Prices: prices}).Least(mentions) }
	for _, c := range []struct {
		left network.Money
		read func() error
		ok   bool
	}{
		{least(true), func() error { _, err := s.bot.Mentions(t.Context(), "1", 10); return err }, true},
		{least(true) - 1, func() error { _, err := s.bot.Mentions(t.Context(), "1", 10); return err }, false},
		{least(false), func() error { _, err := s.bot.Recent(t.Context(), 10); return err }, true},
		{least(false) - 1, func() error { _, err := s.bot.Recent(t.Context(), 10); return err }, false},
	} {
		b.mu.Lock()
		b.cost = network.Dollar - c.left
		b.mu.Unlock()
		var capped *x.CapError
		if err := c.read(); errors.As(err, &capped) == c.ok {
			t.Errorf("with %s left: %v", c.left, err)
		}
	}
}
