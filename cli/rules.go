package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/bot/operator"
	"slugpuppy/bot/rules"
	"slugpuppy/cli/object"
)

const subjectHelp = "A SUBJECT is @name@example.social, example.social (with everything below it), #hashtag,\n" +
	"word:something, post:ID, the address of a post, or image:HASH as `filter ls --json` shows it."

func (c *console) allowCommand() *cobra.Command {
	return c.ruleCommand(rules.Allow, "Put a subject on the allow list")
}

func (c *console) denyCommand() *cobra.Command {
	return c.ruleCommand(rules.Deny, "Put a subject on the deny list")
}

func (c *console) ruleCommand(effect rules.Effect, short string) *cobra.Command {
	var scope, reason, user string
	var until time.Time
	var pin, dryRun bool
	cmd := &cobra.Command{
		Use: string(effect) + " SUBJECT", Short: short, Long: short + ".\n\n" + subjectHelp,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := rules.ParseSubject(args[0])
			if err != nil {
				return usageError(err)
			}
			r := operator.Rule{Kind: string(s.Kind), Value: s.Value, Effect: string(effect), Scope: scope,
				User: user, Reason: reason, Pin: pin, Until: until}
			if dryRun {
				return c.print(object.OfRule(r),
					line("would %s %s %s for %s%s", effect, s.Kind, s.Value, scope, untilText(r))+ruleText(r))
			}
			return c.change(cmd, c.founder, func(svc operator.Service) (operator.Change, error) { return svc.AddRule(cmd.Context(), r) })
		},
	}
	flags := cmd.Flags()
	flags.Var(flagOf(&scope, string(rules.Both), either(string(rules.Mention), string(rules.Filter), string(rules.Both))), "scope",
		"what it is about")
	flags.Var(flagOf(&until, "", c.ahead()), "until", "when it runs out: 7d, 12h, or 2027-01-31; empty for never")
	flags.StringVar(&reason, "reason", "", "why, for the audit trail")
	flags.Var(flagOf(&user, "", account), "user", "only on behalf of this user")
	flags.BoolVar(&pin, "pin", false, "win over other rules about the same subject")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done and do nothing")
	return cmd
}

// ahead is a time to come, or "" for never.
func (c *console) ahead() reader[time.Time] {
	return reader[time.Time]{kind: "time", read: func(s string) (time.Time, error) { return runsOut(s, c.now()) }}
}

// runsOut reads a day, or a span from now on.
func runsOut(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation("2006-01-02", s, time.Local); err == nil {
		if !t.After(now) {
			return time.Time{}, fmt.Errorf("%s is over", s)
		}
		return t, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return now.Add(time.Duration(n) * 24 * time.Hour), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("cannot read %q as a time: write 7d, 12h or 2027-01-31", s)
}

func untilText(r operator.Rule) string {
	if r.Until.IsZero() {
		return ""
	}
	return " until " + r.Until.Local().Format("2006-01-02 15:04")
}

// service is operator or founder.
type service func(context.Context) (operator.Service, func(), error)

// change does something that can be undone and says how.
func (c *console) change(cmd *cobra.Command, by service, do func(operator.Service) (operator.Change, error)) error {
	svc, done, err := by(cmd.Context())
	if err != nil {
		return err
	}
	defer done()
	did, err := do(svc)
	if err != nil {
		return err
	}
	text := line("%s; take it back with `slugpuppy undo %s`", did.What, did.Undo)
	if did.Rule != nil {
		text = fmt.Sprintf("%s: %s", did.Rule.ID, text)
	}
	return c.print(object.OfChange(did), text)
}

func (c *console) rulesCommand() *cobra.Command {
	return group("rules", "Look after the allow and deny lists", c.rulesList(), c.rulesShow(), c.rulesRemove(),
		c.rulesTest())
}

func (c *console) rulesList() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List the rules, oldest first", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			list, err := c.listRules(cmd)
			if err != nil {
				return err
			}
			for _, r := range list {
				if err := c.print(object.OfRule(r), ruleLine(r)); err != nil {
					return err
				}
			}
			c.none("rules", len(list))
			return nil
		},
	}
}

func (c *console) listRules(cmd *cobra.Command) ([]operator.Rule, error) {
	svc, done, err := c.operator(cmd.Context())
	if err != nil {
		return nil, err
	}
	defer done()
	list, err := svc.Rules(cmd.Context())
	return list, err
}

func ruleLine(r operator.Rule) string {
	text := line("%-5s %-5s %-8s %-40s %-7s%s", r.ID, r.Effect, r.Kind, r.Value, r.Scope, untilText(r)) + ruleText(r)
	return strings.TrimRight(text, " ")
}

// ruleText is for whom a rule is, whether it is pinned, and why it is there.
func ruleText(r operator.Rule) (text string) {
	if r.User != "" {
		text += line(" for @%s", r.User)
	}
	if r.Pin {
		text += " pinned"
	}
	if r.Reason != "" {
		text += line(" (%s)", r.Reason)
	}
	return text
}

func (c *console) rulesShow() *cobra.Command {
	return &cobra.Command{
		Use: "show RULE", Short: "Show one rule", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := c.listRules(cmd)
			if err != nil {
				return err
			}
			for _, r := range list {
				if r.ID == args[0] {
					return c.print(object.OfRule(r),
						ruleLine(r)+line("\nsince %s, by %s", r.Created.Local().Format(time.RFC3339), r.By))
				}
			}
			return notFoundError(fmt.Errorf("no rule %s; `slugpuppy rules ls` lists them", args[0]))
		},
	}
}

