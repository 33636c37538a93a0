package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/network"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/bot/timeline"
	"slugpuppy/cli/object"
)

func (c *console) filterCommand() *cobra.Command {
	return group("filter", "Keep dreams out of people's home timelines",
		c.filterConnect(),
		c.filterList(),
		c.filterOrder("why ACCT POST", "Say why a post is hidden, or is not", "why", 2),
		c.filterUndo(),
		c.filterOrder("not ACCT POST", "Say that a post is not a dream", "not", 2),
		c.filterOrder("is ACCT POST", "Say that a post is a dream", "is", 2),
		c.filterSince("rescan ACCT", "Judge again what was seen, as the rules and the budget are now", "rescan", "24h"),
		c.filterSince("report ACCT", "Say what was hidden, or would have been", "report", "7d"),
		c.filterOrder("sync ACCT", "Look at the timeline and the server's filters now", "sync", 1),
		c.filterSet())
}

// order has the daemon, or the file, do something for a subscriber.
func (c *console) order(ctx context.Context, o operator.Order) (operator.Answer, error) {
	who, err := accountOf(o.Account)
	if err != nil {
		return operator.Answer{}, err
	}
	if err := o.Check(); err != nil {
		return operator.Answer{}, usageError(err)
	}
	o.Account = who
	shown := c.working(cmp.Or(long[o.Verb], "asking"))
	defer shown()
	svc, done, err := c.operator(ctx)
	if err != nil {
		return operator.Answer{}, err
	}
	defer done()
	answer, err := svc.Order(ctx, o)
	return answer, err
}

// long is what is said of orders that may take their time.
var long = map[string]string{"sync": "looking at the timeline", "audit": "looking at their pictures", "rescan": "judging again",
	"report": "counting", "forget": "letting go"}

// filterUndo returns posts; more than one only after a yes.
func (c *console) filterUndo() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "undo ACCT [last|all|@artist|since monday]", Short: "Return hidden posts",
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := operator.Order{Account: args[0], Verb: "undo", Arg: strings.Join(args[1:], " "), Dry: true}
			meant, err := c.order(cmd.Context(), o)
			if err != nil {
				return err
			}
			if err := c.sure(cmd.Context(), yes, meant.Meant, "return "+words.Count(meant.Meant, "1 post", "posts")); err != nil {
				return err
			}
			o.Dry = false
			answer, err := c.order(cmd.Context(), o)
			if err != nil {
				return err
			}
			return c.answered(answer)
		}}
	mayChange(cmd, &yes)
	return cmd
}

// filterOrder is a command of one order, with n arguments.
func (c *console) filterOrder(use, short, verb string, n int) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.ExactArgs(n)),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := c.order(cmd.Context(),
				operator.Order{Account: args[0], Verb: verb, Arg: strings.Join(args[1:], " ")})
			if err != nil {
				return err
			}
			return c.answered(answer)
		}}
}

func (c *console) answered(answer operator.Answer) error {
	text := answer.Text
	if answer.Undo != "" {
		text += "; take it back with `slugpuppy undo " + answer.Undo + "`"
	}
	return c.print(object.OfAnswer(answer), text)
}

func (c *console) filterSince(use, short, verb, usual string) *cobra.Command {
	var at time.Time
	cmd := &cobra.Command{Use: use, Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := c.order(cmd.Context(), operator.Order{Account: args[0], Verb: verb, Since: at})
			if err != nil {
				return err
			}
			if r := answer.Report; r != nil && !c.json && r.Median > 0 {
				answer.Text += fmt.Sprintf("\nfrom a post's time to its being filed: %s at the median, %s for 19 of 20",
					r.Median.Round(100*time.Millisecond), r.Slow.Round(100*time.Millisecond))
			}
			return c.answered(answer)
		}}
	cmd.Flags().Var(flagOf(&at, usual, c.ago()), "since", "since when: monday, yesterday, 24h, 3d or 2026-11-01")
	return cmd
}

