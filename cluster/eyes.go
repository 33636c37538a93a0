package cluster

import (
	"context"
	"time"
)

const (
	mostVerdict = 16 << 10
	claimTime   = 30 * time.Second
)

// Eyes look at pictures for others.
type Eyes struct{}

// Looks is how many pictures were looked at.
func (e *Eyes) Looks() int { return 0 }

func (e *Eyes) serve(ctx, work context.Context, l *Link) error { return nil }