func (c *console) rulesRemove() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "rm RULE...", Short: "Remove rules", Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.each(cmd.Context(), yes, args, "remove", func(id string) error {
				return c.change(cmd, c.operator, func(svc operator.Service) (operator.Change, error) { return svc.RemoveRule(cmd.Context(), id) })
			})
		},
	}
	mayChange(cmd, &yes)
	return cmd
}

func (c *console) rulesTest() *cobra.Command {
	var scope, text, user string
	cmd := &cobra.Command{
		Use: "test SUBJECT", Short: "Say which rule wins for an account, a post, a picture or a word, and why",
		Long: "Say which rule wins for an account, a post, a picture or a word, and why, as the daemon decides it. Of a post that\n" +
			"became a request, or that was seen in the timeline of --user, the author and the pictures are looked up.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			trial, err := trialOf(args[0])
			if err != nil {
				return usageError(err)
			}
			trial.Scope, trial.Text, trial.User = scope, cmp.Or(text, trial.Text), user
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			d, err := svc.TestRules(cmd.Context(), trial)
			if err != nil {
				return err
			}
			return c.print(object.OfDecision(d), d.Why)
		},
	}
	cmd.Flags().Var(flagOf(&scope, string(rules.Mention), either(string(rules.Mention), string(rules.Filter))), "scope",
		"what the rules are asked for")
	cmd.Flags().StringVar(&text, "text", "", "the text of the post")
	cmd.Flags().Var(flagOf(&user, "", account), "user", "on whose behalf")
	return cmd
}

// trialOf is an event by the subject it is about.
func trialOf(subject string) (operator.Trial, error) {
	s, err := rules.ParseSubject(subject)
	if err != nil {
		return operator.Trial{}, err
	}
	switch s.Kind {
	case rules.Account:
		return operator.Trial{Author: s.Value}, nil
	case rules.Domain:
		return operator.Trial{Author: "somebody@" + s.Value}, nil
	case rules.Word:
		return operator.Trial{Text: s.Value}, nil
	case rules.Post:
		return operator.Trial{Post: s.Value, URL: s.Value}, nil
	}
	return operator.Trial{Picture: s.Value}, nil
}

func (c *console) undoCommand() *cobra.Command {
	return &cobra.Command{
		Use: "undo TOKEN", Short: "Take back a change, by the token that it or `log` printed", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.change(cmd, c.operator, func(svc operator.Service) (operator.Change, error) {
				return svc.Undo(cmd.Context(), args[0])
			})
		},
	}
}

func (c *console) logCommand() *cobra.Command {
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use: "log", Short: "Show who changed what, newest first; with -f, what is changed from now on",
		Long: "Show who changed what, newest first; with -f, what is changed from now on. In brackets stands the " +
			"token with which `undo` takes a change back.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if follow && cmd.Flags().Changed("limit") {
				return usageError(errors.New("--limit is about what was changed; --follow shows what is changed from now on"))
			}
			if follow {
				return c.follow(cmd.Context())
			}
			entries, err := c.audited(cmd.Context(), limit)
			if err != nil {
				return err
			}
			c.none("changes", len(entries))
			return c.printEntries(entries)
		},
	}
	cmd.Flags().Var(flagOf(&limit, "50", rows), "limit", "at most this many")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "wait for changes and show them, oldest first")
	return cmd
}

func (c *console) printEntries(entries []operator.Entry) error {
	for _, e := range entries {
		text := line("%s  %-10s %s", e.At.Local().Format("2006-01-02 15:04:05"), e.Actor, e.Says())
		if e.Undo != "" {
			text = line("%s  [%s]", text, e.Undo)
		}
		if err := c.print(object.OfEntry(e), text); err != nil {
			return err
		}
	}
	return nil
}

// followed is how many changes between two looks are shown at most.
const followed = 1000

// audited are the latest changes. Where no daemon runs nobody is kept from the database any longer than that.
func (c *console) audited(ctx context.Context, most int) ([]operator.Entry, error) {
	svc, done, err := c.operator(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	return svc.Audit(ctx, most)
}

// follow prints what is audited from now on until ctx ends: what comes after the latest that was known, for clocks are set back.
func (c *console) follow(ctx context.Context) error {
	known, err := c.audited(ctx, 1)
	if err != nil {
		return err
	}
	for {
		if err := wait(ctx, watchEvery); err != nil {
			return err
		}
		entries, err := c.audited(ctx, followed)
		if err != nil {
			return err
		}
		latest := slices.Clone(entries[:min(1, len(entries))])
		if i := slices.IndexFunc(entries, func(e operator.Entry) bool { return len(known) > 0 && sameEntry(e, known[0]) }); i >= 0 {
			entries = entries[:i]
		}
		known = latest
		slices.Reverse(entries)
		if err := c.printEntries(entries); err != nil {
			return err
		}
	}
}

// sameEntry says whether two entries are one that was read twice.
func sameEntry(a, b operator.Entry) bool {
	return a.At.Equal(b.At) && a.Action == b.Action && a.Subject == b.Subject && a.Undo == b.Undo
}
