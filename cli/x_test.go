package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"slugpuppy/bot/identity"
	"slugpuppy/bot/network"
	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/bot/network/fake/xtest"
	"slugpuppy/picture"
)

// xHouse is a house that also has an account on a fake X.
type xHouse struct {
	*house
	x     *xtest.Server
	robot *xtest.User
	alice *xtest.User
}

func newXHouse(t *testing.T, options string) *xHouse {
	t.Helper()
	h := &xHouse{house: newHouse(t), x: xtest.New(xtest.Options{Owner: "dreambot"})}
	h.x.Start()
	t.Cleanup(h.x.Close)
	h.robot, h.alice = h.x.AddUser("dreambot", xtest.UserOptions{}), h.x.AddUser("alice", xtest.UserOptions{})
	key, secret := h.x.Consumer()
	put(t, filepath.Join(h.dir, "key"), key+"\n", 0o600)
	put(t, filepath.Join(h.dir, "secret"), secret+"\n", 0o600)
	h.add(t, fmt.Sprintf("[x]\nenabled = true\naddress = %q\nconsumer_key_file = %q\nconsumer_secret_file = %q\npoll = \"5s\"\nowned = true\n%s\n",
		h.x.URL, filepath.Join(h.dir, "key"), filepath.Join(h.dir, "secret"), options))
	return h
}

// add writes more into the configuration.
func (h *xHouse) add(t *testing.T, text string) {
	t.Helper()
	data, err := os.ReadFile(h.file)
	if err != nil {
		t.Fatal(err)
	}
	put(t, h.file, string(data)+text, 0o600)
}

// withPIN runs a command that asks for a PIN, which a user reads in the browser.
func (h *xHouse) withPIN(t *testing.T, u *xtest.User, args ...string) (int, string) {
	t.Helper()
	term := comeIn(t, h.dir, h.env, append([]string{"--config", h.file}, args...)...)
	pin, err := u.Authorize(term.address(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(term.keys, pin+"\n"); err != nil {
		t.Fatal(err)
	}
	code := term.wait(t)
	return code, term.out.String() + term.said()
}

const permitted = "approved = true\nautomated_label = true\n"

func TestOneDaemonServesMastodonAndX(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	free, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free.Close()
	h := newXHouse(t, permitted+fmt.Sprintf("lists_listen = %q\n", free.Addr()))
	h.login(t)
	if code, said := h.withPIN(t, h.robot, "login", "x"); code != exitOK || !strings.Contains(said, "logged in on X as @dreambot") {
		t.Fatalf("login x: %d %s", code, said)
	}
	token, secret := h.robot.Token()
	_, consumer := h.x.Consumer()
	if said := h.ok(t, "doctor"); !strings.Contains(said, "ok    x account @dreambot") || !strings.Contains(said, "ok    x budget ") {
		t.Errorf("doctor: %s", said)
	}

	stop := h.serve(t)
	for end := time.Now().Add(time.Minute); h.x.Count("GET /2/users/{id}/mentions") < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the daemon does not look at X")
		}
	}
	png, err := picture.EncodePNG(picture.Landscape(96, 72, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	onX, err := h.alice.Mention(h.robot, "swirl octaves=1 steps=1", xtest.Picture{Data: png, Alt: "a hill"})
	if err != nil {
		t.Fatal(err)
	}
	onMastodon, err := h.server.AddUser("ada", mastodontest.UserOptions{}).Mention(h.house.robot, "help")
	if err != nil {
		t.Fatal(err)
	}
	h.answered(t, onMastodon.ID)
	h.job(t, onX.ID, "posted")
	replies := h.x.RepliesTo(onX.ID)
	if len(replies) != 1 || len(replies[0].Media) != 1 || !strings.HasPrefix(replies[0].Media[0].Alt, "a hill") || strings.Contains(replies[0].Text, "://") {
		t.Errorf("%+v", replies)
	}
	if said := h.ok(t, "status"); !strings.Contains(said, h.handle("dreambot")+" and @dreambot") {
		t.Errorf("status: %s", said)
	}

	code, said := h.withPIN(t, h.alice, "filter", "connect", "--network", "x")
	lists := regexp.MustCompile(`http://\S+/lists/\S+`).FindAllString(said, -1)
	if code != exitOK || len(lists) != 2 {
		t.Fatalf("filter connect: %d %s", code, said)
	}
	for _, address := range lists {
		if code, list := open(t, address); code != http.StatusOK || !strings.Contains(list, "@alice") {
			t.Errorf("%s: %d %s", address, code, list)
		}
	}
	if said := h.ok(t, "user", "show", "alice"); !strings.Contains(said, lists[0]) {
		t.Errorf("user show: %s", said)
	}
	if said := h.ok(t, "x", "cost"); !strings.Contains(said, "@dreambot, 20") || !strings.Contains(said, "@alice, 20") || !strings.Contains(said, "summoned reply           1") || !strings.Contains(said, " of $10") {
		t.Errorf("x cost: %s", said)
	}
	if log := stop(); strings.Contains(log, secret) || strings.Contains(log, consumer) || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log: %s", log)
	}
	state := filepath.Join(h.dir, "state")
	for _, hidden := range []string{token, secret, consumer} {
		noPlaintext(t, state, hidden)
	}
	if d := h.x.DuplicateReplies("dreambot"); len(d) > 0 {
		t.Errorf("answered twice: %+v", d)
	}
	h.ok(t, "user", "forget", "alice", "--yes")
	h.ok(t, "filter", "sync", "alice")
	if files, err := filepath.Glob(filepath.Join(h.dir, "state/slugpuppy/lists/*")); err != nil || len(files) != 0 {
		t.Errorf("files of somebody who left: %v, %v", files, err)
	}
}

func TestLoginOnXSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	h := newXHouse(t, "")
	code, said := h.withPIN(t, h.robot, "login", "x")
	if code != exitOK || !strings.Contains(said, "x.approved") || !strings.Contains(said, "x.automated_label") {
		t.Errorf("login x: %d %s", code, said)
	}
	code, said = h.run("doctor")
	for _, want := range []string{"fail  approval", "fail  x label  ", "set x.approved = true", "ok    x account @dreambot"} {
		if code != exitError || !strings.Contains(said, want) {
			t.Errorf("doctor does not say %q: %d %s", want, code, said)
		}
	}
	h.env["SLUGPUPPY_MASTODON_SERVER"] = ""
	if code, said := h.run("serve"); code != exitUsage || !strings.Contains(said, "the bot on X does not run") || !strings.Contains(said, "nothing to do") {
		t.Errorf("serve without what X wants: %d %s", code, said)
	}
	h.robot.RevokeTokens()
	if _, said := h.run("doctor"); !strings.Contains(said, "fail  x account") || !strings.Contains(said, "read and write") {
		t.Errorf("doctor with keys that were taken back: %s", said)
	}

	none := newHouse(t)
	put(t, none.file, fmt.Sprintf("[x]\naddress = %q\n", h.x.URL), 0o600)
	if code, said := none.run("login", "x"); code != exitUsage || !strings.Contains(said, "developer.x.com") {
		t.Errorf("login x without an app: %d %s", code, said)
	}
	put(t, none.file, fmt.Sprintf("[x]\naddress = %q\nconsumer_key = \"a\"\n", h.x.URL), 0o600)
	if code, said := none.run("login", "x"); code != exitUsage || !strings.Contains(said, "belong together") {
		t.Errorf("login x with half a pair: %d %s", code, said)
	}
	put(t, none.file, fmt.Sprintf("[x]\naddress = %q\nconsumer_key = \"a\"\nconsumer_secret = \"b\"\n", h.x.URL), 0o600)
	if code, said := none.run("login", "x"); code != exitError || !strings.Contains(said, "are the app's keys right") {
		t.Errorf("login x with keys of no app: %d %s", code, said)
	}
}

