package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
)

// doctor runs the command in a home of its own and returns the findings by check.
func doctor(t *testing.T, home string, env map[string]string) (map[string]finding, int) {
	t.Helper()
	var out, errs bytes.Buffer
	a := newConsole(strings.NewReader(""), &out, &errs, func(name string) (string, bool) {
		if name == "HOME" {
			return home, true
		}
		v, ok := env[name]
		return v, ok
	})
	code := a.run(t.Context(), []string{"doctor", "--json", "--config", os.DevNull})
	all := map[string]finding{}
	for dec := json.NewDecoder(&out); dec.More(); {
		var f finding
		if err := dec.Decode(&f); err != nil {
			t.Fatal(err)
		}
		all[f.Check] = f
	}
	return all, code
}

func TestDoctorOnAFreshMachineFindsNothingBroken(t *testing.T) {
	t.Parallel()
	found, code := doctor(t, t.TempDir(), map[string]string{"SLUGPUPPY_DREAM_FFMPEG": "none"})
	if code != exitOK {
		t.Errorf("exit code %d, want %d: %v", code, exitOK, found)
	}
	for check, want := range map[string]network.Health{
		"config": network.Healthy, "state": network.Doubt, "key": network.Doubt, "database": network.Doubt, "network": network.Healthy, "ffmpeg": network.Healthy, "server": network.Doubt,
	} {
		if found[check].State != want {
			t.Errorf("%s: %+v, want %s", check, found[check], want)
		}
	}
}

func TestDoctorSaysWhatToDoAboutTrouble(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		spoil  func(t *testing.T, state string) map[string]string
		check  string
		code   int
		remedy string
	}{
		{"a key others can read", func(t *testing.T, state string) map[string]string {
			put(t, filepath.Join(state, "slugpuppy.key"), "00", 0o644)
			return nil
		}, "key", exitError, "chmod 600"},
		{"a state folder that is a file", func(t *testing.T, state string) map[string]string {
			put(t, filepath.Join(state, "db"), "", 0o600)
			return map[string]string{"SLUGPUPPY_STORE_PATH": filepath.Join(state, "db", "x.db")}
		}, "state", exitError, "store.path"},
		{"an ffmpeg that does not run", func(t *testing.T, state string) map[string]string {
			put(t, filepath.Join(state, "ffmpeg"), "no program", 0o700)
			return map[string]string{"SLUGPUPPY_DREAM_FFMPEG": filepath.Join(state, "ffmpeg")}
		}, "ffmpeg", exitError, "dream.ffmpeg"},
		{"a mistake in the configuration", func(t *testing.T, _ string) map[string]string {
			return map[string]string{"SLUGPUPPY_BOT_POLL": "soon"}
		}, "config", exitUsage, "config check"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			home := t.TempDir()
			state := filepath.Join(home, ".local/state/slugpuppy")
			if err := os.MkdirAll(state, 0o700); err != nil {
				t.Fatal(err)
			}
			found, code := doctor(t, home, test.spoil(t, state))
			f := found[test.check]
			if code != test.code || f.State != network.Sick || !strings.Contains(f.Remedy, test.remedy) {
				t.Errorf("exit code %d, %+v; want %d and a remedy with %q", code, f, test.code, test.remedy)
			}
		})
	}
}

// put writes a file with exactly this mode.
func put(t *testing.T, path, content string, mode os.FileMode) {
	t.Helper()
	if err := errors.Join(os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode)); err != nil {
		t.Fatal(err)
	}
}

func TestDoctorTriesEverybodysToken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.login(t)
	reader := h.server.AddUser("reader", mastodontest.UserOptions{})
	h.connect(t, reader, "--server", h.server.URL)
	said := h.ok(t, "doctor")
	for _, want := range []string{"ok    disk", "ok    clock", "ok    scopes", "ok    timeline  " + h.handle("reader") + " on Mastodon"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	st, key := h.open(t)
	subs, err := st.Operator().Subscribers()
	if err != nil || len(subs) != 1 {
		t.Fatalf("%v %v", subs, err)
	}
	token, err := st.Vault(key).Get("filter:mastodon:"+subs[0].Identity.Server+":"+subs[0].Identity.ID, "token")
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
	h.server.RevokeToken(string(token))
	h.env["SLUGPUPPY_MASTODON_TOKEN"] = h.robot.Token("read", "write:statuses")
	code, said := h.run("doctor")
	for _, want := range []string{"the token lacks write:media write:favourites", "no longer accepts the token", "sign in again on the page"} {
		if code != exitError || !strings.Contains(said, want) {
			t.Errorf("%d, no %q in %s", code, want, said)
		}
	}
}
