package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"slugpuppy/config"
)

// town is a section of a network, such as adapters have.
type town struct {
	Server    string         `toml:"server" address:"https://example.social" doc:"where it is"`
	Token     config.Secret  `toml:"token" doc:"lets us in"`
	TokenFile string         `toml:"token_file" doc:"file that holds the token"`
	Mute      config.Dollars `toml:"mute" min:"$0" max:"$100" doc:"what a mute costs"`
	Lists     string         `toml:"lists" beside:"lists" doc:"a folder"`
}

func sections() []config.Section {
	return []config.Section{{Name: "town", Doc: "an account in town", Options: &town{Mute: 10_000}}}
}

// load reads a configuration with a town in it.
func load(path string, e env) (*config.Config, error) {
	return config.Load(path, e.lookup, sections()...)
}

// townOf is the section of the town.
func townOf(c *config.Config) *town { return c.Networks[0].Options.(*town) }

// env is an environment of its own.
type env map[string]string

func (e env) lookup(name string) (string, bool) {
	v, ok := e[name]
	return v, ok
}

// write puts a file into a fresh folder.
func write(t testing.TB, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestDefaultsNeedNoFile(t *testing.T) {
	home := t.TempDir()
	c, err := load("", env{"HOME": home, "XDG_CONFIG_HOME": home})
	if err != nil {
		t.Fatal(err)
	}
	if c.File() != "" && c.File() != "/etc/slugpuppy/slugpuppy.toml" {
		t.Errorf("read %s", c.File())
	}
	state := filepath.Join(home, ".local/state/slugpuppy")
	for _, p := range [][2]string{
		{c.Store.Path, "slugpuppy.db"}, {c.Store.KeyFile, "slugpuppy.key"}, {c.Admin.Socket, "slugpuppy.sock"}, {townOf(c).Lists, "lists"},
	} {
		if p[0] != filepath.Join(state, p[1]) {
			t.Errorf("got %s, want %s in %s", p[0], p[1], state)
		}
	}
}

func TestFilesAreFoundWhereTheyUsuallyAre(t *testing.T) {
	home := t.TempDir()
	path := filepath.Join(home, ".config/slugpuppy/slugpuppy.toml")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("bot.queue = 7"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := write(t, "other.toml", "bot.queue = 8", 0o600)
	tests := []struct {
		name, path string
		env        env
		want       int
	}{
		{"in the user's configuration folder", "", env{"HOME": home}, 7},
		{"named by the environment", "", env{"HOME": home, "SLUGPUPPY_CONFIG": other}, 8},
		{"named by a flag, which wins", other, env{"HOME": home, "SLUGPUPPY_CONFIG": path}, 8},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c, err := load(test.path, test.env)
			if err != nil {
				t.Fatal(err)
			}
			if c.Bot.Queue != test.want {
				t.Errorf("read the file with queue %d, want %d", c.Bot.Queue, test.want)
			}
		})
	}
	if _, err := load(filepath.Join(home, "none.toml"), env{}); err == nil {
		t.Error("a file that was asked for and is missing is no error")
	}
}

