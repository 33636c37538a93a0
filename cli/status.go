package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/cli/object"
)

// watchEvery is the time between two looks of `status --watch`.
const watchEvery = 2 * time.Second

func (c *console) statusCommand() *cobra.Command {
	var watch bool
	cmd := &cobra.Command{Use: "status", Short: "Say how the daemon is", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for {
				if err := c.status(cmd.Context()); err != nil || !watch {
					return err
				}
				if err := wait(cmd.Context(), watchEvery); err != nil {
					return err
				}
			}
		}}
	cmd.Flags().BoolVar(&watch, "watch", false, "say so again every two seconds")
	return cmd
}

func (c *console) status(ctx context.Context) error {
	svc, done, err := c.operator(ctx)
	if err != nil {
		return err
	}
	defer done()
	s, err := svc.Status(ctx)
	if err != nil {
		return err
	}
	return c.print(object.OfStatus(s), statusText(s, c.now()))
}

func statusText(s operator.Status, now time.Time) string {
	var b strings.Builder
	switch {
	case !s.Running:
		b.WriteString("no daemon runs")
	default:
		fmt.Fprintf(&b, "running for %s (process %d)", now.Sub(s.Since).Round(time.Second), s.PID)
	}
	if s.Account != "" {
		b.WriteString(line(" as @%s", s.Account))
	}
	if s.Trouble != "" {
		b.WriteString(line("\ntrouble: %s", s.Trouble))
	}
	var jobs []string
	for _, state := range operator.States() {
		if n := s.Jobs[state]; n > 0 {
			jobs = append(jobs, fmt.Sprintf("%d %s", n, state))
		}
	}
	if len(jobs) == 0 {
		jobs = []string{"none"}
	}
	fmt.Fprintf(&b, "\njobs: %s\ntimelines: %d", strings.Join(jobs, ", "), s.Users)
	b.WriteString(picturesText(s.Pictures))
	b.WriteString(clusterText(s.Cluster, now))
	var waiting []string
	for handle, why := range s.Waiting {
		waiting = append(waiting, line("\n  @%s: %s", handle, why))
	}
	slices.Sort(waiting)
	b.WriteString(strings.Join(waiting, ""))
	return b.String()
}

// picturesText says how strangers' pictures were decoded, "" while there was none.
func picturesText(p operator.Pictures) string {
	if p == (operator.Pictures{}) {
		return ""
	}
	text := fmt.Sprintf("\npictures of strangers: %d decoded apart", p.Apart)
	if p.Lost > 0 {
		text += fmt.Sprintf(", %d ended their decoder", p.Lost)
	}
	if p.Here > 0 {
		text += fmt.Sprintf(", %d without protection", p.Here)
	}
	return text
}

// clusterText says how the other machines are, "" where there are none.
func clusterText(c *operator.Cluster, now time.Time) string {
	if c == nil {
		return ""
	}
	text := line("\ncluster: as %s, broker %s", c.Node, c.Broker)
	if !c.Connected {
		return text + line(": %s", c.Trouble)
	}
	text += fmt.Sprintf("; %d of %d places busy, %d of %d orders wait", c.Busy, c.Slots, c.Waiting, c.Most)
	if !c.Oldest.IsZero() {
		text += fmt.Sprintf(", the oldest for %s", now.Sub(c.Oldest).Round(time.Second))
	}
	if c.Again > 0 {
		text += fmt.Sprintf("; %d went to a second worker", c.Again)
	}
	text += fmt.Sprintf("\n  verdicts: %d kept; of %d files asked about %d were known", c.Verdicts, c.Asked, c.Known)
	if c.Trouble != "" {
		text += line("\n  trouble: %s", c.Trouble)
	}
	switch left := c.Lease.Sub(now).Round(time.Second); {
	case c.Shared && left > 0:
		text += fmt.Sprintf("\n  readers: ours for %s without the broker", left)
	case c.Shared:
		text += "\n  readers: they rest, because the broker has not said that they are ours"
	}
	for _, n := range c.Nodes {
		text += nodeText(n)
	}
	return text
}

func nodeText(n operator.Node) string {
	text := line("\n  %s %s, %s", n.Kind, n.Name, n.Version)
	if n.Slots > 0 {
		text += fmt.Sprintf(": %d of %d places busy, %d done, %d looks, %d cores", n.Busy, n.Slots, n.Done, n.Looks, n.Cores)
	}
	if n.Draining {
		text += ", ends when it is done"
	}
	return text
}
