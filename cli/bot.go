package cli

import (
	"context"
	"fmt"
	"image"
	"log/slog"

	"slugpuppy/bot"
	"slugpuppy/bot/daemon"
	"slugpuppy/classifier/networks"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// newBot wires one account of the bot together; limits of pictures and memory are the
// configuration's.
func newBot(cfg *config.Config, platform bot.Platform, st *store.Store, orders daemon.Orders, log *slog.Logger) (*daemon.Daemon, error) {
	net, err := networks.Folder{Dir: cfg.Model.Dir}.Open(cfg.Dream.Model)
	if err != nil {
		return nil, fmt.Errorf("load the network: %w", err)
	}
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	maker := dream.New(net, makerOptions(cfg))
	limits := pictureLimits(cfg)
	o := daemonOptions(cfg)
	o.Platform, o.Store, o.Secret, o.Log, o.Orders = platform, st, salt, log, orders
	o.Dreamer, o.See, o.Vocabulary = maker, maker.See, dream.NewVocabulary(net.Labels())
	o.Decode = func(ctx context.Context, data []byte) (image.Image, error) {
		p, err := picture.Decode(ctx, data, limits)
		if err != nil {
			return nil, err
		}
		return p.Image, nil
	}
	return daemon.New(o)
}

// logger writes to standard error as the configuration says, without addresses of pictures.
func (a *app) logger(cfg *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked: not reached
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.err, o))
	}
	return slog.New(slog.NewTextHandler(a.err, o))
}
