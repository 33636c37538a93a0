package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"slugpuppy/dream"
)

func aTicket() ticket {
	return ticket{V: wireVersion, ID: newID(), Key: bytes.Repeat([]byte{7}, keySize), Network: strings.Repeat("ab", 32), Until: time.Now()}
}

func TestWhatIsSealedIsReadWithItsKeyAndUnderItsNameOnly(t *testing.T) {
	key, plain := bytes.Repeat([]byte{1}, keySize), []byte("a picture of somebody")
	sealed, err := seal(key, "order-1", bytes.Clone(plain))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, plain[:8]) {
		t.Error("it can be read as it is")
	}
	if again, err := seal(key, "order-1", bytes.Clone(plain)); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("the same is sealed the same: %v", err)
	}
	for name, c := range map[string]struct {
		key    []byte
		name   string
		sealed []byte
	}{
		"another key":      {bytes.Repeat([]byte{2}, keySize), "order-1", sealed},
		"another name":     {key, "piece-1", sealed},
		"a bit turned":     {key, "order-1", append(bytes.Clone(sealed[:40]), append([]byte{sealed[40] ^ 1}, sealed[41:]...)...)},
		"the end cut off":  {key, "order-1", sealed[:len(sealed)-1]},
		"nothing":          {key, "order-1", nil},
		"less than a seal": {key, "order-1", sealed[:20]},
	} {
		if got, err := unseal(c.key, c.name, bytes.Clone(c.sealed)); !errors.Is(err, errSealed) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if got, err := unseal(key, "order-1", sealed); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestMessagesThatAreNoneAreRefused(t *testing.T) {
	write := func(v any) []byte {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	change := func(f func(*ticket)) []byte { c := aTicket(); f(&c); return write(c) }
	if _, err := readTicket(write(aTicket())); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"nothing": nil, "no JSON": []byte("{"), "another version": change(func(c *ticket) { c.V++ }),
		"an id that is a subject": change(func(c *ticket) { c.ID = "a.>" }), "a short key": change(func(c *ticket) { c.Key = c.Key[1:] }),
		"a network that is a path": change(func(c *ticket) { c.Network = strings.Repeat("../", 21) + "a" }),
		"a bundle that is a path":  change(func(c *ticket) { c.Bundle = "../x" }),
		"too much":                 append(write(aTicket()), bytes.Repeat([]byte(" "), mostTicket)...),
	} {
		if got, err := readTicket(data); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, r := range map[string]result{
		"no verb":                   {V: wireVersion, ID: newID()},
		"refused without a problem": {V: wireVersion, ID: newID(), Verb: refused},
		"made with a problem":       {V: wireVersion, ID: newID(), Verb: made, Problem: &dream.Problem{}},
	} {
		if _, err := readResult(write(r)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := readResult(write(result{V: wireVersion, ID: newID(), Verb: failed, Node: "w\x1b[2J", Why: strings.Repeat("x", 5000)}))
	if err != nil || strings.Contains(r.Node, "\x1b") || len(r.Why) > mostWhy+3 {
		t.Errorf("%q, %d bytes of reason, %v", r.Node, len(r.Why), err)
	}
}

// FuzzMessages: whatever arrives, nothing panics, and what is taken is within its bounds and reads back as itself.
func FuzzMessages(f *testing.F) {
	for _, v := range []any{aTicket(), result{V: wireVersion, ID: newID(), Verb: refused, Problem: &dream.Problem{Kind: dream.NoGuide}},
		progress{Progress: dream.Progress{Fraction: 0.5}, JPEG: []byte{0xff, 0xd8}}, Node{ID: newID(), Kind: WorkerNode}} {
		data, err := json.Marshal(v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(writeLook([][]byte{{1, 2}, nil, {3}}))
	f.Add([]byte(`{"v":1,"node":"w","seen":[{"score":0.5,"sketch":"AAAA"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := readTicket(data); err == nil {
			again, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := readTicket(again); err != nil {
				t.Errorf("%s reads as %s, which does not: %v", data, again, err)
			}
		}
		if v, err := readResult(data); err == nil && (len([]rune(v.Why)) > mostWhy*12 || !validID(v.ID)) {
			t.Errorf("%+v", v)
		}
		if v, err := readProgress(data); err == nil {
			if !(v.Fraction >= 0 && v.Fraction <= 1) || v.Step < 0 {
				t.Errorf("%+v", v)
			}
			preview(v.JPEG)
		}
		if files, err := readLook(data); err == nil && !bytes.Equal(writeLook(files), data) {
			t.Errorf("%q became %q", data, writeLook(files))
		}
		if s, err := readVerdict(data); err == nil && !(s.Score >= 0 && s.Score <= 1) {
			t.Errorf("%+v", s)
		}
		if a, err := readAnswer(data, 1); err == nil && !a.Busy && len(a.Seen) != 1 {
			t.Errorf("%+v", a)
		}
		if n, err := readNode(data); err == nil && (n.Slots < 0 || !validID(n.ID)) {
			t.Errorf("%+v", n)
		}
	})
}