func (c *console) filterList() *cobra.Command {
	var at time.Time
	cmd := &cobra.Command{Use: "ls ACCT", Short: "List the posts that are hidden, or would be",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := c.order(cmd.Context(), operator.Order{Account: args[0], Verb: "ls", Since: at})
			if err != nil {
				return err
			}
			for _, j := range answer.Posts {
				text := line("%s  %-8s %.3f  %-11s @%s  %s", j.Seen.Local().Format("2006-01-02 15:04"), j.Fate,
					j.Score, j.Kind, j.Author, j.URL)
				if err := c.print(object.OfPost(j), strings.TrimRight(text, " ")); err != nil {
					return err
				}
			}
			c.none("posts since then", len(answer.Posts))
			return nil
		}}
	cmd.Flags().Var(flagOf(&at, "30d", c.ago()), "since", "since when: monday, yesterday, 24h, 3d or 2026-11-01")
	return cmd
}

// choices are what a subscriber can choose.
var choices = []string{"filter", "how", "budget", "except", "digest", "mute"}

func (c *console) filterSet() *cobra.Command {
	return &cobra.Command{
		Use: "set ACCT WHAT VALUE...", Short: "Change what the filter does for a subscriber",
		Long: "Change what the filter does for a subscriber.\n\n" +
			"WHAT VALUE is one of: filter on|shadow|off|pause 2d; how warn|blur|hide; budget 1 in 1000 (or 0.1%,\n" +
			"strict, normal, relaxed); except followed|boosts only|nothing; digest daily|weekly|off;\n" +
			"mute 5 in 7d for 2d|off.",
		Args: usageArgs(cobra.MinimumNArgs(3)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(choices, args[1]) {
				return usageError(fmt.Errorf("%q cannot be set; WHAT is %s", args[1], orOf(choices)))
			}
			answer, err := c.order(cmd.Context(),
				operator.Order{Account: args[0], Verb: args[1], Arg: strings.Join(args[2:], " ")})
			if err != nil {
				return err
			}
			return c.answered(answer)
		}}
}

func (c *console) filterConnect() *cobra.Command {
	var on string
	var w network.Wish
	var now bool
	var names, long []string
	for _, k := range app.Kinds() {
		names, long = append(names, k.Name), append(long, k.Connect.Long)
	}
	cmd := &cobra.Command{
		Use: "connect", Short: "Let the filter look after an account's home timeline", Long: strings.Join(long, "\n"),
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			did, err := a.Connect(cmd.Context(), c, on, w, now)
			if err != nil {
				return err
			}
			if did.Answer == nil {
				return c.print(object.OfUser(did.User, nil, nil), connectedText(did))
			}
			return c.print(object.OfUser(did.User, did.Answer.Lists, did.Answer.Mutes),
				connectedText(did)+listsText(did.Answer.Lists))
		}}
	flags := cmd.Flags()
	flags.Var(flagOf(&on, names[0], either(names...)), "network", "where the account is")
	flags.Var(flagOf(&w.Server, "", site), "server",
		"the account's server, such as https://example.social (default: the bot's)")
	flags.BoolVar(&w.Paste, "paste", false, "copy a code from the browser instead of being sent back here")
	flags.BoolVar(&w.Mutes, "mutes", false, "also allow timed mutes, for filter set ACCT mute ...")
	flags.BoolVar(&now, "now", false, "hide from the first day on instead of only reporting for a week")
	return cmd
}

// ago is a time that is over.
func (c *console) ago() reader[time.Time] {
	return reader[time.Time]{kind: "time", read: func(s string) (time.Time, error) { return timeline.ParseSince(s, c.now()) }}
}

func connectedText(did app.Connected) string {
	return line("@%s is connected: %s", did.User.Account, did.User.About)
}

// listsText says how a browser hides what the filter found.
func listsText(lists []string) string {
	if len(lists) == 0 {
		return ""
	}
	return "\nhidden posts are listed for a browser; keep the addresses to yourself. Add .txt to uBlock Origin " +
		"(settings, filter\n" +
		"lists, import) or .user.js to a userscript manager:\n  " + strings.Join(lists, "\n  ")
}

func (c *console) userCommand() *cobra.Command {
	return group("user", "List, show, limit, hand over and forget people", c.userList(),
		c.userShow(),
		c.userLimit(),
		c.userMove(), c.userTakeOver(), c.userAddress(), c.userExport(), c.userImport(),
		c.filterOrder("receipt ACCT RECEIPT", "Hear what another installation says of a subscriber who was handed over to it",
			"receipt", 2),
		c.filterOrder("stay ACCT", "Take back a move that nothing was handed over for yet", "stay", 1),
		c.userForget())
}

