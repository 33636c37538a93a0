package app

import (
	"fmt"
	"slices"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/mastodon"
	"slugpuppy/bot/network/x"
	"slugpuppy/classifier/kernel"
	"slugpuppy/config"
)

// kinds are the networks that the program knows: who adds one adds its Kind here. The bot is on the
// first one where nobody says which.
var kinds = []network.Kind{mastodon.Kind, x.Kind}

// Kinds are the networks that the program knows, the usual one first.
func Kinds() []network.Kind { return slices.Clone(kinds) }

// sections are the networks' own of a configuration.
func sections() (all []config.Section) {
	for _, k := range kinds {
		all = append(all, k.Sections()...)
	}
	return all
}

// Load reads a configuration, as config.Load says. Arithmetic that is forced and that the processor lacks is an
// error, too.
func Load(path string, env config.Lookup) (*config.Config, error) {
	if forced, set := env(kernel.Variable); set {
		if err := kernel.Check(forced); err != nil {
			return nil, err
		}
	}
	return config.Load(path, env, sections()...)
}

// Default is every option as it is when nothing is configured.
func Default() *config.Config { return config.Default(sections()...) }

// settings are a network's sections of the configuration.
func settings(cfg *config.Config, k network.Kind) (all []any) {
	for _, own := range k.Sections() {
		i := slices.IndexFunc(cfg.Networks, func(s config.Section) bool { return s.Name == own.Name })
		if i >= 0 {
			own = cfg.Networks[i]
		}
		all = append(all, own.Options)
	}
	return all
}

// place is a network as the program is configured for it.
type place struct {
	network.Kind
	network.Adapter
}

// places are all networks, with what the program keeps for them.
func (a *App) places(r records) (all []place) {
	for _, k := range kinds {
		all = append(all, place{k, k.Open(network.Env{
			Settings: settings(a.cfg, k), Agent: a.agent(), Web: a.web, Log: a.log, Now: a.now,
			Vault: r, Ledger: r, Notes: r.notes, Salt: r.salt,
			Subscribers: func() ([]network.Subscriber, error) { return r.subscribers(k) },
		})})
	}
	return all
}

// find is the network of a name.
func find(all []place, name string) (place, error) {
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
	}
	return place{}, fmt.Errorf("there is no network called %q in this program", name)
}

// login is the command that lets a bot in.
func login(k network.Kind) string {
	if k.Name == kinds[0].Name {
		return "`slugpuppy login`"
	}
	return "`slugpuppy login " + k.Name + "`"
}
