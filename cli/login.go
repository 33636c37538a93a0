package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/config"
	"slugpuppy/store"
)

// loginPatience is how long a login waits for the person in the browser.
const loginPatience = 10 * time.Minute

func (c *console) loginCommand() *cobra.Command {
	var paste bool
	var server string
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Let the bot into its account: registers with the server and keeps the token encrypted",
		Long: "Prints an address to open in a browser where you are signed in as the bot. With --paste the\n" +
			"browser shows a code to copy, for when it runs on another machine than this program.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.loadConfig()
			if err != nil {
				return err
			}
			inFile := cfg.Mastodon.Server
			if server != "" {
				if err := cfg.SetServer(server, "--server"); err != nil {
					return usageError(err)
				}
			}
			if cfg.Mastodon.Server == "" {
				return usageError(errors.New("which server? set mastodon.server or say --server https://example.social"))
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), loginPatience, errors.New("nobody came; please start again"))
			defer cancel()
			return c.login(ctx, cfg, paste, inFile)
		},
	}
	cmd.AddCommand(c.loginXCommand())
	cmd.Flags().BoolVar(&paste, "paste", false, "copy a code from the browser instead of being sent back here")
	cmd.Flags().StringVar(&server, "server", "", "the server, when it is not in the configuration")
	return cmd
}

// login registers, waits for a yes and seals the token. The server that the configuration
// names may be another.
func (c *console) login(ctx context.Context, cfg *config.Config, paste bool, configured string) error {
	st, err := openStore(ctx, cfg)
	if errors.Is(err, store.ErrLocked) {
		return fmt.Errorf("slugpuppy is running; please stop it, log in, and start it again (%w)", err)
	}
	if err != nil {
		return err
	}
	defer st.Close()
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return fmt.Errorf("open the key that seals tokens: %w", err)
	}
	ask := c.askBrowser
	if paste {
		ask = c.askPaste
	}
	token, app, err := ask(ctx, cfg, mastodon.Scopes)
	if err != nil {
		return err
	}
	p, err := platformWith(cfg, token, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	self, err := p.Self(ctx)
	if err != nil {
		return fmt.Errorf("the server gave a token but does not take it: %w", err)
	}
	for _, s := range []struct{ field, value string }{
		{"client_id", app.ClientID}, {"client_secret", app.ClientSecret}, {"token", token},
	} {
		if err := st.PutSecret(key, record(cfg.Mastodon.Server), s.field, []byte(s.value)); err != nil {
			return fmt.Errorf("seal the %s: %w", s.field, err)
		}
	}
	return c.print(map[string]any{"account": self.Handle, "automated": self.Bot, "server": cfg.Mastodon.Server},
		welcome(self, cfg, configured))
}

// welcome says who is logged in and what to do next.
func welcome(self network.Account, cfg *config.Config, configured string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "logged in as @%s", self.Handle)
	if configured != cfg.Mastodon.Server {
		fmt.Fprintf(&text, "\nset mastodon.server to %q in the configuration", cfg.Mastodon.Server)
	}
	if cfg.Mastodon.Token.Reveal() != "" {
		text.WriteString("\ntake mastodon.token out of the configuration: while it is there, it is used instead")
	}
	if !self.Bot {
		text.WriteString("\nplease tick \"This is an automated account\" in its profile: most servers ask for it")
	}
	text.WriteString("\nstart the bot with `slugpuppy serve`")
	return text.String()
}

// askBrowser listens on this machine for the browser to come back.
func (c *console) askBrowser(ctx context.Context, cfg *config.Config, scopes string) (string, mastodon.App, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", mastodon.App{}, fmt.Errorf("listen for the browser: %w", err)
	}
	client := &http.Client{Timeout: time.Minute}
	app, err := mastodon.Register(ctx, client, cfg.Mastodon.Server, cfg.Mastodon.ClientName, cfg.Mastodon.Website,
		fmt.Sprintf("http://%s/callback", l.Addr()), scopes)
	if err != nil {
		l.Close()
		return "", app, err
	}
	try := app.NewAttempt()
	answers := make(chan consent, 1)
	srv := &http.Server{Handler: callback(try, answers), ReadHeaderTimeout: 10 * time.Second}
	go srv.Serve(l)
	defer func() { // let the browser have its page
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if srv.Shutdown(ctx) != nil {
			srv.Close()
		}
	}()
	fmt.Fprintf(c.err, "Open this address in a browser on this machine where you are signed in to the account\n"+
		"(is the browser elsewhere? `slugpuppy login --paste`):\n\n  %s\n\n", try.URL())
	select {
	case <-ctx.Done():
		return "", app, context.Cause(ctx)
	case r := <-answers:
		if r.err != nil {
			return "", app, r.err
		}
		token, err := try.Exchange(ctx, client, r.code)
		return token, app, err
	}
}

// consent is what the person in the browser decided.
type consent struct {
	code string
	err  error
}

// callback is where the browser is sent back to.
func callback(try *mastodon.Attempt, answers chan<- consent) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /callback", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		code, err := try.Code(r.URL.Query())
		if err == nil || errors.Is(err, mastodon.ErrDenied) {
			select {
			case answers <- consent{code, err}:
			default: // the page was loaded again
			}
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintln(w, "That did not work:", err)
			return
		}
		fmt.Fprintln(w, "Thank you. You can close this page; slugpuppy goes on in the terminal.")
	})
	return mux
}

// askPaste has the person copy the code.
func (c *console) askPaste(ctx context.Context, cfg *config.Config, scopes string) (string, mastodon.App, error) {
	client := &http.Client{Timeout: time.Minute}
	app, err := mastodon.Register(ctx, client, cfg.Mastodon.Server, cfg.Mastodon.ClientName, cfg.Mastodon.Website, mastodon.PastedCode, scopes)
	if err != nil {
		return "", app, err
	}
	try := app.NewAttempt()
	fmt.Fprintf(c.err, "Open this address in a browser where you are signed in to the account:\n\n  %s\n\nand paste the code it shows: ", try.URL())
	code, err := c.line(ctx)
	if err != nil {
		return "", app, err
	}
	if code == "" {
		return "", app, usageError(errors.New("no code was pasted"))
	}
	token, err := try.Exchange(ctx, client, code)
	return token, app, err
}
