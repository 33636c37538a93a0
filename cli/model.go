package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"slugpuppy/classifier"
)

// modelInfo describes a network.
type modelInfo struct {
	Name    string             `json:"name"`
	Hash    string             `json:"sha256"`
	Labels  int                `json:"labels"`
	Layers  []classifier.Layer `json:"layers,omitempty"`
	Default bool               `json:"default"`
}

func (a *app) modelCommand() *cobra.Command {
	return group("model", "Show the networks this program can dream with", a.modelList(), a.modelShow())
}

func (a *app) modelList() *cobra.Command {
	return &cobra.Command{
		Use: "ls", Short: "List networks", Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			net, err := classifier.Default()
			if err != nil {
				return fmt.Errorf("load the embedded network: %w", err)
			}
			m := modelInfo{Name: net.Name(), Hash: net.Hash(), Labels: len(net.Labels()), Default: true}
			return a.print(m, fmt.Sprintf("%s  %s  %d labels  embedded, default", m.Name, m.Hash[:12], m.Labels))
		},
	}
}

func (a *app) modelShow() *cobra.Command {
	return &cobra.Command{
		Use: "show [NAME]", Short: "Show a network's layers and labels", Args: usageArgs(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			net, err := classifier.Default()
			if err != nil {
				return fmt.Errorf("load the embedded network: %w", err)
			}
			if len(args) > 0 && args[0] != net.Name() {
				return notFoundError(fmt.Errorf("no network %q; there is %s", args[0], net.Name()))
			}
			m := modelInfo{Name: net.Name(), Hash: net.Hash(), Labels: len(net.Labels()), Layers: net.Layers(), Default: true}
			return a.print(m, m.text(net.Labels()))
		},
	}
}

func (m modelInfo) text(labels []classifier.Label) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nsha256 %s\n\nlayer    channels  stride\n", m.Name, m.Hash)
	for _, l := range m.Layers {
		fmt.Fprintf(&b, "%-8s %8d  %6d\n", l.Name, l.Channels, l.Stride)
	}
	b.WriteString("\nlabels: ")
	for i, l := range labels {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(l.Names[0])
	}
	return b.String()
}
