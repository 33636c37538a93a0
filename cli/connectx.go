package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/timeline"
	"slugpuppy/config"
	"slugpuppy/store"
)

// connectX asks for access to an account on X and hands it to whoever has the database.
func (c *console) connectX(ctx context.Context, now bool) error {
	cfg, err := c.loadConfig()
	if err != nil {
		return err
	}
	svc, done, err := c.writableOperator(ctx)
	if err != nil {
		return err
	}
	defer done()
	consumer, secret, err := appFor(cfg, svc)
	if err != nil {
		return usageError(err)
	}
	keys, err := c.askPIN(ctx, cfg, consumer, secret)
	if err != nil {
		return err
	}
	var spent receipts
	self, err := whoOnX(ctx, cfg, &spent, keys)
	if err != nil {
		return err
	}
	sub := store.Subscriber{Identity: identity.Identity{Server: x.Server, ID: self.ID}, Network: x.Name, Handle: self.Handle, Server: "https://x.com",
		Mode: store.FilterOn, How: timeline.Warn, Budget: 0.001, Digest: "off"}
	if !now {
		sub.ShadowUntil = time.Now().Add(cfg.Filter.Shadow.Std())
	}
	stored, err := svc.Subscribe(ctx, operator.Subscription{Subscriber: sub, Spent: spent, Secrets: map[string]string{"token": keys.Token, "token_secret": keys.TokenSecret}})
	if err != nil {
		return adminError(err)
	}
	shown, err := svc.Order(ctx, operator.Order{Account: stored.Handle, Verb: "show"})
	if err != nil {
		return adminError(err)
	}
	return c.print(shown, fmt.Sprintf("@%s is connected: %s%s", stored.Handle, stored.Describe(time.Now()), listsText(shown.Lists)))
}

// appFor is the app's pair of keys. A running daemon keeps the sealed ones to itself.
func appFor(cfg *config.Config, svc operator.Service) (consumer, secret string, err error) {
	local, ok := svc.(*operator.Local)
	if !ok {
		consumer, secret, err = xApp(cfg, nil, nil)
		if errors.Is(err, errNoApp) {
			err = fmt.Errorf("the running daemon keeps the app's sealed keys to itself; set x.consumer_key_file and x.consumer_secret_file, or stop it meanwhile (%w)", err)
		}
		return consumer, secret, err
	}
	key, err := store.OpenKey(keyPath(cfg))
	if err != nil {
		return "", "", fmt.Errorf("open the key that seals tokens: %w", err)
	}
	return xApp(cfg, local.Store, key)
}

// listsText says how a browser hides what the filter found.
func listsText(lists []string) string {
	if len(lists) == 0 {
		return ""
	}
	return "\nhidden posts are listed for a browser; keep the addresses to yourself. Add .txt to uBlock Origin (settings, filter\n" +
		"lists, import) or .user.js to a userscript manager:\n  " + strings.Join(lists, "\n  ")
}
