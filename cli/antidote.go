package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/cli/object"
)

func (c *console) antidoteCommand() *cobra.Command {
	return group("antidote", "Lists of dreams, by which others find copies of them", c.antidoteVerify(), c.antidoteCheck(),
		c.antidoteExport(), c.antidoteImport(), c.antidoteRotate())
}

// keyFlag is whose signature a list has to have.
func keyFlag(cmd *cobra.Command, key *string) {
	cmd.Flags().Var(flagOf(key, "", nonempty("key")), "key", "public key of the list, as text or a file (default: NAME.pub beside the list)")
}

func (c *console) antidoteVerify() *cobra.Command {
	var key string
	cmd := &cobra.Command{Use: "verify FILE", Short: "Verify the signature of an antidote list, and what is in it",
		Long: "Verify the signature of an antidote list, FILE.minisig beside it, and what is in it. A CSV of PDQ hashes has\nno signature and is only read.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := readList(args[0], key)
			if err != nil {
				return err
			}
			signed := line("signed by %s", f.Public)
			if f.Public == "" {
				signed = "not signed"
			}
			text := fmt.Sprintf("%s, %s", counted(len(f.Records), "dream"), signed)
			if f.List.Serial > 0 {
				text += line(", issue %d of %s", f.List.Serial, f.List.Issued.Local().Format("2006-01-02 15:04"))
			}
			return c.print(object.OfList(f), text)
		}}
	keyFlag(cmd, &key)
	return cmd
}

// readList reads a list; one that is not as it was signed is refused.
func readList(path, key string) (app.ListFile, error) {
	f, err := app.ReadList(path, key)
	switch {
	case app.Forged(err):
		return f, refusedError(err)
	case errors.Is(err, fs.ErrNotExist):
		return f, notFoundError(err)
	}
	return f, err
}

// counted is a number of things, such as "1 dream" or "2 dreams".
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (c *console) antidoteCheck() *cobra.Command {
	var key string
	cmd := &cobra.Command{Use: "check LIST PICTURE...", Short: "Say whether pictures are copies of dreams on an antidote list",
		Long: "Say whether pictures are copies of dreams on an antidote list: re-encoded, resized, cropped by up to a tenth, framed\nor with captions. The exit code is 3 when none is.",
		Args: usageArgs(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			f, err := readList(args[0], key)
			if err != nil {
				return err
			}
			files := &offline{console: c, media: a.Pictures()}
			found := 0
			for _, path := range args[1:] {
				img, err := files.pixels(cmd.Context(), path)
				if err != nil {
					return err
				}
				record, m, ok := f.Find(img)
				text := line("%s: on no line of the list", path)
				if ok {
					found++
					text = line("%s: a copy of number %d of the list (distance %d) %s", path, m.Record+1, m.Distance, record.Post)
				}
				if err := c.print(object.OfMatch(path, ok, record, m), text); err != nil {
					return err
				}
			}
			if found == 0 {
				return notFoundError(errors.New("none of them is on the list"))
			}
			return nil
		}}
	keyFlag(cmd, &key)
	return cmd
}

func (c *console) antidoteExport() *cobra.Command {
	return &cobra.Command{Use: "export FILE", Short: "Write the antidote list of all public dreams to a file, signed",
		Long: "Write the antidote list of all public dreams to a file in one piece, with its signature and public key beside it. FILE\nthat ends in .csv has the PDQ hashes, for programs around ThreatExchange, and is not signed.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" || ending(args[0]) == ".pub" { // where the key goes
				return usageError(errors.New("a list is several files; name it such as list.json"))
			}
			a, err := c.load()
			if err != nil {
				return err
			}
			n, files, err := a.ExportList(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			for i, file := range files {
				if err := c.write(file.Name, file.Data); err != nil {
					return err
				}
				text := line("wrote %s", file.Name)
				if i == 0 {
					text = line("wrote %s, %s", file.Name, counted(n, "dream"))
				}
				if err := c.print(object.File{File: file.Name, OK: true}, text); err != nil {
					return err
				}
			}
			return nil
		}}
}

func (c *console) antidoteRotate() *cobra.Command {
	return &cobra.Command{Use: "rotate", Short: "Make a new key for the antidote list, which the present one vouches for",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			public, err := a.RotateKey(cmd.Context())
			if err != nil {
				return err
			}
			return c.print(object.PublicKey{Key: public}, line("the list is signed with %s from now on", public))
		}}
}
