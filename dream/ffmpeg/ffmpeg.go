// Package ffmpeg runs that program as a child which gets none of our secrets and may take only so much of the machine.
package ffmpeg

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"slugpuppy/picture"
)

// Child is an ffmpeg with limits.
type Child struct {
	*exec.Cmd
	said words
}

// New is a child that runs path until ctx ends. Its pipes are asked for before Start.
func New(ctx context.Context, path string, args ...string) *Child {
	c := &Child{Cmd: exec.CommandContext(ctx, path, args...)}
	c.Stderr = &c.said
	c.WaitDelay = 5 * time.Second
	c.Env = []string{"PATH=" + os.Getenv("PATH")} // none of our secrets
	return c
}

// Start starts it, and bounds what it may take.
func (c *Child) Start() error {
	if err := c.Cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", c.Path, err)
	}
	if err := bound(c.Process.Pid); err != nil {
		c.Process.Kill()
		c.Wait()
		return fmt.Errorf("bound what ffmpeg may take: %w", err)
	}
	return nil
}

// Said is what it complained of, its first words.
func (c *Child) Said() string { return c.said.String() }

// LastSaid is the last line of that.
func (c *Child) LastSaid() string {
	lines := strings.Split(strings.TrimSpace(c.Said()), "\n")
	return lines[len(lines)-1]
}

// Explain adds to an error what it said, but to a picture's.
func (c *Child) Explain(err error) error {
	var p *picture.Problem
	if errors.As(err, &p) || c.Said() == "" {
		return err
	}
	return fmt.Errorf("ffmpeg: %w: %s", err, c.LastSaid())
}

// words keeps the first words that a child says.
type words struct{ b bytes.Buffer }

const mostWords = 16 << 10

// Write keeps what there is room for.
func (w *words) Write(p []byte) (int, error) {
	w.b.Write(p[:min(len(p), mostWords-w.b.Len())])
	return len(p), nil
}

func (w *words) String() string { return w.b.String() }
