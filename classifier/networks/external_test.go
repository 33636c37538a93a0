package networks_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"slugpuppy/classifier"
	"slugpuppy/classifier/networks"
	"slugpuppy/picture"
)

// apart takes a model's weights out into a file of the given name, as PyTorch writes them.
func apart(t *testing.T, model []byte, name string) (small, data []byte) {
	t.Helper()
	const graph, initializer, raw = 7, 5, 9
	small = each(t, model, graph, func(g []byte) []byte {
		return each(t, g, initializer, func(tensor []byte) []byte {
			return each(t, tensor, raw, func(b []byte) []byte {
				pairs := [][2]string{{"location", name}, {"offset", fmt.Sprint(len(data))}, {"length", fmt.Sprint(len(b))}}
				data = append(data, b...)
				out := protowire.AppendVarint(protowire.AppendTag(nil, 14, protowire.VarintType), 1)
				for _, p := range pairs {
					entry := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), p[0])
					entry = protowire.AppendString(protowire.AppendTag(entry, 2, protowire.BytesType), p[1])
					out = protowire.AppendBytes(protowire.AppendTag(out, 13, protowire.BytesType), entry)
				}
				return out
			})
		})
	})
	return small, data
}

// each replaces fields of one number by what f makes of them: for raw bytes other fields, else
// the field's new content.
func each(t *testing.T, message []byte, number protowire.Number, f func([]byte) []byte) []byte {
	t.Helper()
	var out []byte
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeField(message)
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		whole := message[:n]
		message = message[n:]
		if num != number || typ != protowire.BytesType {
			out = append(out, whole...)
			continue
		}
		_, _, head := protowire.ConsumeTag(whole)
		content, _ := protowire.ConsumeBytes(whole[head:])
		if made := f(content); number == 9 {
			out = append(out, made...)
		} else {
			out = protowire.AppendBytes(protowire.AppendTag(out, num, typ), made)
		}
	}
	return out
}

func pattern(w, h int) *picture.Planar {
	in := picture.NewPlanar(w, h)
	for i := range in.Pix {
		in.Pix[i] = float32(i%97) / 97
	}
	return in
}

func logits(t *testing.T, n *classifier.Network) []float32 {
	t.Helper()
	f, err := n.Activations(t.Context(), pattern(32, 32), classifier.Logits)
	if err != nil {
		t.Fatal(err)
	}
	return f[classifier.Logits].Data
}

func TestANetworkWithItsWeightsBesideItIsTheSame(t *testing.T) {
	model, dir := small(t), t.TempDir()
	whole, file := filepath.Join(dir, "whole.onnx"), filepath.Join(dir, "net.onnx")
	parts, data := apart(t, model, "net.onnx.data")
	if len(data) == 0 {
		t.Fatal("nothing was taken out")
	}
	write := func(path string, b []byte) {
		t.Helper()
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(whole, model)
	write(file, parts)
	if _, err := networks.OpenFile(file, ""); err == nil || !strings.Contains(err.Error(), `"net.onnx.data", which is missing`) {
		t.Fatalf("without its weights: %v", err)
	}
	write(file+".data", data)
	one, err := networks.OpenFile(whole, "")
	if err != nil {
		t.Fatal(err)
	}
	two, err := networks.OpenFile(file, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := logits(t, two), logits(t, one); !slices.Equal(got, want) {
		t.Errorf("logits %v, in one file %v", got, want)
	}
	data[len(data)/2] ^= 1
	write(file+".data", data)
	if other, err := networks.OpenFile(file, ""); err != nil || other.Hash() == two.Hash() {
		t.Errorf("other weights beside the same file have the same hash, %v", err)
	}
	write(file+".data", data[:len(data)-1])
	if _, err := networks.OpenFile(file, ""); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("weights that were cut off: %v", err)
	}
	folder := networks.Folder{Dir: filepath.Join(dir, "networks")}
	place := filepath.Join(folder.Dir, "mine")
	if err := os.MkdirAll(place, 0o755); err != nil {
		t.Fatal(err)
	}
	parts, data = apart(t, model, "weights.bin")
	write(filepath.Join(place, "model.onnx"), parts)
	write(filepath.Join(place, "weights.bin"), data)
	n, err := folder.Open("mine")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(logits(t, n), logits(t, one)) {
		t.Error("from the folder of networks it answers something else")
	}
}

func TestALinkToWeightsInAnotherFolderIsNotFollowed(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "net")
	if err := os.Mkdir(place, 0o755); err != nil {
		t.Fatal(err)
	}
	parts, data := apart(t, small(t), "w")
	for path, b := range map[string][]byte{filepath.Join(place, "net.onnx"): parts, filepath.Join(dir, "w"): data} {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../w", filepath.Join(place, "w")); err != nil {
		t.Skip("no symbolic links here")
	}
	if _, err := networks.OpenFile(filepath.Join(place, "net.onnx"), ""); err == nil || !strings.Contains(err.Error(), "not a link out of it") {
		t.Errorf("got %v", err)
	}
	if _, err := classifier.Open(parts, classifier.Spec{}); err == nil || !strings.Contains(err.Error(), "as one file") {
		t.Errorf("without a folder: %v", err)
	}
}
