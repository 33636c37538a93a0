package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/app"
	"slugpuppy/bot/visible"
	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/cli/object"
)

// modelInfo describes a network.
type modelInfo struct {
	Name    string         `json:"name"`
	Hash    string         `json:"sha256"`
	About   string         `json:"about,omitempty"`
	Size    int64          `json:"size,omitempty"`
	Labels  int            `json:"labels,omitempty"`
	Layers  []object.Layer `json:"layers,omitempty"`
	Default bool           `json:"default"`
	Here    bool           `json:"here"`
}

// withModel gives a command the flag that chooses a network.
func (c *console) withModel(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().Var(flagOf(&c.model, "", nonempty("network")), "model", "network: the name of a pulled one, slugnet, or an ONNX file")
	return cmd
}

// chosen loads the network of the flag, else of the configuration, else the one in use.
func chosen(a *app.App) (*classifier.Network, error) {
	net, err := a.Network()
	return net, modelError(err)
}

// modelError gives an error of loading a network its exit code and the remedy.
func modelError(err error) error {
	switch {
	case errors.Is(err, networks.ErrUnknown):
		return notFoundError(fmt.Errorf("%w; slugpuppy model ls lists those there are", err))
	case errors.Is(err, networks.ErrFile):
		return usageError(fmt.Errorf("%w; set dream.model to its whole path to make it the usual one", err))
	case errors.Is(err, networks.ErrEmbedded):
		return refusedError(fmt.Errorf("cannot delete: %w", err))
	case errors.Is(err, fs.ErrNotExist):
		return notFoundError(err)
	case err != nil:
		return fmt.Errorf("load the network: %w", err)
	}
	return nil
}

func (c *console) modelCommand() *cobra.Command {
	return group("model", "Networks this program can dream with",
		c.modelList(), c.modelShow(), c.modelLayers(), c.modelSheet(), c.modelPull(), c.modelUse(), c.modelVerify(),
		c.modelRemove())
}

// networkFolder is where a configuration keeps networks.
func (c *console) networkFolder() (networks.Folder, error) {
	a, err := c.load()
	if err != nil {
		return networks.Folder{}, err
	}
	return a.Networks(), nil
}

func (c *console) modelList() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List networks: the embedded one, those pulled, and those that can be",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			a, err := c.load()
			if err != nil {
				return err
			}
			all, err := listModels(a)
			if err != nil {
				return err
			}
			for _, m := range all {
				if err := c.print(m, m.line()); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func listModels(a *app.App) ([]modelInfo, error) {
	net, err := a.Embedded()
	if err != nil {
		return nil, fmt.Errorf("load the embedded network: %w", err)
	}
	folder := a.Networks()
	used, err := folder.Resolve(a.Config().Dream.Model)
	if err != nil {
		return nil, err
	}
	all := []modelInfo{{Name: net.Name(), Hash: net.Hash(), Labels: len(classifier.Things(net.Labels())), About: "embedded", Here: true}}
	names, err := folder.List()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		notes, err := folder.Notes(name)
		if err != nil {
			return nil, err
		}
		all = append(all, modelInfo{Name: name, Hash: notes.SHA256, Size: notes.Size, About: notes.About, Here: true})
	}
	for _, p := range networks.All() {
		if !slices.Contains(names, p.Name) {
			all = append(all, modelInfo{Name: p.Name, Hash: p.Model.SHA256, Size: p.Model.Size, About: p.About})
		}
	}
	for i := range all {
		all[i].Default = all[i].Here && all[i].Name == used
	}
	return all, nil
}

func (m modelInfo) line() string {
	s := line("%-14s %.12s", m.Name, m.Hash)
	if m.Labels > 0 {
		s += fmt.Sprintf("  %d labels", m.Labels)
	}
	if m.Size > 0 {
		s += fmt.Sprintf("  %d MB", (m.Size+1<<19)>>20)
	}
	s += "  " + visible.Line(m.About)
	switch {
	case m.Default:
		s += ", default"
	case !m.Here:
		s += "; slugpuppy model pull " + m.Name
	}
	return s
}

func (c *console) modelShow() *cobra.Command {
	return &cobra.Command{
		Use: "show [NAME]", Short: "Show a network's layers and labels", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			net, m, err := c.describe(args)
			if err != nil {
				return err
			}
			return c.print(m, m.text(classifier.Things(net.Labels())))
		},
	}
}

