package config

import "path/filepath"

// place fills the paths that were left empty.
func (c *Config) place(env Lookup) {
	if c.Store.Path == "" {
		folder := stateFolder(env)
		if folder == "" {
			return // nobody says where: who needs the paths has to
		}
		c.Store.Path = filepath.Join(folder, "slugpuppy.db")
	}
	for _, o := range c.options() {
		if o.beside != "" && o.text(c) == "" {
			o.field(c).SetString(filepath.Join(filepath.Dir(c.Store.Path), o.beside))
		}
	}
}

// stateFolder is what systemd gives a service (systemd.exec, StateDirectory=), else where
// programs of a user keep state (XDG base directories), else "".
func stateFolder(env Lookup) string {
	if v, _ := env("STATE_DIRECTORY"); v != "" {
		return filepath.SplitList(v)[0]
	}
	if folder := userFolder(env, "XDG_STATE_HOME", ".local/state"); folder != "" {
		return filepath.Join(folder, "slugpuppy")
	}
	return ""
}

// userFolder is a folder of the user's by the XDG rules, "" when there is no user.
func userFolder(env Lookup, variable, inHome string) string {
	if v, _ := env(variable); filepath.IsAbs(v) {
		return v
	}
	if home, _ := env("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, inHome)
	}
	return ""
}
