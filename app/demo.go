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
	"slugpuppy/bot/reply"
	"slugpuppy/config"
	"slugpuppy/store"
)

// Stage is the bot on a fake network in this process, and a visitor who talks to it.
type Stage struct {
	Demo  *demo.Demo
	robot *reply.Daemon
	id    string // of the robot's account
	store *store.Store
	close []func()
}

// NewStage builds everything on the fake of a network; Close takes it away again.
func NewStage(on string, o Options) (*Stage, error) {
	s := &Stage{}
	if err := s.build(on, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Stage) build(on string, o Options) error {
	dir, err := os.MkdirTemp("", "slugpuppy-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	s.close = append(s.close, func() { os.RemoveAll(dir) })
	cfg := Default()
	cfg.Bot.PerUserHour, cfg.Bot.PerThread, cfg.Bot.PerPair = 0, 0, 0 // who plays here is alone
	i := slices.IndexFunc(kinds, func(k network.Kind) bool { return k.Name == on })
	if i < 0 || scenes[on] == nil {
		return usage(fmt.Errorf("--network: there is no fake of %q", on))
	}
	scene := scenes[on](settings(cfg, kinds[i]))
	s.close = append(s.close, scene.close)
	a := New(cfg, o)
	if s.store, err = store.Open(filepath.Join(dir, "demo.db"), store.Options{NoSync: true}); err != nil {
		return err
	}
	s.close = append(s.close, func() { s.store.Close() })
	p := a.places(database{s.store, a.key})[i]
	b, err := p.Bot()
	if err != nil {
		return err
	}
	decoders, err := a.newDecoders()
	if err != nil {
		return err
	}
	s.close = append(s.close, decoders.Close)
	if s.robot, err = a.bot(p, b, s.store, reply.Options{Log: a.log, Decode: a.apart(decoders)}); err != nil {
		return err
	}
	s.id, s.Demo = scene.robot, demo.New(scene.visitor, botName, s.robot)
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

// Run has the bot at work while play runs.
func (s *Stage) Run(ctx context.Context, play func(context.Context) error) error {
	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	group.Go(func() error { return s.robot.Run(ctx) })
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
		_, known, err := s.store.For(identity.Identity{Server: s.robot.Platform.Host(), ID: s.id}).Jobs().Cursor()
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
	return scene{robot.ID(), demo.OnMastodon(user, botName), s.Close}
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
	return scene{robot.ID(), demo.OnX(s, visitor, botName), s.Close}
}