func (c *console) modelLayers() *cobra.Command {
	return &cobra.Command{
		Use: "layers [NAME]", Short: "List a network's layers, for layer=", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			_, m, err := c.describe(args)
			if err != nil {
				return err
			}
			return c.print(m, strings.TrimSuffix(m.layers(), "\n"))
		},
	}
}

// describe loads the network of that name, else the usual one.
func (c *console) describe(args []string) (*classifier.Network, modelInfo, error) {
	if len(args) > 0 {
		c.model = args[0]
	}
	a, err := c.load()
	if err != nil {
		return nil, modelInfo{}, err
	}
	net, err := chosen(a)
	if err != nil {
		return nil, modelInfo{}, err
	}
	used, err := a.Networks().Resolve(a.Config().Dream.Model)
	if err != nil {
		return nil, modelInfo{}, modelError(err)
	}
	return net, modelInfo{Name: net.Name(), Hash: net.Hash(), Labels: len(classifier.Things(net.Labels())),
		Layers:  object.OfLayers(net.Layers()),
		Default: len(args) == 0 || args[0] == used, Here: true}, nil
}

func (m modelInfo) layers() string {
	var b strings.Builder
	longest := len("layer  ")
	for _, l := range m.Layers {
		longest = max(longest, len(l.Name))
	}
	fmt.Fprintf(&b, "%-*s  channels  stride\n", longest, "layer")
	for _, l := range m.Layers {
		fmt.Fprintf(&b, "%-*s  %8d  %6d\n", longest, l.Name, l.Channels, l.Stride)
	}
	return b.String()
}

func (m modelInfo) text(labels []classifier.Label) string {
	var names []string
	for _, l := range labels {
		names = append(names, l.Names[0])
	}
	return fmt.Sprintf("%s\nsha256 %s\n\n%s\nlabels: %s", m.Name, m.Hash, m.layers(), strings.Join(names, ", "))
}

func (c *console) modelPull() *cobra.Command {
	return &cobra.Command{
		Use: "pull NAME", Short: "Download a published network and check it",
		Long: "Download a published network from the ONNX model zoo. Its size and hash are part of this program; what was\n" +
			"cut off goes on where it stopped. slugpuppy model ls lists what can be pulled.",
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, err := c.networkFolder()
			if err != nil {
				return err
			}
			p, ok := networks.Find(args[0])
			if !ok {
				return notFoundError(fmt.Errorf("no network %q can be pulled; slugpuppy model ls lists those that can",
					args[0]))
			}
			return c.pull(cmd.Context(), folder, p)
		},
	}
}

func (c *console) pull(ctx context.Context, folder networks.Folder, p networks.Published) error {
	puller := networks.Puller{Folder: folder}
	g := c.gauge()
	defer g.clear()
	puller.Progress = func(have, size int64) {
		if size == p.Model.Size { // not the labels
			g.show(fmt.Sprintf("%s, %d of %d MB", p.Name, have/1e6, size/1e6), float64(have)/float64(size), 0)
		}
	}
	if err := puller.Pull(ctx, p); err != nil {
		return fmt.Errorf("%w; what arrived is kept: try again", err)
	}
	m := modelInfo{Name: p.Name, Hash: p.Model.SHA256, Size: p.Model.Size, About: p.About, Here: true}
	return c.print(m, fmt.Sprintf("pulled %s; slugpuppy model use %s makes it the usual one", p.Name, p.Name))
}

func (c *console) modelUse() *cobra.Command {
	return c.modelAction("use NAME", "Make a network the usual one; slugnet is the embedded one", "uses",
		networks.Folder.Use)
}

func (c *console) modelVerify() *cobra.Command {
	return c.modelAction("verify NAME", "Check a network's file against its published hash, and load it", "is sound:",
		networks.Folder.Verify)
}

func (c *console) modelRemove() *cobra.Command {
	return c.modelAction("rm NAME", "Delete a pulled network", "has forgotten", networks.Folder.Remove)
}

// modelAction is a command that does one thing to one network.
func (c *console) modelAction(use, short, done string, act func(networks.Folder, string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			folder, err := c.networkFolder()
			if err != nil {
				return err
			}
			if err := act(folder, args[0]); err != nil {
				return modelError(err)
			}
			text := fmt.Sprintf("slugpuppy %s %s", done, args[0])
			if strings.HasSuffix(done, ":") {
				text = fmt.Sprintf("%s is sound", args[0])
			}
			return c.print(object.Network{Name: args[0]}, text)
		},
	}
}
