package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"slugpuppy/app"
	"slugpuppy/bot/demo"
	"slugpuppy/dream"
)

// demoTime is how long the demo waits for a reply before it says that something is wrong.
const demoTime = 5 * time.Minute

type demoFlags struct {
	once        bool
	out, listen string
	network     string
	verbose     bool
	workers     int
}

func (c *console) demoCommand() *cobra.Command {
	var f demoFlags
	var names []string
	for _, k := range app.Kinds() {
		names = append(names, k.Name)
	}
	cmd := &cobra.Command{
		Use:   "demo [WORDS...]",
		Short: "Try everything on this machine: a fake network, the bot, a timeline and the filter",
		Long: "Starts a network's server in memory, the bot, artists who fill a timeline, the filter and all pages, posts a\n" +
			"painted landscape with the words at the bot and prints the reply. Nothing leaves this machine.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{dream.DefaultPreset}
			}
			return c.demo(cmd.Context(), f, strings.Join(args, " "))
		},
	}
	cmd.Flags().BoolVar(&f.once, "once", false,
		"one round only: write the picture to a file and exit 0 if the reply arrived")
	cmd.Flags().Var(flagOf(&f.network, names[0], either(names...)), "network", "what kind of network is played")
	cmd.Flags().Var(flagOf(&f.out, "", nonempty("file")), "out",
		"file for the first picture (default: dream.png, or dream.gif or .mp4 for a clip)")
	cmd.Flags().Var(flagOf(&f.listen, "127.0.0.1:8080", place), "listen",
		"address of the page; another port is taken when this one is not free")
	cmd.Flags().Var(flagOf(&f.workers, "0", between(0, 16)), "workers",
		"processes that dream and look for it, over a broker in this one; kill one to see another take over")
	cmd.Flags().BoolVar(&f.verbose, "verbose", false, "show the bot's log")
	return cmd
}

// demo plays a whole evening: server, bot, person.
func (c *console) demo(ctx context.Context, f demoFlags, words string) error {
	o := app.Options{Version: version}
	if err := canWrite(cmp.Or(f.out, "-")); err != nil {
		return err
	}
	if f.verbose {
		o.Log = c.err
	}
	var page net.Listener // nil for once
	address := ""
	if !f.once {
		l, err := listenNear(ctx, f.listen)
		if err != nil {
			return err
		}
		defer l.Close()
		page, address = l, l.Addr().String()
	}
	stage, err := app.NewStage(f.network, address, f.workers, o)
	if err != nil {
		return err
	}
	defer stage.Close()
	for _, w := range stage.Workers {
		fmt.Fprintf(c.err, "%s dreams as process %d\n", w.Name, w.PID)
	}
	return stage.Run(ctx, func(ctx context.Context) error { return c.play(ctx, stage.Demo, page, f.out, words) })
}

// play posts the first mention and prints the reply; unless it is for once only and there is no page, it shows
// that from the beginning, so that one can watch.
func (c *console) play(evening context.Context, d *demo.Demo, page net.Listener, out, words string) error {
	start := c.now()
	id, err := d.Mention(evening, nil, "", words)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(evening)
	if page != nil {
		fmt.Fprintf(c.err, "open http://%s/ to play; Ctrl-C ends the demo\n", page.Addr())
		group.Go(func() error { return d.Serve(ctx, page, id) })
	}
	group.Go(func() error {
		return c.firstReply(ctx, d, id, out, start)
	})
	return errors.Join(group.Wait(), context.Cause(evening)) // who ends it is the only end it has
}

// firstReply waits for the reply and shows it.
func (c *console) firstReply(ctx context.Context, d *demo.Demo, id, out string, start time.Time) error {
	patience, cancel := context.WithTimeoutCause(ctx, demoTime, errors.New("no reply came; --verbose shows why"))
	defer cancel()
	reply, err := d.Await(patience, id)
	if err != nil {
		return err
	}
	return c.showReply(ctx, reply, out, c.now().Sub(start))
}

// endings are those of files by what is in them.
var endings = map[string]string{"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "image/gif": ".gif", "video/mp4": ".mp4"}

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
