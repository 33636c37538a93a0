package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/operator"
	"slugpuppy/bot/reply/words"
	"slugpuppy/cli/object"
)

func (c *console) listsCommand() *cobra.Command {
	return group("lists", "Follow antidote lists that others publish", c.listsAdd(), c.listsList(), c.listsShow(), c.listsRemove())
}

// wishFlags are how a list is to count, and for whom.
func wishFlags(cmd *cobra.Command, w *operator.ListWish) {
	flags := cmd.Flags()
	flags.Var(flagOf(&w.How, "warn", either("warn", "hide", "only-report")), "how", "what happens to a post with a picture that the list knows")
	flags.Var(flagOf(&w.Account, "", account), "user", "only for this subscriber (default: for all)")
	flags.Var(flagOf(&w.Key, "", nonempty("key")), "key", "the public key that the list is signed with; also for one whose key has changed")
	flags.BoolVar(&w.Alone, "alone", false, "believe the list even where the eye clearly sees no dream")
	flags.BoolVar(&w.Anyway, "anyway", false, "let it hide even if something speaks against it")
	flags.BoolVar(&w.Dry, "dry-run", false, "say what it would have hidden and do nothing")
}

func (c *console) listsAdd() *cobra.Command {
	var w operator.ListWish
	cmd := &cobra.Command{Use: "add URL", Short: "Follow an antidote list, having said what it would have hidden",
		Long: "Follow an antidote list, such as https://dreams.example/antidote.json, having said what it would have hidden. Its key is\nbelieved the first time, and shown; from then on only that key counts, or one that it vouches for. A picture on the\nlist is hidden only where the eye does not clearly say no; a list that knows too much, or what is no dream, only\nreports.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			w.URL = args[0]
			return c.subscribe(cmd, w)
		}}
	wishFlags(cmd, &w)
	return cmd
}

// subscribe follows a list and says what that means.
func (c *console) subscribe(cmd *cobra.Command, w operator.ListWish) error {
	w.Account = strings.TrimPrefix(w.Account, "@")
	if text, err := os.ReadFile(w.Key); err == nil && w.Key != "" {
		w.Key = string(text)
	}
	svc, done, err := c.operator(cmd.Context())
	if err != nil {
		return err
	}
	defer done()
	p, err := svc.FollowList(cmd.Context(), w)
	if err != nil {
		return err
	}
	return c.print(object.OfProspect(p, !w.Dry), prospectText(p, w))
}

func prospectText(p operator.ListProspect, w operator.ListWish) string {
	text := line("%s: %s, signed by %s", p.List.URL, counted(p.List.Records, "dream"), p.List.Key)
	if !p.Pinned {
		text += " (believed for the first time: compare it with what its maker says)"
	}
	text += "\n" + words.ListPreview(p.Looked, p.Known, p.Hidden, p.People, p.Followed, p.Clear, p.Said)
	switch {
	case p.Doubt != "" && w.Dry:
		text += line("\nit would only report: %s", p.Doubt)
	case w.Dry:
		text += "\nnothing was changed"
	case p.List.Quarantine != "":
		text += line("\nit is followed and only reports: %s; --anyway lets it hide", p.List.Quarantine)
	default:
		text += line("\nit is followed: %s", w.How)
	}
	return text
}

func (c *console) antidoteImport() *cobra.Command {
	var w operator.ListWish
	cmd := &cobra.Command{Use: "import FILE", Short: "Follow an antidote list that came as a file, as `lists add` does one on the web",
		Long: "Follow an antidote list that came as a file, in one piece and with its signature and public key beside it, as `lists add`\ndoes one on the web.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := readList(args[0], w.Key)
			if err != nil {
				return err
			}
			if f.Public == "" || len(f.List.Pages) > 0 {
				return refusedError(errors.New("only a signed list in one piece can be imported, as `antidote export` writes it"))
			}
			data, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			w.URL, w.Whole, w.Key = app.NameOf(args[0]), data, f.Public
			return c.subscribe(cmd, w)
		}}
	wishFlags(cmd, &w)
	return cmd
}

func (c *console) listsList() *cobra.Command {
	return &cobra.Command{Use: "ls", Short: "List the antidote lists that are followed", Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.eachList(cmd, "", func(l operator.List) string { return listLine(l) })
		}}
}

func (c *console) listsShow() *cobra.Command {
	return &cobra.Command{Use: "show URL", Short: "Show an antidote list that is followed", Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.eachList(cmd, args[0], func(l operator.List) string {
				text := listLine(l) + line("\nsigned by %s, issue %d, fetched %s\nknew %d of %d posts, %d of them no dreams", l.Key, l.Serial,
					l.Fetched.Local().Format("2006-01-02 15:04"), l.Hits, l.Pictures, l.Against)
				return text + trouble(l.Trouble)
			})
		}}
}

// eachList prints the lists that are followed, or one.
func (c *console) eachList(cmd *cobra.Command, only string, text func(operator.List) string) error {
	svc, done, err := c.operator(cmd.Context())
	if err != nil {
		return err
	}
	defer done()
	all, err := svc.AntidoteLists(cmd.Context())
	if err != nil {
		return err
	}
	n := 0
	for _, l := range all {
		if only != "" && l.URL != only {
			continue
		}
		n++
		if err := c.print(object.OfAntidoteList(l), text(l)); err != nil {
			return err
		}
	}
	if only != "" && n == 0 {
		return notFoundError(fmt.Errorf("no list at %s is followed; `lists ls` lists those that are", only))
	}
	c.none("lists; `lists add` follows one", n)
	return nil
}

func listLine(l operator.List) string {
	text := line("%s  %s", l.URL, counted(l.Records, "dream"))
	for _, f := range l.For {
		who := "for all"
		if f.Account != "" {
			who = line("for @%s", f.Account)
		}
		text += line("  %s %s", f.How, who)
		if f.Alone {
			text += " (alone)"
		}
	}
	if l.Quarantine != "" {
		text += line("  only reports: %s", l.Quarantine)
	}
	return text
}

func (c *console) listsRemove() *cobra.Command {
	var w operator.ListWish
	cmd := &cobra.Command{Use: "rm URL", Short: "Follow an antidote list no more; what it hid comes back at `filter rescan`",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			svc, done, err := c.operator(cmd.Context())
			if err != nil {
				return err
			}
			defer done()
			w.URL, w.Account = args[0], strings.TrimPrefix(w.Account, "@")
			l, err := svc.UnfollowList(cmd.Context(), w)
			if err != nil {
				return err
			}
			text := line("%s is not followed any more", l.URL)
			if w.Account != "" {
				text += line(" for @%s", w.Account)
			}
			return c.print(object.OfAntidoteList(l), text)
		}}
	cmd.Flags().Var(flagOf(&w.Account, "", account), "user", "no more for this subscriber (default: for all)")
	return cmd
}
