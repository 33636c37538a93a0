package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mattn/go-mastodon"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"slugpuppy/bot/demo"
	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/bot/network/x"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/store"
)

// demoTime is how long the demo waits for a reply before it says that something is wrong.
const demoTime = 5 * time.Minute

type demoFlags struct {
	once        bool
	out, listen string
	network     string
	verbose     bool
}

func (c *console) demoCommand() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo [WORDS...]",
		Short: "Try the bot on this machine: a fake Mastodon server or X, the bot and a page to play with",
		Long: "Starts a Mastodon server (or, with --network x, X's API) in memory, the bot and a small page,\n" +
			"posts a painted landscape with the words at the bot and prints the reply. Nothing leaves this machine.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{dream.DefaultPreset}
			}
			return c.demo(cmd.Context(), f, strings.Join(args, " "))
		},
	}
	cmd.Flags().BoolVar(&f.once, "once", false, "one round only: write the picture to a file and exit 0 if the reply arrived")
	cmd.Flags().StringVar(&f.network, "network", "mastodon", "mastodon or x")
	cmd.Flags().StringVar(&f.out, "out", "", "file for the first picture (default: dream.png, or dream.gif or .mp4 for a clip)")
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "address of the page; another port is taken when this one is not free")
	cmd.Flags().BoolVar(&f.verbose, "verbose", false, "show the bot's log")
	return cmd
}

