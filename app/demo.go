package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	api "github.com/mattn/go-mastodon"
	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/web"
	"slugpuppy/config"
	"slugpuppy/store"
)

// Stage is the whole program on a fake network in this process, and a visitor who talks to the bot there.
type Stage struct {
	Demo *demo.Demo
	// Workers are the processes that dream for it, by their names.
	Workers []Hand
	daemon  *daemon
	id      string // of the robot's account
	cast    *demo.Cast
	close   []func()
}

// NewStage builds everything on the fake of a network; Close takes it away again. The page at an address has
// a timeline and the program's own pages beside it; without an address there is only the bot. With workers so
// many processes dream and look at pictures for it.
func NewStage(on, page string, workers int, o Options) (*Stage, error) {
	s := &Stage{}
	if err := s.build(on, page, workers, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stage) build(on, page string, workers int, o Options) error {
	dir, err := os.MkdirTemp("", "slugpuppy-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	s.close = append(s.close, func() { os.RemoveAll(dir) })
	cfg := Default()
	cfg.Store.Path, cfg.Store.KeyFile = filepath.Join(dir, "demo.db"), filepath.Join(dir, "demo.key")
	cfg.Bot.PerUserHour, cfg.Bot.PerThread, cfg.Bot.PerPair = 0, 0, 0 // who plays here is alone
	i := slices.IndexFunc(kinds, func(k network.Kind) bool { return k.Name == on })
	if i < 0 || scenes[on] == nil {
		return usage(fmt.Errorf("--network: there is no fake of %q", on))
	}
	scene := scenes[on](settings(cfg, kinds[i]))
	s.close = append(s.close, scene.close)
	a := New(cfg, o)
	if workers > 0 {
		if err := s.hire(a, dir, workers, o.Log); err != nil {
			return err
		}
	}
	cfg.Filter.Enabled = page != "" && scene.person != nil
	if cfg.Filter.Enabled {
		a.impatient(page, scene.person.Handle())
	}
	st, err := store.Open(cfg.Store.Path, store.Options{NoSync: true})
	if err != nil {
		return err
	}
	s.close = append(s.close, func() { st.Close() })
	decoders, err := a.newDecoders()
	if err != nil {
		return err
	}
	s.close = append(s.close, decoders.Close)
	if s.daemon, err = a.newDaemon(st, decoders); err != nil {
		return err
	}
	rest := demo.Program{Pages: web.Static()}
	if cfg.Filter.Enabled {
		if rest, err = s.inhabit(scene); err != nil {
			return err
		}
	}
	s.id, s.Demo = scene.robot, demo.New(scene.visitor, botName, s.daemon.bots[0], rest)
	return nil
}

// Close takes everything away.
func (s *Stage) Close() {
	for len(s.close) > 0 {
		last := len(s.close) - 1
		s.close[last]()
		s.close = s.close[:last]
	}
}

// longestOverture is how long the artists and the filter leave the machine to the first mention.
const longestOverture = 20 * time.Second

// Run has the bot and everything else at work while play runs.
func (s *Stage) Run(ctx context.Context, play func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	group.Go(func() error { return s.daemon.bots[0].Run(ctx) })
	if len(s.Workers) > 0 {
		group.Go(func() error { return s.daemon.app.announce(ctx) })
	}
	if s.daemon.site != nil {
		group.Go(func() error { return s.daemon.site.Run(ctx) })
		group.Go(func() error {
			s.Demo.Begun(ctx, longestOverture)
			group.Go(func() error { return s.daemon.filter.Run(ctx) })
			return s.cast.Play(ctx)
		})
	}
	group.Go(func() error {
		defer stop()
		if err := s.listening(ctx); err != nil {
			return err
		}
		return play(ctx)
	})
	return group.Wait()
}

// listening waits until the bot has looked at its mentions once: a fresh bot answers none from
// before its time.
func (s *Stage) listening(ctx context.Context) error {
	for {
		_, known, err := s.daemon.store.For(identity.Identity{Server: s.daemon.bots[0].Platform.Host(), ID: s.id}).Jobs().Cursor()
		if err != nil || known {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// scene is a fake network with the bot's account, which a configuration names, and a visitor.
type scene struct {
	robot   string // id of the bot's account
	visitor demo.Visitor
	close   func()

	// The visitor's account, their home timeline and the server; nil where nobody looks after a timeline.
	person *mastodontest.User
	home   demo.Home
	server *mastodontest.Server
}

// The names of who is on the fake network.
const botName, userName = "dreambot", "visitor"

// scenes are the fakes of networks by their names.
var scenes = map[string]func(settings []any) scene{
	mastodon.Name: onFakeMastodon,
	x.Name:        onFakeX,
}

func onFakeMastodon(settings []any) scene {
	s := mastodontest.New(mastodontest.Options{})
	s.Tolerant = true // people see no tests
	s.Start()
	robot := s.AddUser(botName, mastodontest.UserOptions{Display: "Dream bot", Bot: true})
	visitor := s.AddUser(userName, mastodontest.UserOptions{Display: "You"})
	own := settings[0].(*mastodon.Settings)
	own.Server, own.Token = s.URL, config.Secret(robot.Token())
	user := api.NewClient(&api.Config{Server: s.URL, AccessToken: visitor.Token()})
	return scene{robot: robot.ID(), visitor: demo.OnMastodon(user, botName), close: s.Close,
		person: visitor, home: demo.HomeOnMastodon(user, visitor), server: s}
}

func onFakeX(settings []any) scene {
	s := xtest.New(xtest.Options{Owner: botName, RateLimits: true})
	s.Tolerant = true
	s.Start()
	robot := s.AddUser(botName, xtest.UserOptions{Bio: "an automated account"})
	visitor := s.AddUser(userName, xtest.UserOptions{})
	own := settings[0].(*x.Settings)
	own.Enabled, own.Address, own.Approved, own.AutomatedLabel, own.Owned = true, s.URL, true, true, true
	own.Poll = config.Duration(5 * time.Second) // of 300 calls in 15 minutes
	key, secret := s.Consumer()
	token, tokenSecret := robot.Token()
	own.ConsumerKey, own.ConsumerSecret = config.Secret(key), config.Secret(secret)
	own.Token, own.TokenSecret = config.Secret(token), config.Secret(tokenSecret)
	return scene{robot: robot.ID(), visitor: demo.OnX(s, visitor, botName), close: s.Close}
}