func TestEveryMistakeNamesItsPlaceAndTheRemedy(t *testing.T) {
	tests := []struct {
		name, file string
		env        env
		want       []string
	}{
		{"a misspelt key", "[bot]\npoll = '1m'\nstale_aftr = '1h'\n", nil,
			[]string{"x.toml:3: bot.stale_aftr", "did you mean bot.stale_after?"}},
		{"a key in the wrong section", "[dream]\n\npoll = '1m'", nil, []string{"x.toml:3: dream.poll", "did you mean filter.poll?"}},
		{"a key like no other", "[bot]\nxyzzyxyzzy = 1", nil, []string{"x.toml:2: bot.xyzzyxyzzy", "config dump"}},
		{"a key in an inline table", "[log]\n[bot]\n[store]\n", nil, nil},
		{"a misspelt inline key", "\nbot = { poll = '1m', qeue = 3 }", nil, []string{"x.toml:2: bot.qeue", "bot.queue"}},
		{"a misspelt section", "[bott]\npoll = '1m'", nil, []string{"x.toml:1: bott: no such section", "town, bot, filter, web, dream"}},
		{"an array of sections", "[[bot]]\npoll = '1m'", nil, []string{"x.toml:2: bot.poll", "neither"}},
		{"a key at the top", "poll = 3", nil, []string{"x.toml:1: poll: no such key"}},
		{"text that is no TOML", "[bot]\npoll = \n", nil, []string{"x.toml:2:"}},
		{"a key given twice", "[bot]\nqueue = 1\nqueue = 2", nil, []string{"x.toml:"}},
		{"a span without a unit", "[bot]\npoll = 30", nil, []string{`x.toml:2: bot.poll: "30" is not a time span`, `"30s"`}},
		{"a span out of range", "[bot]\npoll = '1s'", nil, []string{"x.toml:2: bot.poll: 1s is out of range", "5s to 1h"}},
		{"a number out of range", "[bot]\nper_user_hour = -1", nil, []string{"x.toml:2:", "allowed is 0 to 10000"}},
		{"a number with a fraction", "[bot]\nqueue = 1.5", nil, []string{"x.toml:2:", "not a whole number"}},
		{"a size that is none", "[dream]\nmemory = 'lots'", nil, []string{"x.toml:2: dream.memory", `"1.5GiB"`}},
		{"a size too small", "[dream]\nmemory = '1MiB'", nil, []string{"256MiB to 1TiB"}},
		{"a value there is not", "[log]\nlevel = 'loud'", nil, []string{"x.toml:2:", "debug, info, warn, error"}},
		{"a list", "[bot]\nqueue = [1]", nil, []string{"x.toml:2: bot.queue", "neither a number, true or false, nor a text"}},
		{"a name that looks like this machine", "[town]\nserver = 'http://127.example.social'", nil, []string{"is not encrypted"}},
		{"a server without encryption", "[town]\nserver = 'http://example.social'", nil, []string{"x.toml:2: town.server", "https://example.social"}},
		{"a server that is no address", "[town]\nserver = 'example'", nil, []string{"not an address"}},
		{"a server with a path", "[town]\nserver = 'https://a.example/@bot'", nil, []string{"more than a scheme"}},
		{"a misspelt key of an editor that marks its files", "\ufeff[bot]\r\npoll = '1m'\r\nqeue = 3", nil, []string{"x.toml:3: bot.qeue"}},
		{"a mistake in the environment", "", env{"SLUGPUPPY_BOT_QUEUE": "many"}, []string{`SLUGPUPPY_BOT_QUEUE: "many" is not a whole number`}},
		{"a broker that is a web server", "[cluster]\nnats = 'https://a.example'", nil, []string{"x.toml:2: cluster.nats", "nats://broker.example:4222"}},
		{"a broker's password in its address", "[cluster]\nnats = 'nats://me:hunter2@a.example'", nil, []string{"x.toml:2:", "cluster.credentials", `"...@a.example"`}},
		{"a broker of two kinds", "[cluster]\nnats = 'nats://a.example'\nlisten = '127.0.0.1:4222'", nil, []string{"x.toml:3: cluster.listen", "remove one"}},
		{"a broker without a port", "[cluster]\nlisten = 'localhost'", nil, []string{"127.0.0.1:4222"}},
		{"a certificate without its key", "[cluster]\ncertificate = 'a.pem'", nil, []string{"cluster.key"}},
		{"two ways to say who this is", "[cluster]\ncredentials = 'a'\nnkey = 'b'", nil, []string{"x.toml:3: cluster.nkey", "remove one"}},
		{"two brokers", "[cluster]\nnats = 'nats://a.example:4222, tls://b.example'", nil, nil},
		{"two mistakes at once", "[bot]\nqueue = 'a'\npoll = 'b'", nil, []string{"x.toml:2:", "x.toml:3:"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load(write(t, "x.toml", test.file, 0o600), test.env)
			if test.want == nil {
				if err != nil {
					t.Errorf("good file: %v", err)
				}
				return
			}
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
		})
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	path := write(t, "x.toml", "[bot]\npoll = '1m'\nqueue = 5\n[dream]\nmemory = 1073741824\n", 0o600)
	c, err := load(path, env{"SLUGPUPPY_BOT_POLL": "2m", "SLUGPUPPY_LOG_FORMAT": "json"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Bot.Poll.Std() != 2*time.Minute || c.Bot.Queue != 5 || c.Log.Format != "json" || c.Dream.Memory != config.GiB {
		t.Errorf("got %+v", c)
	}
	from := map[string]string{}
	for _, s := range c.Settings() {
		from[s.Key] = s.Source
	}
	for key, want := range map[string]string{
		"bot.poll": "SLUGPUPPY_BOT_POLL", "bot.queue": path + ":3", "bot.per_pair": "default", "dream.memory": path + ":5",
	} {
		if from[key] != want {
			t.Errorf("%s is said to come from %s, want %s", key, from[key], want)
		}
	}
}

func TestEveryOptionCanBeSetInTheEnvironment(t *testing.T) {
	c := config.Default(sections()...)
	for _, s := range c.Settings() {
		name := "SLUGPUPPY_" + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
		if odd := c.UnknownEnv([]string{name + "=1"}); len(odd) != 0 {
			t.Errorf("%s is not known as the variable of %s", name, s.Key)
		}
		_, err := load("", env{name: "\x01"}) // what no option takes
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not read: %v", name, err)
		}
	}
	if odd := c.UnknownEnv([]string{"SLUGPUPPY_BOT_POL=1", "HOME=/", "SLUGPUPPY_CONFIG=x"}); !cmp.Equal(odd, []string{"SLUGPUPPY_BOT_POL"}) {
		t.Errorf("unknown variables: %v", odd)
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	private := write(t, "token", "  s3cret\n", 0o600)
	c, err := load(write(t, "x.toml", fmt.Sprintf("[town]\ntoken_file = %q", private), 0o600), env{})
	if err != nil {
		t.Fatal(err)
	}
	if got := townOf(c).Token.Reveal(); got != "s3cret" {
		t.Errorf("token is %q", got)
	}
	c, err = load("", env{"SLUGPUPPY_TOWN_TOKEN_FILE": private})
	if err != nil || townOf(c).Token.Reveal() != "s3cret" {
		t.Errorf("through the environment: %q, %v", townOf(c).Token.Reveal(), err)
	}
}

func TestSecretFilesThatCannotBeTrustedAreRefused(t *testing.T) {
	private := write(t, "token", "s3cret", 0o600)
	tests := []struct {
		name string
		env  env
		want string
	}{
		{"both the token and its file", env{"SLUGPUPPY_TOWN_TOKEN": "a", "SLUGPUPPY_TOWN_TOKEN_FILE": private}, "both set"},
		{"a file everybody can read", env{"SLUGPUPPY_TOWN_TOKEN_FILE": write(t, "token", "s3cret", 0o644)}, "chmod 600"},
		{"a file that is missing", env{"SLUGPUPPY_TOWN_TOKEN_FILE": "/nowhere/token"}, "no such file"},
		{"a file without content", env{"SLUGPUPPY_TOWN_TOKEN_FILE": write(t, "token", "\n", 0o600)}, "is empty"},
		{"a huge file", env{"SLUGPUPPY_TOWN_TOKEN_FILE": write(t, "token", strings.Repeat("x", 1<<20), 0o600)}, "larger than"},
		{"a folder", env{"SLUGPUPPY_TOWN_TOKEN_FILE": t.TempDir()}, "is not a file"},
		{"a picture", env{"SLUGPUPPY_TOWN_TOKEN_FILE": write(t, "token", "a\x00b", 0o600)}, "town.token_file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := load("", test.env)
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "TOKEN") {
				t.Errorf("got %v, want something with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	c, err := load("", env{"SLUGPUPPY_TOWN_TOKEN": "s3cret"})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := c.Dump(&out); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "%v %+v %#v %s %q", c, c, c, townOf(c).Token, townOf(c).Token)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", c, "token", townOf(c).Token)
	if err := json.NewEncoder(&out).Encode(c); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cret") {
		t.Errorf("the secret is in:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "token is set and not shown (SLUGPUPPY_TOWN_TOKEN)") {
		t.Error("the dump does not say that a token is set")
	}
}

func TestADumpReadsBackAsItself(t *testing.T) {
	first, err := load("", env{
		"HOME": "/home/x", "SLUGPUPPY_BOT_POLL": "1h", "SLUGPUPPY_DREAM_MEMORY": "1234567890",
		"SLUGPUPPY_STORE_PATH": `/srv/a "quoted" \ path'/é.db`, "SLUGPUPPY_TOWN_SERVER": "https://example.social/",
		"SLUGPUPPY_BOT_STALE_AFTER": "3d", "SLUGPUPPY_BOT_JOB_TIME": "90s",
	})
	if err != nil {
		t.Fatal(err)
	}
	var dump bytes.Buffer
	if err := first.Dump(&dump); err != nil {
		t.Fatal(err)
	}
	again, err := load(write(t, "dump.toml", dump.String(), 0o600), env{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, dump.String())
	}
	if diff := cmp.Diff(first, again, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Error(diff)
	}
}

func TestSizesAndSpansAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]config.ByteSize{
		"0": 0, "16MiB": 16 << 20, "1.5GiB": 3 << 29, "1.5 gib": 3 << 29, "300MB": 3e8, "12B": 12, "2kb": 2000, " 7 ": 7,
	} {
		var b config.ByteSize
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want {
			t.Errorf("%q is %d (%v), want %d", text, int64(b), err, int64(want))
		}
		var again config.ByteSize
		if err := again.UnmarshalText([]byte(b.String())); err != nil || again != b {
			t.Errorf("%q is printed as %q, which reads as %d", text, b, int64(again))
		}
	}
	for _, text := range []string{"", "B", "-1", "NaN", "Inf", "1e300GiB", "1 XiB", "MiB16"} {
		var b config.ByteSize
		if b.UnmarshalText([]byte(text)) == nil {
			t.Errorf("size %q was taken as %d", text, int64(b))
		}
	}
	for text, want := range map[string]string{
		"30s": "30s", "90m": "1h30m", "24h": "24h", "7d": "7d", "168h": "7d", "90s": "1m30s", "1h0m1s": "1h0m1s", "10m": "10m", "0s": "0s",
	} {
		var d config.Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || d.String() != want {
			t.Errorf("%q is %q (%v), want %q", text, d, err, want)
		}
	}
	for _, text := range []string{"", "5", "d", "-1d", "1w", "99999999d"} {
		var d config.Duration
		if d.UnmarshalText([]byte(text)) == nil {
			t.Errorf("span %q was taken as %s", text, d)
		}
	}
	for text, want := range map[string]string{"$10": "$10", "0.005": "$0.005", " $2.50 ": "$2.5", "0": "$0", "1e-06": "$0.000001"} {
		var d config.Dollars
		if err := d.UnmarshalText([]byte(text)); err != nil || d.String() != want {
			t.Errorf("%q is %q (%v), want %q", text, d, err, want)
		}
	}
	for _, text := range []string{"", "$", "-1", "NaN", "Inf", "1e300", "$$1", "10€", "0.0000001"} {
		var d config.Dollars
		if d.UnmarshalText([]byte(text)) == nil {
			t.Errorf("amount %q was taken as %s", text, d)
		}
	}
}

// FuzzLoad: any file gives a configuration whose dump loads to the same, or an error that
// names the file.
func FuzzLoad(f *testing.F) {
	var example bytes.Buffer
	if err := config.Default(sections()...).Example(&example); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{
		"", example.String(), "[bot]\npoll='1m'", "bot.queue=1", "bot={poll='1m'}", "[bot]\n[bot.poll]", "[[bot]]", "bot=3",
		"[town]\nserver='https://[::1'", "\"bot\".\"queue\"=1_0", "[dream]\nmemory=1e9", "[log]\nlevel='''\ninfo'''", "[bot]\nqueue=1\n[bot]",
		"[store]\npath=\"\\u0000\"", "a.b.c.d=1", "[town]\ntoken='x'\n", "[town]\nmute=2.5\n[filter]\nenabled=true\n[town]\nmute='$0.01'",
	} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "fuzz.toml")
	again := filepath.Join(f.TempDir(), "again.toml")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "_file") {
			t.Skip("would read files")
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := load(path, env{})
		if err != nil {
			if !strings.Contains(err.Error(), path) {
				t.Fatalf("error %q does not name the file", err)
			}
			return
		}
		var dump bytes.Buffer
		if err := c.Dump(&dump); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(again, dump.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		back, err := load(again, env{"SLUGPUPPY_TOWN_TOKEN": townOf(c).Token.Reveal()})
		if err != nil {
			t.Fatalf("the dump does not load: %v\n%s", err, dump.String())
		}
		if diff := cmp.Diff(c, back, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
			t.Fatal(diff)
		}
	})
}
