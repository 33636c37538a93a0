package reliability

import (
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"slugpuppy/bot/network/fake/mastodontest"
	"slugpuppy/picture"
	"slugpuppy/store"
)

// startsWithin is how soon a killed daemon works again.
const startsWithin = 5 * time.Second

// The program itself, killed again and again at any point, with servers that know idempotency keys and that
// do not: everybody is answered once, and nobody is given up because of the kills.
func TestAKilledProgramAnswersEverybodyOnce(t *testing.T) {
	if !long() {
		t.Skip("SLUGPUPPY_LONG is not set: every kill costs a start and a few dreams")
	}
	for name, dialect := range map[string]mastodontest.Dialect{"with keys": mastodontest.Mastodon, "without keys": mastodontest.GoToSocial} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const kills = 30
			killAgain(t, kills, dialect)
		})
	}
}

func killAgain(t *testing.T, kills int, dialect mastodontest.Dialect) {
	t.Helper()
	w := newTown(t, filepath.Join(t.TempDir(), "state"), mastodontest.Options{Dialect: dialect, Processing: 10 * time.Millisecond})
	w.server.Inject(mastodontest.Fault{Match: "POST /api/v1/statuses", Kind: mastodontest.SlowAfterApply,
		Delay: 30 * time.Millisecond, Times: 1 << 30, Probability: 0.5})
	png, err := picture.EncodePNG(picture.Landscape(64, 48, 1), "")
	if err != nil {
		t.Fatal(err)
	}
	ask := func() {
		w.ask("help")
		w.ask("dream octaves=1 steps=1", mastodontest.Picture{Data: png})
		w.ask("imagine banana octaves=1 steps=1")
	}
	p := w.serve()
	p.untilListening()
	begun := time.Now()
	ask()
	p.untilAnswered(time.Minute)
	life := min(2*time.Since(begun), 2*time.Second)
	p.kill()
	var starts []time.Duration
	for range kills {
		p = w.serve()
		ask()
		starts = append(starts, p.untilReady(time.Minute))
		time.Sleep(rand.N(life))
		p.kill()
	}
	p = w.serve()
	p.untilReady(time.Minute)
	p.untilAnswered(10 * time.Minute) // without keys an answer that may be out is looked for first
	p.stop()
	w.sound()
	slices.Sort(starts)
	slowest := starts[len(starts)-1]
	if slowest > startsWithin && long() {
		t.Errorf("ready only after %v", slowest)
	}
	t.Logf("%d kills, lives of up to %v, %d mentions, ready after %v at most", kills, life.Round(time.Millisecond), len(w.asked), slowest.Round(time.Millisecond))
	if err := store.Check(w.database()); err != nil {
		t.Error(err)
	}
	st, err := store.Open(w.database(), store.Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	jobs, err := st.Operator().Jobs(store.Filter{States: []store.State{store.Dead}})
	if err != nil || len(jobs) > 0 {
		t.Errorf("given up: %+v, %v", jobs, err)
	}
}
