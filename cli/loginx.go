package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/config"
	"slugpuppy/store"
)

func (c *console) loginXCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "x",
		Short: "Let the bot into its account on X, with a PIN, and keep its keys encrypted",
		Long: "Prints an address to open in a browser where you are signed in to X as the bot; X shows a PIN to\n" +
			"paste here. The app's own keys come from x.consumer_key and x.consumer_secret (or their _file\n" +
			"options) and are kept encrypted as well, so that they can leave the configuration afterwards.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.loadConfig()
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeoutCause(cmd.Context(), loginPatience, errors.New("nobody came; please start again"))
			defer cancel()
			return c.loginX(ctx, cfg)
		},
	}
}

// loginX asks X for the account's keys and seals all four.
func (c *console) loginX(ctx context.Context, cfg *config.Config) error {
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
	consumer, secret, err := xApp(cfg, st, key)
	if err != nil {
		return usageError(err)
	}
	keys, err := c.askPIN(ctx, cfg, consumer, secret)
	if err != nil {
		return err
	}
	self, err := whoOnX(ctx, cfg, x.Books{Store: st}, keys)
	if err != nil {
		return err
	}
	for field, v := range map[string]string{
		"consumer_key": keys.Consumer, "consumer_secret": keys.ConsumerSecret, "token": keys.Token, "token_secret": keys.TokenSecret,
	} {
		if err := st.PutSecret(key, xRecord(cfg), field, []byte(v)); err != nil {
			return fmt.Errorf("seal the %s: %w", field, err)
		}
	}
	return c.print(map[string]any{"account": self.Handle, "network": x.Name}, welcomeX(self, cfg))
}

// whoOnX asks who keys belong to.
func whoOnX(ctx context.Context, cfg *config.Config, ledger x.Ledger, keys x.Keys) (network.Account, error) {
	c, err := x.Open(cfg.X.API, xOptions(cfg, ledger, keys, slog.New(slog.DiscardHandler)))
	if err != nil {
		return network.Account{}, err
	}
	self, err := c.Self(ctx)
	if err != nil {
		return self, fmt.Errorf("the keys X just gave are not taken by it: %w", err)
	}
	return self, nil
}

// welcomeX says who is logged in and what has to be done before anything is posted.
func welcomeX(self network.Account, cfg *config.Config) string {
	var b strings.Builder
	fmt.Fprintf(&b, "logged in on X as @%s", self.Handle)
	if cfg.X.Token != "" {
		b.WriteString("\ntake x.token and x.token_secret out of the configuration: while they are there, they are used instead")
	}
	if !cfg.X.Approved {
		b.WriteString("\nX must approve automated replies with generated pictures: apply at developer.x.com, then set x.approved")
	}
	if !cfg.X.AutomatedLabel {
		b.WriteString("\ngive the profile X's label of automated accounts (settings, your account, automation), then set x.automated_label")
	}
	if !cfg.X.Enabled {
		b.WriteString("\nset x.enabled")
	}
	b.WriteString("\n`slugpuppy doctor` says what is missing; start the bot with `slugpuppy serve`")
	return b.String()
}

// askPIN has the person sign in and copy the PIN.
func (c *console) askPIN(ctx context.Context, cfg *config.Config, consumer, secret string) (x.Keys, error) {
	keys := x.Keys{Consumer: consumer, ConsumerSecret: secret}
	login, err := x.NewLogin(ctx, cfg.X.Address, consumer, secret)
	if err != nil {
		return keys, fmt.Errorf("%w\n(are the app's keys right, and has it a callback address at developer.x.com? X wants one though it is not used)", err)
	}
	fmt.Fprintf(c.err, "Open this address in a browser where you are signed in to the account on X:\n\n  %s\n\nand paste the PIN it shows: ", login.URL())
	pin, err := c.line(ctx)
	if err != nil {
		return keys, err
	}
	if pin == "" {
		return keys, usageError(errors.New("no PIN was pasted"))
	}
	keys.Token, keys.TokenSecret, err = login.Keys(ctx, pin)
	if errors.Is(err, x.ErrPIN) {
		err = fmt.Errorf("%w; run the command again for a new address and PIN", err)
	}
	return keys, err
}

// line reads a line that a person types.
func (c *console) line(ctx context.Context) (string, error) {
	lines := make(chan string, 1)
	go func() { // reading a terminal cannot be cancelled
		line, _ := bufio.NewReader(c.in).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case line := <-lines:
		return line, nil
	}
}