func (c *console) userForget() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{Use: "forget ACCT...",
		Short: "Remove every filter made for a subscriber, then all that is known of them",
		Args:  usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			what := "remove every filter of, and all that is known of, " + strings.Join(args, ", ")
			if err := c.sure(cmd.Context(), yes, 1+len(args), what); err != nil { // nobody has just one thing here
				return err
			}
			for _, who := range args {
				answer, err := c.order(cmd.Context(), operator.Order{Account: who, Verb: "forget"})
				if err != nil {
					return err
				}
				if err := c.answered(answer); err != nil {
					return err
				}
			}
			return nil
		}}
	mayChange(cmd, &yes)
	return cmd
}

func (c *console) userList() *cobra.Command {
	return &cobra.Command{Use: "ls", Short: "List the filter's subscribers", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			subs, err := svc.Users(cmd.Context())
			if err != nil {
				return err
			}
			for _, s := range subs {
				text := line("@%s  %s  %s", s.Account, s.About, s.Trouble)
				if err := c.print(object.OfUser(s, nil, nil), strings.TrimRight(text, " ")); err != nil {
					return err
				}
			}
			c.none("subscribers; `filter connect` makes one", len(subs))
			return nil
		}}
}

func (c *console) userShow() *cobra.Command {
	return &cobra.Command{Use: "show ACCT", Short: "Show a subscriber", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			answer, err := c.order(cmd.Context(), operator.Order{Account: args[0], Verb: "show"})
			if err != nil {
				return err
			}
			u := answer.User
			return c.print(object.OfUser(*u, answer.Lists, answer.Mutes),
				line("@%s on %s since %s\n%s; %s; digest %s", u.Account, u.Server, u.Joined.Local().Format("2006-01-02"),
					u.About, words.Budget(u.Budget), u.Digest)+mutesText(u.Mute, answer.Mutes)+trouble(u.Trouble)+
					listsText(answer.Lists))
		}}
}

func (c *console) userLimit() *cobra.Command {
	var perHour int
	cmd := &cobra.Command{Use: "limit ACCT --per-hour N",
		Short: "Give a person a number of requests an hour of their own", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			who, err := accountOf(args[0])
			if err != nil {
				return err
			}
			limit := operator.Limit{Account: who, PerHour: perHour}
			return c.change(cmd, c.founder, func(svc operator.Service) (operator.Change, error) {
				return svc.Limit(cmd.Context(), limit)
			})
		}}
	cmd.Flags().Var(flagOf(&perHour, "-1", between(-1, 10_000)), "per-hour", "requests an hour; -1 for as many as everybody")
	needs(cmd, "per-hour")
	return cmd
}

// mutesText is the rule that mutes by, and who is muted because of it.
func mutesText(rule operator.MuteRule, ours []operator.Mute) string {
	text := rule.About
	if text != "" {
		text = "\n" + text
	}
	for _, m := range ours {
		text += line("\nmuted: @%s until %s", m.Account, m.Until.Local().Format("2006-01-02 15:04"))
	}
	return text
}

func trouble(text string) string {
	if text == "" {
		return ""
	}
	return line("\ntrouble: %s", text)
}

func (c *console) auditCommand() *cobra.Command {
	var user string
	cmd := &cobra.Command{Use: "audit @ARTIST",
		Short: "Count dreams among an artist's latest pictures: is it safe to follow them?",
		Args:  usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			artist, err := accountOf(args[0])
			if err != nil {
				return err
			}
			who, err := c.onlyUser(cmd.Context(), user)
			if err != nil {
				return err
			}
			answer, err := c.order(cmd.Context(), operator.Order{Account: who, Verb: "audit", Arg: "@" + artist})
			if err != nil {
				return err
			}
			return c.print(object.OfAudit(*answer.Audit), answer.Text)
		}}
	cmd.Flags().Var(flagOf(&user, "", account), "user",
		"the subscriber through whose account to look; not needed when there is one")
	return cmd
}

// onlyUser is the named subscriber, or the only one there is.
func (c *console) onlyUser(ctx context.Context, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	svc, done, err := c.operator(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	subs, err := svc.Users(ctx)
	if err != nil {
		return "", err
	}
	switch len(subs) {
	case 0:
		return "", notFoundError(errors.New("nobody has connected a timeline yet; `slugpuppy filter connect` does"))
	case 1:
		return subs[0].Account, nil
	}
	return "", usageError(fmt.Errorf("there are %d subscribers; say --user ACCT", len(subs)))
}
