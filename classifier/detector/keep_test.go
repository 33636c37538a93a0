package detector_test

import (
	"image"
	"os"
	"path/filepath"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"slugpuppy/classifier"
	"slugpuppy/classifier/detector"
	"slugpuppy/classifier/networks"
	"slugpuppy/picture"
)

// renamed is the embedded network with something more about itself, which makes it another file of the same layers, and
// with the low bits of so many bytes of weights changed.
func renamed(t *testing.T, changed int) *classifier.Network {
	t.Helper()
	file, err := os.ReadFile("../model/slugnet.onnx")
	if err != nil {
		t.Fatal(err)
	}
	pair := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), "called")
	pair = protowire.AppendString(protowire.AppendTag(pair, 2, protowire.BytesType), "otherwise")
	file = protowire.AppendBytes(protowire.AppendTag(file, 14, protowire.BytesType), pair)
	for i := range changed {
		file[len(file)/2+i] ^= 1
	}
	path := filepath.Join(t.TempDir(), "net.onnx")
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
	net, err := networks.OpenFile(path, "")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func TestAHeadIsKeptForANetworkOfTheSameLayersOnly(t *testing.T) {
	net, pictures := load(t), []image.Image{picture.Landscape(64, 48, 1)}
	data, err := os.ReadFile("head.bin")
	if err != nil {
		t.Fatal(err)
	}
	head, err := detector.ReadHead(data)
	if err != nil {
		t.Fatal(err)
	}
	other := renamed(t, 0)
	if _, err := detector.WithHead(other, head); err == nil {
		t.Fatal("the head goes with another file as it is")
	}
	kept, err := head.For(t.Context(), net, other, pictures)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := detector.WithHead(other, kept); err != nil {
		t.Error(err)
	}
	if _, err := detector.WithHead(net, head); err != nil {
		t.Errorf("the head that was: %v", err)
	}
	if _, err := head.For(t.Context(), net, renamed(t, 64), pictures); err == nil {
		t.Error("kept for a network with other layers")
	}
	if _, err := kept.For(t.Context(), net, other, pictures); err == nil {
		t.Error("kept once more for a network that it is not of")
	}
}