func TestABillSaysWhatItWasFor(t *testing.T) {
	const now = "2026-11"
	line := func(item string, n int, cost network.Money) network.Spending {
		return network.Spending{Item: item, N: n, Cost: cost}
	}
	bills := []network.Bill{
		{Handle: "dreambot", Month: "2026-08", Lines: []network.Spending{line("post read", 200, 1_000_000), line("summoned reply", 3, 30_000)}, Sum: 1_030_000},
		{Handle: "dreambot", Month: now, Lines: []network.Spending{line("user read", 95, 950_000)}, Sum: 950_000, Stopped: "mentions are not read before the 1st"},
		{Handle: "alice", Month: now, Lines: []network.Spending{line("mute", 98, 980_000)}, Sum: 980_000, Stopped: "the timeline is not read before the 1st"},
		{Identity: identity.Identity{ID: "3"}, Month: now, Lines: []network.Spending{line("mute", 1, 10_000)}, Sum: 10_000},
	}
	for i := range bills {
		bills[i].Cap = network.Dollar
	}
	got := costText("X", bills, "")
	want := `@dreambot, 2026-08
  post read              200       $1.00
  summoned reply           3       $0.03
  together                         $1.03  of $1.00
@dreambot, NOW
  user read               95       $0.95
  together                         $0.95  of $1.00: mentions are not read before the 1st
@alice, NOW
  mute                    98       $0.98
  together                         $0.98  of $1.00: the timeline is not read before the 1st
somebody who left, account 3, NOW
  mute                     1       $0.01
  together                         $0.01  of $1.00`
	want = strings.ReplaceAll(want, "NOW", now)
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := costText("X", nil, "2026-08"); got != "nothing was spent on X in 2026-08" {
		t.Error(got)
	}
}

func TestWhyTheBotOnXDoesNotWorkIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ options, said, doctor string }{
		"the cap is reached":  {`monthly_cap = "$0.05"`, "nothing more is read there before", "mentions are not read before the 1st"},
		"v1.1 is not allowed": {`api = "v1.1"`, "error 453", `set x.api = "v2"`},
	} {
		t.Run(name, func(t *testing.T) {
			h := newXHouse(t, permitted)
			h.login(t)
			if code, said := h.withPIN(t, h.robot, "login", "x"); code != exitOK {
				t.Fatalf("login x: %d %s", code, said)
			}
			h.add(t, c.options+"\n")
			stop := h.serve(t)
			defer stop()
			said := ""
			for end := time.Now().Add(time.Minute); !strings.Contains(said, c.said); time.Sleep(50 * time.Millisecond) {
				if said = h.ok(t, "status"); time.Now().After(end) {
					t.Fatalf("status: %s", said)
				}
			}
			if _, said := h.run("doctor"); !strings.Contains(said, "fail  ") || !strings.Contains(said, c.doctor) {
				t.Errorf("doctor: %s", said)
			}
		})
	}
}
