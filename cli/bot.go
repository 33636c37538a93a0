package cli

import (
	"context"
	"fmt"
	"image"
	"log/slog"
	"time"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/x"
	"slugpuppy/bot/reply"
	"slugpuppy/classifier/networks"
	"slugpuppy/config"
	"slugpuppy/dream"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// parts are what all accounts of the bot share.
type parts struct {
	dreamer reply.Dreamer
	see     reply.Seer
	words   *dream.Vocabulary
}

// newParts loads the network. Memory is planned for so many pictures at a time, whoever asks.
func newParts(cfg *config.Config) (parts, error) {
	net, err := networks.Folder{Dir: cfg.Model.Dir}.Open(cfg.Dream.Model)
	if err != nil {
		return parts{}, fmt.Errorf("load the network: %w", err)
	}
	maker := dream.New(net, makerOptions(cfg))
	return parts{dream.NewQueue(maker, cfg.Dream.Workers), maker.See, dream.NewVocabulary(net.Labels())}, nil
}

// bot wires one account together; limits of pictures and memory are the configuration's.
func (p parts) bot(cfg *config.Config, platform network.Bot, st *store.Store, orders reply.Orders, log *slog.Logger) (*reply.Daemon, error) {
	salt, err := st.Salt()
	if err != nil {
		return nil, fmt.Errorf("read the database's salt: %w", err)
	}
	limits := pictureLimits(cfg)
	o := daemonOptions(cfg)
	if platform.Name() == x.Name {
		o.Poll, o.Sweep, o.Caps.Uploads = cfg.X.Poll.Std(), xSweep, xUploads
	}
	o.Platform, o.Store, o.Secret, o.Log, o.Orders = platform, st, salt, log, orders
	o.Dreamer, o.See, o.Vocabulary = p.dreamer, p.see, p.words
	o.Decode = func(ctx context.Context, data []byte) (image.Image, error) {
		p, err := picture.Decode(ctx, data, limits)
		if err != nil {
			return nil, err
		}
		return p.Image, nil
	}
	return reply.New(o)
}

// What is different on X: looking whether answered posts were deleted costs money for each, and what
// was deleted must be gone within a day; uploads have a larger budget (500 in 15 minutes).
const (
	xSweep   = 11 * time.Hour
	xUploads = 500
)

// logger writes to standard error as the configuration says, without addresses of pictures.
func (c *console) logger(cfg *config.Config) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked: not reached
	}
	o := &slog.HandlerOptions{Level: level, ReplaceAttr: redact}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(c.err, o))
	}
	return slog.New(slog.NewTextHandler(c.err, o))
}