// demo plays a whole evening: server, bot, person.
func (c *console) demo(ctx context.Context, f demoFlags, words string) error {
	dir, err := os.MkdirTemp("", "slugpuppy-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer os.RemoveAll(dir)
	cfg := config.Default()
	cfg.Bot.PerUserHour, cfg.Bot.PerThread, cfg.Bot.PerPair = 0, 0, 0 // who plays here is alone
	scene, err := stage(f.network, cfg)
	if err != nil {
		return err
	}
	defer scene.close()

	st, err := store.Open(filepath.Join(dir, "demo.db"), store.Options{NoSync: true})
	if err != nil {
		return err
	}
	defer st.Close()
	log := slog.New(slog.DiscardHandler)
	if f.verbose {
		log = slog.New(slog.NewTextHandler(c.err, nil))
	}
	platform, err := scene.connect(st, log)
	if err != nil {
		return err
	}
	parts, err := newParts(cfg)
	if err != nil {
		return err
	}
	robot, err := parts.bot(cfg, platform, st, nil, log)
	if err != nil {
		return err
	}
	d := demo.New(scene.visitor, botName, robot)

	group, ctx := errgroup.WithContext(ctx)
	ctx, stop := context.WithCancel(ctx)
	group.Go(func() error { return robot.Run(ctx) })
	group.Go(func() error {
		defer stop()
		if err := listening(ctx, st, identity.Identity{Server: platform.Host(), ID: scene.robot}); err != nil {
			return err
		}
		return c.play(ctx, d, f, words)
	})
	return group.Wait()
}

// scene is a fake network with the bot's account and a visitor.
type scene struct {
	robot   string // id of the bot's account
	visitor demo.Visitor
	connect func(*store.Store, *slog.Logger) (network.Bot, error)
	close   func()
}

// The names of who is on the fake network.
const botName, userName = "dreambot", "visitor"

func stage(network string, cfg *config.Config) (scene, error) {
	switch network {
	case "mastodon":
		return stageMastodon(cfg), nil
	case "x":
		return stageX(cfg), nil
	}
	return scene{}, usageError(fmt.Errorf("--network: %q is neither mastodon nor x", network))
}

func stageMastodon(cfg *config.Config) scene {
	s := mastodontest.New(mastodontest.Options{})
	s.Start()
	robot := s.AddUser(botName, mastodontest.UserOptions{Display: "Dream bot", Bot: true})
	visitor := s.AddUser(userName, mastodontest.UserOptions{Display: "You"})
	cfg.Mastodon.Server = s.URL
	user := mastodon.NewClient(&mastodon.Config{Server: s.URL, AccessToken: visitor.Token()})
	return scene{robot.ID(), demo.OnMastodon(user, botName), func(_ *store.Store, log *slog.Logger) (network.Bot, error) {
		return platformWith(cfg, robot.Token(), log)
	}, s.Close}
}

func stageX(cfg *config.Config) scene {
	s := xtest.New(xtest.Options{Owner: botName, RateLimits: true})
	s.Start()
	robot := s.AddUser(botName, xtest.UserOptions{Bio: "an automated account"})
	visitor := s.AddUser(userName, xtest.UserOptions{})
	cfg.X.Address, cfg.X.Approved, cfg.X.AutomatedLabel, cfg.X.Owned = s.URL, true, true, true
	cfg.X.Poll = config.Duration(5 * time.Second) // of 300 calls in 15 minutes
	keys := x.Keys{}
	keys.Consumer, keys.ConsumerSecret = s.Consumer()
	keys.Token, keys.TokenSecret = robot.Token()
	return scene{robot.ID(), demo.OnX(s, visitor, botName), func(st *store.Store, log *slog.Logger) (network.Bot, error) {
		return x.Open(cfg.X.API, xOptions(cfg, x.Books{Store: st}, keys, log))
	}, s.Close}
}

// listening waits until the bot has looked at its mentions once: a fresh bot answers none from
// before its time.
func listening(ctx context.Context, st *store.Store, scope identity.Identity) error {
	for {
		_, known, err := st.Cursor(scope)
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

// play posts the first mention and prints the reply; unless it is for once only, it shows the
// page from the beginning, so that one can watch.
func (c *console) play(ctx context.Context, d *demo.Demo, f demoFlags, words string) error {
	start := time.Now()
	id, err := d.Mention(ctx, nil, "", words)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if !f.once {
		page, err := listenNear(ctx, f.listen)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.err, "open http://%s/ to play; Ctrl-C ends the demo\n", page.Addr())
		group.Go(func() error { return d.Serve(ctx, page, id) })
	}
	group.Go(func() error {
		err := c.firstReply(ctx, d, id, f.out, start)
		if ctx.Err() != nil && !f.once {
			return nil // who closes the demo early does not need to hear that no reply came
		}
		return err
	})
	return group.Wait()
}

// firstReply waits for the reply and shows it.
func (c *console) firstReply(ctx context.Context, d *demo.Demo, id, out string, start time.Time) error {
	patience, cancel := context.WithTimeoutCause(ctx, demoTime, errors.New("no reply came; --verbose shows why"))
	defer cancel()
	reply, err := d.Await(patience, id)
	if err != nil {
		return err
	}
	return c.showReply(ctx, reply, out, time.Since(start))
}

// endings are those of files by what is in them.
var endings = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "video/mp4": ".mp4"}

// showReply prints the reply and writes its first picture to a file.
func (c *console) showReply(ctx context.Context, r *demo.Reply, out string, took time.Duration) error {
	type shown struct {
		Text string `json:"text"`
		Alt  string `json:"alt,omitempty"`
		File string `json:"file,omitempty"`
		MS   int64  `json:"ms"`
	}
	s := shown{Text: r.Text, MS: took.Milliseconds()}
	text := fmt.Sprintf("reply after %.1f s:\n%s", took.Seconds(), indent(r.Text))
	if len(r.Pictures) > 0 {
		data, err := download(ctx, r.Pictures[0].Src)
		if err != nil {
			return err
		}
		if out == "" {
			out = "dream" + endings[http.DetectContentType(data)]
		}
		s.File = out
		if err := c.write(out, data); err != nil {
			return err
		}
		s.Alt = r.Pictures[0].Alt
		text += fmt.Sprintf("\nalt text:\n%s\npicture: %s", indent(s.Alt), out)
	}
	return c.beside(out).print(s, text)
}

func indent(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }

// download reads a picture from the fake server.
func download(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("download the reply's picture: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("download the reply's picture: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("download the reply's picture: %s", resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, 64<<20))
}

// listenNear listens on an address, or on any port of its host when it is taken.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err == nil {
		return l, nil
	}
	host, _, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		return nil, usageError(fmt.Errorf("--listen: %w", splitErr))
	}
	if l, err = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); err != nil {
		return nil, fmt.Errorf("listen for the page: %w", err)
	}
	return l, nil
}
