package networks_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
)

// saying is a network's file with something that it says about itself.
func saying(model []byte, key, value string) []byte {
	var pair []byte
	pair = protowire.AppendString(protowire.AppendTag(pair, 1, protowire.BytesType), key)
	pair = protowire.AppendString(protowire.AppendTag(pair, 2, protowire.BytesType), value)
	return protowire.AppendBytes(protowire.AppendTag(append([]byte{}, model...), 14, protowire.BytesType), pair)
}

// open writes a network and its notes down and reads them.
func open(t *testing.T, model []byte, notes networks.Notes) (*classifier.Network, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "net.onnx")
	text, err := json.Marshal(notes)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, model, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimSuffix(path, ".onnx")+".json", text, 0o644); err != nil {
		t.Fatal(err)
	}
	return networks.OpenFile(path, "")
}

// What a network is sure of is as its temperature says: that of its notes, else of its file, else 1.
func TestATemperatureIsOfTheFileOrItsNotes(t *testing.T) {
	logarithms := func(n *classifier.Network) []float64 {
		t.Helper()
		guesses, err := n.Guesses(t.Context(), pattern(40, 48), 5)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, 5)
		for _, g := range guesses {
			out[g.Index] = math.Log(g.P)
		}
		return out
	}
	plain, err := open(t, small(t), networks.Notes{})
	if err != nil {
		t.Fatal(err)
	}
	want := logarithms(plain)
	for name, tt := range map[string]struct {
		model []byte
		notes float64
		want  float64
	}{
		"none":      {small(t), 0, 1},
		"the notes": {small(t), 4, 4},
		"the file":  {saying(small(t), classifier.TemperatureKey, "2.5"), 0, 2.5},
		"both":      {saying(small(t), classifier.TemperatureKey, "2.5"), 0.5, 0.5},
		"another":   {saying(small(t), "temperature", "warm"), 0, 1},
	} {
		n, err := open(t, tt.model, networks.Notes{Temperature: tt.notes})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := logarithms(n)
		for i := range got {
			if d := (got[i]-got[0])*tt.want - (want[i] - want[0]); n.Temperature() != tt.want || math.Abs(d) > 1e-5 {
				t.Errorf("%s: temperature %g, of label %d off by %g", name, n.Temperature(), i, d)
			}
		}
	}
	for _, text := range []string{"", "warm", "0", "-1", "NaN", "+Inf", "1e9"} {
		if _, err := open(t, saying(small(t), classifier.TemperatureKey, text), networks.Notes{}); err == nil || !strings.Contains(err.Error(), "temperature") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := open(t, small(t), networks.Notes{Temperature: -1}); err == nil {
		t.Error("a temperature below zero is taken")
	}
}

// A class for what is no thing takes part in nothing that is said.
func TestTheBackgroundIsNotSeen(t *testing.T) {
	labels := []classifier.Label{{ID: classifier.Background, Names: []string{"background"}}, {ID: "1", Names: []string{"a"}},
		{ID: "2", Names: []string{"b"}}, {ID: "3", Names: []string{"c"}}, {ID: "4", Names: []string{"d"}}}
	n, err := classifier.Open(small(t), classifier.Spec{Labels: labels})
	if err != nil {
		t.Fatal(err)
	}
	guesses, err := n.See(t.Context(), pattern(40, 48), 10)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, g := range guesses {
		sum += g.P
		if g.Index == 0 {
			t.Error("the background is seen")
		}
	}
	if len(guesses) != 4 || math.Abs(sum-1) > 1e-9 {
		t.Errorf("%d things, sure to %g altogether", len(guesses), sum)
	}
	for i := range labels {
		labels[i].ID = classifier.Background
	}
	if _, err := classifier.Open(small(t), classifier.Spec{Labels: labels}); err == nil {
		t.Error("a network that knows no thing opens")
	}
}
